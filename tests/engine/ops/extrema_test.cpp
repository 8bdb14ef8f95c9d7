#include "gradients.hpp"

#include <cmath>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A trainable tensor of distinct values, far enough apart for differences.
Tensor distinct(IntArrayRef sizes) {
  return (randperm(numel(sizes)).reshape(sizes).to(kDouble) * 0.1 - 0.25).detach().requires_grad_();
}

}  // namespace

TEST_CASE("max, min: of all elements", "[ops][extrema]") {
  const Tensor x = tensor({{1.0, -2.0, 3.0}, {0.5, 4.0, -1.5}}).requires_grad_();
  CHECK(same(x.max(), tensor(4.0)));
  CHECK(same(x.min(), tensor(-2.0)));
  CHECK(same(gradient(x.max(), x), tensor({{0.0, 0.0, 0.0}, {0.0, 1.0, 0.0}})));
  CHECK(same(gradient(x.min(), x), tensor({{0.0, 1.0, 0.0}, {0.0, 0.0, 0.0}})));
  CHECK(same(tensor(3.0).max(), tensor(3.0)));
  CHECK(same(tensor({3, 7, 5}).max(), tensor(7)));
  CHECK(same(tensor({true, false}).min(), tensor(false)));
  CHECK(std::isnan(tensor({1.0, kNaN, 3.0}).max().item<float>()));
  CHECK(std::isnan(tensor({1.0, kNaN, 3.0}).min().item<float>()));
}

TEST_CASE("max, min, amax, amin: equal elements share the gradient", "[ops][extrema]") {
  const Tensor x = tensor({1.0, 3.0, 3.0}).requires_grad_();
  CHECK(same(gradient(x.max(), x), tensor({0.0, 0.5, 0.5})));
  CHECK(same(gradient((-x).min(), x), tensor({-0.0, -0.5, -0.5})));
  const Tensor y = tensor({{1.0, 3.0, 3.0}, {2.0, 2.0, 2.0}}).requires_grad_();
  CHECK(allclose(gradient(y.amax(1), y), tensor({{0.0, 0.5, 0.5}, {0.6666667, 0.6666667, 0.6666667}})));
  CHECK(allclose(gradient(y.amin(1), y), tensor({{1.0, 0.0, 0.0}, {0.6666667, 0.6666667, 0.6666667}})));
  const Tensor infinite = tensor({1.0, kInfinity, kInfinity}).requires_grad_();
  CHECK(same(gradient(infinite.max(), infinite), tensor({0.0, 0.5, 0.5})));
}

TEST_CASE("max, amax: where a NaN is the largest, NaNs share the gradient", "[ops][extrema]") {
  const Tensor x = tensor({1.0, kNaN, kNaN}).requires_grad_();
  CHECK(same(gradient(x.max(), x), tensor({0.0, 0.5, 0.5})));
  CHECK(same(gradient(x.amax(0), x), tensor({0.0, 0.5, 0.5})));
}

TEST_CASE("amax, amin: over dims", "[ops][extrema]") {
  const Tensor x = tensor({{1.0, -2.0, 3.0}, {0.5, 4.0, -1.5}}).requires_grad_();
  CHECK(same(x.amax(1), tensor({3.0, 4.0})));
  CHECK(same(x.amin({0}, true), tensor({{0.5, -2.0, -1.5}})));
  CHECK(same(x.amax({0, 1}), tensor(4.0)));
  CHECK(same(x.amin(), tensor(-2.0)));
  CHECK(same(gradient(x.amax(0), x), tensor({{1.0, 0.0, 3.0}, {0.0, 2.0, 0.0}})));
  CHECK(same(zeros({0, 2}).amax(1), zeros({0})));
}

TEST_CASE("max, min: along a dim, with the first place", "[ops][extrema]") {
  const Tensor x = tensor({{1.0, 3.0, 3.0}, {0.5, -4.0, -4.0}}).requires_grad_();
  const auto [largest, largest_at] = x.max(1);
  CHECK(same(largest, tensor({3.0, 0.5})));
  CHECK(same(largest_at, tensor({1, 0})));
  CHECK_FALSE(largest_at.requires_grad());
  const auto [smallest, smallest_at] = x.min(-1, true);
  CHECK(same(smallest, tensor({{1.0}, {-4.0}})));
  CHECK(same(smallest_at, tensor({{0}, {1}})));
  CHECK(same(gradient(largest, x), tensor({{0.0, 1.0, 0.0}, {2.0, 0.0, 0.0}})));
  CHECK(same(gradient(smallest, x), tensor({{1.0, 0.0, 0.0}, {0.0, 2.0, 0.0}})));
  CHECK(same(std::get<1>(tensor({1.0, kNaN, 3.0, kNaN}).min(0)), tensor(1)));
  CHECK(same(std::get<0>(tensor(2.0).max(0)), tensor(2.0)));
  CHECK(same(std::get<1>(tensor(2.0).max(0)), tensor(0)));
  CHECK(same(std::get<1>(zeros({0, 2}).max(1)), zeros({0}, kLong)));
  CHECK(same(std::get<0>(tensor({true, false}).max(0)), tensor(true)));
}

