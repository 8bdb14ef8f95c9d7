// The work frost is for, timed: one source, compiled against frost and against libtorch. tests/bench/run puts
// the two next to each other.
#ifdef BENCH_TORCH
#include <torch/torch.h>
namespace fw = torch;
#else
#include <frost/frost.hpp>
namespace fw = frost;
#endif

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

namespace {

// The article's four-element masked softmax, with its backward.
void masked_softmax_of_4(benchmark::State& state) {
  fw::Tensor scores = fw::tensor({1, 2, 3, 4}, fw::dtype(fw::kFloat).requires_grad(true));
  const fw::Tensor mask = fw::tensor({0, 0, 1, 1}, fw::kBool);
  const fw::Tensor gradient = fw::tensor({0, 1, 2, 3}, fw::kFloat);
  for ([[maybe_unused]] auto _ : state) {
    scores.mutable_grad().reset();
    fw::softmax(scores.masked_fill(mask, -INFINITY), 0).backward(gradient);
  }
}
BENCHMARK(masked_softmax_of_4);

// The article's frozen concatenation, with its backward.
void frozen_cat_2x5(benchmark::State& state) {
  fw::Tensor real = fw::ones({2, 3}, fw::requires_grad());
  const fw::Tensor pads = fw::zeros({2, 2});
  const fw::Tensor gradient = fw::ones({2, 5});
  for ([[maybe_unused]] auto _ : state) {
    real.mutable_grad().reset();
    fw::cat({real, pads}, 1).backward(gradient);
  }
}
BENCHMARK(frozen_cat_2x5);

// A chain of adds, with backward, and its end.
void chain_of_adds(benchmark::State& state) {
  fw::Tensor x = fw::ones({1}, fw::requires_grad());
  for ([[maybe_unused]] auto _ : state) {
    x.mutable_grad().reset();
    fw::Tensor y = x;
    for (int64_t i = 0; i < state.range(0); ++i) y = y + x;
    y.backward();
  }
}
BENCHMARK(chain_of_adds)->Arg(100000)->Unit(benchmark::kMillisecond);

// Every row of a tensor taken by select, with backward.
void selects(benchmark::State& state) {
  fw::Tensor x = fw::ones({state.range(0), 4}, fw::requires_grad());
  for ([[maybe_unused]] auto _ : state) {
    x.mutable_grad().reset();
    std::vector<fw::Tensor> rows;
    for (int64_t i = 0; i < x.size(0); ++i) rows.push_back(x.select(0, i));
    fw::stack(rows).sum().backward();
  }
}
BENCHMARK(selects)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
