#include "gradients.hpp"

#include <cmath>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor example() { return tensor({{1.0, -2.0, 3.0}, {0.5, 4.0, -1.5}}).requires_grad_(); }

// Values away from 0, of both signs and of distinct sizes, where every norm has derivatives.
Tensor away_from_zero(IntArrayRef sizes) {
  const Tensor x = randperm(numel(sizes)).reshape(sizes).to(kDouble) * 0.3 + 0.5;
  return where(rand(sizes) < 0.5, -x, x).detach().requires_grad_();
}

}  // namespace

TEST_CASE("var, std: forward and gradient", "[ops][statistics]") {
  const Tensor x = example();
  CHECK(allclose(x.var(), tensor(5.6666665)));
  CHECK(allclose(x.var(1), tensor({6.3333335, 7.75})));
  CHECK(allclose(x.var({1}, false, true), tensor({{4.2222223}, {5.1666665}})));
  CHECK(allclose(x.var(false), tensor(4.7222223)));
  CHECK(allclose(x.std(), tensor(2.3804762)));
  CHECK(allclose(x.std(false), tensor(2.1730676)));
  CHECK(allclose(x.std(0), tensor({0.35355338, 4.2426405, 3.1819806})));
  CHECK(allclose(gradient(x.var(), x),
                 tensor({{0.06666668, -1.1333333, 0.8666667}, {-0.1333333, 1.2666668, -0.9333333}})));
  CHECK(allclose(gradient(x.var(IntArrayRef(1), false), x),
                 tensor({{0.2222222, -1.7777779, 1.5555556}, {-0.6666667, 4.0, -3.3333335}})));
  CHECK(allclose(gradient(x.std({0}, true, true), x),
                 tensor({{0.70710677, -1.4142137, 2.1213202}, {-0.70710677, 1.4142137, -2.1213202}})));
}

TEST_CASE("var: does not lose digits to a large mean", "[ops][statistics]") {
  CHECK(allclose((tensor({1.0, 2.0, 3.0}) + 10000).var(), tensor(1.0)));
}

TEST_CASE("var, std: of one element and of none", "[ops][statistics]") {
  CHECK(std::isnan(ones({1}).var().item<float>()));
  CHECK(std::isnan(tensor(1.0).std().item<float>()));
  CHECK(std::isnan(ones({0}).var().item<float>()));
  CHECK(std::isnan(ones({0}).std(false).item<float>()));
  CHECK(same(ones({2, 1}).std(1), full({2}, kNaN)));
  CHECK(same(ones({2, 1}).var(IntArrayRef(1), false), zeros({2})));
  CHECK(same(ones({0, 2}).var(1), zeros({0})));
  const Tensor x = ones({1}).requires_grad_();
  CHECK(std::isnan(gradient(x.var(0), x).item<float>()));
  CHECK(std::isnan(gradient(x.std(0), x).item<float>()));
  CHECK(same(gradient(x.var(false), x), zeros({1})));
}

TEST_CASE("std: where it is 0, so is its gradient", "[ops][statistics]") {
  const Tensor x = tensor({{1.0, 1.0}, {1.0, 3.0}}).requires_grad_();
  CHECK(allclose(gradient(x.std(1), x), tensor({{0.0, 0.0}, {-1.4142135, 1.4142135}})));
}

TEST_CASE("var, std: gradients", "[ops][statistics]") {
  manual_seed(4);
  for (const bool unbiased : {true, false}) {
    for (const bool keepdim : {true, false}) {
      for (const std::vector<int64_t>& dims : {std::vector<int64_t>{}, {-1}, {0, 2}}) {
        INFO("dims " << IntArrayRef(dims) << ", keepdim " << keepdim << ", unbiased " << unbiased);
        const Op variance = [&](const std::vector<Tensor>& xs) {
          return var(xs[0], dims, unbiased, keepdim);
        };
        const Op deviation = [&](const std::vector<Tensor>& xs) {
          return frost::std(xs[0], dims, unbiased, keepdim);
        };
        check_gradients(variance, {trainable({2, 3, 2})});
        check_gradients(deviation, {trainable({2, 3, 2})});
        check_gradients(variance, {trainable_strided({2, 3, 2})});
        check_gradients(deviation, {trainable_strided({2, 3, 2})});
      }
    }
  }
  check_unary_gradients([](const Tensor& x) { return var(x, false); });
  check_unary_gradients([](const Tensor& x) { return var(x, -1, false); });
  check_gradients([](const std::vector<Tensor>& xs) { return frost::std(xs[0], true); }, {trainable({4})});
  check_gradients([](const std::vector<Tensor>& xs) { return frost::std(xs[0], 1); }, {trainable({0, 3})});
}

