#include <frost/inspect/culprit.hpp>

#include <frost/inspect/derivative.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/origin.hpp>
#include <frost/inspect/structure.hpp>

#include <algorithm>
#include <functional>

namespace frost::inspect {

namespace {

using Cause = Birth::Cause;
using Culprit = Birth::Culprit;

class Finder {
 public:
  Finder(const Trace& trace, const Birth& birth, const Tensor& answer)
      : trace_(trace), birth_(birth), answer_(answer) {}

  std::optional<Culprit> find() const {
    const TracedNode& origin = trace_.nodes()[birth_.origin];
    switch (birth_.cause) {
      case Cause::empty_row:
        return in_rows(origin, empty_rows(*origin.node));
      case Cause::nan_row:
        return in_rows(origin, nan_rows(*origin.node).logical_and(empty_rows(*origin.node).logical_not()));
      case Cause::forward_value:
        return in_leaf_or_frozen(origin, [](const Tensor& x) { return isnan(x); });
      case Cause::forward_infinity:
        return in_leaf_or_frozen(origin, [](const Tensor& x) { return isinf(x); });
      case Cause::zero_times_infinity:
      case Cause::infinite_slope:
        return divisor();
      default:
        return std::nullopt;
    }
  }

 private:
  using Test = std::function<Tensor(const Tensor&)>;

  std::optional<Culprit> in_frozen(size_t i, const Test& is_so) const {
    const TracedNode& node = trace_.nodes()[i];
    std::vector<Tensor> all = node.node->saved_tensors();
    if (node.node->saved_output().defined()) all.pop_back();
    for (const Tensor& saved : all) {
      if (!saved.is_floating_point() || trace_.find(saved)) continue;
      if (std::optional<Culprit> found =
              among(std::nullopt, i == birth_.node, saved.detach(), is_so(saved.detach()))) {
        found->name = frozen_name(node, saved);
        return found;
      }
    }
    return std::nullopt;
  }

  std::optional<Culprit> in_leaf_or_frozen(const TracedNode& origin, const Test& is_so) const {
    if (const auto* const leaf = dynamic_cast<const AccumulateGrad*>(origin.node.get())) {
      const Tensor values = leaf->variable().detach();
      return among(Trace::Place{birth_.origin, 0}, is_input_of_birth(birth_.origin), values, is_so(values));
    }
    return in_frozen(birth_.origin, is_so);
  }

  std::optional<Culprit> in_rows(const TracedNode& softmax, const Tensor& rows) const {
    const bool is_beside = birth_.node == birth_.origin || is_input_of_birth(birth_.origin);
    return among(Trace::Place{birth_.origin, 0}, is_beside, softmax.node->saved_output().detach(), rows,
                 softmax_dim(*softmax.node));
  }

  bool is_input_of_birth(size_t i) const {
    const std::vector<TracedInput>& inputs = trace_.nodes()[birth_.node].inputs;
    return std::any_of(inputs.begin(), inputs.end(),
                       [i](const TracedInput& input) { return input.node == i; });
  }

  // Of a quotient: both of its slopes are infinite where the divisor is 0.
  std::optional<Culprit> divisor() const {
    const TracedNode& node = trace_.nodes()[birth_.node];
    if (node.name != "DivBackward0") return std::nullopt;
    const auto is_zero = [](const Tensor& x) { return x == 0; };
    const TracedInput& y = node.inputs[1];
    if (!y.node) return in_frozen(birth_.node, is_zero);
    const std::vector<Tensor> saved = node.node->saved_tensors();
    for (size_t k = 0; k < saved.size(); ++k)
      if (const std::optional<Trace::Place> place = trace_.find(saved[k]);
          place && place->node == *y.node && place->output_nr == y.output_nr && node.node->is_as_saved(k))
        return among(place, true, saved[k].detach(), is_zero(saved[k].detach()));
    return std::nullopt;
  }

  // The first of the elements that are so: of those on which what was born depends, as far as that is known.
  std::optional<Culprit> among(const std::optional<Trace::Place>& place, bool is_beside, const Tensor& values,
                               const Tensor& are_so, std::optional<int64_t> dim = std::nullopt) const {
    if (!has_any(are_so)) return std::nullopt;
    Tensor elements;
    if (is_beside) elements = both(are_so, beside(values.sizes()));
    if (!has_any(elements) && place) elements = both(are_so, dependence_on(*place));
    if (!has_any(elements)) elements = are_so;
    const int64_t first = *first_of(elements);
    const int64_t count = (dim ? any(elements, *dim) : elements).sum().item<int64_t>();
    const double value = numbers(values)[static_cast<size_t>(first)];
    return Culprit{place, "", values.sizes(), first, count - 1, dim, value};
  }
  static Tensor both(const Tensor& a, const Tensor& b) { return b.defined() ? a.logical_and(b) : Tensor(); }

  // Of an op on each element: the one of another input that stands beside what was born. Undefined: not
  // known.
  Tensor beside(const Dims& sizes) const {
    const Node& node = *trace_.nodes()[birth_.node].node;
    const Dims& out = node.output(0).sizes;
    if ((!acts_on_each_element(node, *birth_.input) && !has_rows(node)) || !is_broadcastable_to(sizes, out))
      return {};
    const Tensor numbered = arange(numel(sizes)).view(sizes);
    return numbered == numbered.expand(out).reshape({-1})[birth_.element];
  }

  // Undefined: not known.
  Tensor dependence_on(const Trace::Place& place) const {
    const Node* const target = trace_.nodes()[place.node].node.get();
    Tensor one;
    {
      const AutoGradMode mode(true);
      one = answer_.reshape({-1})[birth_.element];
    }
    Tensor found;
    differentiate({one}, {ones_like(one)}, [&](Node& node, ArrayRef<Tensor> arrived) {
      if (&node == target && arrived[place.output_nr].defined()) found = arrived[place.output_nr] != 0;
      return &node != target && node.num_outputs() > 0;
    });
    return found;
  }

  // Of a product with one factor that has a name, and no graph.
  static std::string frozen_name(const TracedNode& node, const Tensor& saved) {
    for (const TracedInput& input : node.inputs)
      if (!input.node && input.dropped && input.dropped->sizes == saved.sizes()) return input.dropped->name;
    return "";
  }

  const Trace& trace_;
  const Birth& birth_;
  const Tensor& answer_;
};

}  // namespace

std::optional<Birth::Culprit> culprit_of(const Trace& trace, const Birth& birth, const Tensor& answer) {
  return Finder(trace, birth, answer).find();
}

}  // namespace frost::inspect
