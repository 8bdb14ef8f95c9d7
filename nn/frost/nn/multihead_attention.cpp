#include <frost/nn/multihead_attention.hpp>

#include <frost/nn/functional.hpp>
#include <frost/nn/init.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <cmath>
#include <limits>

namespace frost::nn {

namespace {

constexpr const char* kName = "MultiheadAttention";

// A mask with one more key, which it leaves open.
Tensor opened(const Tensor& mask) {
  if (!mask.defined()) return mask;
  Dims column = mask.layout().sizes;
  column[column.size() - 1] = 1;
  return cat({mask, zeros(column, mask.options())}, -1);
}

// [T, B, H·D] → [B·H, T, D]
Tensor by_head(const Tensor& x, int64_t head_dim) {
  return transpose(reshape(x, {x.size(0), x.size(1) * x.size(2) / head_dim, head_dim}), 0, 1);
}

// [B·H, T, D] and a row of zeros
Tensor with_zero_row(const Tensor& x) { return cat({x, zeros({x.size(0), 1, x.size(2)}, x.options())}, 1); }

Tensor muted(const Tensor& scores, const Tensor& mask) {
  return masked_fill(scores, mask, -std::numeric_limits<double>::infinity());
}

// Whether a sequence is all padding: its weights are NaN, and so is what they multiply.
bool leaves_nothing(const Tensor& padding) { return padding.defined() && padding.all(1).any().item<bool>(); }

void check_masks(const Tensor& key_padding_mask, const Tensor& attn_mask, int64_t batch, int64_t heads,
                 int64_t queries, int64_t keys) {
  if (key_padding_mask.defined()) {
    check(key_padding_mask.scalar_type() == kBool, kName, "key_padding_mask must be Bool, got ",
          key_padding_mask.scalar_type());
    check(key_padding_mask.sizes() == IntArrayRef({batch, keys}), kName, "key_padding_mask must be ",
          Dims{batch, keys}, ", got ", key_padding_mask.sizes());
  }
  if (attn_mask.defined()) {
    check(attn_mask.scalar_type() == kBool || attn_mask.is_floating_point(), kName,
          "attn_mask must be Bool or floating point, got ", attn_mask.scalar_type());
    check(attn_mask.sizes() == IntArrayRef({queries, keys}) ||
              attn_mask.sizes() == IntArrayRef({batch * heads, queries, keys}),
          kName, "attn_mask must be ", Dims{queries, keys}, " or ", Dims{batch * heads, queries, keys},
          ", got ", attn_mask.sizes());
  }
}

}  // namespace

MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& attention_options)
    : Cloneable("torch::nn::MultiheadAttention"), options(attention_options) {
  const int64_t embed_dim = options.embed_dim(), heads = options.num_heads();
  check(heads > 0 && embed_dim > 0, kName, "embed_dim and num_heads must be positive, got ", embed_dim,
        " and ", heads);
  checked_numel({3, embed_dim}, kName);
  check(embed_dim % heads == 0, kName, "embed_dim must be divisible by num_heads, got ", embed_dim, " and ",
        heads);
  check(0 <= options.dropout() && options.dropout() <= 1, kName,
        "dropout probability has to be between 0 and 1, but got ", options.dropout());
  head_dim = embed_dim / heads;
  reset();
}

void MultiheadAttentionImpl::reset() {
  const int64_t embed_dim = options.embed_dim();
  if (options.kdim() == embed_dim && options.vdim() == embed_dim) {
    in_proj_weight = register_parameter("in_proj_weight", empty({3 * embed_dim, embed_dim}));
  } else {
    q_proj_weight = register_parameter("q_proj_weight", empty({embed_dim, embed_dim}));
    k_proj_weight = register_parameter("k_proj_weight", empty({embed_dim, options.kdim()}));
    v_proj_weight = register_parameter("v_proj_weight", empty({embed_dim, options.vdim()}));
  }
  if (options.bias()) in_proj_bias = register_parameter("in_proj_bias", empty({3 * embed_dim}));
  out_proj = register_module("out_proj", Linear(LinearOptions(embed_dim, embed_dim).bias(options.bias())));
  if (options.add_bias_kv()) {
    bias_k = register_parameter("bias_k", empty({1, 1, embed_dim}));
    bias_v = register_parameter("bias_v", empty({1, 1, embed_dim}));
  }
  _reset_parameters();
}

