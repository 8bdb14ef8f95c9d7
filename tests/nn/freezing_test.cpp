#include <frost/nn/freezing.hpp>
#include <frost/nn/linear.hpp>
#include <frost/optim.hpp>

#include "gradients.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <sstream>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("frozen: x itself, with exactly zero gradient where the mask is true", "[nn][freezing]") {
  const Tensor x = tensor({1.0, 2.0, 3.0}, requires_grad()), mask = tensor({false, true, false});
  const Tensor y = nn::frozen(x, mask);
  CHECK(same(y.detach(), x.detach()));
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  y.backward(tensor({5.0, nan, 6.0}));
  CHECK(same(x.grad(), tensor({5.0, 0.0, 6.0})));
  nn::frozen(x, mask).backward(tensor({1.0, -infinity, 1.0}));
  CHECK(same(x.grad(), tensor({6.0, 0.0, 7.0})));
}

TEST_CASE("frozen: masks broadcast to x, and never stretch it", "[nn][freezing]") {
  const Tensor x = ones({3, 2}, requires_grad());
  CHECK(same(gradient(nn::frozen(x, tensor({true, false, true}).unsqueeze(1)), x),
             tensor({{0., 0.}, {3., 4.}, {0., 0.}})));
  CHECK(same(gradient(nn::frozen(x, tensor({false, true})), x), tensor({{1., 0.}, {3., 0.}, {5., 0.}})));
  CHECK(same(gradient(nn::frozen(x, tensor(true)), x), zeros({3, 2})));
  CHECK_THROWS_WITH(nn::frozen(ones({2}), tensor({{true, false}})), Contains("does not broadcast to [2]"));
  CHECK_THROWS_WITH(nn::frozen(x, tensor({1, 0})), Contains("expected mask dtype to be Bool but got Long"));
  CHECK_THROWS_WITH(nn::frozen(Tensor(), tensor(true)), Contains("undefined"));
}

TEST_CASE("frozen: one graph, whatever is frozen in each row", "[nn][freezing]") {
  const Tensor x = ones({2, 3}, requires_grad());
  const Tensor y = nn::frozen(x, tensor({{false, true, true}, {false, false, true}}));
  REQUIRE(y.grad_fn()->name() == "WhereBackward0");
  CHECK_FALSE(y.grad_fn()->next_edge(0).is_valid());
  CHECK(y.grad_fn()->next_edge(1).function->name() == "torch::autograd::AccumulateGrad");
}

TEST_CASE("frozen: the gradients of what is left are right, to the second order", "[nn][freezing]") {
  manual_seed(1);
  // A product with another tensor: freezing is a constant there, which differences would not see.
  const Tensor mask = tensor({{true, false, false}, {false, false, true}});
  const Tensor fixed = rand({2, 3}, kDouble);
  check_gradients(
      [mask, fixed](const std::vector<Tensor>& xs) {
        return exp(nn::frozen(where(mask, fixed, xs[0]), mask)).sum(1);
      },
      {trainable({2, 3})});
}

TEST_CASE("PartlyFrozen: puts the frozen and the trainable elements together", "[nn][freezing]") {
  const Tensor values = arange(6, kDouble).reshape({3, 2});
  const nn::PartlyFrozen weight(values, tensor({true, false, true}).unsqueeze(1));
  CHECK(same(weight->trainable.detach(), tensor({2., 3.}, kDouble)));
  CHECK(weight->named_parameters().keys() == std::vector<std::string>{"trainable"});
  CHECK(weight->named_buffers().keys() == std::vector<std::string>{"values", "places"});
  CHECK(same(weight().detach(), values));
  weight->trainable.detach().fill_(9);
  CHECK(same(weight().detach(), tensor({{0., 1.}, {9., 9.}, {4., 5.}}, kDouble)));
  CHECK(same(gradient(weight(), weight->trainable), tensor({3., 4.}, kDouble)));
  CHECK(same(values, arange(6, kDouble).reshape({3, 2})));  // a copy was taken
  std::ostringstream printed;
  printed << weight;
  CHECK(printed.str() == "frost::nn::PartlyFrozen([3, 2], 2 of 6 trainable)");
}

TEST_CASE("PartlyFrozen: all, none, other dtypes, other layouts", "[nn][freezing]") {
  const Tensor values = arange(6, kDouble).reshape({2, 3}).t();
  for (const bool all : {false, true}) {
    const nn::PartlyFrozen weight(values, tensor(all));
    CHECK(weight->trainable.numel() == (all ? 0 : 6));
    CHECK(same(weight().detach(), values.contiguous()));
    weight().sum().backward();
    optim::Adam optimizer(weight->parameters());
    optimizer.step();
    CHECK(same(weight().detach(), values.contiguous()) == all);
    weight->to(kFloat);
    CHECK(weight().scalar_type() == kFloat);
  }
  CHECK_THROWS_WITH(nn::PartlyFrozen(ones({2}), ones({3}, kBool)), Contains("does not broadcast to [2]"));
  CHECK_THROWS_WITH(nn::PartlyFrozen(ones({2}, kLong), ones({2}, kBool)), Contains("floating-point"));
  CHECK_THROWS_WITH(nn::PartlyFrozen(ones({2}), Tensor()), Contains("undefined"));
}

