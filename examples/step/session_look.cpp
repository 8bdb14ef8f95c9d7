// What a session shows: print, graph, explain, twin, diff, list.
#include "session.hpp"

#include "common/error.hpp"
#include "common/file.hpp"
#include "common/table.hpp"
#include "joined.hpp"
#include "words.hpp"

#include <fmt/format.h>
#include <frost/engine.hpp>
#include <frost/inspect/dot.hpp>
#include <frost/inspect/explain.hpp>
#include <frost/inspect/text.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>

namespace step {

using examples::InputError;
using frost::Tensor;
using frost::inspect::GradientState;
using frost::inspect::Stepper;
using frost::inspect::Trace;
using frost::inspect::TracedGradient;
using frost::inspect::TracedNode;
using frost::inspect::wrapped;

namespace {

constexpr int64_t kShown = 64;  // elements of a tensor

// What flowed to a tensor until now. Undefined and absent where no gradient can.
TracedGradient gradient_of(const Stepper& stepper, const Tensor& x) {
  const std::optional<Trace::Place> place = stepper.trace().find(x);
  if (!place) return {GradientState::absent, Tensor()};
  return stepper.trace().nodes()[place->node].outputs[place->output_nr].gradient;
}

// An error where it does not fit: it may be of fewer dims.
void check_index(const std::vector<int64_t>& index, frost::IntArrayRef sizes) {
  (void)frost::inspect::element_at(index, sizes.slice(0, std::min(index.size(), sizes.size())), "print");
}

// The element at the index, or the part of x where that is of fewer dims.
Tensor part_of(Tensor x, const std::vector<int64_t>& index) {
  for (const int64_t i : index) x = x.select(0, i);
  return x;
}

}  // namespace

std::vector<std::string> Session::names() const {
  std::vector<std::string> all;
  for (const Program& program : programs_)
    for (const Tensor& x : program.tensors)
      if (std::find(all.begin(), all.end(), x.name()) == all.end()) all.push_back(x.name());
  return all;
}

std::vector<std::string> Session::ops() const {
  std::vector<std::string> all;
  for (size_t p = 0; p < programs_.size(); ++p)
    for (const TracedNode& node : stepper(p).trace().nodes()) {
      const std::string word = op_word(node.name);
      if (std::find(all.begin(), all.end(), word) == all.end()) all.push_back(word);
    }
  return all;
}

// "#5", "#5[0, 1]": what node 5 made, or the leaf that it is.
std::vector<Session::Asked> Session::asked_by_number(const std::string& text) const {
  if (is_twin()) throw InputError("with two methods #N may mean either; take a NAME");
  const std::string number = trimmed(text.substr(0, text.find('[')));
  const std::vector<TracedNode>& nodes = stepper_->trace().nodes();
  const auto node = static_cast<size_t>(number_of(number.substr(1), "#"));
  if (node >= nodes.size())
    throw InputError(fmt::format("there is no node #{}; the last is #{}", node, nodes.size() - 1));
  std::vector<Asked> found(nodes[node].outputs.size(), {nullptr, std::nullopt, 0, ""});
  for (const std::vector<Tensor>* const known : {&outputs_, &programs_[0].tensors})
    for (const Tensor& x : *known)
      if (const std::optional<Trace::Place> place = stepper_->trace().find(x); place && place->node == node) {
        found[place->output_nr].tensor = &x;
        found[place->output_nr].name = stepper_->trace().label(*place);
      }
  std::erase_if(found, [](const Asked& one) { return one.tensor == nullptr; });
  if (found.empty()) throw InputError(fmt::format("what #{} made is not kept", node));
  if (const size_t open = text.find('['); open != std::string::npos)
    for (Asked& one : found) one.index = index_of(text.substr(open));
  return found;
}

// "scores[1]" is a tensor of method 2's. "scores" is all of its parts, too, and "scores[1, 2]" element 2 of
// part 1.
std::vector<Session::Asked> Session::asked(const std::string& text) const {
  if (text.starts_with("#")) return asked_by_number(text);
  std::vector<Asked> found;
  for (size_t p = 0; p < programs_.size(); ++p)
    for (const Tensor& x : programs_[p].tensors)
      if (x.name() == text) found.push_back({&x, std::nullopt, p, x.name()});
  const size_t open = text.rfind('[');
  const std::string name = trimmed(text.substr(0, open));
  const bool is_known = std::any_of(programs_.begin(), programs_.end(), [&name](const Program& program) {
    return std::any_of(program.tensors.begin(), program.tensors.end(), [&name](const Tensor& x) {
      return x.name() == name || x.name().starts_with(name + "[");
    });
  });
  if (!is_known)
    throw InputError(fmt::format("no tensor is called \"{}\"{}", frost::inspect::printable(text),
                                 suggestion(text, names(), "; print lists the names")));
  std::vector<int64_t> index;
  if (open != std::string::npos) index = index_of(text.substr(open));
  const bool is_exact = !found.empty() && !index.empty();
  for (size_t p = 0; p < programs_.size() && !is_exact; ++p)
    for (const Tensor& x : programs_[p].tensors) {
      if (index.empty()) {
        if (x.name().starts_with(name + "[")) found.push_back({&x, std::nullopt, p, x.name()});
      } else if (x.name() == name) {
        found.push_back({&x, index, p, x.name()});
      } else if (index.size() > 1 && x.name() == name + "[" + std::to_string(index[0]) + "]") {
        found.push_back({&x, std::vector<int64_t>(index.begin() + 1, index.end()), p, x.name()});
      }
    }
  if (found.empty())
    throw InputError(
        fmt::format("there is no tensor \"{}\" and no such element of one", frost::inspect::printable(text)));
  return found;
}

// Of a part, as "scores[1]", that is shorter than the others, as its padding is a tensor of its own. None:
// the program has nothing at that place.
std::optional<std::string> Session::missing_text(const Asked& asked) const {
  if (!asked.index || asked.index->size() != 1) return std::nullopt;
  const std::optional<Joined> joined = joined_of(stepper(asked.program).trace(), asked.name);
  const std::optional<Joined::Found> found =
      joined ? joined->beyond(asked.name, asked.index->front()) : std::nullopt;
  if (!found || !found->part->is_frozen) return std::nullopt;
  return fmt::format(
      "{} has no element {}: its sizes are {}. At that place, {}[{}], stands {}[{}], which is frozen: its "
      "gradient is absent.",
      frost::inspect::printable(asked.name), frost::to_text(*asked.index),
      frost::to_text(asked.tensor->sizes()), frost::inspect::printable(joined->whole),
      found->part->start + found->index, frost::inspect::printable(found->part->name), found->index);
}

// What `tell` says of each tensor that was asked about, under the titles of their programs.
std::string Session::of_each(const std::vector<Asked>& asked,
                             const std::function<std::string(const Asked&)>& tell) const {
  std::string text;
  std::optional<size_t> program;
  for (const Asked& one : asked) {
    if (is_twin() && program != one.program) text += programs_[one.program].title + "\n";
    program = one.program;
    if (const std::optional<std::string> missing = missing_text(one)) {
      text += wrapped("", 2, *missing);
      continue;
    }
    try {
      text += tell(one);
    } catch (const frost::Error& error) {
      if (asked.size() == 1) throw;
      text += wrapped("", 2, frost::inspect::printable(one.name) + ": " + error.what());
    }
  }
  return text;
}

std::string Session::print(const std::string& what) {
  std::string text;
  if (what.empty()) {
    for (size_t p = 0; p < programs_.size(); ++p) text += printed_names(p);
    return text;
  }
  return of_each(asked(what), [this](const Asked& one) { return printed(one); });
}

std::string Session::printed_names(size_t p) const {
  std::string text = is_twin() ? programs_[p].title + "\n" : "";
  for (const Tensor& x : programs_[p].tensors) {
    const frost::inspect::TracedTensor known{"", x.sizes(), x.scalar_type(), true, Tensor()};
    text += fmt::format("  {}{}{}\n", padded(frost::inspect::printable(x.name()), 14),
                        padded(frost::inspect::tensor_text(known), 22),
                        frost::inspect::to_text(gradient_of(stepper(p), x).state));
  }
  return text;
}

std::string Session::printed(const Asked& asked) const {
  const Tensor& x = *asked.tensor;
  const Stepper& mine = stepper(asked.program);
  TracedGradient gradient = gradient_of(mine, x);
  Tensor values = x.detach();
  std::string name = asked.name;
  if (asked.index) {
    check_index(*asked.index, x.sizes());
    name += frost::to_text(*asked.index);
    values = part_of(values, *asked.index);
    if (gradient.value.defined()) {
      gradient.value = part_of(gradient.value.detach(), *asked.index);
      gradient.state = (gradient.value == 0).all().item<bool>() ? GradientState::zero : GradientState::number;
    }
  }
  const frost::inspect::TracedTensor known{name, values.sizes(), x.scalar_type(), true, Tensor()};
  std::string made = x.is_leaf() ? (x.requires_grad() ? "a trainable leaf" : "frozen") : "";
  if (const std::optional<Trace::Place> place = mine.trace().find(x); place && !x.is_leaf())
    made = fmt::format("made by #{} {}", place->node, mine.trace().nodes()[place->node].name);
  std::string text = wrapped("", 2, frost::inspect::tensor_text(known) + (made.empty() ? "" : ", " + made));
  text += wrapped("  values    ", 12, frost::inspect::values_text(values, kShown));
  text += wrapped("  gradient  ", 12, frost::inspect::gradient_text(gradient, kShown));
  return text;
}

std::string Session::graph(const std::string& how) {
  std::string text;
  if (how.starts_with("dot ") && !is_twin()) {
    const std::string path = trimmed(how.substr(4));
    examples::write_file(path, frost::inspect::to_dot(stepper_->trace()));
    return fmt::format("written; to look at it: dot -Tsvg -O {}\n", path);
  }
  if (!how.empty() && how != "long")
    throw InputError(is_twin() ? "graph takes nothing, or: long"
                               : "graph takes nothing, or: long, or: dot FILE");
  for (size_t p = 0; p < programs_.size(); ++p) {
    if (is_twin()) text += programs_[p].title + "\n";
    text += how == "long" ? frost::inspect::to_text(stepper(p).trace()) : graph_text(stepper(p));
  }
  return text;
}

std::string Session::explain(const std::string& what) {
  if (what.empty())
    throw InputError("explain what? A name, such as: explain " + programs_[0].tensors[0].name());
  return of_each(asked(what), [this](const Asked& one) {
    const Tensor& loss = programs_[one.program].loss;
    const std::string text =
        frost::inspect::to_text(one.index ? frost::inspect::explain(loss, *one.tensor, *one.index)
                                          : frost::inspect::explain(loss, *one.tensor));
    const std::string joined = joined_text(stepper(one.program).trace(), one.name);
    return joined.empty() ? text : text + wrapped("", 2, joined);
  });
}

std::string Session::twin(const std::string& name) {
  if (!is_twin()) throw InputError("there is one method here; to step through two, start with: step both");
  if (name.empty()) return stop();
  std::vector<std::string> known;
  for (const frost::inspect::TwinStop& one : twin_->stops()) {
    if (one.name == name) return frost::inspect::to_text(*twin_, one);
    known.push_back(one.name);
    for (const frost::inspect::TwinPart& part : one.parts)
      if (part.name == name) return frost::inspect::to_text(*twin_, {name, {part}});
  }
  throw InputError(fmt::format("neither method knows \"{}\"{}", frost::inspect::printable(name),
                               suggestion(name, known, "")));
}

std::string Session::diff(const std::string& argument) {
  expect_none(argument, "diff");
  if (!is_twin()) throw InputError("there is one method here; to compare two, start with: step both");
  return frost::inspect::summary_text(*twin_);
}

std::string Session::list(const std::string& argument) {
  expect_none(argument, "list");
  std::string text;
  for (size_t p = 0; p < programs_.size(); ++p) text += program_text(programs_[p], stepper(p));
  return text;
}

}  // namespace step