void MultiheadAttentionImpl::_reset_parameters() {
  for (const Tensor& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight})
    if (weight.defined()) init::xavier_uniform_(weight);
  if (in_proj_bias.defined()) {
    init::constant_(in_proj_bias, 0);
    init::constant_(out_proj->bias, 0);
  }
  for (const Tensor& bias : {bias_k, bias_v})
    if (bias.defined()) init::xavier_normal_(bias);
}

void MultiheadAttentionImpl::check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) const {
  check_defined(query, kName, "query");
  check_defined(key, kName, "key");
  check_defined(value, kName, "value");
  check(query.dim() == 3 && query.size(2) == options.embed_dim(), kName, "query must be [L, B, ",
        options.embed_dim(), "], got ", query.sizes());
  const int64_t batch = query.size(1);
  check(key.dim() == 3 && key.size(1) == batch && key.size(2) == options.kdim(), kName, "key must be [S, ",
        batch, ", ", options.kdim(), "], got ", key.sizes());
  check(value.dim() == 3 && value.size(0) == key.size(0) && value.size(1) == batch &&
            value.size(2) == options.vdim(),
        kName, "value must be ", Dims{key.size(0), batch, options.vdim()}, ", got ", value.sizes());
}

MultiheadAttentionImpl::Projected MultiheadAttentionImpl::project(const Tensor& query, const Tensor& key,
                                                                  const Tensor& value) const {
  if (in_proj_weight.defined() && query.is_same(key) && key.is_same(value)) {  // self-attention: one product
    const std::vector<Tensor> parts = functional::linear(query, in_proj_weight, in_proj_bias).chunk(3, -1);
    return {parts[0], parts[1], parts[2]};
  }
  const int64_t size = options.embed_dim();
  const auto part = [this, size](int64_t i, const Tensor& x, const Tensor& own_weight) {
    const Tensor weight = own_weight.defined() ? own_weight : narrow(in_proj_weight, 0, i * size, size);
    return functional::linear(x, weight,
                              in_proj_bias.defined() ? narrow(in_proj_bias, 0, i * size, size) : Tensor());
  };
  return {part(0, query, q_proj_weight), part(1, key, k_proj_weight), part(2, value, v_proj_weight)};
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(const Tensor& query, const Tensor& key,
                                                           const Tensor& value,
                                                           const Tensor& key_padding_mask, bool need_weights,
                                                           const Tensor& attn_mask,
                                                           bool average_attn_weights) const {
  check_inputs(query, key, value);
  const int64_t queries = query.size(0), batch = query.size(1), heads = options.num_heads();
  check_masks(key_padding_mask, attn_mask, batch, heads, queries, key.size(0));
  Tensor padding = key_padding_mask, mask = attn_mask;

  auto [q, k, v] = project(query, key, value);
  if (bias_k.defined()) {
    k = cat({k, bias_k.expand({1, batch, options.embed_dim()})});
    v = cat({v, bias_v.expand({1, batch, options.embed_dim()})});
    padding = opened(padding);
    mask = opened(mask);
  }
  q = by_head(q, head_dim);
  k = by_head(k, head_dim);
  v = by_head(v, head_dim);
  if (options.add_zero_attn()) {
    k = with_zero_row(k);
    v = with_zero_row(v);
    padding = opened(padding);
    mask = opened(mask);
  }
  const int64_t keys = k.size(1);

  const bool drops = options.dropout() > 0 && is_training();
  Tensor attended, weights;  // [B·H, L, D] and [B, H, L, S]
  if (need_weights || drops || mask.defined() || leaves_nothing(padding)) {
    Tensor scores =
        bmm(q * (1 / std::sqrt(static_cast<double>(head_dim))), transpose(k, 1, 2));  // [B·H, L, S]
    if (mask.defined()) scores = mask.scalar_type() == kBool ? muted(scores, mask) : scores + mask;
    scores = scores.view({batch, heads, queries, keys});
    if (padding.defined()) scores = muted(scores, padding.reshape({batch, 1, 1, keys}));
    weights = functional::dropout(
        softmax(scores, -1), functional::DropoutFuncOptions().p(options.dropout()).training(is_training()));
    attended = bmm(weights.view({batch * heads, queries, keys}), v);
  } else {
    attended = functional::masked_attention(q.view({batch, heads, queries, head_dim}),
                                            k.view({batch, heads, keys, head_dim}),
                                            v.view({batch, heads, keys, head_dim}), padding)
                   .view({batch * heads, queries, head_dim});
  }
  const Tensor output = out_proj(reshape(transpose(attended, 0, 1), {queries, batch, options.embed_dim()}));
  if (!need_weights) return {output, Tensor()};
  return {output, average_attn_weights ? weights.sum(1) / heads : weights};
}

}  // namespace frost::nn
