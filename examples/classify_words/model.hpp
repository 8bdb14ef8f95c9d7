// The classifier: characters → embedding → bidirectional GRU → additive attention → language.
#pragma once

#include "words.hpp"

#include <frost/frost.hpp>

#include <memory>
#include <string>
#include <vector>

namespace classify_words {

// Letters as numbers: 0 is padding, 1 any letter that is not in the alphabet.
class Alphabet {
 public:
  explicit Alphabet(std::u32string letters);  // in rising order, each once
  static Alphabet of(const std::vector<Word>& words);

  const std::u32string& letters() const { return letters_; }
  int64_t size() const { return static_cast<int64_t>(letters_.size()) + 2; }
  int64_t number(char32_t letter) const;

 private:
  std::u32string letters_;
};

// Words of different lengths, padded to the longest.
struct Batch {
  frost::Tensor letters;    // [B, T] Long
  frost::Tensor lengths;    // [B] Long
  frost::Tensor languages;  // [B] Long
};
// With `extra` more positions of padding than the longest word needs.
Batch make_batch(const std::vector<const Word*>& words, const Alphabet& alphabet, int64_t extra = 0);

// A name of --method, and the way of muting that it stands for.
struct Method {
  std::string name;
  std::shared_ptr<const frost::nn::Muting> muting;
};
const std::vector<Method>& methods();
const Method& method(const std::string& name);

struct WordClassifierImpl : frost::nn::Module {
  WordClassifierImpl(int64_t alphabet, int64_t hidden, int64_t languages);

  struct Output {
    frost::Tensor logits;  // [B, languages]
    frost::nn::Attended attended;
  };
  // The GRU never steps over padding, whatever the method, and gives 0 there; what the methods differ in is
  // whether attention falls on it.
  Output forward(const Batch& batch) const;

  frost::nn::Embedding embedding{nullptr};
  frost::nn::GRU gru{nullptr};
  frost::nn::AttentionPooling attention{nullptr};
  frost::nn::Linear output{nullptr};
};
TORCH_MODULE(WordClassifier);

}  // namespace classify_words
