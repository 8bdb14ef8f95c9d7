#include "gradients.hpp"

#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor example() { return tensor({{1.0, -2.0, 3.0}, {0.5, 4.0, -1.5}}).requires_grad_(); }

}  // namespace

TEST_CASE("softmax: forward and gradient", "[ops][softmax]") {
  const Tensor x = example();
  CHECK(allclose(softmax(x, 1),
                 tensor({{0.11849965, 0.00589975, 0.8756006}, {0.02919641, 0.9668523, 0.0039513}})));
  CHECK(allclose(softmax(x, -2),
                 tensor({{0.62245935, 0.00247262, 0.9890131}, {0.37754068, 0.9975274, 0.01098694}})));
  CHECK(allclose(gradient(softmax(x, 1), x),
                 tensor({{-0.20821583, -0.00446671, 0.21268266}, {-0.02845934, 0.02440837, 0.00405106}}),
                 1e-4));
  CHECK(same(softmax(tensor(3.0), 0), tensor(1.0)));
  CHECK(same(softmax(tensor(3.0), -1), tensor(1.0)));
  CHECK(same(softmax(zeros({2, 0}), 1), zeros({2, 0})));
  CHECK(same(softmax(zeros({0, 2}), 1), zeros({0, 2})));
  CHECK(same(softmax(tensor({1000.0, 1000.0}), 0), tensor({0.5, 0.5})));
}

TEST_CASE("log_softmax: forward and gradient", "[ops][softmax]") {
  const Tensor x = example();
  CHECK(allclose(log_softmax(x, 1),
                 tensor({{-2.1328452, -5.1328454, -0.13284527}, {-3.5337095, -0.03370951, -5.5337095}})));
  CHECK(allclose(gradient(log_softmax(x, 1), x),
                 tensor({{0.2890020, 1.9646015, -2.2536035}, {3.5620539, -9.5027847, 5.9407307}})));
  CHECK(same(log_softmax(tensor(3.0), 0), tensor(0.0)));
  CHECK(same(log_softmax(zeros({2, 0}), 1), zeros({2, 0})));
}

TEST_CASE("softmax: a fully masked row is NaN and stays out of the other rows", "[ops][softmax]") {
  const Tensor x = tensor({{-kInfinity, -kInfinity}, {0.0, -kInfinity}}).requires_grad_();
  CHECK(same(softmax(x, 1), tensor({{kNaN, kNaN}, {1.0, 0.0}})));
  CHECK(same(log_softmax(x, 1), tensor({{kNaN, kNaN}, {0.0, -kInfinity}})));
  CHECK(same(gradient(softmax(x, 1), x), tensor({{kNaN, kNaN}, {0.0, 0.0}})));
  CHECK(same(gradient(log_softmax(x, 1), x), tensor({{kNaN, kNaN}, {-4.0, 4.0}})));
}

TEST_CASE("softmax: infinity and NaN make their row NaN", "[ops][softmax]") {
  CHECK(same(softmax(tensor({{kInfinity, 0.0}, {kNaN, 0.0}}), 1), full({2, 2}, kNaN)));
  CHECK(same(log_softmax(tensor({{kInfinity, 0.0}, {kNaN, 0.0}}), 1), full({2, 2}, kNaN)));
}

TEST_CASE("softmax, log_softmax: gradients", "[ops][softmax]") {
  check_unary_gradients([](const Tensor& x) { return softmax(x, -1); });
  check_unary_gradients([](const Tensor& x) { return softmax(x, 0); });
  check_unary_gradients([](const Tensor& x) { return log_softmax(x, -1); });
  check_unary_gradients([](const Tensor& x) { return log_softmax(x, 0); });
  check_gradients([](const std::vector<Tensor>& xs) { return softmax(xs[0], 1); }, {trainable({2, 3, 2})});
  check_gradients([](const std::vector<Tensor>& xs) { return log_softmax(xs[0], 1); },
                  {trainable({2, 3, 2})});
}

