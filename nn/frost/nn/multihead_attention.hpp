// Multi-head attention (Vaswani et al. 2017).
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/linear.hpp>
#include <frost/nn/options.hpp>

#include <tuple>

namespace frost::nn {

struct MultiheadAttentionOptions : OptionsOf<MultiheadAttentionOptions> {
  MultiheadAttentionOptions(int64_t embed_dim, int64_t num_heads)
      : embed_dim_(embed_dim), num_heads_(num_heads), kdim_(embed_dim), vdim_(embed_dim) {}
  MultiheadAttentionOptions& embed_dim(int64_t size) { return set(embed_dim_, size); }
  MultiheadAttentionOptions& num_heads(int64_t heads) { return set(num_heads_, heads); }
  MultiheadAttentionOptions& dropout(double p) { return set(dropout_, p); }  // of the weights, in training
  MultiheadAttentionOptions& bias(bool on) { return set(bias_, on); }
  // One more key and value behind those given: bias_k and bias_v, which are learned, or zeros. Masks leave
  // them open.
  MultiheadAttentionOptions& add_bias_kv(bool on) { return set(add_bias_kv_, on); }
  MultiheadAttentionOptions& add_zero_attn(bool on) { return set(add_zero_attn_, on); }
  // The last sizes of key and value; where not said, the embed_dim that the constructor was given.
  MultiheadAttentionOptions& kdim(int64_t size) { return set(kdim_, size); }
  MultiheadAttentionOptions& vdim(int64_t size) { return set(vdim_, size); }
  int64_t embed_dim() const { return embed_dim_; }
  int64_t num_heads() const { return num_heads_; }
  double dropout() const { return dropout_; }
  bool bias() const { return bias_; }
  bool add_bias_kv() const { return add_bias_kv_; }
  bool add_zero_attn() const { return add_zero_attn_; }
  int64_t kdim() const { return kdim_; }
  int64_t vdim() const { return vdim_; }

 private:
  int64_t embed_dim_, num_heads_, kdim_, vdim_;
  double dropout_ = 0;
  bool bias_ = true, add_bias_kv_ = false, add_zero_attn_ = false;
};

// For each head, of size D = embed_dim / num_heads, with q, k, v its parts of W_q query, W_k key, W_v value:
//
//   weights = softmax(q kᵀ / √D)      output = W_o (the heads' weights v, side by side)
//
// The weights of W_q, W_k and W_v are the rows of in_proj_weight, or where key or value have a last size of
// their own, q_proj_weight, k_proj_weight and v_proj_weight; W_o is out_proj.
class MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
 public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads)
      : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& options);
  void reset() override;
  void _reset_parameters();

  // The output [L, B, embed_dim] and the weights, for query [L, B, embed_dim], key [S, B, kdim], value
  // [S, B, vdim]. The weights are [B, L, S], the mean over heads, or [B, num_heads, L, S] without
  // average_attn_weights; undefined unless need_weights. Where these are not asked for, nor dropped from, and
  // there is no attn_mask, they are never made: see functional::masked_attention.
  //
  // Masks are true where attention is muted: key_padding_mask [B, S] at padding, attn_mask [L, S] for all
  // sequences and heads, or [B·num_heads, L, S]. An attn_mask of floating point is added to the scores. A
  // muted weight is exactly 0, and so is its score's gradient; but since they multiply value and key, both
  // must be finite there. The row of a query for which all is muted is NaN; with no keys, S = 0, the weighted
  // sum is 0.
  std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                     const Tensor& key_padding_mask = {}, bool need_weights = true,
                                     const Tensor& attn_mask = {}, bool average_attn_weights = true) const;

  MultiheadAttentionOptions options;
  Tensor in_proj_weight, in_proj_bias, bias_k, bias_v, q_proj_weight, k_proj_weight, v_proj_weight;
  Linear out_proj{nullptr};
  int64_t head_dim;

 private:
  struct Projected {
    Tensor q, k, v;
  };
  void check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) const;
  Projected project(const Tensor& query, const Tensor& key, const Tensor& value) const;
};
TORCH_MODULE(MultiheadAttention);

}  // namespace frost::nn
