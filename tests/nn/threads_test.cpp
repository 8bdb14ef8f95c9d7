// Modules in several threads. .ci/threads has the thread sanitizer look on.
#include <frost/nn.hpp>
#include <frost/ops.hpp>
#include <frost/optim.hpp>

#include "threads.hpp"

using namespace frost;
using namespace frost::tests;

namespace {

struct EncoderImpl : nn::Cloneable<EncoderImpl> {
  EncoderImpl() { reset(); }
  void reset() override {
    embedding = register_module("embedding", nn::Embedding(20, 8));
    gru = register_module("gru", nn::GRU(nn::GRUOptions(8, 4).batch_first(true).bidirectional(true)));
    norm = register_module("norm", nn::LayerNorm(std::vector<int64_t>{8}));
    heads = register_module("heads", nn::MultiheadAttention(8, 2));
    head = register_module("head", nn::Linear(8, 3));
  }
  Tensor forward(const Tensor& tokens, const Tensor& lengths) const {
    const Tensor states = norm(std::get<0>(gru->forward_with_lengths(embedding(tokens), lengths)));
    const Tensor by_step = states.transpose(0, 1), mask = nn::padding_mask(lengths, tokens.size(1));
    const Tensor attended = std::get<0>(heads(by_step, by_step, by_step, mask, /*need_weights=*/false));
    return head(attended.sum(0));
  }
  nn::Embedding embedding{nullptr};
  nn::GRU gru{nullptr};
  nn::LayerNorm norm{nullptr};
  nn::MultiheadAttention heads{nullptr};
  nn::Linear head{nullptr};
};
TORCH_MODULE(Encoder);

constexpr int kThreads = 8;

}  // namespace

TEST_CASE("threads: a frozen module serves several at once, each training its own head", "[threads][nn]") {
  manual_seed(0);
  const Encoder encoder;
  encoder->freeze();
  const nn::Linear first(3, 2);
  const Tensor tokens = randint(20, {4, 6}), lengths = tensor({6, 3, 2, 1});
  std::vector<Tensor> weights(kThreads);
  in_threads(kThreads, [&](int i) {
    const nn::Linear head(std::dynamic_pointer_cast<nn::LinearImpl>(first->clone()));
    optim::Adam adam(head->parameters(), optim::AdamOptions(0.1));
    for (int step = 0; step < 5; ++step) {
      adam.zero_grad();
      nn::functional::cross_entropy(head(encoder(tokens, lengths)), tensor({0, 1, 1, 0})).backward();
      adam.step();
    }
    weights[static_cast<size_t>(i)] = head->weight.detach();
  });
  for (const Tensor& weight : weights) CHECK(equal(weight, weights[0]));
  CHECK_FALSE(equal(weights[0], first->weight));
  for (const Tensor& parameter : encoder->parameters()) CHECK_FALSE(parameter.grad().defined());
}

TEST_CASE("threads: clones are trained at once, each with its own gradients", "[threads][nn]") {
  manual_seed(1);
  const Encoder encoder;
  const Tensor tokens = randint(20, {4, 6}), lengths = tensor({6, 3, 2, 1});
  std::vector<Tensor> losses(kThreads);
  in_threads(kThreads, [&](int i) {
    const Encoder mine(std::dynamic_pointer_cast<EncoderImpl>(encoder->clone()));
    optim::SGD sgd(mine->parameters(), optim::SGDOptions(0.1).momentum(0.9));
    for (int step = 0; step < 3; ++step) {
      sgd.zero_grad();
      const Tensor loss = mine(tokens, lengths).square().mean();
      loss.backward();
      sgd.step();
      losses[static_cast<size_t>(i)] = loss.detach();
    }
  });
  for (const Tensor& loss : losses) CHECK(equal(loss, losses[0]));
}

TEST_CASE("threads: several ask a shared module for its name", "[threads][nn]") {
  const nn::Sequential layers(nn::Linear(2, 3), nn::Tanh());
  std::vector<std::string> names(kThreads);
  in_threads(kThreads, [&](int i) { names[static_cast<size_t>(i)] = layers->name() + layers[1]->name(); });
  for (const std::string& name : names) CHECK(name == layers->name() + layers[1]->name());
  CHECK_THAT(names[0], Catch::EndsWith("frost::nn::TanhImpl"));
}
