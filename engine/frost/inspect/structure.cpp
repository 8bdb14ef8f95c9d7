#include <frost/inspect/structure.hpp>

#include <frost/inspect/differentiate.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace frost::inspect {

namespace {

Tensor saved_mask(const Node& node) {
  for (const Tensor& saved : node.saved_tensors())
    if (saved.scalar_type() == kBool) return saved;
  return {};
}

// Whether these elements of a softmax's output, where `marks` is not 0, are exactly 0 whatever the scores
// are: it masks them, or the op behind it does.
bool are_muted(const Node& softmax, const Tensor& marks) {
  const NoGradGuard guard;
  if (const Tensor mask = mask_over(softmax, 0); mask.defined())
    return is_fixed(mask) && !has_any(marks.masked_fill(mask, 0));
  if (!has_any(marks)) return true;
  const Edge& edge = softmax.next_edge(0);
  if (!edge.is_valid()) return false;
  Node& masking = *edge.function;
  if (!masking.name().starts_with("MaskedFill") || !is_rule_fixed(masking)) return false;
  const Tensor passed = Backward::apply(masking, {generic(marks.sizes(), marks.scalar_type())})[0];
  return passed.defined() && passed.sizes() == marks.sizes() && !has_any(passed * marks);
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
      is_sure = are_muted(node, arrived[0]);
      return false;
    }
    is_sure = node.num_outputs() > 0 && is_rule_fixed(node);  // a leaf has no inputs
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

bool is_alone(Node& softmax, int64_t element) {
  // How the element's gradient depends on the weights: on those of its row.
  Tensor answer;
  {
    const AutoGradMode mode(true);
    answer = Backward::apply(softmax, {generic(softmax.output(0).sizes, softmax.output(0).dtype)})[0];
  }
  const Tensor root = sum_of(answer, {element});
  Tensor row;
  differentiate({root}, {ones_like(root)}, [&row, &softmax](Node& node, ArrayRef<Tensor> arrived) {
    if (&node == &softmax) row = arrived[0];
    return &node != &softmax;
  });
  const NoGradGuard guard;
  return row.defined() && are_muted(softmax, row.masked_fill(softmax.saved_output().detach() != 0, 0));
}

Tensor mask_over(const Node& node, size_t input) {
  if (node.name() == "MaskedSoftmaxBackward0") return saved_mask(node);
  if (node.name() != "MaskedAttentionBackward0" || input == 0) return {};
  const Tensor padding = saved_mask(node);  // [B, T], over keys and values [B, heads, T, features]
  return padding.defined() ? padding.reshape({padding.size(0), 1, padding.size(1), 1}) : padding;
}

}  // namespace frost::inspect