TEST_CASE("norm: forward and gradient", "[ops][statistics]") {
  const Tensor x = example();
  CHECK(allclose(x.norm(), tensor(5.7008772)));
  CHECK(same(norm(x, 1, 1), tensor({6.0, 6.0})));
  CHECK(allclose(norm(x, 3, 0), tensor({1.0400419, 4.1601677, 3.1201258})));
  CHECK(same(norm(x, kInfinity, 1), tensor({3.0, 4.0})));
  CHECK(same(norm(x, -kInfinity, 1), tensor({1.0, 0.5})));
  CHECK(allclose(norm(x, 0.5, 1), tensor({17.191509, 15.459459})));
  CHECK(same(norm(tensor({{1.0, 0.0}, {3.0, kNaN}}), 0, 1), tensor({1.0, 2.0})));
  CHECK(allclose(norm(x, nullopt, {1}, true), tensor({{3.7416575}, {4.301163}})));
  CHECK(allclose(gradient(x.norm(), x),
                 tensor({{0.1754116, -0.3508232, 0.5262348}, {0.0877058, 0.7016464, -0.2631174}})));
  CHECK(same(gradient(norm(x, 1, 1), x), tensor({{1.0, -1.0, 1.0}, {2.0, 2.0, -2.0}})));
  CHECK(allclose(gradient(norm(x, 3, 0), x),
                 tensor({{0.9244817, -0.4622408, 2.7734451}, {0.2311204, 1.8489634, -0.6933613}})));
  CHECK(allclose(gradient(norm(x, 0.5, 1), x),
                 tensor({{4.1462646, -2.9318516, 2.3938470}, {11.120956, 3.9318519, -6.4206872}})));
  CHECK(same(gradient(norm(x, kInfinity, 1), x), tensor({{0.0, 0.0, 1.0}, {0.0, 2.0, 0.0}})));
  CHECK(same(gradient(norm(x, -kInfinity, 1), x), tensor({{1.0, 0.0, 0.0}, {2.0, 0.0, 0.0}})));
  CHECK(same(tensor(-2.0).norm(), tensor(2.0)));
}

TEST_CASE("norm: equal sizes share the gradient of the infinite norms", "[ops][statistics]") {
  const Tensor x = tensor({1.0, -3.0, 3.0}).requires_grad_();
  CHECK(same(gradient(x.norm(kInfinity), x), tensor({0.0, -0.5, 0.5})));
}

TEST_CASE("norm: the gradient at 0 is 0", "[ops][statistics]") {
  for (const double p : {-1.0, 0.5, 1.0, 1.5, 2.0, 3.0, kInfinity}) {
    INFO("p = " << p);
    const Tensor x = zeros({2}).requires_grad_();
    const Tensor grad = autograd::grad({norm(x, p)}, {x}, {}, nullopt, /*create_graph=*/true)[0];
    CHECK(same(grad, zeros({2})));
    if (grad.requires_grad()) CHECK(same(autograd::grad({grad.sum()}, {x})[0], zeros({2})));
    const Tensor partly = tensor({0.0, 2.0}).requires_grad_();
    CHECK(allclose(gradient(norm(partly, p), partly), tensor({0.0, p < 0 ? 0.0 : 1.0})));
  }
}

