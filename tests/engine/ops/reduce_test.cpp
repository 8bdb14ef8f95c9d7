#include "gradients.hpp"

#include <cmath>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

Tensor example() { return tensor({{1.0, -2.0, 3.0}, {0.5, 4.0, -1.5}}).requires_grad_(); }

// first and second derivatives of f along the last dim, along others, over several, with and without keepdim
void check_over_dims(const std::function<Tensor(const Tensor&, IntArrayRef, bool)>& f) {
  check_unary_gradients([&f](const Tensor& x) { return f(x, -1, false); });
  check_unary_gradients([&f](const Tensor& x) { return f(x, {}, true); });
  manual_seed(2);
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{0}, {1, -1}, {0, 2}, {0, 1, 2}}) {
    for (const bool keepdim : {false, true}) {
      INFO("dims " << IntArrayRef(dims) << ", keepdim " << keepdim);
      const Op op = [&](const std::vector<Tensor>& xs) { return f(xs[0], dims, keepdim); };
      check_gradients(op, {trainable({2, 3, 2})});
      check_gradients(op, {trainable_strided({2, 3, 2})});
    }
  }
}

}  // namespace

TEST_CASE("sum: forward and gradient", "[ops][reduce]") {
  const Tensor x = example();
  CHECK(same(x.sum(), tensor(5.0)));
  CHECK(same(x.sum(0), tensor({1.5, 2.0, 1.5})));
  CHECK(same(x.sum({1}, true), tensor({{2.0}, {3.0}})));
  CHECK(same(x.sum({-1, 0}), tensor(5.0)));
  CHECK(same(x.t().sum(1), tensor({1.5, 2.0, 1.5})));
  CHECK(same(gradient(x.sum(1), x), tensor({{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}})));
  CHECK(same(tensor(2.0).sum(0), tensor(2.0)));
}

TEST_CASE("sum: of nothing is 0", "[ops][reduce]") {
  CHECK(same(zeros({0}).sum(), tensor(0.0)));
  CHECK(same(zeros({2, 0}).sum(1), zeros({2})));
  CHECK(same(zeros({2, 0}).sum(0), zeros({0})));
  CHECK(same(zeros({2, 0}).sum({1}, true), zeros({2, 1})));
}

TEST_CASE("sum: gradients", "[ops][reduce]") {
  check_over_dims([](const Tensor& x, IntArrayRef dim, bool keepdim) { return sum(x, dim, keepdim); });
  check_unary_gradients([](const Tensor& x) { return sum(x); });
}

TEST_CASE("sum: the gradient is a view of grad_out, not a copy", "[ops][reduce]") {
  const Tensor x = trainable({4, 5}), grad_out = ones({}, kDouble);
  Tensor seen;
  const Tensor y = x * 1;
  y.register_hook([&seen](const Tensor& grad) { seen = grad; });
  y.sum().backward(grad_out);
  CHECK(seen.data_ptr() == grad_out.data_ptr());
  CHECK(seen.strides() == IntArrayRef({0, 0}));
}

TEST_CASE("sum: dtypes", "[ops][reduce]") {
  CHECK(same(tensor({true, true}).sum(), tensor(2)));
  CHECK(same(tensor({1, 2}).sum(0), tensor(3)));
  CHECK(same(tensor({1, 2}).sum(kDouble), tensor(3.0, kDouble)));
  CHECK(same(tensor({1.5, 1.6}).sum(kLong), tensor(2)));
  CHECK(same(tensor({true, false}).sum(kBool), tensor(true)));
  CHECK_FALSE(example().sum(kLong).requires_grad());
  const Tensor x = example();
  const Tensor y = x.sum({1}, false, kDouble);
  CHECK(y.scalar_type() == kDouble);
  CHECK(same(autograd::grad({y}, {x}, {tensor({1.0, 2.0}, kDouble)})[0],
             tensor({{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}})));
}

