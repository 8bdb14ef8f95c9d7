#include <frost/inspect/sentences.hpp>

#include <vector>

namespace frost::inspect {

namespace {

using Kind = Explanation::Kind;

constexpr size_t kFewEnds = 6;

std::string detached_text(const std::optional<DetachedFrom>& from) {
  if (!from) return "made of what was detached";
  if (!from->name.empty()) return "detached from \"" + printable(from->name) + "\"";
  return from->op.empty() ? "detached from a leaf" : "detached from an output of " + short_name(from->op);
}

std::string why_unrecorded(const TracedInput& input, const Node::FrozenInput* known) {
  if (input.unrecorded == Unrecorded::detached)
    return "was " + detached_text(known ? known->detached_from : std::nullopt);
  return input.unrecorded == Unrecorded::discrete ? "was made of integers or bools"
                                                  : "was made under NoGradGuard";
}

// Where the graph stops: one of these ways may be what was to lead to x.
void say_unreached(Sentences& to, const Explanation& told) {
  std::vector<std::string> ends;
  for (size_t i = 0; i < told.trace.nodes().size(); ++i) {
    const TracedNode& node = told.trace.nodes()[i];
    for (size_t k = 0; k < node.inputs.size(); ++k)
      if (const TracedInput& input = node.inputs[k]; !input.node && input.unrecorded != Unrecorded::no)
        ends.push_back("at " + to.op(i) + ", whose input " + tensor_text(*input.dropped) + " " +
                       why_unrecorded(input, node.node->frozen_input(k)));
  }
  for (const size_t i : told.taken_without_graph)
    ends.push_back("at " + to.op(i) +
                   ", which has its values, but not its graph: it did not require grad then");
  if (told.is_written)
    to.say("It was written in place: " + to.root + " may come from what it held before, but not from this.");
  if (ends.empty())
    return to.say(
        "As far as the tape knows, " + to.root +
        " does not depend on it. What was made while it did not require grad, and what goes through "
        "item() or data_ptr(), leaves no trace there.");
  to.say("The graph is cut off, perhaps from it:");
  for (size_t k = 0; k < std::min(ends.size(), kFewEnds); ++k) to.item(ends[k]);
  if (ends.size() > kFewEnds) to.item("and at " + std::to_string(ends.size() - kFewEnds) + " more ops");
}

}  // namespace

void say_absent(Sentences& to, const Explanation& told) {
  const std::string no_gradient = to.x + " has no gradient of " + to.root + ": ";
  switch (told.kind) {
    case Kind::no_graph:
      return to.say(no_gradient + to.root +
                    " does not require grad, so nothing was recorded behind it. Either none of what it was "
                    "made from requires grad, or it was made under NoGradGuard or from detached tensors.");
    case Kind::frozen:
      to.say(no_gradient +
             "it does not require grad (requires_grad is false), so none is worked out for it.");
      return to.say("Absent is not zero: an optimiser leaves it alone, momentum and weight decay too.");
    case Kind::detached:
      to.say(no_gradient + "it was " + detached_text(told.detached_from) +
             ". It has the values, and no graph that leads to what it was made from.");
      return to.say("Use that tensor itself where its gradient is wanted.");
    case Kind::without_grad:
      return to.say(no_gradient + "it was made under NoGradGuard, where nothing is recorded.");
    case Kind::discrete:
      to.say(no_gradient +
             "it was made of integers or bools, such as the results of comparisons and indices.");
      return to.say("These change in leaps, and have no gradient.");
    case Kind::frozen_since:
      return to.say(no_gradient +
                    "it was frozen (requires_grad_(false)) after it had been recorded, and a pass passes it "
                    "over.");
    case Kind::unreached:
      to.say(no_gradient + "it requires grad, but no path leads from " + to.root + " to it.");
      return say_unreached(to, told);
    default:
      return to.say(no_gradient + "the graph leads to it, but the rules of the ops on the way return none.");
  }
}

}  // namespace frost::inspect
