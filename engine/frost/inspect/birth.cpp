#include <frost/inspect/birth.hpp>

#include <frost/inspect/derivative.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/origin.hpp>
#include <frost/inspect/tangent.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace frost::inspect {

namespace {

// Of one op's births, so many NaN and so many infinities are looked at.
constexpr size_t kMostBorn = 64;

bool is_any(const Tensor& mask) { return mask.defined() && any(mask).item<bool>(); }

Tensor both(const Tensor& a, const Tensor& b) { return a.logical_and(b); }

class Search {
 public:
  Search(const Trace& trace, const Uses& uses) : trace_(trace), uses_(uses) {}

  std::vector<Birth> births(const Trace::Place& place, std::optional<int64_t> element) {
    const NoGradGuard guard;
    Tensor asked = is_nonfinite(gradient_at(place));
    if (element) {
      const Tensor one = zeros({asked.numel()}, kBool);
      one[*element].fill_(true);
      asked = both(asked, one.view(asked.sizes()));
    }
    affect(place, asked);
    while (!affected_.empty()) {  // from x's side: what uses a node stands before it
      const auto last = std::prev(affected_.end());
      const size_t i = last->first;
      const std::vector<Tensor> elements = std::move(affected_.extract(last).mapped());
      for (uint32_t k = 0; k < elements.size(); ++k)
        if (is_any(elements[k])) visit({i, k}, elements[k]);
    }
    return std::move(births_);
  }

 private:
  const Tensor& gradient_at(const Trace::Place& place) const {
    return trace_.nodes()[place.node].outputs[place.output_nr].gradient.value;
  }

  void affect(const Trace::Place& place, const Tensor& elements) {
    std::vector<Tensor>& of_node = affected_[place.node];
    of_node.resize(trace_.nodes()[place.node].outputs.size());
    Tensor& known = of_node[place.output_nr];
    known = known.defined() ? known.logical_or(elements) : elements;
  }

  // Where these elements of a gradient, which are not finite, have that from.
  void visit(const Trace::Place& place, const Tensor& elements) {
    Tensor left = elements;
    for (const Use& use : uses_.of(place)) {
      const Tensor& gradient = trace_.nodes()[use.node].inputs[use.input].gradient.value;
      if (!gradient.defined()) continue;
      const Tensor bad = both(elements, is_nonfinite(gradient));
      if (!is_any(bad)) continue;
      left = both(left, bad.logical_not());
      add_births(use, both(bad, came_in(use, bad).logical_not()));
    }
    // Each of them is finite, and their sum is not.
    if (const std::optional<int64_t> at = first_of(left))
      births_.push_back({place.node, std::nullopt, *at, Birth::Cause::overflow, place.node, {}, {}});
  }

  std::vector<Tensor> grad_outs_of(const TracedNode& node, const std::vector<Tensor>& elements) const {
    std::vector<Tensor> grad_outs = generic_grad_outs(node);
    for (size_t k = 0; k < grad_outs.size(); ++k)
      if (grad_outs[k].defined()) grad_outs[k] = grad_outs[k].masked_fill(elements[k].logical_not(), 0);
    return grad_outs;
  }

