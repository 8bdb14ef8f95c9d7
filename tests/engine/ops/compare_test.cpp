#include "elementwise.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("comparison: forward, of tensors", "[ops][compare]") {
  const Tensor x = tensor({1., 2., 3., nan_value}), y = tensor({3., 2., 1., nan_value});
  CHECK(same(x == y, tensor({false, true, false, false})));
  CHECK(same(x != y, tensor({true, false, true, true})));
  CHECK(same(x < y, tensor({true, false, false, false})));
  CHECK(same(x <= y, tensor({true, true, false, false})));
  CHECK(same(x > y, tensor({false, false, true, false})));
  CHECK(same(x >= y, tensor({false, true, true, false})));
  CHECK(same(x.eq(y), x == y));
  CHECK(same(x.ne(y), x != y));
  CHECK(same(x.lt(y), x < y));
  CHECK(same(x.le(y), x <= y));
  CHECK(same(x.gt(y), x > y));
  CHECK(same(x.ge(y), x >= y));
}

TEST_CASE("comparison: with a number, on either side", "[ops][compare]") {
  const Tensor x = tensor({1., 2., 3.});
  CHECK(same(x == 2, tensor({false, true, false})));
  CHECK(same(2 == x, tensor({false, true, false})));
  CHECK(same(x != 2, tensor({true, false, true})));
  CHECK(same(2 != x, tensor({true, false, true})));
  CHECK(same(x < 2, tensor({true, false, false})));
  CHECK(same(2 < x, tensor({false, false, true})));
  CHECK(same(x <= 2, tensor({true, true, false})));
  CHECK(same(2 <= x, tensor({false, true, true})));
  CHECK(same(x > 2, tensor({false, false, true})));
  CHECK(same(2 > x, tensor({true, false, false})));
  CHECK(same(x >= 2, tensor({false, true, true})));
  CHECK(same(2 >= x, tensor({true, true, false})));
  CHECK(same(x < 1e300, tensor({true, true, true})));
}

TEST_CASE("comparison: operands broadcast and promote", "[ops][compare]") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  CHECK(same(x < tensor({2, 4}), tensor({{true, true}, {false, false}})));
  CHECK(same(x.t() < tensor({2, 4}), tensor({{true, true}, {false, false}})));
  CHECK(same(x == tensor({{1.5}, {3.}}), tensor({{false, false}, {true, false}})));
  CHECK(same(x > 2.5, tensor({{false, false}, {true, true}})));
  CHECK(same(tensor({true, false}) < 1, tensor({false, true})));
  CHECK(same(tensor({true, false}) == tensor({1., 1.}), tensor({true, false})));
  CHECK(same(tensor(2.) == tensor({2., 3.}), tensor({true, false})));
  CHECK(same(zeros({0, 2}) == ones({2}), zeros({0, 2}, kBool)));
  // Float decides where one operand is Float: 2²⁴ + 1 is then 2²⁴.
  CHECK(same(tensor({16777217}) == tensor({16777216.}), tensor({true})));
  CHECK(same(tensor({16777217}) == tensor({16777216}), tensor({false})));
}

