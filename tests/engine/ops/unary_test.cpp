#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;

TEST_CASE("exp: forward", "[ops][unary]") {
  CHECK(allclose(exp(tensor({0.0, 1.0, -1.0})), tensor({1.0, 2.7182817, 0.36787945})));
  CHECK(exp(tensor({0, 1})).scalar_type() == kFloat);
}

TEST_CASE("exp: gradients", "[ops][unary]") {
  check_unary_gradients([](const Tensor& x) { return exp(x); });
}

TEST_CASE("log: gradients", "[ops][unary]") {
  check_unary_gradients([](const Tensor& x) { return log(x); }, 0.5, 3);
}
