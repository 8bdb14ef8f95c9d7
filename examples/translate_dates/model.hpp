// The translator: characters → embedding → bidirectional GRU; then, for each character of the answer,
// additive attention over the GRU's states and one step of a GRU cell (Bahdanau, Cho and Bengio 2015).
#pragma once

#include "dates.hpp"

#include <frost/frost.hpp>

#include <memory>
#include <string>
#include <vector>

namespace translate_dates {

// Texts of different lengths, padded to the longest.
struct Batch {
  frost::Tensor characters;  // [B, T] Long
  frost::Tensor lengths;     // [B] Long
};
// Of texts of kCharacters, none of them empty, with `extra` more positions of padding than the longest needs.
Batch make_batch(const std::vector<std::string>& texts, int64_t extra = 0);
// Answers of kIsoLength characters each: [B, kIsoLength] Long.
frost::Tensor make_targets(const std::vector<Date>& dates);

struct TranslatorImpl : frost::nn::Module {
  // The muting says how attention is kept off the padding. The encoder never steps over padding, whatever the
  // muting.
  TranslatorImpl(int64_t hidden, std::shared_ptr<const frost::nn::BatchedMuting> muting);

  struct Output {
    frost::Tensor logits;   // [B, S, C] for the S = kIsoLength characters of the answer
    frost::Tensor answer;   // [B, S] Long: the likeliest of them
    frost::Tensor weights;  // [B, S, T]: the attention
  };
  // Each character is predicted from those before it: from the targets' [B, S] where they are given (teacher
  // forcing), else from the answer's own (greedy decoding).
  Output forward(const Batch& batch, const frost::Tensor& targets = {});

  frost::nn::Embedding input_embedding{nullptr}, answer_embedding{nullptr};
  frost::nn::GRU encoder{nullptr};
  frost::nn::Linear first_state{nullptr};
  frost::nn::AdditiveScore score{nullptr};
  frost::nn::GRUCell decoder{nullptr};
  frost::nn::Linear output{nullptr};

 private:
  std::shared_ptr<const frost::nn::BatchedMuting> muting_;
};
TORCH_MODULE(Translator);

struct Translation {
  std::string input, answer;
  std::vector<std::vector<double>> weights;  // [character of the answer][character of the input]
  double on_padding = 0;  // attention that fell on padding, mean over the answer's characters
};
// What the model answers, each text once, in batches of many.
std::vector<Translation> translate(Translator& model, const std::vector<std::string>& texts,
                                   int64_t extra = 0);

}  // namespace translate_dates
