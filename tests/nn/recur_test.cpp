#include <frost/nn/recurrence.hpp>
#include <frost/ops.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using nn::recur;
using nn::recur_by_steps;
using nn::Recurred;
using nn::Recurrence;
using nn::RecurrentDirection;

namespace {

constexpr Recurrence kKinds[] = {Recurrence::RNNTanh, Recurrence::RNNReLU, Recurrence::GRU, Recurrence::LSTM};

Tensor uniform(IntArrayRef sizes, Dtype dtype = kDouble) {
  return (rand(sizes, dtype) * 2 - 1).detach().requires_grad_();
}

RecurrentDirection direction(Recurrence kind, int64_t batch, int64_t input_size, int64_t size,
                             Dtype dtype = kDouble, bool has_bias = true) {
  const int64_t rows = nn::gate_count(kind) * size;
  return {
      uniform({rows, input_size}, dtype),
      uniform({rows, size}, dtype),
      has_bias ? uniform({rows}, dtype) : Tensor(),
      has_bias ? uniform({rows}, dtype) : Tensor(),
      {uniform({batch, size}, dtype), kind == Recurrence::LSTM ? uniform({batch, size}, dtype) : Tensor()}};
}

std::vector<Tensor> defined(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> found;
  for (const Tensor& tensor : tensors)
    if (tensor.defined()) found.push_back(tensor);
  return found;
}

// All that a layer reads, or gives: what is undefined is left out.
std::vector<Tensor> inputs_of(const Tensor& x, const std::vector<RecurrentDirection>& directions) {
  std::vector<Tensor> all = {x};
  for (const RecurrentDirection& d : directions)
    all.insert(all.end(), {d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh, d.initial.h, d.initial.c});
  return defined(all);
}
std::vector<Tensor> outputs_of(const Recurred& result) {
  std::vector<Tensor> all = {result.output};
  for (const nn::RecurrentState& last : result.last) all.insert(all.end(), {last.h, last.c});
  return defined(all);
}

// The outputs, and the gradients of an uneven loss of them.
std::vector<Tensor> everything(const Recurred& result, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> all = outputs_of(result), weights;
  for (const Tensor& output : all)
    weights.push_back(linspace(-1, 2, output.numel(), output.dtype()).reshape(output.sizes()));
  for (const Tensor& gradient : autograd::grad(all, inputs, weights)) all.push_back(gradient.detach());
  return all;
}

void check_close(const std::vector<Tensor>& got, const std::vector<Tensor>& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    INFO("tensor " << i << ": " << got[i] << " and " << want[i]);
    CHECK(allclose(got[i], want[i], tolerance, tolerance));
  }
}

}  // namespace

TEST_CASE("recur: is the recurrence composed step by step, and its gradients are", "[nn][recur]") {
  manual_seed(1);
  struct Sizes {
    std::vector<int64_t> batch_sizes;
    int64_t batch, input_size, hidden_size;
  };
  for (const Recurrence kind : kKinds)
    for (const size_t directions : {1, 2})
      for (const Dtype dtype : {kFloat, kDouble})
        for (const Sizes& sizes :
             {Sizes{{3, 3, 3}, 3, 2, 5}, Sizes{{4, 2, 2, 1}, 5, 3, 1}, Sizes{{2, 0}, 2, 1, 4},
              Sizes{{41, 40, 9}, 70, 7, 37}, Sizes{{3, 1}, 3, 2, 90}}) {
          const bool has_bias = directions == 1 || sizes.input_size != 3;
          int64_t rows = 0;
          for (const int64_t count : sizes.batch_sizes) rows += count;
          INFO("kind " << static_cast<int>(kind) << ", " << directions << " directions, " << dtype
                       << ", batch sizes " << IntArrayRef(sizes.batch_sizes));
          const Tensor x = uniform({rows, sizes.input_size}, dtype);
          std::vector<RecurrentDirection> layer;
          while (layer.size() < directions)
            layer.push_back(
                direction(kind, sizes.batch, sizes.input_size, sizes.hidden_size, dtype, has_bias));
          const std::vector<Tensor> inputs = inputs_of(x, layer);
          check_close(everything(recur(kind, x, layer, sizes.batch_sizes), inputs),
                      everything(recur_by_steps(kind, x, layer, sizes.batch_sizes), inputs),
                      dtype == kFloat ? 1e-4 : 1e-12);
        }
}

