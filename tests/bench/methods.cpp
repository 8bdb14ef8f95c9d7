// The two ways of muting attention on padding, as the batch and its sequences grow: additive attention over
// tokens of 16 features, [B, T, 16] → [B, 16], and the gradients of its parameters.
#include "bench.hpp"

#include <cmath>

namespace {

using benchmark::State;

constexpr int64_t kFeatures = 16;

struct Batch {
  std::vector<int64_t> lengths;
  fw::Tensor tokens, mask, direction;

  Batch(int64_t batch, int64_t longest)
      : lengths(bench::ragged_lengths(batch, longest)),
        tokens(fw::randn({batch, longest, kFeatures})),
        mask(bench::padding_mask(lengths, longest)),
        direction(fw::randn({kFeatures})) {}
};

struct Attention {
  fw::Tensor weight = fw::randn({kFeatures, kFeatures}, fw::requires_grad());
  fw::Tensor bias = fw::randn({kFeatures}, fw::requires_grad());
  fw::Tensor query = fw::randn({kFeatures}, fw::requires_grad());

  fw::Tensor scores(const fw::Tensor& tokens) const {
    return fw::matmul(fw::tanh(fw::matmul(tokens, weight) + bias), query);
  }
  std::vector<fw::Tensor> parameters() const { return {weight, bias, query}; }
};

// Method 1: the padding's scores become -inf; one graph for the batch.
fw::Tensor masked(const Attention& attention, const Batch& batch) {
  const fw::Tensor scores = attention.scores(batch.tokens).masked_fill(batch.mask, -INFINITY);
  const fw::Tensor weights = fw::softmax(scores, 1);
  return fw::matmul(weights.unsqueeze(1), batch.tokens).squeeze(1);
}

// Method 2: the real tokens' scores and frozen ones for the padding; a graph for each example.
fw::Tensor frozen(const Attention& attention, const Batch& batch) {
  std::vector<fw::Tensor> contexts;
  for (size_t b = 0; b < batch.lengths.size(); ++b) {
    const fw::Tensor tokens = batch.tokens.select(0, static_cast<int64_t>(b));
    const fw::Tensor real = attention.scores(tokens.narrow(0, 0, batch.lengths[b]));
    const fw::Tensor pads = fw::full({tokens.size(0) - batch.lengths[b]}, -INFINITY);
    contexts.push_back(fw::matmul(fw::softmax(fw::cat({real, pads}), 0), tokens));
  }
  return fw::stack(contexts);
}

template <fw::Tensor (*method)(const Attention&, const Batch&)>
void attend(State& state) {
  fw::manual_seed(0);
  const Attention attention;
  const Batch batch(state.range(0), state.range(1));
  bench::measure(state, [&] {
    bench::drop_grads(attention.parameters());
    fw::matmul(method(attention, batch), batch.direction).mean().backward();
  });
}

void method_1(State& state) { attend<masked>(state); }
void method_2(State& state) { attend<frozen>(state); }

BENCHMARK(method_1)->Apply(bench::sizes_of_methods);
BENCHMARK(method_2)->Apply(bench::sizes_of_methods);

}  // namespace
