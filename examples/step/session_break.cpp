// Breakpoints of a session.
#include "session.hpp"

#include "common/error.hpp"
#include "words.hpp"

#include <fmt/format.h>
#include <frost/engine.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>

namespace step {

using examples::InputError;
using frost::Tensor;
using frost::inspect::GradientState;
using frost::inspect::Trace;
using frost::inspect::TracedNode;

namespace {

double element_of(const Tensor& x, int64_t element) {
  const frost::NoGradGuard guard;
  return x.detach().to(frost::kDouble).reshape({-1})[element].item<double>();
}

}  // namespace

std::string Session::set_break(const std::string& what) {
  if (what.empty()) {
    if (breakpoints_.empty()) return "no breakpoints\n";
    std::string text;
    for (const Breakpoint& one : breakpoints_) text += fmt::format("{}: {}\n", one.number, one.text);
    return text;
  }
  if (what == "off") {
    breakpoints_.clear();
    return "no breakpoints\n";
  }
  if (what.starts_with("off ")) {
    const int64_t number = count_of(trimmed(what.substr(4)), "break off");
    if (std::erase_if(breakpoints_, [number](const Breakpoint& one) {
          return static_cast<int64_t>(one.number) == number;
        }) == 0)
      throw InputError(fmt::format("there is no breakpoint {}", number));
    return fmt::format("breakpoint {} is gone\n", number);
  }
  breakpoints_.push_back(breakpoint(what));
  ++next_breakpoint_;
  return fmt::format("breakpoint {}: {}\n", breakpoints_.back().number, breakpoints_.back().text);
}

Session::Breakpoint Session::breakpoint(const std::string& what) const {
  using Kind = Breakpoint::Kind;
  const auto made = [this](Kind kind, const std::string& text) {
    return Breakpoint{next_breakpoint_, kind, text};
  };
  if (what == "diff") {
    if (!is_twin()) throw InputError("one method differs from nothing: start with: step both");
    return made(Kind::difference, "where gradients first differ");
  }
  if (is_twin()) {
    for (const frost::inspect::TwinStop& one : twin_->stops()) {
      if (one.name != what) continue;
      Breakpoint set = made(Kind::name, "\"" + what + "\" in both");
      set.name = what;
      return set;
    }
    std::vector<std::string> known{"diff"};
    for (const frost::inspect::TwinStop& one : twin_->stops()) known.push_back(one.name);
    throw InputError(fmt::format("with two methods a breakpoint is diff, or a name; \"{}\" is none{}", what,
                                 suggestion(what, known, "")));
  }
  const std::vector<TracedNode>& nodes = stepper_->trace().nodes();
  if (what == "nan") return made(Kind::nonfinite, "the first NaN or infinity");
  if (what[0] == '#') {
    const int64_t node = number_of(what.substr(1), "break #");
    if (node >= static_cast<int64_t>(nodes.size()))
      throw InputError(fmt::format("there is no node #{}; the last is #{}", node, nodes.size() - 1));
    Breakpoint set = made(Kind::node, fmt::format("#{} {}", node, nodes[static_cast<size_t>(node)].name));
    set.node = static_cast<size_t>(node);
    return set;
  }
  for (const TracedNode& node : nodes)
    if (is_op(node.name, what)) {
      Breakpoint set = made(Kind::op, "each " + node.name);
      set.name = node.name;
      return set;
    }
  const Asked found = asked(what).front();
  const std::optional<Trace::Place> place = stepper_->trace().find(*found.tensor);
  if (!place)
    throw InputError(fmt::format("no gradient flows to {}: explain {} says why", what, found.tensor->name()));
  Breakpoint set = made(found.index ? Kind::element : Kind::name,
                        found.index ? "a gradient other than 0 at " + what : "the gradient of " + what);
  set.node = place->node;
  if (found.index) set.element = frost::inspect::element_at(*found.index, found.tensor->sizes(), "break");
  return set;
}

bool Session::fits(const Breakpoint& breakpoint) const {
  using Kind = Breakpoint::Kind;
  if (is_twin()) {
    const frost::inspect::TwinStop& reached = twin_->stops()[twin_->position() - 1];
    if (breakpoint.kind == Kind::name) return reached.name == breakpoint.name;
    return std::any_of(reached.parts.begin(), reached.parts.end(), [this](const auto& part) {
      const frost::inspect::TwinDifference found = twin_->compare(part);
      using enum frost::inspect::TwinDifference::Kind;
      return found.kind == different || found.kind == shapes ||
             (found.left_over > 0 && found.left_over_state == GradientState::number);
    });
  }
  const TracedNode& node = *stepper_->node();
  switch (breakpoint.kind) {
    case Kind::op:
      return node.name == breakpoint.name;
    case Kind::nonfinite:
      return frost::inspect::has_nonfinite(node);
    case Kind::element:
      return std::any_of(node.inputs.begin(), node.inputs.end(), [&breakpoint](const auto& input) {
        return input.node == breakpoint.node && input.gradient.value.defined() &&
               element_of(input.gradient.value, breakpoint.element) != 0;
      });
    default:
      return stepper_->trace().steps().back() == breakpoint.node;
  }
}

}  // namespace step
