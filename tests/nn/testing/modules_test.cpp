#include <frost/nn.hpp>
#include <frost/nn/testing/modules.hpp>

#include "gradients.hpp"

#include <cmath>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using testing::is_frozen;

namespace {

using Tensors = std::vector<Tensor>;

nn::Sequential two_layers() {
  manual_seed(1);
  nn::Sequential model(nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 2));
  model->to(kDouble);
  return model;
}

// A weight whose gradient is wrong by a factor.
struct WrongImpl : nn::Module {
  explicit WrongImpl(double factor_) : factor(factor_) {
    weight = register_parameter("weight", tensor({{1., 2.}, {3., 4.}}, kDouble));
  }
  Tensor forward(const Tensor& x) const {
    return record(
        "WrongBackward0", (x * weight).detach(),
        wrt(weight, [x = Saved(x), this](const Tensor& grad_out) { return grad_out * *x * factor; }));
  }
  double factor;
  Tensor weight;
};

}  // namespace

TEST_CASE("gradcheck of a module: all its parameters and the inputs", "[nn][testing]") {
  const nn::Sequential model = two_layers();
  const auto forward = [&model](const Tensors& xs) { return Tensors{model->forward(xs[0])}; };
  CHECK(testing::gradcheck(*model, forward, {trainable({2, 3})}));
  CHECK(testing::gradgradcheck(*model, forward, {trainable({2, 3})}));
  CHECK(testing::gradcheck(*model, forward, {rand({2, 3}, kDouble)}));
  for (const Tensor& parameter : model->parameters()) CHECK_FALSE(parameter.grad().defined());
  model->freeze();
  CHECK_THROWS_WITH(testing::gradcheck(*model, forward, {rand({2, 3}, kDouble)}),
                    Contains("at least one input tensor to require gradient"));
}

TEST_CASE("gradcheck of a module: names the parameter, the element, both values and the path",
          "[nn][testing]") {
  const WrongImpl right(1), wrong(2);
  const Tensor x = ones({2, 2}, kDouble);
  CHECK(testing::gradcheck(right, [&](const Tensors& xs) { return Tensors{right.forward(xs[0])}; }, {x}));
  const auto forward = [&](const Tensors& xs) { return Tensors{wrong.forward(xs[0]).sum()}; };
  CHECK_THROWS_WITH(
      testing::gradcheck(wrong, forward, {x}),
      Contains("Jacobian mismatch for output 0 with respect to input 1 (weight): d output[] / d "
               "input[0, 0], numerical: ") &&
          Contains(", analytical: 2; gradient path: weight <- WrongBackward0 <- SumBackward0"));
}

TEST_CASE("gradcheck of a module: refuses what can't be checked", "[nn][testing]") {
  nn::Linear single(2, 2);
  CHECK_THROWS_WITH(
      testing::gradcheck(*single, [&](const Tensors& xs) { return Tensors{single(xs[0])}; }, {rand({1, 2})}),
      Contains("input 1 (weight) requires grad and is Float"));
  nn::Dropout dropout(0.5);
  const nn::Sequential model = two_layers();
  const auto forward = [&](const Tensors& xs) { return Tensors{dropout(model->forward(xs[0]))}; };
  const Tensor x = trainable({8, 3});
  CHECK_THROWS_WITH(testing::gradcheck(*model, forward, {x}), Contains("differs from call to call"));
  dropout->eval();
  CHECK(testing::gradcheck(*model, forward, {x}));
}

TEST_CASE("gradcheck: masks say which elements are checked", "[nn][testing]") {
  const Tensor x = trainable({3});
  // The gradient of element 1 is left out.
  const auto partly = [](const Tensors& xs) {
    return Tensors{where(tensor({false, true, false}), xs[0].detach(), xs[0]).exp()};
  };
  CHECK_THROWS_WITH(testing::gradcheck(partly, {x}), Contains("d output[1] / d input[1]"));
  CHECK(testing::gradcheck(partly, {x}, {.masks = {tensor({true, false, true})}}));
  CHECK_THROWS_WITH(testing::gradcheck(partly, {x}, {.masks = {tensor({false, true, false})}}),
                    Contains("analytical: 0;"));
  CHECK(testing::gradgradcheck(partly, {x}, {}, {.masks = {tensor({true, false, true})}}));
  CHECK_THROWS_WITH(testing::gradcheck(partly, {x}, {.masks = {ones({3})}}), Contains("mask dtype"));
  CHECK_THROWS_WITH(testing::gradcheck(partly, {x}, {.masks = {Tensor(), Tensor()}}),
                    Contains("got 1 inputs, 2 masks"));
}

TEST_CASE("is_frozen: every parameter, its gradient too", "[nn][testing]") {
  const nn::Sequential model = two_layers();
  CHECK(is_frozen(*model).message ==
        "parameter 0.weight: expected to be frozen, found requires_grad true and gradient absent");
  model->freeze();
  CHECK(is_frozen(*model));
  CHECK(is_frozen(*nn::Tanh()));
  const Tensor bias = model->named_parameters()["2.bias"];
  bias.mutable_grad() = zeros({2}, kDouble);
  CHECK(is_frozen(*model).message ==
        "parameter 2.bias: expected to be frozen, found requires_grad false and gradient zero throughout, so "
        "that optimisers still move it");
  bias.mutable_grad().fill_(1);
  CHECK_THAT(is_frozen(*model).message, Contains("gradient a number, so that"));
}

TEST_CASE("same_gradients of modules: by the names of their parameters", "[nn][testing]") {
  const nn::Sequential a = two_layers(), b = two_layers();
  const Tensor x = rand({2, 3}, kDouble);
  a->forward(x).sum().backward();
  CHECK_THAT(testing::same_gradients(*a, *b).message,
             Contains("gradient of 0.weight expected absent (no backward pass has reached it), found a "
                      "number"));
  b->forward(x).sum().backward();
  CHECK(testing::same_gradients(*a, *b));
  b->named_parameters()["2.bias"].mutable_grad()[1] += 0.5;
  CHECK(testing::same_gradients(*a, *b).message ==
        "gradient of 2.bias at [1]: expected a number, 2.5, found a number, 2; 1 of 2 elements differ");
  CHECK(testing::same_gradients(*a, *b, 0, 0.5));
  CHECK_THROWS_WITH(testing::same_gradients(*a, *nn::Tanh()), Contains("different names"));
}

TEST_CASE("no_leak_from of a module: the gradients of its parameters are watched", "[nn][testing]") {
  manual_seed(1);
  nn::Linear linear(2, 1);
  const Tensor padded = tensor({{false}, {true}}), x = rand({2, 2});
  const auto late = [&](const Tensor& tokens) { return masked_fill(linear(tokens), padded, 0); };
  CHECK(testing::no_leak_from(padded, *linear, late, x, testing::finite_fills()));
  CHECK_THAT(
      testing::no_leak_from(padded, *linear, late, x).message,
      Contains("with inf at the padded positions, gradient of weight at [0, 0]: expected a number, ") &&
          Contains("found a number, nan"));
  const auto early = [&](const Tensor& tokens) { return late(masked_fill(tokens, padded, 0)); };
  CHECK(testing::no_leak_from(padded, *linear, early, x));
}
