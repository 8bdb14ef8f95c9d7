// How well a classifier does on words it was not trained on, and what its attention does.
#pragma once

#include "common/table.hpp"
#include "model.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace classify_words {

constexpr int64_t kExtraPads = 20;

struct Evaluation {
  double accuracy = 0, loss = 0;
  double on_pads = 0;  // attention given to padding, mean over the words
  double flipped = 0;  // share of the words whose answer changes with kExtraPads more positions of padding
  std::vector<std::vector<int64_t>> confusion;  // [language][answer], in words
};

Evaluation evaluate(WordClassifier& model, const std::vector<Word>& words, const Alphabet& alphabet,
                    int64_t languages);

// What the model says of one word, alone in its batch.
struct Answer {
  int64_t language = 0;
  double probability = 0;
  std::vector<double> attention;  // of each letter
};
Answer ask(WordClassifier& model, const Word& word, const Alphabet& alphabet);

// Rows are the languages, columns the answers, in percent of the row.
std::string confusion_table(const Evaluation& evaluation, const std::vector<std::string>& languages);

// The word's letters with a bar under each, whose height is the attention on it as part of the word's
// largest, and the answer; two lines. `truth` is the word's language where it is known.
std::string attention_lines(const Word& word, const Answer& answer, const std::vector<std::string>& languages,
                            bool truth_is_known);

}  // namespace classify_words