  // Which of an input's elements depend on gradients of the outputs that came in so; these are looked at
  // next.
  Tensor came_in(const Use& use, const Tensor& bad) {
    const TracedNode& node = trace_.nodes()[use.node];
    std::vector<Tensor> in;
    bool is_any_in = false;
    for (const TracedOutput& output : node.outputs) {
      const Tensor& gradient = output.gradient.value;
      in.push_back(gradient.defined() ? is_nonfinite(gradient) : zeros(output.tensor.sizes, kBool));
      is_any_in |= is_any(in.back());
    }
    if (!is_any_in) return zeros(bad.sizes(), kBool);
    if (acts_on_each_element(*node.node, use.input)) {
      const Tensor those = both(bad, in[0]);
      affect({use.node, 0}, those);
      return those;
    }
    if (const Tensor apart = untouched_by(*node.node, use.input, bad); apart.defined()) {  // a softmax
      const Tensor hit = both(in[0], apart.logical_not());
      affect({use.node, 0}, hit);
      return both(bad, untouched_by(*node.node, use.input, hit).logical_not());
    }
    // Where all slopes are finite, what depends on such a gradient is told from what does not; where some are
    // not, 0·inf may hide it.
    const Tensor is_steady = is_nonfinite(slopes_at(use)).logical_not();
    const Tensor steady = both(bad, is_steady), wild = both(bad, is_steady.logical_not());
    Tensor those = zeros(bad.sizes(), kBool);
    if (is_any(steady)) {
      std::vector<Tensor> hit = in;
      const std::vector<Tensor> changes = changes_of(use, steady);
      for (size_t k = 0; k < hit.size(); ++k)
        hit[k] = changes[k].defined() ? both(both(in[k], changes[k] != 0), isfinite(changes[k]))
                                      : zeros_like(in[k]);
      const Tensor marked = Backward::apply(*node.node, grad_outs_of(node, hit))[use.input];
      if (marked.defined()) those = both(steady, marked != 0);
      // Of finite numbers alone come infinities, and no NaN: of a slope of 0 and an infinity that came in.
      const Tensor& gradient = node.inputs[use.input].gradient.value;
      if (const Tensor hidden = both(both(steady, isnan(gradient)), those.logical_not()); is_any(hidden)) {
        those = those.logical_or(hidden);
        hit = in;
      }
      for (uint32_t k = 0; k < hit.size(); ++k) affect({use.node, k}, hit[k]);
    }
    if (!is_any(wild)) return those;
    const std::vector<Tensor> changes = changes_of(use, wild);
    for (uint32_t k = 0; k < in.size(); ++k) {
      if (!changes[k].defined()) continue;
      const Tensor hit = both(in[k], changes[k] != 0);
      if (!is_any(hit)) continue;
      affect({use.node, k}, hit);
      those = those.logical_or(wild);
    }
    return those;
  }

  std::vector<Tensor> changes_of(const Use& use, const Tensor& elements) const {
    const TracedNode& node = trace_.nodes()[use.node];
    const TracedTensor& x =
        trace_.nodes()[*node.inputs[use.input].node].outputs[node.inputs[use.input].output_nr].tensor;
    std::vector<Tensor> directions(node.inputs.size());
    directions[use.input] = generic(x.sizes, x.dtype).masked_fill(elements.logical_not(), 0);
    return changes_along(node, directions);
  }

  // What the rule makes of gradients that are finite.
  Tensor slopes_at(const Use& use) const {
    const TracedNode& node = trace_.nodes()[use.node];
    return Backward::apply(*node.node, generic_grad_outs(node))[use.input];
  }

  // ---- births ----

  void add_births(const Use& use, const Tensor& born) {
    if (!is_any(born)) return;
    const Tensor slopes = is_nonfinite(slopes_at(use));
    const std::vector<double> elements = numbers(born), is_steep = numbers(slopes);
    const std::vector<double> made = numbers(trace_.nodes()[use.node].inputs[use.input].gradient.value);
    size_t nans = 0, infinities = 0;
    for (size_t e = 0; e < elements.size(); ++e) {
      if (elements[e] == 0 || ++(std::isnan(made[e]) ? nans : infinities) > kMostBorn) continue;
      const Birth birth = birth_of(use, static_cast<int64_t>(e), is_steep[e] != 0);
      const bool is_known = std::any_of(births_.begin(), births_.end(), [&birth](const Birth& other) {
        return other.node == birth.node && other.cause == birth.cause && other.origin == birth.origin;
      });
      if (!is_known) births_.push_back(birth);
    }
  }

  Birth birth_of(const Use& use, int64_t element, bool is_steep) const {
    const TracedNode& node = trace_.nodes()[use.node];
    Birth birth{use.node, use.input, element, Birth::Cause::overflow, use.node, {}, {}};
    birth.value = value_of(node, use.input, element);
    if (!is_steep) return birth;
    const bool is_on_each = acts_on_each_element(*node.node, use.input);
    if (const std::optional<Origin> origin = origin_behind(use, element, is_on_each)) {
      birth.origin = origin->node;
      birth.cause = origin->is_empty_row ? Birth::Cause::empty_row
                    : origin->is_nan     ? Birth::Cause::forward_value
                                         : Birth::Cause::forward_infinity;
      return birth;
    }
    birth.cause = Birth::Cause::infinite_slope;
    if (!is_on_each) return birth;
    birth.grad_in = numbers(node.outputs[0].gradient.value)[static_cast<size_t>(element)];
    if (*birth.grad_in == 0) birth.cause = Birth::Cause::zero_times_infinity;
    return birth;
  }