TEST_CASE("recur: without steps the states stay as they are", "[nn][recur]") {
  for (const Recurrence kind : kKinds)
    for (const std::vector<int64_t>& batch_sizes : {std::vector<int64_t>{}, std::vector<int64_t>{0, 0}}) {
      const std::vector<RecurrentDirection> layer = {direction(kind, 2, 3, 4), direction(kind, 2, 3, 4)};
      const Recurred result = recur(kind, uniform({0, 3}), layer, batch_sizes);
      CHECK(same(result.output, zeros({0, 8}, kDouble)));
      std::vector<Tensor> before, after, weights;
      for (size_t i = 0; i < 2; ++i)
        for (const auto& [state, last] : {std::pair(layer[i].initial.h, result.last[i].h),
                                          std::pair(layer[i].initial.c, result.last[i].c)}) {
          if (!state.defined()) continue;
          CHECK(same(last, state));
          before.push_back(state);
          after.push_back(last);
          weights.push_back(rand({2, 4}, kDouble));
        }
      autograd::backward(after, weights);
      for (size_t i = 0; i < before.size(); ++i) CHECK(same(before[i].grad(), weights[i]));
      CHECK(same(layer[0].weight_hh.grad(), zeros_like(layer[0].weight_hh)));
      CHECK(same(layer[1].bias_ih.grad(), zeros_like(layer[1].bias_ih)));
    }
}

TEST_CASE("recur: reads inputs that are not contiguous", "[nn][recur]") {
  manual_seed(2);
  for (const Recurrence kind : kKinds) {
    RecurrentDirection d = direction(kind, 3, 2, 4);
    d.weight_ih = trainable_strided(d.weight_ih.sizes());
    d.weight_hh = trainable_strided(d.weight_hh.sizes());
    d.bias_ih = trainable_strided(d.bias_ih.sizes());
    d.bias_hh = trainable_strided(d.bias_hh.sizes());
    d.initial.h = trainable_strided({3, 4});
    if (d.initial.c.defined()) d.initial.c = trainable_strided({3, 4});
    const Tensor x = trainable_strided({5, 2});
    const std::vector<Tensor> inputs = inputs_of(x, {d});
    check_close(everything(recur(kind, x, {d}, {3, 2}), inputs),
                everything(recur_by_steps(kind, x, {d}, {3, 2}), inputs), 1e-12);
  }
}

TEST_CASE("recur: gradients, and theirs", "[nn][recur][gradcheck]") {
  manual_seed(3);
  for (const Recurrence kind : kKinds)
    for (const bool has_bias : {true, false}) {
      INFO("kind " << static_cast<int>(kind) << (has_bias ? "" : ", no bias"));
      const std::vector<RecurrentDirection> layer = {direction(kind, 3, 2, 2, kDouble, has_bias),
                                                     direction(kind, 3, 2, 2, kDouble, has_bias)};
      const Tensor x = uniform({5, 2});
      check_gradients(
          [kind, &layer, &x](const std::vector<Tensor>&) {
            std::vector<Tensor> parts;
            for (const Tensor& output : outputs_of(recur(kind, x, layer, {3, 2})))
              parts.push_back(output.flatten());
            return cat(parts);
          },
          inputs_of(x, layer));
    }
}

TEST_CASE("recur: second derivatives where one input was made from another", "[nn][recur]") {
  manual_seed(4);
  const Tensor x = uniform({4, 3});
  for (const Recurrence kind : kKinds) {
    const auto second = [kind, &x](const auto& function) {
      manual_seed(5);
      RecurrentDirection d = direction(kind, 2, 3, 3);
      d.initial.h = x.narrow(0, 0, 2) * 2;
      const Tensor loss = function(kind, x, std::vector<RecurrentDirection>{d}, IntArrayRef({2, 2})).output;
      const Tensor first = autograd::grad({loss.square().sum()}, {x}, {}, nullopt, /*create_graph=*/true)[0];
      return std::vector<Tensor>{first, autograd::grad({first.square().sum()}, {x})[0]};
    };
    check_close(second(recur), second(recur_by_steps), 1e-12);
  }
}

