#include <frost/inspect/influence.hpp>

#include <frost/inspect/cuts.hpp>
#include <frost/inspect/derivative.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/structure.hpp>
#include <frost/inspect/tangent.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace frost::inspect {

namespace {

using Cause = Cut::Cause;

std::vector<int64_t> elements_of(const Tensor& direction) {
  const std::vector<double> values = numbers(direction);
  std::vector<int64_t> elements;
  for (size_t e = 0; e < values.size(); ++e)
    if (values[e] != 0) elements.push_back(static_cast<int64_t>(e));
  return elements;
}

Tensor without(const Tensor& direction, const std::vector<int64_t>& elements) {
  const Tensor left = direction.clone().view({-1});
  for (const int64_t element : elements) left[element].fill_(0);
  return left.view(direction.sizes());
}

// A gradient of nothing but these elements, and of nothing that the forward pass made.
Tensor generic_at(const Tensor& elements, Dtype dtype) {
  const std::vector<double> is_one = numbers(elements);
  std::vector<double> values = numbers(generic(elements.sizes(), kDouble));
  for (size_t e = 0; e < values.size(); ++e) values[e] *= is_one[e];
  return tensor(values, frost::dtype(kDouble)).to(dtype).view(elements.sizes());
}

// Which elements of the op's only output depend on those of the input at which `direction` is not 0, as far
// as that is known of it; else undefined.
Tensor dependents(const Node& node, size_t input, const Tensor& direction) {
  if (acts_on_each_element(node)) return (direction != 0).expand(node.output(0).sizes);
  const Tensor still = untouched_by(node, input, direction);
  return still.defined() ? still.logical_not() : still;
}

// Whether the op was given a choice that depends on values: which elements it takes, and where they go.
bool chooses(const Node& node) {
  const std::vector<Tensor> saved = node.saved_tensors();
  return std::any_of(saved.begin(), saved.end(),
                     [](const Tensor& x) { return !x.is_floating_point() && !is_fixed(x); });
}

class Search {
 public:
  Search(const Trace& trace, const Uses& uses) : trace_(trace), uses_(uses) {}

  Influence influence(const Trace::Place& place, const Tensor& direction) {
    const NoGradGuard guard;
    spread(place, direction);
    while (!open_.empty()) {  // from the place's side
      const auto last = std::prev(open_.end());
      const size_t i = last->first;
      const std::vector<Tensor> directions = std::move(open_.extract(last).mapped());
      const std::vector<Tensor> changes = changes_of(i, directions);
      for (uint32_t k = 0; k < changes.size(); ++k)
        if (has_any(changes[k])) spread({i, k}, changes[k]);
    }
    return std::move(influence_);
  }

 private:
  void spread(const Trace::Place& place, const Tensor& direction) {
    const Trace::Root& root = trace_.roots()[0];
    influence_.reaches_root |= place.node == *root.node && place.output_nr == root.output_nr;
    for (const Use& use : uses_.of(place)) {
      std::vector<Tensor>& directions = open_[use.node];
      directions.resize(trace_.nodes()[use.node].inputs.size());
      directions[use.input] = direction;
    }
  }

