#include <frost/inspect/origin.hpp>

#include <frost/inspect/derivative.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/structure.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace frost::inspect {

namespace {

enum class State { unknown, finite, infinite, nan };

class Search {
 public:
  Search(const Trace& trace, const Uses& uses) : trace_(trace), uses_(uses) {}

  std::optional<Origin> origin(const Trace::Place& place, int64_t element) {
    const NoGradGuard guard;
    const Dims& sizes = trace_.nodes()[place.node].outputs[place.output_nr].tensor.sizes;
    const Tensor here = zeros({numel(sizes)}, kBool);
    here[element].fill_(true);
    add(place, here.view(sizes));
    std::optional<Origin> found;
    while (!open_.empty()) {  // from the root's side, so that what is found later is further back
      const size_t i = open_.begin()->first;
      const std::vector<Tensor> elements = std::move(open_.extract(open_.begin()).mapped());
      State state = State::unknown;
      for (uint32_t k = 0; k < elements.size(); ++k)
        if (elements[k].defined()) state = std::max(state, state_of({i, k}, elements[k]));
      if (state == State::finite) continue;
      if (state != State::unknown) {
        found = Origin{i, state == State::nan, state == State::nan && is_empty_row(i, elements[0])};
        if (found->is_empty_row) return found;
      }
      go_back(i, elements);
    }
    return found;
  }

 private:
  void add(const Trace::Place& place, const Tensor& elements) {
    std::vector<Tensor>& of_node = open_[place.node];
    of_node.resize(trace_.nodes()[place.node].outputs.size());
    Tensor& known = of_node[place.output_nr];
    known = known.defined() ? known.logical_or(elements) : elements;
  }

  // To the inputs of these elements that are NaN, or, where none is known to be, infinite; and to those of
  // which nothing is known.
  void go_back(size_t i, const std::vector<Tensor>& elements) {
    const TracedNode& node = trace_.nodes()[i];
    std::vector<Tensor> grad_outs(elements.size());
    for (size_t k = 0; k < elements.size(); ++k)
      if (const TracedTensor& output = node.outputs[k].tensor; elements[k].defined())
        grad_outs[k] = generic(output.sizes, output.dtype).masked_fill(elements[k].logical_not(), 0);
    const std::vector<Tensor> answers = Backward::apply(*node.node, grad_outs);
    std::vector<std::pair<size_t, Tensor>> behind;
    std::vector<State> states;
    for (size_t k = 0; k < answers.size(); ++k) {
      if (!answers[k].defined()) continue;
      // 0 says that the output does not depend on it; but not where it is the other factor that is 0.
      Tensor those = is_product(*node.node) ? ones(answers[k].sizes(), kBool) : answers[k] != 0;
      if (const Tensor other = untouched_by(*node.node, k, grad_outs[0]); other.defined())
        those = those.logical_and(other.logical_not());
      behind.emplace_back(k, those);
      states.push_back(state_of({*node.inputs[k].node, node.inputs[k].output_nr}, those));
    }
    const State worst = states.empty() ? State::unknown : *std::max_element(states.begin(), states.end());
    for (size_t k = 0; k < behind.size(); ++k)
      if (states[k] == State::unknown || (states[k] == worst && worst != State::finite)) {
        const TracedInput& input = node.inputs[behind[k].first];
        add({*input.node, input.output_nr}, behind[k].second);
      }
  }

  State state_of(const Trace::Place& place, const Tensor& elements) const {
    const Tensor values = values_of(place);
    if (!values.defined() || values.sizes() != elements.sizes()) return State::unknown;
    if (any(isnan(values).logical_and(elements)).item<bool>()) return State::nan;
    return any(isinf(values).logical_and(elements)).item<bool>() ? State::infinite : State::finite;
  }

  Tensor values_of(const Trace::Place& place) const {
    const TracedNode& node = trace_.nodes()[place.node];
    if (const auto* const leaf = dynamic_cast<const AccumulateGrad*>(node.node.get()))
      return leaf->variable().detach();
    if (const Tensor output = node.node->saved_output(); output.defined()) return output.detach();
    for (const Use& use : uses_.of(place))
      for (const Tensor& saved : trace_.nodes()[use.node].node->saved_tensors())
        if (saved.grad_fn().get() == node.node.get() && saved.output_nr() == place.output_nr)
          return saved.detach();
    return {};
  }

  // Whether the first of these elements stands in a row of NaN in which a mask left nothing to a softmax.
  bool is_empty_row(size_t i, const Tensor& elements) const {
    const Node& node = *trace_.nodes()[i].node;
    if (!is_softmax(node)) return false;
    Tensor muted = mask_over(node, 0);
    if (!muted.defined()) {
      const Edge& edge = node.next_edge(0);
      if (!edge.is_valid() || !edge.function->name().starts_with("MaskedFill")) return false;
      const Tensor passed =
          Backward::apply(*edge.function, {ones(elements.sizes(), node.output(0).dtype)})[0];
      if (!passed.defined() || passed.sizes() != elements.sizes()) return false;
      muted = passed == 0;
    }
    const Tensor empty = isnan(node.saved_output()).logical_and(muted);
    for (int64_t dim = 0; dim < empty.dim(); ++dim)
      if (any(all(empty, dim, /*keepdim=*/true).logical_and(elements)).item<bool>()) return true;
    return false;
  }

  const Trace& trace_;
  const Uses& uses_;
  std::map<size_t, std::vector<Tensor>> open_;  // elements of nodes' outputs, by node
};

}  // namespace

Tensor is_nonfinite(const Tensor& x) {
  const NoGradGuard guard;
  return isfinite(x.detach()).logical_not();
}

std::optional<int64_t> first_of(const Tensor& mask) {
  const std::vector<double> values = numbers(mask);
  const auto found = std::find(values.begin(), values.end(), 1.0);
  return found == values.end() ? std::nullopt : std::optional<int64_t>(found - values.begin());
}

std::optional<Origin> origin_of(const Trace& trace, const Uses& uses, const Trace::Place& place,
                                int64_t element) {
  return Search(trace, uses).origin(place, element);
}

}  // namespace frost::inspect
