#include "model.hpp"

#include "common/padded.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace classify_words {

using namespace frost;

Alphabet::Alphabet(std::u32string letters) : letters_(std::move(letters)) {}

Alphabet Alphabet::of(const std::vector<Word>& words) {
  std::set<char32_t> letters;
  for (const Word& word : words) letters.insert(word.letters.begin(), word.letters.end());
  return Alphabet({letters.begin(), letters.end()});
}

int64_t Alphabet::number(char32_t letter) const {
  const auto place = std::lower_bound(letters_.begin(), letters_.end(), letter);
  return place != letters_.end() && *place == letter ? place - letters_.begin() + 2 : 1;
}

Batch make_batch(const std::vector<const Word*>& words, const Alphabet& alphabet, int64_t extra) {
  std::vector<std::vector<int64_t>> rows;
  std::vector<int64_t> languages;
  for (const Word* const word : words) {
    rows.emplace_back();
    for (const char32_t letter : word->letters) rows.back().push_back(alphabet.number(letter));
    languages.push_back(word->language);
  }
  const examples::Padded batch = examples::padded(rows, extra);
  return {batch.numbers, batch.lengths, tensor(languages)};
}

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {{"none", std::make_shared<nn::NoMuting>()},
                                          {"zeroed", std::make_shared<nn::ZeroedAfterSoftmax>()},
                                          {"where", std::make_shared<nn::FrozenElements>()},
                                          {"frozen", std::make_shared<nn::FrozenPads>(0)},
                                          {"frozen-inf", std::make_shared<nn::FrozenPads>(-INFINITY)},
                                          {"masked", std::make_shared<nn::Masked>()},
                                          {"packed", std::make_shared<nn::Packed>()}};
  return all;
}

const Method& method(const std::string& name) {
  for (const Method& one : methods())
    if (one.name == name) return one;
  throw Error("no method is called " + name);
}

WordClassifierImpl::WordClassifierImpl(int64_t alphabet, int64_t hidden, int64_t languages)
    : embedding(register_module("embedding",
                                nn::Embedding(nn::EmbeddingOptions(alphabet, hidden / 2).padding_idx(0)))),
      gru(register_module("gru",
                          nn::GRU(nn::GRUOptions(hidden / 2, hidden).batch_first(true).bidirectional(true)))),
      attention(register_module("attention", nn::AttentionPooling(2 * hidden, hidden))),
      output(register_module("output", nn::Linear(2 * hidden, languages))) {}

WordClassifierImpl::Output WordClassifierImpl::forward(const Batch& batch) const {
  const Tensor states = std::get<0>(gru->forward_with_lengths(embedding(batch.letters), batch.lengths));
  const nn::Attended attended = attention->attend(states, batch.lengths);
  return {output(attended.context), attended};
}

}  // namespace classify_words
