#include <frost/inspect/birth.hpp>

#include <frost/inspect/numbers.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace frost::inspect {

namespace {

std::optional<int64_t> first_nonfinite(const Tensor& x) {
  if (!x.defined() || !x.is_floating_point()) return std::nullopt;
  const std::vector<double> values = numbers(x);
  const auto found = std::find_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
  return found == values.end() ? std::nullopt : std::optional<int64_t>(found - values.begin());
}

bool has_nan(const Tensor& x) {
  const NoGradGuard guard;
  return x.defined() && x.is_floating_point() && any(isnan(x.detach())).item<bool>();
}

class Search {
 public:
  Search(const Trace& trace, const Uses& uses) : trace_(trace), uses_(uses) {}

  std::vector<Birth> births(const Trace::Place& place, std::optional<int64_t> element) {
    visit(place, element);
    while (!open_.empty()) {
      const Trace::Place next = open_.back();
      open_.pop_back();
      visit(next, std::nullopt);
    }
    return std::move(births_);
  }

 private:
  void visit(const Trace::Place& place, std::optional<int64_t> element) {
    bool is_explained = false;
    for (const Use& use : uses_.of(place)) {
      const TracedNode& user = trace_.nodes()[use.node];
      const Tensor& gradient = user.inputs[use.input].gradient.value;
      if (!gradient.defined()) continue;
      const std::optional<int64_t> at = !element ? first_nonfinite(gradient)
                                        : first_nonfinite(element_of(gradient, *element)) ? element
                                                                                          : std::nullopt;
      if (!at) continue;
      is_explained = true;
      if (!go_on_from(use.node) && born_.insert(use.node).second) births_.push_back(birth(use, *at));
    }
    if (is_explained) return;
    // Each of them is finite, and their sum is not.
    const Tensor& sum = trace_.nodes()[place.node].outputs[place.output_nr].gradient.value;
    const int64_t at = element.value_or(first_nonfinite(sum).value_or(0));
    births_.push_back({place.node, std::nullopt, at, Birth::Cause::overflow, place.node, {}, {}});
  }

  // To what came into the node, where that was not finite.
  bool go_on_from(size_t i) {
    bool is_any = false;
    const TracedNode& node = trace_.nodes()[i];
    for (uint32_t k = 0; k < node.outputs.size(); ++k) {
      if (!first_nonfinite(node.outputs[k].gradient.value)) continue;
      is_any = true;
      if (visited_.insert(node.node.get()).second) open_.push_back({i, k});
    }
    return is_any;
  }

  Birth birth(const Use& use, int64_t element) const {
    const TracedNode& node = trace_.nodes()[use.node];
    Birth birth{use.node, use.input, element, Birth::Cause::overflow, use.node, {}, {}};
    birth.value = value_of(node, use.input, element);
    if (is_of_empty_row(use.node)) {
      birth.cause = Birth::Cause::empty_row;
    } else if (const std::optional<size_t> origin = origin_of_nan(use.node)) {
      birth.cause = Birth::Cause::forward_value;
      birth.origin = *origin;
      if (is_of_empty_row(*origin)) birth.cause = Birth::Cause::empty_row;
    } else if (has_infinite_slope(node, use.input, element)) {
      birth.grad_in = numbers(node.outputs[0].gradient.value)[static_cast<size_t>(element)];
      birth.cause = *birth.grad_in == 0 ? Birth::Cause::zero_times_infinity : Birth::Cause::infinite_slope;
    }
    return birth;
  }

  // Of an element of an input, in the forward pass: if the input is a leaf, or the node saved it.
  std::optional<double> value_of(const TracedNode& node, size_t i, int64_t element) const {
    const TracedInput& input = node.inputs[i];
    const TracedNode& made_by = trace_.nodes()[*input.node];
    if (const auto* const leaf = dynamic_cast<const AccumulateGrad*>(made_by.node.get()))
      return numbers(leaf->variable())[static_cast<size_t>(element)];
    for (const Tensor& saved : node.node->saved_tensors())
      if (came_along(input, saved)) return numbers(saved)[static_cast<size_t>(element)];
    return std::nullopt;
  }

