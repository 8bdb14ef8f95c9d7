#include <frost/nn/functional/attention.hpp>

#include <frost/kernels/attention.hpp>
#include <frost/ops.hpp>
#include <frost/ops/common.hpp>
#include <frost/ops/softmax.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace frost::nn::functional {

namespace {

constexpr const char* kName = "masked_attention";

double scale_of(const Tensor& q) { return 1 / std::sqrt(static_cast<double>(q.size(-1))); }

void check_inputs(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& padding) {
  check_defined(q, kName, "q");
  check_defined(k, kName, "k");
  check_defined(v, kName, "v");
  check(q.is_floating_point() && k.scalar_type() == q.scalar_type() && v.scalar_type() == q.scalar_type(),
        kName, "expected q, k and v of one floating point dtype, got ", q.scalar_type(), ", ",
        k.scalar_type(), " and ", v.scalar_type());
  const int64_t rank = q.dim();
  check((rank == 3 || rank == 4) && k.dim() == rank && v.dim() == rank, kName,
        "q, k and v must be [B, H, T, D], or [B, T, D], got ", q.sizes(), ", ", k.sizes(), " and ",
        v.sizes());
  for (int64_t d = 0; d < rank - 2; ++d)
    check(q.size(d) == k.size(d) && q.size(d) == v.size(d), kName, "q, k and v must be one batch, got ",
          q.sizes(), ", ", k.sizes(), " and ", v.sizes());
  check(q.size(-1) == k.size(-1), kName, "q and k must have as many features, got ", q.sizes(), " and ",
        k.sizes());
  check(q.size(-1) > 0, kName, "q has no features: ", q.sizes());
  check(k.size(-2) == v.size(-2), kName, "k and v must be as long, got ", k.sizes(), " and ", v.sizes());
  if (!padding.defined()) return;
  check(padding.scalar_type() == kBool, kName, "key_padding_mask must be Bool, got ", padding.scalar_type());
  check(padding.sizes() == IntArrayRef({q.size(0), k.size(-2)}), kName, "key_padding_mask must be ",
        Dims{q.size(0), k.size(-2)}, ", got ", padding.sizes());
}

// [B, 1, T, 1]: where a query has no key that it may attend to; padding is contiguous.
Tensor empty_rows(const Tensor& q, const Tensor& k, const Tensor& padding, bool causal) {
  const int64_t queries = q.size(2), keys = k.size(2);
  const Tensor empty = empty_tensor({q.size(0), 1, queries, 1}, kBool);
  bool* const to = empty.data_ptr<bool>();
  for (int64_t b = 0; b < q.size(0); ++b) {
    const bool* const padded = padding.defined() ? padding.data_ptr<bool>() + b * keys : nullptr;
    const int64_t first = padded == nullptr ? 0 : std::find(padded, padded + keys, false) - padded;
    for (int64_t i = 0; i < queries; ++i) to[b * queries + i] = first == keys || (causal && i < first);
  }
  return empty;
}

// The mask of scores [B, H, T, S]; undefined where nothing is muted.
Tensor score_mask(const Tensor& q, const Tensor& k, const Tensor& padding, bool causal) {
  const int64_t queries = q.size(2), keys = k.size(2);
  Tensor mask;
  if (padding.defined()) mask = padding.reshape({padding.size(0), 1, 1, keys});
  if (!causal) return mask.defined() ? mask : zeros({keys}, kBool);
  const Tensor later = triu(ones({queries, keys}, kBool), 1);
  return mask.defined() ? logical_or(mask, later) : later;
}

// What is multiplied with weights of 0 must not be NaN.
Tensor without_padding(const Tensor& x, const Tensor& padding) {
  return padding.defined() ? masked_fill(x, padding.reshape({x.size(0), 1, x.size(2), 1}), 0) : x;
}

kernels::Heads heads(const Tensor& x) {
  const Dims& strides = x.layout().strides;
  return {x.data_ptr(), strides[0], strides[1], strides[2], strides[3]};
}

kernels::Attention shape_of(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& padding,
                            bool causal) {
  return {q.size(0),
          q.size(1),
          q.size(2),
          k.size(2),
          q.size(3),
          v.size(3),
          padding.defined() ? padding.data_ptr<bool>() : nullptr,
          causal,
          scale_of(q)};
}

// A gradient for each of q, k and v; undefined where it is not wanted.
using Wanted = std::array<bool, 3>;
using InputGradients = std::array<Tensor, 3>;

// With w = masked_softmax(q kᵀ / √D) and y = w v:
//   grad_v = wᵀ grad_out,   grad_s = w (grad_w - Σ_j grad_w_j w_j) where not muted, grad_w = grad_out vᵀ,
//   grad_q = grad_s k / √D,   grad_k = grad_sᵀ q / √D
InputGradients composed_gradients(const Wanted& wanted, const Tensor& grad_out, const Tensor& q,
                                  const Tensor& k, const Tensor& v, const Tensor& padding, bool causal) {
  const Tensor mask = score_mask(q, k, padding, causal), scaled = q * scale_of(q),
               keys = without_padding(k, padding);
  const Tensor weights = masked_softmax(matmul(scaled, transpose(keys, 2, 3)), mask);
  InputGradients grads;
  if (wanted[2]) grads[2] = matmul(transpose(weights, 2, 3), grad_out);
  if (!wanted[0] && !wanted[1]) return grads;
  const Tensor values = without_padding(v, padding);
  const Tensor grad_weights = masked_fill(matmul(grad_out, transpose(values, 2, 3)), mask, 0);
  const Tensor grad_scores = masked_fill(softmax_backward(grad_weights, weights, 3), mask, 0);
  if (wanted[0]) grads[0] = matmul(grad_scores, keys) * scale_of(q);
  if (wanted[1]) grads[1] = matmul(transpose(grad_scores, 2, 3), scaled);
  return grads;
}

InputGradients tiled_gradients(const Wanted& wanted, const Tensor& grad_out, const Tensor& q, const Tensor& k,
                               const Tensor& v, const Tensor& padding, bool causal, const Tensor& y,
                               const Tensor& largest, const Tensor& sums) {
  InputGradients grads;
  std::array<void*, 3> data{};
  const std::array<const Tensor*, 3> inputs{&q, &k, &v};
  for (size_t i = 0; i < grads.size(); ++i)
    if (wanted[i]) {
      grads[i] = empty_tensor(inputs[i]->sizes(), q.scalar_type());
      data[i] = grads[i].data_ptr();
    }
  kernels::attention_backward(q.scalar_type(), shape_of(q, k, v, padding, causal), data[0], data[1], data[2],
                              heads(grad_out), heads(q), heads(k), heads(v), heads(y), largest.data_ptr(),
                              sums.data_ptr());
  return grads;
}

// Zeros in empty rows.
Tensor tiled(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& padding, bool causal) {
  const Tensor y = empty_tensor({q.size(0), q.size(1), q.size(2), v.size(3)}, q.scalar_type(), kName);
  const Dims rows{q.size(0), q.size(1), q.size(2)};
  const Tensor largest = empty_tensor(rows, q.scalar_type()), sums = empty_tensor(rows, q.scalar_type());
  kernels::attention(q.scalar_type(), shape_of(q, k, v, padding, causal), y.data_ptr(), largest.data_ptr(),
                     sums.data_ptr(), heads(q), heads(k), heads(v));
  const Tensor output = y.detach();  // y itself would hold the node that holds it
  record_joint(
      "MaskedAttentionBackward0", {q, k, v}, {y},
      [q = Saved(q), k = Saved(k), v = Saved(v), padding = Saved(padding), output = Saved(output),
       largest = Saved(largest), sums = Saved(sums), causal](ArrayRef<Tensor> grad_outs, Gradients& grads) {
        if (!grad_outs[0].defined()) return;
        const Wanted wanted{grads.wanted(0), grads.wanted(1), grads.wanted(2)};
        const InputGradients all =
            GradMode::is_enabled() ? composed_gradients(wanted, grad_outs[0], *q, *k, *v, *padding, causal)
                                   : tiled_gradients(wanted, grad_outs[0], *q, *k, *v, *padding, causal,
                                                     *output, *largest, *sums);
        for (size_t i = 0; i < all.size(); ++i)
          if (wanted[i]) grads.set(i, all[i]);
      });
  return y;
}

}  // namespace

Tensor masked_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& key_padding_mask,
                        bool causal, EmptyRow empty_row) {
  check_inputs(q, k, v, key_padding_mask);
  const Tensor padding = key_padding_mask.defined() ? contiguous(key_padding_mask) : Tensor();
  if (q.dim() == 3)
    return squeeze(
        masked_attention(unsqueeze(q, 1), unsqueeze(k, 1), unsqueeze(v, 1), padding, causal, empty_row), 1);
  const Tensor empty = empty_row == EmptyRow::Zeros ? Tensor() : empty_rows(q, k, padding, causal);
  const bool has_empty = empty.defined() && q.numel() > 0 && empty.any().item<bool>();
  check(!has_empty || empty_row != EmptyRow::Error, kName,
        "a query has no key to attend to, which EmptyRow::Error forbids");
  const Tensor y = tiled(q, k, v, padding, causal);
  if (!has_empty) return y;
  return empty_row == EmptyRow::NaN ? masked_fill(y, empty, std::numeric_limits<double>::quiet_NaN())
                                    : where(empty, mean(v, {2}, /*keepdim=*/true), y);
}

}  // namespace frost::nn::functional
