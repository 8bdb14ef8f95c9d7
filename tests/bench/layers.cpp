// Layers, losses and optimisers one at a time, in sizes that people use: forward and backward, or a step.
#include "bench.hpp"

namespace {

using benchmark::State;
namespace F = fw::nn::functional;

// y = f(x…), and the gradients of the inputs from one of y that is given.
template <class Forward>
void pass(State& state, const std::vector<fw::Tensor>& inputs, const Forward& forward) {
  fw::Tensor gradient;
  {
    const fw::NoGradGuard guard;
    gradient = fw::randn_like(forward());
  }
  bench::measure(state, [&] {
    bench::drop_grads(inputs);
    forward().backward(gradient);
  });
}

fw::Tensor trainable(const std::vector<int64_t>& sizes) {
  fw::manual_seed(0);
  return fw::randn(sizes, fw::requires_grad());
}

void linear(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  const fw::Tensor weight = trainable({state.range(2), state.range(1)}), bias = trainable({state.range(2)});
  pass(state, {x, weight, bias}, [&] { return F::linear(x, weight, bias); });
}
BENCHMARK(linear)->Args({64, 128, 128})->Args({1024, 128, 512});

void layer_norm(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  const fw::Tensor weight = trainable({state.range(1)}), bias = trainable({state.range(1)});
  const auto options = F::LayerNormFuncOptions({state.range(1)}).weight(weight).bias(bias);
  pass(state, {x, weight, bias}, [&] { return F::layer_norm(x, options); });
}
BENCHMARK(layer_norm)->Args({64, 64})->Args({512, 256})->Args({2048, 512});

void gelu(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  pass(state, {x}, [&] { return fw::gelu(x); });
}
BENCHMARK(gelu)->Args({512, 512});

void dropout(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  pass(state, {x}, [&] { return F::dropout(x, F::DropoutFuncOptions().p(0.1)); });
}
BENCHMARK(dropout)->Args({64, 64})->Args({512, 512});

void embedding(State& state) {
  const fw::Tensor table = trainable({state.range(0), state.range(1)});
  const fw::Tensor tokens = fw::randint(state.range(0), {64, 32}, fw::kLong);
  pass(state, {table}, [&] { return F::embedding(tokens, table); });
}
BENCHMARK(embedding)->Args({1000, 64})->Args({10000, 128});

void cross_entropy(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  const fw::Tensor classes = fw::randint(state.range(1), {state.range(0)}, fw::kLong);
  pass(state, {x}, [&] { return F::cross_entropy(x, classes); });
}
BENCHMARK(cross_entropy)->Args({64, 2})->Args({64, 10})->Args({512, 1000})->Args({2048, 5000});

void mse_loss(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  const fw::Tensor target = fw::randn({state.range(0), state.range(1)});
  pass(state, {x}, [&] { return F::mse_loss(x, target); });
}
BENCHMARK(mse_loss)->Args({64, 16})->Args({512, 512});

void bce_with_logits(State& state) {
  const fw::Tensor x = trainable({state.range(0), state.range(1)});
  const fw::Tensor target = fw::rand({state.range(0), state.range(1)});
  pass(state, {x}, [&] { return F::binary_cross_entropy_with_logits(x, target); });
}
BENCHMARK(bce_with_logits)->Args({64, 1})->Args({512, 512});

// A step over the parameters of a small network and over those of a larger one.
template <class Optimizer, class Options>
void optimise(State& state, const Options& options) {
  const int64_t size = state.range(0);
  std::vector<fw::Tensor> parameters;
  for (int layer = 0; layer < 4; ++layer)
    for (const fw::Tensor& parameter : {trainable({size, size}), trainable({size})}) {
      parameter.mutable_grad() = fw::randn_like(parameter.detach());
      parameters.push_back(parameter);
    }
  Optimizer optimizer(parameters, options);
  bench::measure(state, [&] { optimizer.step(); });
}

void sgd(State& state) { optimise<fw::optim::SGD>(state, fw::optim::SGDOptions(1e-3).momentum(0.9)); }
void adam(State& state) { optimise<fw::optim::Adam>(state, fw::optim::AdamOptions(1e-3)); }
void adamw(State& state) { optimise<fw::optim::AdamW>(state, fw::optim::AdamWOptions(1e-3)); }
BENCHMARK(sgd)->Arg(16)->Arg(512);
BENCHMARK(adam)->Arg(16)->Arg(512);
BENCHMARK(adamw)->Arg(512);

}  // namespace
