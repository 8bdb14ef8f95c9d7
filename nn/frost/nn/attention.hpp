// Attention pooling: a batch of sequences of different lengths, each summed up in one vector.
//
//   frost::nn::AttentionPooling model(features, hidden);
//   frost::Tensor output = model(input, input_len);   // [B, T, E], [B] → [B, E]
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/linear.hpp>
#include <frost/nn/muting.hpp>

#include <memory>

namespace frost::nn {

// Each token's score is v · tanh(W token + b); softmax over the tokens of a sequence makes weights of the
// scores, and the context is the tokens' weighted sum. `muting` says how the padding is kept out; method 1,
// masking, by default.
class AttentionPoolingImpl : public Cloneable<AttentionPoolingImpl> {
 public:
  AttentionPoolingImpl(int64_t features, int64_t hidden,
                       std::shared_ptr<const Muting> muting = std::make_shared<Masked>());
  void reset() override;

  // The context [B, E] of input [B, T, E], of whose b-th sequence the first lengths[b] tokens are real.
  Tensor forward(const Tensor& input, const Tensor& lengths) const { return attend(input, lengths).context; }
  // The same with the weights and all else that came about.
  Attended attend(const Tensor& input, const Tensor& lengths) const;
  // Scores [*] of tokens [*, E].
  Tensor scores(const Tensor& tokens) const;

  void set_muting(std::shared_ptr<const Muting> muting);
  const Muting& muting() const { return *muting_; }

  Linear hidden{nullptr}, score{nullptr};  // W with b, v

 private:
  int64_t features_, hidden_size_;
  std::shared_ptr<const Muting> muting_;
};
TORCH_MODULE(AttentionPooling);

}  // namespace frost::nn
