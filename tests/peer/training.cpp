// Whole trainings: the same seed gives the same initial weights, the same dropout and the same loss curve,
// for each recurrent layer and each optimiser.
#include "peer.hpp"

#include <memory>
#include <vector>

namespace {

namespace nn = fw::nn;
namespace F = fw::nn::functional;

constexpr int64_t kVocabulary = 12, kFeatures = 6, kHidden = 8, kClasses = 3, kSteps = 50;

// Which class a sequence is of depends on its tokens; the sequences are of different lengths.
struct Batch {
  fw::Tensor tokens, lengths, classes;  // [B, T], [B], [B]
};

Batch make_batch() {
  Batch batch;
  const std::vector<int64_t> lengths = {7, 6, 6, 4, 3, 2, 1, 1};
  const auto count = static_cast<int64_t>(lengths.size());
  batch.lengths = fw::tensor(lengths);
  batch.tokens = fw::randint(1, kVocabulary, {count, lengths[0]}, fw::kLong);
  const fw::Tensor steps = fw::arange(lengths[0], fw::kLong);
  batch.tokens = batch.tokens.masked_fill(steps.unsqueeze(0).ge(batch.lengths.unsqueeze(1)), 0);
  batch.classes = fw::randint(kClasses, {count}, fw::kLong);
  return batch;
}

// Embedding, a recurrent layer of each kind's last states, dropout, and a linear layer.
template <class Recurrent, class Options>
struct ClassifierImpl : nn::Module {
  ClassifierImpl()
      : embedding(register_module(
            "embedding", nn::Embedding(nn::EmbeddingOptions(kVocabulary, kFeatures).padding_idx(0)))),
        recurrent(register_module("recurrent", Recurrent(Options(kFeatures, kHidden)
                                                             .num_layers(2)
                                                             .bidirectional(true)
                                                             .batch_first(true)
                                                             .dropout(0.2)))),
        dropout(register_module("dropout", nn::Dropout(0.3))),
        output(register_module("output", nn::Linear(2 * kHidden, kClasses))) {}

  fw::Tensor forward(const Batch& batch) {
    const auto packed = nn::utils::rnn::pack_padded_sequence(embedding(batch.tokens), batch.lengths, true);
    const fw::Tensor states = std::get<0>(
        nn::utils::rnn::pad_packed_sequence(std::get<0>(recurrent->forward_with_packed_input(packed)), true));
    return output(dropout(states.sum(1)));
  }

  nn::Embedding embedding{nullptr};
  Recurrent recurrent{nullptr};
  nn::Dropout dropout{nullptr};
  nn::Linear output{nullptr};
};

using MakeOptimizer = std::unique_ptr<fw::optim::Optimizer> (*)(std::vector<fw::Tensor>);

std::unique_ptr<fw::optim::Optimizer> sgd(std::vector<fw::Tensor> parameters) {
  return std::make_unique<fw::optim::SGD>(
      std::move(parameters), fw::optim::SGDOptions(0.1).momentum(0.9).nesterov(true).weight_decay(1e-3));
}
std::unique_ptr<fw::optim::Optimizer> adam(std::vector<fw::Tensor> parameters) {
  return std::make_unique<fw::optim::Adam>(std::move(parameters), fw::optim::AdamOptions(0.01));
}
std::unique_ptr<fw::optim::Optimizer> adamw(std::vector<fw::Tensor> parameters) {
  return std::make_unique<fw::optim::AdamW>(std::move(parameters),
                                            fw::optim::AdamWOptions(0.01).weight_decay(0.1).amsgrad(true));
}

template <class Recurrent, class Options>
void train(MakeOptimizer make_optimizer) {
  fw::manual_seed(11);
  ClassifierImpl<Recurrent, Options> model;
  for (const auto& item : model.named_parameters()) peer::show_values(item.key(), item.value());
  const Batch batch = make_batch();
  const std::unique_ptr<fw::optim::Optimizer> optimizer = make_optimizer(model.parameters());
  for (int64_t step = 0; step < kSteps; ++step) {
    optimizer->zero_grad();
    const fw::Tensor loss = F::cross_entropy(model.forward(batch), batch.classes);
    loss.backward();
    nn::utils::clip_grad_norm_(model.parameters(), 1.0);
    optimizer->step();
    peer::show("loss " + std::to_string(step), loss.item<double>());
  }
  model.eval();
  peer::show_values("probabilities", model.forward(batch).softmax(1));
}

template <class Recurrent, class Options>
void train_with_each() {
  train<Recurrent, Options>(sgd);
  train<Recurrent, Options>(adam);
  train<Recurrent, Options>(adamw);
}

const peer::Section rnn("training/RNN", train_with_each<nn::RNN, nn::RNNOptions>);
const peer::Section gru("training/GRU", train_with_each<nn::GRU, nn::GRUOptions>);
const peer::Section lstm("training/LSTM", train_with_each<nn::LSTM, nn::LSTMOptions>);

}  // namespace