  // Of an element of an input, in the forward pass: if the node saved it, and it was not written to since.
  std::optional<double> value_of(const TracedNode& node, size_t i, int64_t element) const {
    const TracedInput& input = node.inputs[i];
    const std::vector<Tensor> saved = node.node->saved_tensors();
    for (size_t k = 0; k < saved.size(); ++k)
      if (const std::optional<Trace::Place> place = trace_.find(saved[k]);
          place && place->node == input.node && place->output_nr == input.output_nr &&
          node.node->is_as_saved(k))
        return numbers(saved[k])[static_cast<size_t>(element)];
    return std::nullopt;
  }

  // What a slope that is not finite has that from in the forward pass; none where the op alone made it.
  std::optional<Origin> origin_behind(const Use& use, int64_t element, bool is_on_each) const {
    const TracedNode& node = trace_.nodes()[use.node];
    std::optional<Origin> found;
    const auto look_at = [this, &found, &use](const std::optional<Trace::Place>& place, const Tensor& values,
                                              int64_t at) {
      const double value = numbers(values)[static_cast<size_t>(at)];
      if (std::isfinite(value)) return;
      const std::optional<Origin> origin =
          place ? origin_of(trace_, uses_, *place, at) : Origin{use.node, std::isnan(value), false};
      const bool is_own = place && place->node == use.node && origin && origin->node == use.node;
      if (is_own && !origin->is_nan) return;  // the op itself made it of finite numbers
      if (origin && (!found || (origin->is_nan && !found->is_nan))) found = origin;
    };
    const Tensor output = node.node->saved_output();
    const Tensor& gradient = node.inputs[use.input].gradient.value;
    if (output.defined() && output.sizes() == gradient.sizes())
      look_at(Trace::Place{use.node, 0}, output, element);
    if (found) return found;
    for (const auto& [saved, matters] : factors_of(use, element, is_on_each)) {
      if (const std::optional<int64_t> at = first_of(both(matters, is_nonfinite(saved))))
        look_at(trace_.find(saved), saved, *at);
    }
    return found;
  }

  // The floating-point tensors that the node saved, its output aside, and which of their elements matter to
  // the slope of this one.
  std::vector<std::pair<Tensor, Tensor>> factors_of(const Use& use, int64_t element, bool is_on_each) const {
    Node& node = *trace_.nodes()[use.node].node;
    std::vector<std::pair<Tensor, Tensor>> factors;
    const Tensor& gradient = trace_.nodes()[use.node].inputs[use.input].gradient.value;
    std::map<const Node*, std::vector<Tensor>> arrived;
    if (!is_on_each) arrived = arrived_from(use, element);
    std::vector<Tensor> all = node.saved_tensors();
    if (node.saved_output().defined()) all.pop_back();
    for (const Tensor& saved : all) {
      if (!saved.is_floating_point()) continue;
      const Edge edge = gradient_edge(saved);
      Tensor matters = ones(saved.sizes(), kBool);
      if (is_on_each && is_broadcastable_to(saved.sizes(), gradient.sizes())) {
        const Tensor count = arange(saved.numel()).view(saved.sizes());
        matters = count == count.expand(gradient.sizes()).reshape({-1})[element];
      } else if (const auto at = arrived.find(edge.function.get()); at != arrived.end()) {
        const Tensor& of_saved = at->second[edge.input_nr];
        matters = of_saved.defined() ? of_saved != 0 : zeros(saved.sizes(), kBool);
      }
      factors.emplace_back(saved, matters);
    }
    return factors;
  }

  // The gradients of the rule's answer for one element at the nodes of the forward pass.
  std::map<const Node*, std::vector<Tensor>> arrived_from(const Use& use, int64_t element) const {
    const TracedNode& node = trace_.nodes()[use.node];
    Tensor answer;
    {
      const AutoGradMode mode(true);
      answer = Backward::apply(*node.node, generic_grad_outs(node))[use.input].reshape({-1})[element];
    }
    std::map<const Node*, std::vector<Tensor>> all;
    differentiate({answer}, {ones_like(answer)}, [this, &all](Node& at, ArrayRef<Tensor> arrived) {
      const bool is_of_forward = trace_.find_node(&at).has_value();
      if (is_of_forward) all[&at] = arrived.vec();
      return !is_of_forward;
    });
    return all;
  }

  const Trace& trace_;
  const Uses& uses_;
  std::map<size_t, std::vector<Tensor>> affected_;  // elements of nodes' outputs, by node
  std::vector<Birth> births_;
};

}  // namespace

std::vector<Birth> births_behind(const Trace& trace, const Uses& uses, const Trace::Place& place,
                                 std::optional<int64_t> element) {
  return Search(trace, uses).births(place, element);
}

}  // namespace frost::inspect
