// Breakpoints of a session.
#include "session.hpp"

#include "common/error.hpp"
#include "words.hpp"

#include <fmt/format.h>
#include <frost/inspect/words.hpp>

#include <algorithm>

namespace step {

using examples::InputError;
using frost::inspect::GradientState;
using frost::inspect::printable;
using frost::inspect::short_name;
using frost::inspect::Trace;
using frost::inspect::TracedNode;

namespace {

constexpr int64_t kShown = 12;  // elements of a gradient

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
  if (what == "diff") {
    if (!is_twin()) throw InputError("one method differs from nothing: start with: step both");
    return {next_breakpoint_, Kind::difference, "where values or gradients differ"};
  }
  if (what == "nan") return {next_breakpoint_, Kind::nonfinite, "a NaN or an infinity"};
  if (what[0] == '#') return breakpoint_at_node(what.substr(1));
  if (is_twin() && std::any_of(twin_->stops().begin(), twin_->stops().end(),
                               [&what](const frost::inspect::TwinStop& stop) { return stop.name == what; }))
    return {next_breakpoint_, Kind::stop, "\"" + printable(what) + "\" in both", what};
  for (size_t p = 0; p < programs_.size(); ++p)
    for (const TracedNode& node : stepper(p).trace().nodes())
      if (is_op(node.name, what))
        return {next_breakpoint_, Kind::op, "each " + short_name(node.name), node.name};
  return breakpoint_at_tensor(what);
}

Session::Breakpoint Session::breakpoint_at_node(const std::string& number) const {
  if (is_twin()) throw InputError("with two methods #N may mean either; break at a NAME or at an op");
  const std::vector<TracedNode>& nodes = stepper_->trace().nodes();
  const auto node = static_cast<size_t>(number_of(number, "break #"));
  if (node >= nodes.size())
    throw InputError(fmt::format("there is no node #{}; the last is #{}", node, nodes.size() - 1));
  return {next_breakpoint_,
          Breakpoint::Kind::target,
          fmt::format("#{} {}", node, short_name(nodes[node].name)),
          "",
          {{0, {node, 0}}}};
}

// Of all tensors that are meant, those are taken to which gradients flow, and which have such an element.
Session::Breakpoint Session::breakpoint_at_tensor(const std::string& what) const {
  const std::vector<Asked> found = asked(what);
  const bool is_element = found.front().index.has_value();
  Breakpoint set{next_breakpoint_, is_element ? Breakpoint::Kind::element : Breakpoint::Kind::target,
                 (is_element ? "a gradient other than 0 at " : "the gradient of ") + printable(what)};
  std::string why_none = fmt::format("no gradient flows to {}: explain {} says why", printable(what),
                                     printable(found.front().tensor->name()));
  for (const Asked& one : found) {
    const std::optional<Trace::Place> place = stepper(one.program).trace().find(*one.tensor);
    if (!place) continue;
    try {
      const int64_t element =
          is_element ? frost::inspect::element_at(one.index.value(), one.tensor->sizes(), "break") : 0;
      set.targets.push_back({one.program, *place, element});
    } catch (const frost::Error& error) {
      why_none = error.what();
    }
  }
  if (set.targets.empty()) throw InputError(why_none);
  return set;
}

// Whether any of the nodes that the last step forward ran is what the breakpoint is at.
bool Session::fits(const Breakpoint& breakpoint) const {
  using Kind = Breakpoint::Kind;
  if (breakpoint.kind == Kind::stop || breakpoint.kind == Kind::difference) {
    const frost::inspect::TwinStop& reached = twin_->stops()[twin_->position() - 1];
    if (breakpoint.kind == Kind::stop) return reached.name == breakpoint.name;
    return std::any_of(reached.parts.begin(), reached.parts.end(), [this](const auto& part) {
      const frost::inspect::TwinDifference gradients = twin_->compare(part);
      const auto differs = [](const frost::inspect::TwinDifference& found) {
        using enum frost::inspect::TwinDifference::Kind;
        return found.kind == different || found.kind == shapes;
      };
      return differs(gradients) || differs(twin_->compare_values(part)) ||
             (gradients.left_over > 0 && gradients.left_over_state == GradientState::number);
    });
  }
  return !hits(breakpoint).empty();
}

// The nodes that the last step forward ran, and that the breakpoint is at.
std::vector<Session::Hit> Session::hits(const Breakpoint& breakpoint) const {
  std::vector<Hit> found;
  for (size_t p = 0; p < programs_.size(); ++p) {
    const std::vector<size_t>& steps = stepper(p).trace().steps();
    for (size_t k = before_[p]; k < steps.size(); ++k)
      if (fits(breakpoint, p, steps[k])) found.push_back({p, steps[k]});
  }
  return found;
}

// With two methods, a step runs many nodes of each: first what the breakpoint is about.
std::string Session::stop_at(const Breakpoint& breakpoint) const {
  using Kind = Breakpoint::Kind;
  std::string text = fmt::format("breakpoint {}: {}\n", breakpoint.number, breakpoint.text);
  if (!is_twin() || breakpoint.kind == Kind::stop || breakpoint.kind == Kind::difference)
    return text + stop();
  const frost::inspect::TwinStop& reached = twin_->stops()[twin_->position() - 1];
  for (const Hit& hit : hits(breakpoint)) {
    if (std::any_of(reached.parts.begin(), reached.parts.end(), [&hit](const auto& part) {
          const std::optional<Trace::Place>& place = hit.program == 0 ? part.first : part.second;
          return place && place->node == hit.node;
        }))
      continue;  // it is shown there
    const TracedNode& node = stepper(hit.program).trace().nodes()[hit.node];
    for (const frost::inspect::TracedOutput& output : node.outputs)
      text += frost::inspect::wrapped(
          "  ", 10,
          fmt::format("{}: #{} {}{}, gradient {}", hit.program == 0 ? "first" : "second", hit.node,
                      short_name(node.name),
                      output.tensor.name.empty() ? "" : " \"" + printable(output.tensor.name) + "\"",
                      frost::inspect::gradient_text(output.gradient, kShown)));
  }
  return text + stop();
}

// Which breakpoints no step has come to.
std::string Session::not_hit() const {
  std::string text;
  for (const Breakpoint& one : breakpoints_)
    if (!one.was_hit) text += fmt::format("not hit: breakpoint {}, {}\n", one.number, one.text);
  return text;
}

bool Session::fits(const Breakpoint& breakpoint, size_t program, size_t node) const {
  using Kind = Breakpoint::Kind;
  const Trace& trace = stepper(program).trace();
  if (breakpoint.kind == Kind::op) return trace.node(node).name == breakpoint.name;
  if (breakpoint.kind == Kind::nonfinite) return frost::inspect::has_nonfinite(trace.node(node));
  return std::any_of(breakpoint.targets.begin(), breakpoint.targets.end(), [&](const Target& target) {
    if (target.program != program || target.place.node != node) return false;
    if (breakpoint.kind != Kind::element) return true;
    const frost::Tensor& gradient = trace.nodes()[node].outputs[target.place.output_nr].gradient.value;
    return gradient.defined() && gradient.detach().reshape({-1})[target.element].item<double>() != 0;
  });
}

}  // namespace step
