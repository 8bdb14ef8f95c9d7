// Throughput: the work of training on batches.
#include "bench.hpp"

#include <cmath>

namespace {

using benchmark::State;

// Scores of 64 sequences in 8 heads of 64 × 64, the padded keys masked, softmax, and backward.
template <class Softmax>
void soften(State& state, const Softmax& softmax) {
  fw::manual_seed(0);
  const fw::Tensor scores = fw::randn({64, 8, 64, 64}, fw::requires_grad());
  const fw::Tensor mask = bench::padding_mask(bench::ragged_lengths(64, 64), 64).view({64, 1, 1, 64});
  const fw::Tensor gradient = fw::randn({64, 8, 64, 64});
  bench::measure(state, [&] {
    scores.mutable_grad().reset();
    softmax(scores, mask).backward(gradient);
  });
}

void masked_softmax(State& state) {
  soften(state, [](const fw::Tensor& scores, const fw::Tensor& mask) {
    return fw::softmax(scores.masked_fill(mask, -INFINITY), -1);
  });
}
BENCHMARK(masked_softmax);

// The same in one op, where the engine has it.
void masked_softmax_in_one_op(State& state) {
#ifdef BENCH_TORCH
  masked_softmax(state);
#else
  soften(state, [](const fw::Tensor& scores, const fw::Tensor& mask) {
    return fw::nn::functional::masked_softmax(scores, mask, -1);
  });
#endif
}
BENCHMARK(masked_softmax_in_one_op);

// Attention of 2048 padded tokens in 4 heads of 64 features, and backward. Libtorch has it in pieces.
void attention_2048(State& state) {
  constexpr int64_t kBatch = 2, kHeads = 4, kTokens = 2048, kFeatures = 64;
  fw::manual_seed(0);
  const auto input = [] { return fw::randn({kBatch, kHeads, kTokens, kFeatures}, fw::requires_grad()); };
  const fw::Tensor q = input(), k = input(), v = input();
  const fw::Tensor mask = bench::padding_mask({kTokens, kTokens * 3 / 4}, kTokens);
  const fw::Tensor gradient = fw::randn({kBatch, kHeads, kTokens, kFeatures});
  bench::measure(state, [&] {
    bench::drop_grads({q, k, v});
#ifdef BENCH_TORCH
    const auto flat = [](const fw::Tensor& x) { return x.view({kBatch * kHeads, kTokens, kFeatures}); };
    const fw::Tensor scores = fw::bmm(flat(q) / 8, flat(k).transpose(1, 2))
                                  .view({kBatch, kHeads, kTokens, kTokens})
                                  .masked_fill(mask.view({kBatch, 1, 1, kTokens}), -INFINITY);
    fw::bmm(fw::softmax(scores, -1).view({kBatch * kHeads, kTokens, kTokens}), flat(v))
        .view({kBatch, kHeads, kTokens, kFeatures})
        .backward(gradient);
#else
    fw::nn::functional::masked_attention(q, k, v, mask).backward(gradient);
#endif
  });
}
BENCHMARK(attention_2048);

// 512 × 512: element by element, broadcast along either dim, reduced along either dim, and backward.
void elementwise_512(State& state) {
  fw::manual_seed(0);
  const fw::Tensor x = fw::randn({512, 512}, fw::requires_grad());
  const fw::Tensor row = fw::randn({512}, fw::requires_grad());
  const fw::Tensor column = fw::randn({512, 1}, fw::requires_grad());
  bench::measure(state, [&] {
    bench::drop_grads({x, row, column});
    const fw::Tensor y = fw::tanh(x * row + column) * fw::sigmoid(x);
    (y.mean(0).square().sum() + y.mean(1).square().sum()).backward();
  });
}
BENCHMARK(elementwise_512);

// A training step of a bidirectional recurrent layer (T 24, E 64, H 128) under additive attention, with SGD.
template <class Layer, class Options>
void train_recurrent(State& state) {
  constexpr int64_t kTokens = 24, kFeatures = 64, kHidden = 128;
  const int64_t batch = state.range(0);
  fw::manual_seed(0);
  Layer layer(Options(kFeatures, kHidden).bidirectional(true).batch_first(true));
  fw::nn::Linear map(2 * kHidden, kHidden);
  fw::nn::Linear score(fw::nn::LinearOptions(kHidden, 1).bias(false));
  fw::nn::Linear output(2 * kHidden, 2);
  fw::optim::SGD optimizer(bench::parameters_of(*layer, *map, *score, *output), fw::optim::SGDOptions(0.1));

  const fw::Tensor tokens = fw::randn({batch, kTokens, kFeatures});
  const fw::Tensor classes = fw::randint(2, {batch}, fw::kLong);
  const fw::Tensor mask = bench::padding_mask(bench::ragged_lengths(batch, kTokens), kTokens);
  bench::measure(state, [&] {
    optimizer.zero_grad();
    const fw::Tensor states = std::get<0>(layer->forward(tokens));
    const fw::Tensor scores = score(fw::tanh(map(states))).squeeze(-1).masked_fill(mask, -INFINITY);
    const fw::Tensor context = fw::bmm(fw::softmax(scores, 1).unsqueeze(1), states).squeeze(1);
    fw::nn::functional::cross_entropy(output(context), classes).backward();
    optimizer.step();
  });
}

void bigru_step(State& state) { train_recurrent<fw::nn::GRU, fw::nn::GRUOptions>(state); }
void bilstm_step(State& state) { train_recurrent<fw::nn::LSTM, fw::nn::LSTMOptions>(state); }
BENCHMARK(bigru_step)->Arg(64);
BENCHMARK(bilstm_step)->Arg(64);

// A training step of a transformer's block with post-norm (B 16, T 64, D 128, 4 heads), with Adam.
void transformer_block_step(State& state) {
  constexpr int64_t kBatch = 16, kTokens = 64, kFeatures = 128;
  fw::manual_seed(0);
  fw::nn::MultiheadAttention attention(fw::nn::MultiheadAttentionOptions(kFeatures, 4));
  fw::nn::LayerNorm norm_1(fw::nn::LayerNormOptions({kFeatures})),
      norm_2(fw::nn::LayerNormOptions({kFeatures}));
  fw::nn::Linear up(kFeatures, 4 * kFeatures), down(4 * kFeatures, kFeatures);
  fw::optim::Adam optimizer(bench::parameters_of(*attention, *norm_1, *norm_2, *up, *down),
                            fw::optim::AdamOptions(1e-3));

  const fw::Tensor tokens = fw::randn({kTokens, kBatch, kFeatures});
  const fw::Tensor target = fw::randn({kTokens, kBatch, kFeatures});
  const fw::Tensor mask = bench::padding_mask(bench::ragged_lengths(kBatch, kTokens), kTokens);
  bench::measure(state, [&] {
    optimizer.zero_grad();
    const fw::Tensor attended = std::get<0>(attention->forward(tokens, tokens, tokens, mask, false));
    const fw::Tensor x = norm_1(tokens + attended);
    const fw::Tensor y = norm_2(x + down(fw::relu(up(x))));
    fw::nn::functional::mse_loss(y, target).backward();
    optimizer.step();
  });
}
BENCHMARK(transformer_block_step);

}  // namespace