TEST_CASE("mean: forward and gradient", "[ops][reduce]") {
  const Tensor x = example();
  CHECK(allclose(x.mean(), tensor(0.8333333)));
  CHECK(same(x.mean(0), tensor({0.75, 1.0, 0.75})));
  CHECK(same(gradient(x.mean(0), x), tensor({{0.5, 1.0, 1.5}, {0.5, 1.0, 1.5}})));
  CHECK(std::isnan(zeros({0}).mean().item<float>()));
  CHECK(same(zeros({2, 0}).mean(1), full({2}, std::numeric_limits<double>::quiet_NaN())));
}

TEST_CASE("mean: gradients", "[ops][reduce]") {
  check_over_dims([](const Tensor& x, IntArrayRef dim, bool keepdim) { return mean(x, dim, keepdim); });
  check_unary_gradients([](const Tensor& x) { return mean(x); });
}

TEST_CASE("mean: of nothing, the gradient has slope 0", "[ops][reduce]") {
  const Tensor x = zeros({2, 0}, dtype(kDouble).requires_grad(true)), w = trainable({2});
  const Tensor grad = autograd::grad({(x.mean(1) * w).sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  CHECK(same(autograd::grad({grad.sum()}, {w})[0], zeros({2}, kDouble)));
}

TEST_CASE("mean: dtypes", "[ops][reduce]") {
  CHECK_THROWS_WITH(tensor({1, 2}).mean(), Contains("[mean]") && Contains("could not infer output dtype") &&
                                               Contains("Input dtype") && Contains("Got: Long"));
  CHECK_THROWS_WITH(tensor({true}).mean(0), Contains("Got: Bool"));
  CHECK_THROWS_WITH(tensor({1.0}).mean(kLong), Contains("Optional dtype must be"));
  CHECK(same(tensor({1, 2}).mean(kFloat), tensor(1.5)));
  CHECK(example().mean({0}, false, kDouble).scalar_type() == kDouble);
}

TEST_CASE("prod: forward and gradient", "[ops][reduce]") {
  const Tensor x = example();
  CHECK(same(x.prod(), tensor(18.0)));
  CHECK(same(x.prod(1), tensor({-6.0, -3.0})));
  CHECK(same(x.prod(0, true), tensor({{0.5, -8.0, -4.5}})));
  CHECK(same(gradient(x.prod(), x), tensor({{18.0, -9.0, 6.0}, {36.0, 4.5, -12.0}})));
  CHECK(same(gradient(x.prod(1), x), tensor({{-6.0, 3.0, -2.0}, {-12.0, -1.5, 4.0}})));
  CHECK(same(zeros({0}).prod(), tensor(1.0)));
  CHECK(same(zeros({2, 0}).prod(1), ones({2})));
}

TEST_CASE("prod: gradients", "[ops][reduce]") {
  check_unary_gradients([](const Tensor& x) { return prod(x); });
  check_unary_gradients([](const Tensor& x) { return prod(x, -1); });
  check_unary_gradients([](const Tensor& x) { return prod(x, 0, true); });
  check_gradients([](const std::vector<Tensor>& xs) { return prod(xs[0], 1); }, {trainable({2, 3, 2})});
}

TEST_CASE("prod: gradients where elements are zero", "[ops][reduce]") {
  const Tensor rows = tensor({{2.0, 3.0, 4.0, -1.5, 0.5},  // none
                              {2.0, 0.0, 4.0, -1.5, 0.5},  // one
                              {0.0, 3.0, 4.0, -1.5, 0.5},  // one, the first
                              {2.0, 0.0, 4.0, 0.0, 0.5},   // two
                              {2.0, 3.0, 4.0, 0.0, 0.0},   // two, the last
                              {0.0, 0.0, 4.0, 0.0, 0.5},   // three
                              {0.0, 0.0, 0.0, 0.0, 0.0}},
                             kDouble);
  const Tensor x = rows.clone().requires_grad_();
  check_gradients([](const std::vector<Tensor>& xs) { return prod(xs[0], 1); }, {x});
  check_gradients([](const std::vector<Tensor>& xs) { return prod(xs[0].t(), 0); }, {x});
  for (int64_t i = 0; i < rows.size(0); ++i) {
    INFO("row " << i);
    check_gradients([](const std::vector<Tensor>& xs) { return prod(xs[0]); },
                    {rows[i].clone().requires_grad_()});
  }
  const Tensor zero = zeros({}, kDouble).requires_grad_();
  check_gradients([](const std::vector<Tensor>& xs) { return prod(xs[0]); }, {zero});
  check_gradients([](const std::vector<Tensor>& xs) { return prod(xs[0], 0); }, {zero});
}

TEST_CASE("prod: of all elements of a matrix, one of them zero", "[ops][reduce]") {
  const Tensor x = tensor({{2.0, 0.0}, {3.0, 4.0}}).requires_grad_();
  CHECK(same(gradient(prod(x), x), tensor({{0.0, 24.0}, {0.0, 0.0}})));
}

TEST_CASE("prod: the slope of a number alone is 1, be it NaN or infinite", "[ops][reduce]") {
  for (const double value : {2.0, 0.0, double{INFINITY}, double{NAN}}) {
    const Tensor x = tensor(value).requires_grad_();
    CHECK(same(gradient(prod(x), x), tensor(1.0)));
    CHECK(same(gradient(prod(x, 0), x), tensor(1.0)));
    CHECK(same(gradient(prod(x, -1, true), x), tensor(1.0)));
  }
}

TEST_CASE("prod: the third derivative where elements are zero", "[ops][reduce]") {
  const Tensor x = tensor({0.0, 0.0, 5.0}, kDouble).requires_grad_();
  const auto derivative = [&x](const Tensor& y, int64_t i) {
    return autograd::grad({y}, {x}, {}, nullopt, /*create_graph=*/true)[0][i];
  };
  const Tensor third = derivative(derivative(derivative(prod(x), 0), 1), 2);
  CHECK(third.item<double>() == 1);
}

TEST_CASE("prod: dtypes", "[ops][reduce]") {
  CHECK(same(tensor({true, false}).prod(), tensor(0)));
  CHECK(same(tensor({2, 3}).prod(0), tensor(6)));
  CHECK(same(tensor({1.5, 2.6}).prod(kLong), tensor(2)));
  CHECK(same(tensor({true, false}).prod(kBool), tensor(false)));
  CHECK_FALSE(example().prod(kLong).requires_grad());
  const Tensor x = example();
  const Tensor y = x.prod(1, false, kDouble);
  CHECK(y.scalar_type() == kDouble);
  CHECK(same(autograd::grad({y}, {x}, {tensor({1.0, 2.0}, kDouble)})[0],
             tensor({{-6.0, 3.0, -2.0}, {-12.0, -1.5, 4.0}})));
}

TEST_CASE("all, any: what is not 0 counts as true", "[ops][reduce]") {
  const Tensor x = tensor({{1.0, 0.0}, {2.0, std::nan("")}, {0.0, 0.0}}).requires_grad_();
  CHECK(same(x.all(1), tensor({false, true, false})));
  CHECK(same(x.any(1), tensor({true, true, false})));
  CHECK(same(x.all(-2, true), tensor({{false, false}})));
  CHECK(same(x.any(0, true), tensor({{true, true}})));
  CHECK(same(x.all(), tensor(false)));
  CHECK(same(x.any(), tensor(true)));
  CHECK_FALSE(x.any().requires_grad());
  CHECK(same(tensor({3, 1}).all(), tensor(true)));
  CHECK(same(zeros({0}).all(), tensor(true)));
  CHECK(same(zeros({0}).any(), tensor(false)));
  CHECK(same(tensor(2.0).all(0), tensor(true)));
}

TEST_CASE("cumsum: forward and gradient", "[ops][reduce]") {
  const Tensor x = example();
  CHECK(same(x.cumsum(1), tensor({{1.0, -1.0, 2.0}, {0.5, 4.5, 3.0}})));
  CHECK(same(x.cumsum(-2), tensor({{1.0, -2.0, 3.0}, {1.5, 2.0, 1.5}})));
  CHECK(same(gradient(x.cumsum(1), x), tensor({{6.0, 5.0, 3.0}, {15.0, 11.0, 6.0}})));
  CHECK(same(gradient(x.cumsum(0), x), tensor({{5.0, 7.0, 9.0}, {4.0, 5.0, 6.0}})));
  CHECK(same(tensor(2.0).cumsum(0), tensor(2.0)));
  CHECK(same(zeros({2, 0}).cumsum(1), zeros({2, 0})));
  CHECK(same(zeros({2, 0}).cumsum(0), zeros({2, 0})));
}

TEST_CASE("cumsum: gradients", "[ops][reduce]") {
  check_unary_gradients([](const Tensor& x) { return cumsum(x, -1); });
  check_unary_gradients([](const Tensor& x) { return cumsum(x, 0); });
  check_gradients([](const std::vector<Tensor>& xs) { return cumsum(xs[0], 0); }, {trainable({4})});
  check_gradients([](const std::vector<Tensor>& xs) { return cumsum(xs[0], 1); }, {trainable({2, 3, 2})});
}

TEST_CASE("cumsum: dtypes", "[ops][reduce]") {
  CHECK(same(tensor({true, true}).cumsum(0), tensor({1, 2})));
  CHECK(same(tensor({1.5, 2.6}).cumsum(0, kLong), tensor({1, 3})));
  CHECK(same(tensor({1, 2}).cumsum(0, kDouble), tensor({1.0, 3.0}, kDouble)));
  CHECK_THROWS_WITH(tensor({true}).cumsum(0, kBool), Contains("not implemented for 'Bool'"));
}

TEST_CASE("reductions: grad_fn names", "[ops][reduce]") {
  const Tensor x = example();
  CHECK(x.sum().grad_fn()->name() == "SumBackward0");
  CHECK(x.sum(1).grad_fn()->name() == "SumBackward1");
  CHECK(x.mean().grad_fn()->name() == "MeanBackward0");
  CHECK(x.mean(1).grad_fn()->name() == "MeanBackward1");
  CHECK(x.prod().grad_fn()->name() == "ProdBackward0");
  CHECK(x.prod(1).grad_fn()->name() == "ProdBackward1");
  CHECK(x.cumsum(1).grad_fn()->name() == "CumsumBackward0");
  CHECK(x.sum().grad_fn()->saved_tensors().empty());
  CHECK_FALSE(x.detach().prod().requires_grad());
}

TEST_CASE("reductions: errors", "[ops][reduce]") {
  const Tensor x = example(), undefined;
  CHECK_THROWS_WITH(
      x.sum(2), Contains("[sum]") && Contains("Dimension out of range (expected to be in range of [-2, 1], "
                                              "but got 2)"));
  CHECK_THROWS_WITH(x.sum({0, -2}), Contains("appears multiple times in the list of dims"));
  CHECK_THROWS_WITH(tensor(1.0).sum(1),
                    Contains("Dimension out of range (expected to be in range of [-1, 0]"));
  CHECK_THROWS_WITH(x.mean(-3), Contains("[mean]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.prod(2), Contains("[prod]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.all(2), Contains("[all]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.any(2), Contains("[any]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.cumsum(2), Contains("[cumsum]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(sum(undefined), Contains("[sum]") && Contains("undefined Tensor"));
  CHECK_THROWS_AS(mean(undefined), Error);
  CHECK_THROWS_AS(prod(undefined), Error);
  CHECK_THROWS_AS(prod(undefined, 0), Error);
  CHECK_THROWS_AS(all(undefined), Error);
  CHECK_THROWS_AS(any(undefined, 0), Error);
  CHECK_THROWS_AS(cumsum(undefined, 0), Error);
}
