#include "evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace classify_words {

using namespace frost;
using examples::Table;

namespace {

constexpr size_t kTestBatch = 256;

std::vector<int64_t> answers(const Tensor& logits) {
  const Tensor best = logits.argmax(1);
  return {best.data_ptr<int64_t>(), best.data_ptr<int64_t>() + best.numel()};
}

}  // namespace

Evaluation evaluate(WordClassifier& model, const std::vector<Word>& words, const Alphabet& alphabet,
                    int64_t languages) {
  const NoGradGuard guard;
  model->eval();
  Evaluation result;
  const auto classes = static_cast<size_t>(languages);
  result.confusion.assign(classes, std::vector<int64_t>(classes));
  for (size_t start = 0; start < words.size(); start += kTestBatch) {
    std::vector<const Word*> part;
    for (size_t i = start; i < std::min(words.size(), start + kTestBatch); ++i) part.push_back(&words[i]);
    const Batch batch = make_batch(part, alphabet);
    const WordClassifierImpl::Output output = model(batch);
    const Tensor mask = nn::padding_mask(batch.lengths, batch.letters.size(1));
    result.loss += nn::functional::cross_entropy(output.logits, batch.languages).item<double>() *
                   static_cast<double>(part.size());
    result.on_pads += where(mask, output.attended.weights, 0).sum().item<double>();
    const std::vector<int64_t> said = answers(output.logits);
    const std::vector<int64_t> said_with_more = answers(model(make_batch(part, alphabet, kExtraPads)).logits);
    for (size_t i = 0; i < part.size(); ++i) {
      ++result.confusion[static_cast<size_t>(part[i]->language)][static_cast<size_t>(said[i])];
      result.accuracy += said[i] == part[i]->language;
      result.flipped += said[i] != said_with_more[i];
    }
  }
  for (double* const mean : {&result.accuracy, &result.loss, &result.on_pads, &result.flipped})
    *mean /= static_cast<double>(words.size());
  return result;
}

Answer ask(WordClassifier& model, const Word& word, const Alphabet& alphabet) {
  const NoGradGuard guard;
  model->eval();
  const WordClassifierImpl::Output output = model(make_batch({&word}, alphabet));
  const Tensor probabilities = output.logits.softmax(1);
  Answer answer;
  answer.language = answers(output.logits).front();
  answer.probability = probabilities[0][answer.language].item<double>();
  for (size_t t = 0; t < word.letters.size(); ++t)
    answer.attention.push_back(output.attended.weights[0][static_cast<int64_t>(t)].item<double>());
  return answer;
}

std::string confusion_table(const Evaluation& evaluation, const std::vector<std::string>& languages) {
  Table table;
  table.header = {{"is \\ said to be"}};
  for (const std::string& language : languages) table.header[0].push_back(language);
  for (size_t i = 0; i < languages.size(); ++i) {
    const std::vector<int64_t>& counts = evaluation.confusion[i];
    int64_t total = 0;
    for (const int64_t count : counts) total += count;
    examples::Cells cells{languages[i]};
    for (const int64_t count : counts)
      cells.push_back(
          examples::percent(static_cast<double>(count) / static_cast<double>(std::max<int64_t>(total, 1))));
    table.rows.push_back(std::move(cells));
  }
  return to_text(table);
}

std::string attention_lines(const Word& word, const Answer& answer, const std::vector<std::string>& languages,
                            bool truth_is_known) {
  static constexpr std::array kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double most = *std::max_element(answer.attention.begin(), answer.attention.end());
  std::string bars;
  for (const double weight : answer.attention)
    bars += kBars[static_cast<size_t>(std::clamp(weight / most * 8, 0.0, 7.0))];
  const std::string& said = languages[static_cast<size_t>(answer.language)];
  const std::string& truth = languages[static_cast<size_t>(word.language)];
  return fmt::format("{} {} {}{}\n{}\n", to_utf8(word.letters),
                     std::string(word.letters.size() < 30 ? 30 - word.letters.size() : 0, ' '),
                     fmt::format("{} ({})", said, examples::percent(answer.probability)),
                     !truth_is_known || said == truth ? "" : ", but it is " + truth, bars);
}

}  // namespace classify_words