  bool came_along(const TracedInput& input, const Tensor& saved) const {
    const Edge edge = gradient_edge(saved);
    return input.node && trace_.find_node(edge.function.get()) == input.node &&
           edge.input_nr == input.output_nr;
  }

  // Whether an op on each element has an infinite slope there: what its rule makes of 1 at this element, and
  // 0 elsewhere.
  bool has_infinite_slope(const TracedNode& node, size_t input, int64_t element) const {
    const NoGradGuard guard;
    const Tensor& grad_out = node.outputs[0].gradient.value;
    if (node.outputs.size() != 1 || grad_out.sizes() != node.inputs[input].gradient.value.sizes())
      return false;
    const Tensor one = zeros({grad_out.numel()}, grad_out.scalar_type());
    one[element].fill_(1);
    const Tensor slope = Backward::apply(*node.node, {one.view(grad_out.sizes())})[input];
    return slope.defined() && std::isinf(numbers(slope)[static_cast<size_t>(element)]);
  }

  // A softmax that is NaN exactly in rows in which the masked_fill behind it masked everything.
  bool is_of_empty_row(size_t i) const {
    const TracedNode& node = trace_.nodes()[i];
    if (node.name != "SoftmaxBackward0" || !node.inputs[0].node) return false;
    const TracedNode& masking = trace_.nodes()[*node.inputs[0].node];
    const Tensor output = node.node->saved_output();
    if (!masking.name.starts_with("MaskedFillBackward") || !has_nan(output)) return false;
    const NoGradGuard guard;
    const Tensor passed = Backward::apply(*masking.node, {ones_like(output)})[0];
    if (!passed.defined() || passed.sizes() != output.sizes()) return false;
    return !any(isnan(output).logical_and(passed != 0)).item<bool>();
  }

  // The first op of the forward pass, behind the node or the node itself, that is known to have made a NaN.
  std::optional<size_t> origin_of_nan(size_t node) const {
    std::optional<size_t> origin;
    std::vector<size_t> waiting{node};
    std::unordered_set<size_t> seen{node};
    while (!waiting.empty()) {
      const size_t i = waiting.back();
      waiting.pop_back();
      if (is_nan_known_of(i) && (!origin || i > *origin)) origin = i;
      for (const TracedInput& input : trace_.nodes()[i].inputs)
        if (input.node && seen.insert(*input.node).second) waiting.push_back(*input.node);
    }
    if (!origin && has_saved_nan(node)) return node;
    return origin;
  }
  bool is_nan_known_of(size_t i) const {
    const TracedNode& node = trace_.nodes()[i];
    if (const auto* const leaf = dynamic_cast<const AccumulateGrad*>(node.node.get()))
      return has_nan(leaf->variable());
    if (has_nan(node.node->saved_output())) return true;
    for (uint32_t k = 0; k < node.outputs.size(); ++k)
      for (const Use& use : uses_.of({i, k}))
        for (const Tensor& saved : trace_.nodes()[use.node].node->saved_tensors())
          if (saved.grad_fn().get() == node.node.get() && saved.output_nr() == k && has_nan(saved))
            return true;
    return false;
  }
  bool has_saved_nan(size_t i) const {
    const std::vector<Tensor> saved = trace_.nodes()[i].node->saved_tensors();
    return std::any_of(saved.begin(), saved.end(), has_nan);
  }

  const Trace& trace_;
  const Uses& uses_;
  std::vector<Trace::Place> open_;
  std::unordered_set<const Node*> visited_;
  std::unordered_set<size_t> born_;
  std::vector<Birth> births_;
};

}  // namespace

std::vector<Birth> births_behind(const Trace& trace, const Uses& uses, const Trace::Place& place,
                                 std::optional<int64_t> element) {
  return Search(trace, uses).births(place, element);
}

}  // namespace frost::inspect
