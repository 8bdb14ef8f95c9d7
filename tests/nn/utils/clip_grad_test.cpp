#include <frost/nn/utils/clip_grad.hpp>

#include "gradients.hpp"

#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace utils = frost::nn::utils;

namespace {

Tensor with_grad(const Tensor& grad) {
  const Tensor x = zeros(grad.sizes(), requires_grad());
  x.mutable_grad() = grad;
  return x;
}

}  // namespace

TEST_CASE("clip_grad_norm_: scales all grads together, and only down", "[nn][clip_grad]") {
  const Tensor x = with_grad(tensor({3.0, 0.0})), y = with_grad(tensor({{4.0}})), absent = zeros({2});
  CHECK(utils::clip_grad_norm_({x, y, absent}, 10) == 5);
  CHECK(same(x.grad(), tensor({3.0, 0.0})));
  CHECK(utils::clip_grad_norm_(std::vector<Tensor>{x, absent, y}, 1) == 5);
  CHECK(allclose(x.grad(), tensor({0.6, 0.0})));
  CHECK(allclose(y.grad(), tensor({{0.8}})));
  CHECK_FALSE(absent.grad().defined());
  CHECK(utils::clip_grad_norm_(absent, 1) == 0);
}

TEST_CASE("clip_grad_norm_: other norms", "[nn][clip_grad]") {
  const auto clipped = [](double order) {
    const Tensor x = with_grad(tensor({3.0, -6.0})), y = with_grad(tensor({1.0}));
    return utils::clip_grad_norm_({x, y}, 100, order);
  };
  CHECK(clipped(std::numeric_limits<double>::infinity()) == 6);
  CHECK(clipped(1) == 10);
  CHECK(clipped(0) == 2);
}

TEST_CASE("clip_grad_norm_: a norm that is not finite is an error where asked for", "[nn][clip_grad]") {
  const Tensor x = with_grad(tensor({1.0, INFINITY}));
  CHECK_THROWS_WITH(
      utils::clip_grad_norm_(x, 1, 2, /*error_if_nonfinite=*/true),
      Contains("The total norm of order 2") && Contains("is non-finite, so it cannot be clipped"));
  CHECK(same(x.grad(), tensor({1.0, INFINITY})));
  CHECK(std::isinf(utils::clip_grad_norm_(x, 1)));
  CHECK(x.grad()[0].item<float>() == 0);
}

TEST_CASE("clip_grad_value_: clamps each element", "[nn][clip_grad]") {
  const Tensor x = with_grad(tensor({3.0, -6.0, 0.5}));
  utils::clip_grad_value_({x, zeros({1})}, 2);
  CHECK(same(x.grad(), tensor({2.0, -2.0, 0.5})));
  utils::clip_grad_value_(x, 1);
  CHECK(same(x.grad(), tensor({1.0, -1.0, 0.5})));
}

TEST_CASE("clip_grad_norm_, clip_grad_value_: a grad that can't be written to leaves the others as they were",
          "[nn][clip_grad]") {
  for (const Tensor& grad : {ones({1}).expand({3}), ones({3}, kLong)}) {
    const Tensor x = with_grad(tensor({3.0, 4.0})), y = with_grad(zeros({3}));
    y.mutable_grad() = grad;
    CHECK_THROWS_WITH(utils::clip_grad_norm_({x, y}, 1), Contains("[clip_grad_norm_]"));
    CHECK_THROWS_WITH(utils::clip_grad_value_({x, y}, 1), Contains("[clip_grad_value_]"));
    CHECK(same(x.grad(), tensor({3.0, 4.0})));
  }
}
