#include "model.hpp"

#include "common/padded.hpp"

#include <algorithm>

namespace translate_dates {

using namespace frost;

namespace {

constexpr size_t kTranslatedAtOnce = 256;
constexpr int64_t kAnswers = static_cast<int64_t>(kIsoCharacters.size());
constexpr int64_t kStart = kAnswers;  // what the decoder reads before the first character

int64_t number_in(std::string_view characters, char character) {
  const size_t place = characters.find(character);
  check(place != std::string_view::npos, "translate_dates", "no number belongs to the character '", character,
        "'");
  return static_cast<int64_t>(place);
}

}  // namespace

Batch make_batch(const std::vector<std::string>& texts, int64_t extra) {
  std::vector<std::vector<int64_t>> rows;
  for (const std::string& text : texts) {
    rows.emplace_back();
    for (const char character : text) rows.back().push_back(number_in(kCharacters, character) + 1);
  }
  const examples::Padded batch = examples::padded(rows, extra);
  return {batch.numbers, batch.lengths};
}

Tensor make_targets(const std::vector<Date>& dates) {
  std::vector<int64_t> numbers;
  for (const Date& date : dates)
    for (const char character : iso(date)) numbers.push_back(number_in(kIsoCharacters, character));
  return tensor(numbers).view({static_cast<int64_t>(dates.size()), kIsoLength});
}

TranslatorImpl::TranslatorImpl(int64_t hidden, std::shared_ptr<const nn::BatchedMuting> muting)
    : input_embedding(register_module(
          "input_embedding",
          nn::Embedding(nn::EmbeddingOptions(static_cast<int64_t>(kCharacters.size()) + 1, hidden / 2)
                            .padding_idx(0)))),
      answer_embedding(register_module("answer_embedding", nn::Embedding(kAnswers + 1, hidden / 2))),
      encoder(register_module(
          "encoder", nn::GRU(nn::GRUOptions(hidden / 2, hidden).batch_first(true).bidirectional(true)))),
      first_state(register_module("first_state", nn::Linear(hidden, hidden))),
      score(register_module("score", nn::AdditiveScore(hidden, 2 * hidden, hidden))),
      decoder(register_module("decoder", nn::GRUCell(hidden / 2 + 2 * hidden, hidden))),
      output(register_module("output", nn::Linear(3 * hidden, kAnswers))),
      muting_(std::move(muting)) {}

TranslatorImpl::Output TranslatorImpl::forward(const Batch& batch, const Tensor& targets) {
  const auto [states, last] = encoder->forward_with_lengths(input_embedding(batch.characters), batch.lengths);
  const Tensor keys = score->map_keys(states);
  const Tensor mask = nn::padding_mask(batch.lengths, states.size(1));
  Tensor state = tanh(first_state(last[1]));  // of the reverse direction: it has come to the first character
  Tensor previous = full({states.size(0)}, kStart, kLong);
  std::vector<Tensor> logits, answer, weights;
  for (int64_t i = 0; i < kIsoLength; ++i) {
    const Tensor attention = muting_->weights(score->scores(state, keys), mask);
    const Tensor context =
        squeeze(bmm(unsqueeze(attention, 1), states), 1);  // [B, 1, T] [B, T, 2H] → [B, 2H]
    state = decoder(cat({answer_embedding(previous), context}, 1), state);
    const Tensor scores = output(cat({state, context}, 1));
    const Tensor likeliest = scores.argmax(1);
    previous = targets.defined() ? targets.select(1, i) : likeliest;
    logits.push_back(scores);
    answer.push_back(likeliest);
    weights.push_back(attention);
  }
  return {stack(logits, 1), stack(answer, 1), stack(weights, 1)};
}

std::vector<Translation> translate(Translator& model, const std::vector<std::string>& texts, int64_t extra) {
  const NoGradGuard guard;
  model->eval();
  std::vector<Translation> translations;
  for (size_t start = 0; start < texts.size(); start += kTranslatedAtOnce) {
    const size_t end = std::min(texts.size(), start + kTranslatedAtOnce);
    const Batch batch = make_batch({texts.begin() + static_cast<std::ptrdiff_t>(start),
                                    texts.begin() + static_cast<std::ptrdiff_t>(end)},
                                   extra);
    const TranslatorImpl::Output output = model(batch);
    const int64_t* answer = output.answer.data_ptr<int64_t>();
    const float* weight = output.weights.data_ptr<float>();
    for (size_t b = start; b < end; ++b) {
      Translation translation{texts[b], "", {}};
      for (int64_t s = 0; s < kIsoLength; ++s, weight += output.weights.size(2)) {
        translation.answer += kIsoCharacters[static_cast<size_t>(*answer++)];
        translation.weights.emplace_back(weight, weight + texts[b].size());
        for (size_t t = texts[b].size(); t < static_cast<size_t>(output.weights.size(2)); ++t)
          translation.on_padding += static_cast<double>(weight[t]) / static_cast<double>(kIsoLength);
      }
      translations.push_back(std::move(translation));
    }
  }
  return translations;
}

}  // namespace translate_dates