// The backward of each is an op with two inputs and rules of its own: these are its second derivatives.
TEST_CASE("softmax, log_softmax: gradients of the gradients", "[ops][softmax]") {
  manual_seed(6);
  for (const bool is_log : {false, true}) {
    for (const int64_t dim : {0, 1, 2}) {
      INFO((is_log ? "log_softmax" : "softmax") << " along dim " << dim);
      const Op backward = [is_log, dim](const std::vector<Tensor>& xs) {
        const AutoGradMode mode(true);
        const Tensor x = xs[0].requires_grad() ? xs[0] : xs[0].detach().requires_grad_();
        const Tensor y = is_log ? log_softmax(x, dim) : softmax(x, dim);
        return autograd::grad({y}, {x}, {xs[1]}, nullopt, /*create_graph=*/true)[0];
      };
      check_gradients(backward, {trainable({2, 3, 2}), trainable({2, 3, 2})});
      check_gradients(backward, {trainable({2, 3, 2}), trainable_strided({2, 3, 2})});
      check_gradients(backward, {trainable({2, 3, 2}), trainable({2, 3, 2}).detach()});
      check_gradients(backward, {trainable({2, 3, 2}).detach(), trainable({2, 3, 2})});
    }
  }
}

TEST_CASE("softmax, log_softmax: in another dtype", "[ops][softmax]") {
  const Tensor x = example();
  const Tensor y = softmax(x, 1, kDouble);
  CHECK(y.scalar_type() == kDouble);
  CHECK(allclose(y, softmax(x.to(kDouble), 1), 0, 0));
  CHECK(y.grad_fn()->name() == "SoftmaxBackward0");
  CHECK(y.grad_fn()->next_edge(0).function->name() == "ToCopyBackward0");
  CHECK(autograd::grad({y}, {x}, {ones_like(y)})[0].scalar_type() == kFloat);
  CHECK(softmax(x, 1, kFloat).grad_fn()->next_edge(0).function->name() == "torch::autograd::AccumulateGrad");
  CHECK(log_softmax(tensor({1, 2}), 0, kDouble).scalar_type() == kDouble);
  CHECK(same(softmax(tensor({1, 1}), 0, kFloat), tensor({0.5, 0.5})));
}

TEST_CASE("softmax, log_softmax: what is recorded", "[ops][softmax]") {
  const Tensor x = example();
  CHECK(softmax(x, 1).grad_fn()->name() == "SoftmaxBackward0");
  CHECK(log_softmax(x, 1).grad_fn()->name() == "LogSoftmaxBackward0");
  const Tensor y = softmax(x, 1);
  REQUIRE(y.grad_fn()->saved_tensors().size() == 1);
  CHECK(y.grad_fn()->saved_tensors()[0].data_ptr() == y.data_ptr());  // the output is kept, the input is not
  const Tensor grad = autograd::grad({softmax(x, 1)}, {x}, {ones({2, 3})}, nullopt, /*create_graph=*/true)[0];
  CHECK(grad.grad_fn()->name() == "SoftmaxBackwardDataBackward0");
  const Tensor log_grad =
      autograd::grad({log_softmax(x, 1)}, {x}, {ones({2, 3})}, nullopt, /*create_graph=*/true)[0];
  CHECK(log_grad.grad_fn()->name() == "LogSoftmaxBackwardDataBackward0");
  CHECK_FALSE(softmax(x.detach(), 1).requires_grad());
}

TEST_CASE("softmax, log_softmax: errors", "[ops][softmax]") {
  const Tensor undefined;
  CHECK_THROWS_WITH(softmax(ones({2, 2}), 2), Contains("[softmax]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(log_softmax(tensor(1.0), 1),
                    Contains("[log_softmax]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(softmax(tensor({1, 2}), 0), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(log_softmax(tensor({true}), 0), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(softmax(ones({2}), 0, kLong), Contains("not implemented for 'Long'"));
  CHECK_THROWS_AS(softmax(undefined, 0), Error);
  CHECK_THROWS_AS(log_softmax(undefined, 0), Error);
}