TEST_CASE("recur: what is frozen gets no gradient and changes no other's", "[nn][recur]") {
  manual_seed(6);
  for (const Recurrence kind : kKinds) {
    const std::vector<RecurrentDirection> layer = {direction(kind, 3, 2, 4), direction(kind, 3, 2, 4)};
    const Tensor x = uniform({5, 2});
    const std::vector<Tensor> inputs = inputs_of(x, layer);
    const auto run = [&] { return recur(kind, x, layer, {3, 2}).output.square().sum(); };
    const std::vector<Tensor> all = autograd::grad({run()}, inputs);
    for (size_t frozen = 0; frozen < inputs.size(); ++frozen) {
      INFO("input " << frozen << " of kind " << static_cast<int>(kind));
      inputs[frozen].set_requires_grad(false);
      for (const Tensor& input : inputs) input.mutable_grad() = Tensor();
      run().backward();
      for (size_t i = 0; i < inputs.size(); ++i) {
        CHECK(inputs[i].grad().defined() == (i != frozen));
        if (i != frozen) CHECK(same(inputs[i].grad(), all[i]));
      }
      inputs[frozen].set_requires_grad(true);
    }
  }
}

TEST_CASE("recur: what was frozen after forward gets no gradient of a recorded pass", "[nn][recur]") {
  for (const Recurrence kind : kKinds) {
    const Tensor x = uniform({5, 2});
    const RecurrentDirection d = direction(kind, 2, 2, 3);
    const Tensor y = recur(kind, x, {d}, {2, 2, 1}).output;
    d.weight_hh.requires_grad_(false);
    y.sum().backward({}, /*retain_graph=*/true, /*create_graph=*/true);
    CHECK_FALSE(d.weight_hh.grad().defined());
    CHECK(d.weight_ih.grad().defined());
    // Its graph leads to the leaves that hold it, which would keep all of it for ever.
    for (const Tensor& leaf : inputs_of(x, {d})) leaf.mutable_grad() = Tensor();
  }
}

TEST_CASE("recur: no gradient depends on the biases' values, which may change before backward",
          "[nn][recur]") {
  for (const Recurrence kind : kKinds) {
    const Tensor x = uniform({5, 2});
    const RecurrentDirection d = direction(kind, 2, 2, 3);
    const Tensor y = recur(kind, x, {d}, {2, 2, 1}).output;
    const Tensor expected = autograd::grad({y.sum()}, {x}, {}, /*retain_graph=*/true)[0];
    {
      const NoGradGuard guard;
      d.bias_ih.add_(1);
      d.bias_hh.add_(1);
    }
    y.sum().backward();
    CHECK(equal(x.grad(), expected));
    CHECK(d.bias_ih.grad().defined());
  }
}

TEST_CASE("recur: saves the states before each step only for those who read them", "[nn][recur]") {
  const auto saved = [](Recurrence kind, bool is_trained) {
    const RecurrentDirection d = direction(kind, 3, 2, 4);
    d.weight_hh.set_requires_grad(is_trained);
    const Tensor x = uniform({6, 2});
    int64_t numel = 0;
    const std::vector<Tensor> inputs = inputs_of(x, {d});
    for (const Tensor& tensor : recur(kind, x, {d}, {3, 3}).output.grad_fn()->saved_tensors())
      numel += tensor.numel();
    for (const Tensor& input : inputs) numel -= input.numel();
    return numel / (6 * 4);  // in states of all steps
  };
  CHECK(saved(Recurrence::RNNTanh, true) == 2);  // h' and h
  CHECK(saved(Recurrence::RNNTanh, false) == 1);
  CHECK(saved(Recurrence::GRU, true) == 5);  // r, z, n, ĥ_n and h
  CHECK(saved(Recurrence::GRU, false) == 5);
  CHECK(saved(Recurrence::LSTM, true) == 6);  // i, f, g, o, c and h
  CHECK(saved(Recurrence::LSTM, false) == 5);
}