TEST_CASE("comparison: nothing is recorded, and errors", "[ops][compare]") {
  const Tensor x = ones({2}, requires_grad());
  for (const Tensor& z : {x == x, x < 2, 2 < x, isnan(x), logical_not(x), isclose(x, x)}) {
    CHECK_FALSE(z.requires_grad());
    CHECK(z.scalar_type() == kBool);
  }
  CHECK_THROWS_WITH(x == ones({3}), Contains("The size of tensor a (2) must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(x == Tensor(), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(Tensor() < 1, Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(isnan(Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("isnan, isinf, isfinite", "[ops][compare]") {
  const Tensor x = tensor({nan_value, inf, -inf, 0., 1.});
  CHECK(same(isnan(x), tensor({true, false, false, false, false})));
  CHECK(same(isinf(x), tensor({false, true, true, false, false})));
  CHECK(same(isfinite(x), tensor({false, false, false, true, true})));
  CHECK(same(x.isnan(), isnan(x)));
  CHECK(same(isnan(x.slice(0, 0, nullopt, 2)), tensor({true, false, false})));
  for (const Tensor& integers : {tensor({0, 1}), tensor({true, false})}) {
    CHECK(same(isnan(integers), tensor({false, false})));
    CHECK(same(isinf(integers), tensor({false, false})));
    CHECK(same(isfinite(integers), tensor({true, true})));
  }
}

TEST_CASE("logic: everything but 0 is true", "[ops][compare]") {
  const Tensor x = tensor({0., 0., -1.5, nan_value}), y = tensor({0, 3, 0, 3});
  CHECK(same(logical_not(x), tensor({true, true, false, false})));
  CHECK(same(logical_and(x, y), tensor({false, false, false, true})));
  CHECK(same(logical_or(x, y), tensor({false, true, true, true})));
  CHECK(same(logical_xor(x, y), tensor({false, true, true, false})));
  CHECK(same(logical_and(tensor({{0.5}, {0.}}), tensor({true, false})),
             tensor({{true, false}, {false, false}})));
  CHECK(same(x.logical_not(), logical_not(x)));
  CHECK_THROWS_WITH(logical_or(x, ones({3})), Contains("must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(logical_and(x, Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("bits: of bools and integers", "[ops][compare]") {
  const Tensor l = tensor({12, -1, 0}), m = tensor({10, 7, 5}), b = tensor({true, false, true});
  CHECK(same(l & m, tensor({8, 7, 0})));
  CHECK(same(l | m, tensor({14, -1, 5})));
  CHECK(same(l ^ m, tensor({6, -8, 5})));
  CHECK(same(~l, tensor({-13, 0, -1})));
  CHECK(same(b & tensor({true, true, false}), tensor({true, false, false})));
  CHECK(same(b | tensor({false, false, true}), b));
  CHECK(same(b ^ tensor({true, true, true}), ~b));
  CHECK(same(~b, tensor({false, true, false})));
  CHECK(same(l & b, tensor({0, 0, 0})));
  const Tensor f = ones({3});
  CHECK_THROWS_WITH(f & f, Contains("not implemented for 'Float'"));
  CHECK_THROWS_WITH(l | f, Contains("not implemented for 'Float'"));
  CHECK_THROWS_WITH(b ^ f.to(kDouble), Contains("not implemented for 'Double'"));
  CHECK_THROWS_WITH(~f, Contains("not implemented for 'Float'"));
  CHECK_THROWS_WITH(l & Tensor(), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(~Tensor(), Contains("Expected a proper Tensor"));
}

TEST_CASE("equal: the same shape and values, whatever the dtypes", "[ops][compare]") {
  const Tensor x = tensor({1., 2.});
  CHECK(equal(x, tensor({1., 2.})));
  CHECK_FALSE(equal(x, tensor({1., 3.})));
  CHECK_FALSE(equal(x, tensor({{1., 2.}})));
  CHECK_FALSE(equal(tensor({1.}), tensor({1., 1.})));
  CHECK(equal(x, tensor({1, 2})));
  CHECK(equal(x, x.to(kDouble)));
  CHECK(equal(zeros({0}), zeros({0})));
  CHECK_FALSE(equal(tensor({nan_value}), tensor({nan_value})));
  CHECK(equal(tensor({{1., 2.}, {3., 4.}}).t(), tensor({{1., 3.}, {2., 4.}})));
  CHECK_THROWS_WITH(equal(x, Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("isclose, allclose", "[ops][compare]") {
  const Tensor x = tensor({1., 100., inf, inf, nan_value, 1e38});
  const Tensor y = tensor({1.000005, 100.1, inf, -inf, nan_value, -3e38});
  CHECK(same(isclose(x, y), tensor({true, false, true, false, false, false})));
  CHECK(same(isclose(x, y, 1e-2), tensor({true, true, true, false, false, false})));
  CHECK(same(isclose(x, y, 0.5, 0, true), tensor({true, true, true, false, true, false})));
  CHECK(same(isclose(x, y, 0, 0, true), tensor({false, false, true, false, true, false})));
  CHECK(same(isclose(tensor({inf, 1.}), tensor({1., inf})), tensor({false, false})));
  CHECK(
      same(isclose(tensor({1e38}), tensor({-3e38}), 10), tensor({false})));  // no difference that is a number
  CHECK(same(isclose(tensor({1, 5}), tensor({2, 7}), 0, 1), tensor({true, false})));
  CHECK(same(isclose(tensor({true, false}), tensor({true, true})), tensor({true, false})));
  CHECK(same(isclose(tensor({{1.}, {2.}}), tensor({1., 2.})), tensor({{true, false}, {false, true}})));
  CHECK(allclose(tensor({1.}), tensor({1.000001})));
  CHECK_FALSE(allclose(tensor({1., 1.}), tensor({1., 1.1})));
  CHECK(allclose(zeros({0}), ones({0})));
  CHECK(allclose(tensor({nan_value}), tensor({nan_value}), 1e-5, 1e-8, true));
  CHECK_FALSE(allclose(tensor({nan_value}), tensor({nan_value})));
  CHECK_THROWS_WITH(isclose(x, y.to(kDouble)), Contains("Float did not match Double"));
  CHECK_THROWS_WITH(isclose(x, y, -1), Contains("rtol must be greater than or equal to zero, but got -1"));
  CHECK_THROWS_WITH(isclose(x, y, 0, -1), Contains("atol must be greater than or equal to zero, but got -1"));
  CHECK_THROWS_WITH(allclose(x, ones({3})), Contains("must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(allclose(x, Tensor()), Contains("Expected a proper Tensor"));
}
