// Scores: how well a query goes with each token of a sequence, before softmax makes attention of them.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/linear.hpp>

namespace frost::nn {

// Each has forward(query, keys) with keys [B, T, K] and query [B, Q], and gives scores [B, T]. Without the
// batch dimension, keys [T, K] and query [Q] give [T].

// score_t = query · key_t, divided by √K with `scaled` (Vaswani et al. 2017). Q = K.
class DotScoreImpl : public Cloneable<DotScoreImpl> {
 public:
  explicit DotScoreImpl(bool scaled = false) : scaled_(scaled) {}
  void reset() override {}
  Tensor forward(const Tensor& query, const Tensor& keys) const;

 private:
  bool scaled_;
};
TORCH_MODULE(DotScore);

// score_t = query · W key_t (Luong et al. 2015, "general")
class MultiplicativeScoreImpl : public Cloneable<MultiplicativeScoreImpl> {
 public:
  MultiplicativeScoreImpl(int64_t query_size, int64_t key_size);
  void reset() override;
  Tensor forward(const Tensor& query, const Tensor& keys) const;

  Linear map{nullptr};  // W: from keys to the query's space, without bias

 private:
  int64_t query_size_, key_size_;
};
TORCH_MODULE(MultiplicativeScore);

// score_t = v · tanh(W query + U key_t + b) (Bahdanau et al. 2015)
class AdditiveScoreImpl : public Cloneable<AdditiveScoreImpl> {
 public:
  AdditiveScoreImpl(int64_t query_size, int64_t key_size, int64_t hidden_size);
  void reset() override;
  Tensor forward(const Tensor& query, const Tensor& keys) const;
  // The same in two parts, for a decoder that asks many queries of the same keys: U key_t + b, [B, T, H] or
  // [T, H], and the scores of a query given those.
  Tensor map_keys(const Tensor& keys) const;
  Tensor scores(const Tensor& query, const Tensor& mapped_keys) const;

  Linear query_map{nullptr}, key_map{nullptr}, score{nullptr};  // W, U with b, v

 private:
  int64_t query_size_, key_size_, hidden_size_;
};
TORCH_MODULE(AdditiveScore);

}  // namespace frost::nn