TEST_CASE("max, min: of two tensors", "[ops][extrema]") {
  CHECK(same(max(tensor({1.0, 5.0}), tensor(2.0)), tensor({2.0, 5.0})));
  CHECK(same(min(tensor({1.0, 5.0}), tensor(2.0)), tensor({1.0, 2.0})));
}

TEST_CASE("argmax, argmin: the first place, of all elements or along a dim", "[ops][extrema]") {
  const Tensor x = tensor({{1.0, 3.0, 3.0}, {0.5, -4.0, -4.0}});
  CHECK(same(x.argmax(), tensor(1)));
  CHECK(same(x.argmin(), tensor(4)));
  CHECK(same(x.t().argmin(), tensor(3)));
  CHECK(same(x.argmax(1), tensor({1, 0})));
  CHECK(same(x.argmin(0, true), tensor({{1, 1, 1}})));
  CHECK(same(x.argmax(nullopt, true), tensor({{1}})));
  CHECK(same(tensor(2.0).argmax(0), tensor(0)));
  CHECK(same(tensor(2.0).argmax(nullopt, true), tensor(0)));
  CHECK(same(tensor({1.0, kNaN, 3.0, kNaN}).argmax(), tensor(1)));
  CHECK(same(tensor({1.0, kNaN, 3.0, kNaN}).argmin(), tensor(1)));
  CHECK(same(tensor({4, 9}).argmax(), tensor(1)));
  CHECK_FALSE(trainable({3}).argmax().requires_grad());
}

TEST_CASE("extrema: gradients", "[ops][extrema]") {
  manual_seed(3);
  const auto check = [](const std::function<Tensor(const Tensor&)>& f) {
    const Op op = [&f](const std::vector<Tensor>& xs) { return f(xs[0]); };
    for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 3}, {}, {1, 1}, {2, 3, 2}}) {
      INFO("sizes " << IntArrayRef(sizes));
      check_gradients(op, {distinct(sizes)});
    }
    check_gradients(op, {trainable_strided({2, 3})});
  };
  check([](const Tensor& x) { return max(x); });
  check([](const Tensor& x) { return min(x); });
  check([](const Tensor& x) { return amax(x, -1); });
  check([](const Tensor& x) { return amin(x, 0, true); });
  check([](const Tensor& x) { return std::get<0>(max(x, -1)); });
  check([](const Tensor& x) { return std::get<0>(min(x, 0, true)); });
  const Tensor empty = zeros({0, 2}, kDouble).requires_grad_();
  check_gradients([](const std::vector<Tensor>& xs) { return amax(xs[0], 1); }, {empty});
  check_gradients([](const std::vector<Tensor>& xs) { return std::get<0>(max(xs[0], 1)); }, {empty});
}

TEST_CASE("extrema: grad_fn names", "[ops][extrema]") {
  const Tensor x = trainable({2, 3});
  CHECK(max(x).grad_fn()->name() == "MaxBackward1");
  CHECK(min(x).grad_fn()->name() == "MinBackward1");
  CHECK(std::get<0>(max(x, 1)).grad_fn()->name() == "MaxBackward0");
  CHECK(std::get<0>(min(x, 1)).grad_fn()->name() == "MinBackward0");
  CHECK(amax(x).grad_fn()->name() == "AmaxBackward0");
  CHECK(amin(x, 1).grad_fn()->name() == "AminBackward0");
  CHECK_FALSE(max(x.detach()).requires_grad());
}

TEST_CASE("extrema: errors", "[ops][extrema]") {
  const Tensor none = zeros({2, 0}), undefined;
  CHECK_THROWS_WITH(max(none),
                    Contains("max(): Expected reduction dim to be specified for input.numel() == 0"));
  CHECK_THROWS_WITH(min(none),
                    Contains("min(): Expected reduction dim to be specified for input.numel() == 0"));
  CHECK_THROWS_WITH(amax(none),
                    Contains("amax(): Expected reduction dim to be specified for input.numel() == 0"));
  CHECK_THROWS_WITH(amin(none, 1), Contains("amin(): Expected reduction dim 1 to have non-zero size"));
  CHECK_THROWS_WITH(max(none, 1), Contains("max(): Expected reduction dim 1 to have non-zero size"));
  CHECK_THROWS_WITH(argmax(none),
                    Contains("argmax(): Expected reduction dim to be specified for input.numel() == 0"));
  CHECK_THROWS_WITH(argmin(none, 1), Contains("argmin(): Expected reduction dim 1 to have non-zero size"));
  CHECK_THROWS_WITH(argmax(tensor({true})), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(max(ones({2}), 1), Contains("[max]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(amin(ones({2}), {0, 0}), Contains("[amin]") && Contains("appears multiple times"));
  CHECK_THROWS_AS(argmin(ones({2}), 1), Error);
  CHECK_THROWS_AS(max(undefined), Error);
  CHECK_THROWS_AS(min(undefined, 0), Error);
  CHECK_THROWS_AS(amax(undefined), Error);
  CHECK_THROWS_AS(argmax(undefined), Error);
}

TEST_CASE("max: changed indices are noticed in backward", "[ops][extrema]") {
  const Tensor x = trainable({2, 3});
  auto [values, indices] = max(x, 1);
  indices.zero_();
  CHECK_THROWS_WITH(values.sum().backward(), Contains("modified by an inplace operation"));
}
