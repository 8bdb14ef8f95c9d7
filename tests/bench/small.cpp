// What an op costs beside its arithmetic: tensors of a few elements, and long graphs of them.
#include "bench.hpp"

#include <cmath>

namespace {

using benchmark::State;

// The article's four scores, two of them padding: masked_fill, softmax, and backward.
void masked_softmax_of_4(State& state) {
  const fw::Tensor scores = fw::tensor({1, 2, 3, 4}, fw::dtype(fw::kFloat).requires_grad(true));
  const fw::Tensor mask = fw::tensor({0, 0, 1, 1}, fw::kBool);
  const fw::Tensor gradient = fw::tensor({0, 1, 2, 3}, fw::kFloat);
  bench::measure(state, [&] {
    scores.mutable_grad().reset();
    fw::softmax(scores.masked_fill(mask, -INFINITY), 0).backward(gradient);
  });
}
BENCHMARK(masked_softmax_of_4);

// The article's concatenation of trainable and frozen scores, and backward.
void frozen_cat_2x5(State& state) {
  const fw::Tensor real = fw::ones({2, 3}, fw::requires_grad());
  const fw::Tensor pads = fw::zeros({2, 2});
  const fw::Tensor gradient = fw::ones({2, 5});
  bench::measure(state, [&] {
    real.mutable_grad().reset();
    fw::cat({real, pads}, 1).backward(gradient);
  });
}
BENCHMARK(frozen_cat_2x5);

// y = x + x + … + x, backward, and the end of the graph.
void chain_of_adds(State& state) {
  const fw::Tensor x = fw::ones({1}, fw::requires_grad());
  bench::measure(state, [&] {
    x.mutable_grad().reset();
    fw::Tensor y = x;
    for (int64_t i = 0; i < state.range(0); ++i) y = y + x;
    y.backward();
  });
}
BENCHMARK(chain_of_adds)->Arg(100)->Arg(1000)->Arg(10000)->Arg(100000);

// Every row of a tensor taken by select, stacked again, and backward.
void selects(State& state) {
  const fw::Tensor x = fw::ones({state.range(0), 4}, fw::requires_grad());
  bench::measure(state, [&] {
    x.mutable_grad().reset();
    std::vector<fw::Tensor> rows;
    for (int64_t i = 0; i < x.size(0); ++i) rows.push_back(x.select(0, i));
    fw::stack(rows).sum().backward();
  });
}
BENCHMARK(selects)->Arg(10000);

}  // namespace