TEST_CASE("norm: a count of non-zeros has no gradient", "[ops][statistics]") {
  const Tensor x = tensor({1.0, -2.0}).requires_grad_();
  x.norm(0).backward();
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("norm: of nothing is 0", "[ops][statistics]") {
  for (const double p : {-kInfinity, -1.0, 0.0, 1.0, 2.0, 3.0, kInfinity}) {
    INFO("p = " << p);
    CHECK(same(zeros({0}).norm(p), tensor(0.0)));
    CHECK(same(norm(zeros({2, 0}), p, 1), zeros({2})));
    CHECK(same(norm(zeros({0, 2}), p, {1}, true), zeros({0, 1})));
  }
}

TEST_CASE("norm: gradients", "[ops][statistics]") {
  manual_seed(5);
  for (const double p : {-kInfinity, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0, kInfinity}) {
    for (const std::vector<int64_t>& dims : {std::vector<int64_t>{}, {-1}, {0, 1}}) {
      INFO("p = " << p << ", dims " << IntArrayRef(dims));
      const Op op = [&](const std::vector<Tensor>& xs) { return norm(xs[0], p, dims, dims.size() == 1); };
      check_gradients(op, {away_from_zero({2, 3})});
      check_gradients(op, {away_from_zero({3, 2}).detach().t().requires_grad_()});
      check_gradients(op, {away_from_zero({1, 1})});
      check_gradients(op, {trainable({0, 2})});
    }
    check_gradients([p](const std::vector<Tensor>& xs) { return norm(xs[0], p); }, {away_from_zero({})});
    check_gradients([p](const std::vector<Tensor>& xs) { return norm(xs[0], p, 0); },
                    {away_from_zero({2, 2})});
  }
}

TEST_CASE("logsumexp: forward and gradient", "[ops][statistics]") {
  const Tensor x = example();
  CHECK(allclose(x.logsumexp(1), tensor({3.1328452, 4.0337095})));
  CHECK(allclose(x.logsumexp({0, 1}, true), tensor({{4.3746138}})));
  CHECK(allclose(gradient(x.logsumexp(1), x),
                 tensor({{0.11849967, 0.00589975, 0.87560064}, {0.05839282, 1.9337046, 0.00790261}})));
  CHECK(allclose(tensor({1000.0, 1000.0}).logsumexp(0), tensor(1000.6931)));
  CHECK(allclose(tensor({1, 1}).logsumexp(0), tensor(1.6931472)));
  CHECK(same(tensor(2.0).logsumexp(0), tensor(2.0)));
  CHECK(same(zeros({2, 0}).logsumexp(1), full({2}, -kInfinity)));
}

TEST_CASE("logsumexp: infinities", "[ops][statistics]") {
  const Tensor x =
      tensor({{-kInfinity, -kInfinity}, {1.0, -kInfinity}, {kInfinity, 0.0}, {-kInfinity, kInfinity}});
  CHECK(same(x.logsumexp(1), tensor({-kInfinity, 1.0, kInfinity, kInfinity})));
  CHECK(std::isnan(tensor({kNaN, 0.0}).logsumexp(0).item<float>()));
  const Tensor masked = tensor({{-kInfinity, -kInfinity}, {1.0, -kInfinity}}).requires_grad_();
  CHECK(same(gradient(masked.logsumexp(1), masked), tensor({{kNaN, kNaN}, {2.0, 0.0}})));
}

TEST_CASE("logsumexp: gradients", "[ops][statistics]") {
  check_unary_gradients([](const Tensor& x) { return logsumexp(x, -1); });
  check_unary_gradients([](const Tensor& x) { return logsumexp(x, 0, true); });
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        return logsumexp(xs[0], {0, 2});
      },
      {trainable({2, 3, 2})});
}

TEST_CASE("statistics: grad_fn names", "[ops][statistics]") {
  const Tensor x = trainable({2, 3});
  CHECK(var(x).grad_fn()->name() == "VarBackward0");
  CHECK(frost::std(x, 1).grad_fn()->name() == "StdBackward0");
  CHECK(norm(x).grad_fn()->name() == "NormBackward0");
  CHECK(norm(x, 2, 1).grad_fn()->name() == "NormBackward1");
  CHECK(logsumexp(x, 1).grad_fn()->name() == "LogsumexpBackward0");
  CHECK_FALSE(norm(x.detach()).requires_grad());
}

TEST_CASE("statistics: errors", "[ops][statistics]") {
  const Tensor undefined;
  CHECK_THROWS_WITH(var(tensor({1, 2})), Contains("std and var only support floating point"));
  CHECK_THROWS_WITH(frost::std(tensor({true})),
                    Contains("[std]") && Contains("std and var only support floating point"));
  CHECK_THROWS_WITH(norm(tensor({1, 2})),
                    Contains("input dtype should be either floating point") && Contains("Long"));
  CHECK_THROWS_WITH(var(ones({2}), 1), Contains("[var]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(norm(ones({2, 2}), 2, {0, 0}), Contains("[norm]") && Contains("appears multiple times"));
  CHECK_THROWS_WITH(logsumexp(ones({2}), 1), Contains("[logsumexp]") && Contains("Dimension out of range"));
  CHECK_THROWS_AS(var(undefined), Error);
  CHECK_THROWS_AS(frost::std(undefined, true), Error);
  CHECK_THROWS_AS(norm(undefined), Error);
  CHECK_THROWS_AS(logsumexp(undefined, 0), Error);
}