TEST_CASE("recur: keeps nothing where nothing is recorded", "[nn][recur]") {
  const RecurrentDirection d = direction(Recurrence::LSTM, 3, 2, 4);
  const Tensor x = uniform({6, 2});
  const NoGradGuard guard;
  const int64_t before = memory_allocated();
  const Recurred result = recur(Recurrence::LSTM, x, {d}, {3, 3});
  const int64_t plain = memory_allocated() - before;
  const AutoGradMode enabled(true);
  const int64_t between = memory_allocated();
  const Recurred recorded = recur(Recurrence::LSTM, x, {d}, {3, 3});
  CHECK_FALSE(result.output.requires_grad());
  CHECK(same(result.output, recorded.output.detach()));
  CHECK(plain + 6 * 6 * 4 * 8 <= memory_allocated() - between);
}

TEST_CASE("recur: the number of threads changes no bit", "[nn][recur]") {
  manual_seed(7);
  const int threads = get_num_threads();
  for (const Recurrence kind : kKinds) {
    const std::vector<RecurrentDirection> layer = {direction(kind, 61, 16, 64, kFloat),
                                                   direction(kind, 61, 16, 64, kFloat)};
    const Tensor x = uniform({61 + 61 + 40 + 3, 16}, kFloat);
    const std::vector<Tensor> inputs = inputs_of(x, layer);
    std::vector<Tensor> first;
    for (const int count : {1, 2, 3}) {
      set_num_threads(count);
      const std::vector<Tensor> again = everything(recur(kind, x, layer, {61, 61, 40, 3}), inputs);
      if (first.empty()) first = again;
      for (size_t i = 0; i < again.size(); ++i) CHECK(same(again[i], first[i]));
    }
    set_num_threads(threads);
  }
}

TEST_CASE("recur: errors", "[nn][recur]") {
  const RecurrentDirection d = direction(Recurrence::GRU, 3, 2, 4);
  const Tensor x = uniform({5, 2});
  const auto run = [&](const auto& change) {
    RecurrentDirection changed = d;
    change(changed);
    recur(Recurrence::GRU, x, {d, changed}, {3, 2});
  };
  CHECK_THROWS_WITH(run([](RecurrentDirection& c) {
                      c.weight_ih = ones({12, 3}, kDouble);
                    }),
                    Contains("[recur] weight_ih must be Double [12, 2], got Double [12, 3]"));
  CHECK_THROWS_WITH(run([](RecurrentDirection& c) {
                      c.weight_hh = ones({12, 4});
                    }),
                    Contains("weight_hh must be Double [12, 4], got Float [12, 4]"));
  CHECK_THROWS_WITH(run([](RecurrentDirection& c) { c.bias_hh = ones({4}, kDouble); }), Contains("bias_hh"));
  CHECK_THROWS_WITH(run([](RecurrentDirection& c) {
                      c.initial.h = ones({2, 4}, kDouble);
                    }),
                    Contains("h must"));
  CHECK_THROWS_WITH(recur(Recurrence::LSTM, x, {direction(Recurrence::GRU, 3, 2, 4)}, {3, 2}),
                    Contains("weight_ih must be Double [16, 2]"));
  CHECK_THROWS_WITH(recur(Recurrence::GRU, x, {}, {3, 2}), Contains("expected 1 or 2 directions, got 0"));
  CHECK_THROWS_WITH(recur(Recurrence::GRU, x, {d}, {2, 3}), Contains("batch sizes must not rise"));
  CHECK_THROWS_WITH(recur(Recurrence::GRU, x, {d}, {4, 1}), Contains("3 at most, got [4, 1]"));
  CHECK_THROWS_WITH(recur(Recurrence::GRU, x, {d}, {3, 1}),
                    Contains("batch sizes of 4 rows in all do not fit x of 5"));
}