  // How the outputs change along these directions; and where they do not, but may at other values, as if they
  // did.
  std::vector<Tensor> changes_of(size_t i, std::vector<Tensor> directions) {
    const TracedNode& node = trace_.nodes()[i];
    bool is_cut_by_chance = false;
    for (const Cut& cut : cut_elements(trace_, i, directions)) {
      if (cut.is_structural)
        directions[cut.input] = without(directions[cut.input], cut.elements);
      else
        is_cut_by_chance = true;
    }
    for (Tensor& direction : directions)
      if (direction.defined() && !has_any(direction)) direction.reset();
    const auto first = std::find_if(directions.begin(), directions.end(),
                                    [](const Tensor& direction) { return direction.defined(); });
    std::vector<Tensor> changes(node.outputs.size());
    if (first == directions.end()) return changes;
    changes = changes_along(node, directions);
    if (is_rule_fixed(*node.node)) return changes;
    const std::vector<Tensor> marks = may_change(node, directions, is_cut_by_chance);
    bool is_chance = false;
    for (size_t k = 0; k < changes.size(); ++k) {
      const Dims& sizes = node.outputs[k].tensor.sizes;
      Tensor some = changes[k].defined() ? changes[k] != 0 : zeros(sizes, kBool);
      if (marks[k].defined()) {
        const Tensor added = marks[k].logical_and(some.logical_not());
        if (has_any(added) && !is_zero_for_good(node, directions, k, added)) {
          is_chance = true;
          some = some.logical_or(added);
        }
      }
      // Whatever the numbers are, so that further on no sum of them is 0 at these values alone.
      changes[k] = generic_at(some, node.outputs[k].tensor.dtype) * (1 + 0.37 * static_cast<double>(i));
    }
    if (is_chance)
      influence_.chances.push_back(
          {i, static_cast<size_t>(first - directions.begin()), cause_of(node), false, elements_of(*first)});
    return changes;
  }

  static Cause cause_of(const TracedNode& node) {
    if (is_product(*node.node)) return Cause::zero_factor;
    return is_softmax(*node.node) || node.name == "LogSoftmaxBackward0" ? Cause::saturated : Cause::elsewhere;
  }

  // Which elements of the outputs may change, as far as the op goes: undefined where nobody asks.
  static std::vector<Tensor> may_change(const TracedNode& node, const std::vector<Tensor>& directions,
                                        bool is_cut_by_chance) {
    std::vector<Tensor> marks(node.outputs.size());
    const std::vector<Tensor> asked = generic_grad_outs(node);
    bool is_by_element = true;
    for (size_t k = 0; k < directions.size(); ++k) {
      if (!directions[k].defined()) continue;
      const Tensor some = dependents(*node.node, k, directions[k]);
      is_by_element = is_by_element && some.defined();
      if (!is_by_element) break;
      marks[0] = marks[0].defined() ? marks[0].logical_or(some) : some;
    }
    if (is_by_element) return marks;
    if (is_cut_by_chance || chooses(*node.node)) {
      for (size_t k = 0; k < marks.size(); ++k)
        marks[k] = asked[k].defined() ? ones(asked[k].sizes(), kBool) : Tensor();
      return marks;
    }
    // Of NaN comes NaN, whatever it is multiplied by.
    std::vector<Tensor> taints(directions.size());
    for (size_t k = 0; k < directions.size(); ++k)
      if (directions[k].defined())
        taints[k] = directions[k].masked_fill(directions[k] != 0, std::numeric_limits<double>::quiet_NaN());
    const std::vector<Tensor> tainted = changes_along(node, taints);
    for (size_t k = 0; k < marks.size(); ++k) marks[k] = tainted[k].defined() ? isnan(tainted[k]) : Tensor();
    return marks;
  }

  // Whether what comes from these directions to these elements of an output is 0 whatever the leaves hold.
  static bool is_zero_for_good(const TracedNode& node, const std::vector<Tensor>& directions, size_t output,
                               const Tensor& elements) {
    if (is_softmax(*node.node))
      return !has_any(elements.logical_and(muted_scores(*node.node, true).logical_not()));
    if (!is_product(*node.node)) return false;
    std::vector<Tensor> grad_outs(node.outputs.size()), answers;
    grad_outs[output] = generic_at(elements, node.outputs[output].tensor.dtype);
    {
      const AutoGradMode mode(true);
      answers = Backward::apply(*node.node, grad_outs);
    }
    for (size_t k = 0; k < directions.size(); ++k)
      if (directions[k].defined() && !are_factors_fixed(answers[k], elements_of(directions[k]))) return false;
    return true;
  }

  const Trace& trace_;
  const Uses& uses_;
  std::map<size_t, std::vector<Tensor>> open_;  // what changes of nodes' inputs, by node
  Influence influence_{false, {}};
};

}  // namespace

Influence influence_of(const Trace& trace, const Uses& uses, const Trace::Place& place,
                       const Tensor& direction) {
  return Search(trace, uses).influence(place, direction);
}

}  // namespace frost::inspect