TEST_CASE("PartlyFrozen: its gradients are right, to the second order", "[nn][freezing]") {
  manual_seed(1);
  const Tensor mask = tensor({{true, false, false}, {false, false, true}});
  nn::PartlyFrozen weight(rand({2, 3}, kDouble), mask);
  check_gradients(
      [&weight](const std::vector<Tensor>& xs) {
        weight->trainable = xs[0];
        return exp(weight()).sum(1);
      },
      {trainable({4})});
}

// ---- what optimisers do to elements whose gradient is zero ----

namespace {

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>& parameters)>;

template <class Optimizer, class Options>
MakeOptimizer with(Options options) {
  return [options](const std::vector<Tensor>& parameters) {
    return std::make_unique<Optimizer>(parameters, options);
  };
}

// Two weights of 1 each. Both train for one step; then for ten steps no gradient flows to the second. How far
// it moves in these ten.
double drift_of_masked(const MakeOptimizer& make) {
  const Tensor w = ones({2}, dtype(kDouble).requires_grad(true)), mask = tensor({false, true});
  const std::unique_ptr<optim::Optimizer> optimizer = make({w});
  double start = 0;
  for (int step = 0; step <= 10; ++step) {
    optimizer->zero_grad();
    (step == 0 ? w : nn::frozen(w, mask)).sum().backward();
    CHECK(w.grad()[1].item<double>() == (step == 0 ? 1 : 0));
    optimizer->step();
    if (step == 0) start = w[1].item<double>();
  }
  return w[1].item<double>() - start;
}

// The same where the second is held after the first step.
double drift_of_held(const MakeOptimizer& make) {
  const Tensor w = ones({2}, dtype(kDouble).requires_grad(true));
  w.sum().backward();
  make({w})->step();
  const nn::PartlyFrozen weight(w.detach(), tensor({false, true}));
  const std::unique_ptr<optim::Optimizer> optimizer = make(weight->parameters());
  for (int step = 0; step < 10; ++step) {
    optimizer->zero_grad();
    weight().sum().backward();
    optimizer->step();
  }
  CHECK(weight()[0].item<double>() < w[0].item<double>());  // the first goes on training
  return weight()[1].item<double>() - w[1].item<double>();
}

}  // namespace

TEST_CASE("drift: a zero gradient keeps an element in place under plain SGD alone", "[nn][freezing]") {
  using namespace optim;
  CHECK(drift_of_masked(with<SGD>(SGDOptions(0.1))) == 0);
  double velocities = 0;
  for (int k = 1; k <= 10; ++k) velocities += std::pow(0.9, k);
  CHECK(drift_of_masked(with<SGD>(SGDOptions(0.1).momentum(0.9))) == Approx(-0.1 * velocities));
  const double after_first = 1 - 0.1 * (1 + 0.5);
  CHECK(drift_of_masked(with<SGD>(SGDOptions(0.1).weight_decay(0.5))) ==
        Approx(after_first * (std::pow(1 - 0.1 * 0.5, 10) - 1)));
  CHECK(drift_of_masked(with<Adam>(AdamOptions(0.1))) < -0.1);
  CHECK(drift_of_masked(with<Adam>(AdamOptions(0.1).betas({0, 0.999}))) ==
        0);  // no first average to coast on
  CHECK(drift_of_masked(with<AdamW>(AdamWOptions(0.1).betas({0, 0.999}).weight_decay(0.5))) ==
        Approx((1 - 0.1 * 0.5 - 0.1) * (std::pow(1 - 0.1 * 0.5, 10) - 1)));
}

TEST_CASE("drift: held elements stay bit for bit under every optimiser", "[nn][freezing]") {
  using namespace optim;
  for (const MakeOptimizer& make :
       {with<SGD>(SGDOptions(0.1)), with<SGD>(SGDOptions(0.1).momentum(0.9)),
        with<SGD>(SGDOptions(0.1).momentum(0.9).nesterov(true).weight_decay(0.5)),
        with<Adam>(AdamOptions(0.1)), with<Adam>(AdamOptions(0.1).weight_decay(0.5).amsgrad(true)),
        with<AdamW>(AdamWOptions(0.1))})
    CHECK(drift_of_held(make) == 0);
}

TEST_CASE("drift: freeze stops a parameter that has a grad and a velocity", "[nn][freezing]") {
  const nn::Linear fc(2, 1);
  optim::SGD optimizer(fc->parameters(), optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.1));
  fc(ones({1, 2})).sum().backward();
  optimizer.step();
  const Tensor before = fc->weight.detach().clone();
  fc->freeze();
  optimizer.step();
  CHECK(same(fc->weight.detach(), before));
}

TEST_CASE("PartlyFrozen: a clone has values of its own", "[nn][freezing][clone]") {
  const nn::PartlyFrozen weight(ones({3, 2}), tensor({true, false, true}).unsqueeze(1));
  weight->trainable.detach().fill_(5);
  const auto copy = std::dynamic_pointer_cast<nn::PartlyFrozenImpl>(weight->clone());
  CHECK(same(copy->forward().detach(), weight().detach()));
  copy->values.fill_(7);
  copy->trainable.detach().fill_(8);
  CHECK(same(copy->forward().detach(), tensor({{7., 7.}, {8., 8.}, {7., 7.}})));
  CHECK(same(weight().detach(), tensor({{1., 1.}, {5., 5.}, {1., 1.}})));
  CHECK(copy->trainable.requires_grad());
  CHECK(copy->trainable.is_leaf());
}
