#include <frost/inspect/structure.hpp>

#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/tangent.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace frost::inspect {

namespace {

Tensor saved_mask(const Node& node) {
  for (const Tensor& saved : node.saved_tensors())
    if (saved.scalar_type() == kBool) return saved;
  return {};
}

// The only input of the node to which a gradient flows, where the way from it is linear: of -inf there come
// -inf alone, whatever else stands there. `for_good`: and the same whatever the leaves hold.
std::optional<size_t> linear_input(const Node& node, bool for_good) {
  const std::vector<Tensor> saved = node.saved_tensors();
  const bool is_scaled =
      std::any_of(saved.begin(), saved.end(), [](const Tensor& x) { return x.is_floating_point(); });
  std::optional<size_t> input;
  if (is_scaled || (for_good && !is_rule_fixed(node))) return input;
  for (size_t i = 0; i < node.num_outputs(); ++i) {
    if (!node.next_edge(i).is_valid()) continue;
    if (input) return std::nullopt;
    input = i;
  }
  return input;
}

// Which elements of the edge's tensor depend on these of the node's input, by slopes above 0.
Tensor reached_from(const Edge& edge, size_t input, const Tensor& elements) {
  Node& node = *edge.function;
  const Node::Output& output = node.output(edge.input_nr);
  std::vector<Tensor> grad_outs(node.num_inputs()), directions(node.num_outputs());
  grad_outs[edge.input_nr] = generic(output.sizes, output.dtype);
  directions[input] = elements.to(output.dtype);
  const Tensor change = changes_along(node, grad_outs, directions)[edge.input_nr];
  return change.defined() ? change > 0 : zeros(output.sizes, kBool);
}

// Which elements of the edge's tensor a fill made -inf. Undefined: none.
Tensor minus_infinities(const Edge& last, bool for_good) {
  std::vector<std::pair<Edge, size_t>> way;  // tensors, and the inputs by which it goes on
  for (Edge edge = last; edge.is_valid();) {
    const std::optional<size_t> input = linear_input(*edge.function, for_good);
    if (!input) break;
    way.emplace_back(edge, *input);
    edge = edge.function->next_edge(*input);
  }
  Tensor known;
  for (auto at = way.rbegin(); at != way.rend(); ++at) {
    const Node& node = *at->first.function;
    if (known.defined()) known = reached_from(at->first, at->second, known);
    if (node.argument() != -std::numeric_limits<double>::infinity()) continue;
    const Edge& before = node.next_edge(at->second);
    const Tensor all = ones(before.function->output(before.input_nr).sizes, kBool);
    const Tensor filled = reached_from(at->first, at->second, all).logical_not();
    known = known.defined() ? known.logical_or(filled) : filled;
  }
  return known;
}

// Whether the op took a tensor that was made from what requires grad, and does not itself.
bool takes_unrecorded(const Node& node) {
  for (size_t i = 0; i < node.num_outputs(); ++i)
    if (const Node::FrozenInput* const frozen = node.frozen_input(i);
        frozen != nullptr && frozen->unrecorded != Unrecorded::no)
      return true;
  return false;
}

Tensor sum_of(const Tensor& answer, const std::vector<int64_t>& elements) {
  const AutoGradMode mode(true);
  const Tensor chosen = answer.reshape({-1}).index_select(0, tensor(elements));
  return (chosen * generic(chosen.sizes(), chosen.scalar_type())).sum();
}

}  // namespace

bool is_fixed(const Tensor& saved) {
  return !gradient_edge(saved).is_valid() && saved.impl()->unrecorded == Unrecorded::no;
}

bool is_rule_fixed(const Node& node) {
  if (node.saved_output().defined()) return false;
  const std::vector<Tensor> saved = node.saved_tensors();
  return std::all_of(saved.begin(), saved.end(), is_fixed);
}

// Goes back through the factors as long as it can be sure of every element: through what is linear, as views
// are, to a softmax that mutes them.
bool are_factors_fixed(const Tensor& answer, const std::vector<int64_t>& elements) {
  if (!answer.defined()) return true;
  if (!answer.requires_grad()) return false;  // it is made of values that were detached
  const Tensor root = sum_of(answer, elements);
  bool is_sure = true;
  differentiate({root}, {ones_like(root)}, [&is_sure](Node& node, ArrayRef<Tensor> arrived) {
    if (!is_sure || !std::any_of(arrived.begin(), arrived.end(), has_any)) return false;
    if (is_softmax(node)) {
      is_sure = !has_any(arrived[0].masked_fill(muted_scores(node, true), 0));
      return false;
    }
    // A leaf has no inputs.
    is_sure = node.num_outputs() > 0 && is_rule_fixed(node) && !takes_unrecorded(node);
    return is_sure;
  });
  return is_sure;
}

bool is_product(const Node& node) {
  const std::string name = node.name();
  constexpr std::string_view beginnings[] = {"Mul", "Div", "Mm", "Bmm", "Mv", "Dot"};
  return std::any_of(std::begin(beginnings), std::end(beginnings),
                     [&name](std::string_view beginning) { return name.starts_with(beginning); });
}

bool is_softmax(const Node& node) {
  return node.name() == "SoftmaxBackward0" || node.name() == "MaskedSoftmaxBackward0";
}

int64_t softmax_dim(const Node& softmax) { return static_cast<int64_t>(softmax.argument().value()); }

Tensor mask_over(const Node& node, size_t input) {
  if (node.name() == "MaskedSoftmaxBackward0") return saved_mask(node);
  if (node.name() != "MaskedAttentionBackward0" || input == 0) return {};
  const Tensor padding = saved_mask(node);  // [B, T], over keys and values [B, heads, T, features]
  return padding.defined() ? padding.reshape({padding.size(0), 1, padding.size(1), 1}) : padding;
}

Tensor muted_scores(const Node& softmax, bool for_good) {
  const NoGradGuard guard;
  const Dims& sizes = softmax.output(0).sizes;
  if (const Tensor mask = mask_over(softmax, 0); mask.defined())
    return is_fixed(mask) || !for_good ? mask.expand(sizes) : zeros(sizes, kBool);
  const Tensor filled = minus_infinities(softmax.next_edge(0), for_good);
  return filled.defined() ? filled : zeros(sizes, kBool);
}

Tensor lone_scores(const Node& softmax) {
  const NoGradGuard guard;
  const Tensor heard = muted_scores(softmax, true).logical_not();
  return heard.logical_and(heard.sum(softmax_dim(softmax), /*keepdim=*/true) == 1);
}

}  // namespace frost::inspect
