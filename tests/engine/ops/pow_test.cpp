#include "elementwise.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("pow: forward", "[ops][pow]") {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}), y = tensor({2., -1., 0.5});
  CHECK(allclose(pow(x, y), tensor({{1., 0.5, 1.7320508}, {16., 0.2, 2.4494898}})));
  CHECK(allclose(pow(x.t(), 0.5), pow(x, 0.5).t(), 0, 0));
  CHECK(same(x.pow(2), x * x));
  CHECK(same(pow(tensor({1., 2., 4.}), 3), tensor({1., 8., 64.})));
  CHECK(same(pow(2, tensor({1., 2., 4.})), tensor({2., 4., 16.})));
  CHECK(same(pow(zeros({0, 3}), y), zeros({0, 3})));
  CHECK(same(pow(tensor(3.), 2), tensor(9.)));
}

TEST_CASE("pow: at the edges", "[ops][pow]") {
  const Tensor x = tensor({0., -1., -2., nan_value, inf, -8.});
  CHECK(same(pow(x, 0), tensor({1., 1., 1., 1., 1., 1.})));
  CHECK(same(pow(x, 1), x));
  CHECK(same(pow(x, -1), tensor({inf, -1., -0.5, nan_value, 0., -0.125})));
  CHECK(same(pow(x, 1. / 3), tensor({0., nan_value, nan_value, nan_value, inf, nan_value})));
  CHECK(same(pow(0, tensor({0., 1., -1.})), tensor({1., 0., inf})));
  CHECK(same(pow(tensor({0, 1, -1, 2, -2}), tensor({-1, -1, -1, -1, -3})), tensor({0, 1, -1, 0, 0})));
  CHECK(same(pow(3, tensor({-2, 3, 0})), tensor({0, 27, 1})));
  CHECK(same(pow(tensor({2, 3}), 63),
             tensor({std::numeric_limits<int64_t>::min(), int64_t{-3237885987332494933}})));
}

TEST_CASE("pow: dtypes", "[ops][pow]") {
  const Tensor l = tensor({3, 4}), b = tensor({true, false});
  CHECK(same(pow(b, 2), tensor({1, 0})));
  CHECK(same(pow(2, b), tensor({2, 1})));
  CHECK(same(pow(l, 0.5), tensor({std::sqrt(3.f), 2.f})));
  CHECK(same(pow(2.5, l), tensor({15.625, 39.0625})));
  CHECK(same(pow(l, 2.0), tensor({9., 16.})));
  CHECK(same(pow(l, tensor({2, 3})), tensor({9, 64})));
  CHECK(same(pow(tensor({2., 3.}), tensor(2, kDouble)), tensor({4., 9.})));
  CHECK_THROWS_WITH(pow(b, b), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(pow(b, true), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(pow(true, b), Contains("not implemented for 'Bool'"));
}

TEST_CASE("pow: integers have no negative powers", "[ops][pow]") {
  CHECK_THROWS_WITH(pow(tensor({1, 2}), -1), Contains("Integers to negative integer powers are not allowed"));
  CHECK(same(pow(tensor({1, 2}), -1.0), tensor({1., 0.5})));
}

TEST_CASE("pow: shapes that do not broadcast, undefined tensors", "[ops][pow]") {
  const Tensor x = ones({2}), undefined;
  CHECK_THROWS_WITH(pow(x, ones({3})),
                    Contains("The size of tensor a (2) must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(pow(x, undefined), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(pow(undefined, x), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(pow(undefined, 2), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(pow(2, undefined), Contains("Expected a proper Tensor"));
}

TEST_CASE("pow: names and edges on the tape", "[ops][pow]") {
  const Tensor x = leaf(ones({2})), y = leaf(ones({2})), frozen = ones({2});
  CHECK(name_of(pow(x, 2)) == "PowBackward0");
  CHECK(name_of(pow(x, y)) == "PowBackward1");
  CHECK(name_of(pow(2, x)) == "PowBackward2");
  CHECK(name_of(pow(frozen, 2)) == "none");
  const Ref<Node> of_base = pow(x, frozen).grad_fn(), of_exponent = pow(frozen, y).grad_fn();
  CHECK(of_base->next_edge(0).is_valid());
  CHECK_FALSE(of_base->next_edge(1).is_valid());
  CHECK_FALSE(of_exponent->next_edge(0).is_valid());
  CHECK(of_exponent->next_edge(1).is_valid());
}

TEST_CASE("pow: gradients", "[ops][pow]") {
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return pow(x, y); }, 0.5, 2);
  check_unary_gradients([](const Tensor& x) { return pow(x, 0); });
  check_unary_gradients([](const Tensor& x) { return pow(x, 1); });
  check_unary_gradients([](const Tensor& x) { return pow(x, 2); });
  check_unary_gradients([](const Tensor& x) { return pow(x, 3); });
  check_unary_gradients([](const Tensor& x) { return pow(x, -1.5); }, 0.5, 2);
  check_unary_gradients([](const Tensor& x) { return pow(x, tensor(3)); });
  check_unary_gradients([](const Tensor& x) { return pow(1.5, x); });
  check_unary_gradients([](const Tensor& x) { return pow(0, x); }, 0.5, 2);
  check_unary_gradients([](const Tensor& x) { return pow(zeros({3}, kDouble), x); }, 1.5, 2);
}

TEST_CASE("pow: gradients at base 0 and exponent 0 are numbers", "[ops][pow]") {
  std::vector<Tensor> grads = gradients_of(pow, tensor({0., 1., 2.}), tensor({0., 0., 0.}));
  CHECK(same(grads[0], tensor({0., 0., 0.})));
  CHECK(allclose(grads[1], tensor({0., 0., 0.6931472})));
  grads = gradients_of(pow, tensor({0., 0., 0., -2., 2., -2.}), tensor({2., -1., .5, 2., 3., 1.5}));
  CHECK(same(grads[0], tensor({0., -inf, inf, -4., 12., nan_value})));
  CHECK(allclose(grads[1], tensor({0., -inf, 0., nan_value, 5.5451775, nan_value}), 1e-5, 1e-8, true));

  CHECK(same(gradient_of([](const Tensor& x) { return pow(x, 0); }, tensor({0., nan_value, inf})),
             tensor({0., 0., 0.})));
  CHECK(same(gradient_of([](const Tensor& x) { return pow(x, 1); }, tensor({0., nan_value, inf})),
             tensor({1., 1., 1.})));
  CHECK(same(gradient_of([](const Tensor& x) { return pow(x, 2); }, tensor({0., nan_value, inf, -3.})),
             tensor({0., nan_value, inf, -6.})));
  CHECK(same(gradient_of([](const Tensor& x) { return pow(x, 0.5); }, tensor({0., -1., 4.})),
             tensor({inf, nan_value, 0.25})));
  CHECK(same(gradient_of([](const Tensor& y) { return pow(0, y); }, tensor({0., 1., -1., nan_value})),
             tensor({0., 0., -inf, nan_value})));
  CHECK(same(gradient_of([](const Tensor& y) { return pow(-2, y); }, tensor({0., 1.})),
             tensor({nan_value, nan_value})));
  // An exponent that is an integer tensor, or bool, is one like any other.
  CHECK(same(gradient_of(
                 [](const Tensor& x) {
                   return pow(x, tensor({0, 1, 3}));
                 },
                 tensor({0., 2., 2.})),
             tensor({0., 1., 12.})));
  CHECK(same(gradient_of(
                 [](const Tensor& x) {
                   return pow(x, tensor({false, true}));
                 },
                 tensor({2., 2.})),
             tensor({0., 1.})));
}

TEST_CASE("pow: an infinite gradient does not reach a base whose exponent is 0", "[ops][pow]") {
  const std::vector<Tensor> grads = gradients_of(pow, tensor({0., 3.}), tensor({2., 0.}), tensor({1., inf}));
  CHECK(same(grads[0], tensor({0., 0.})));
  CHECK(same(grads[1], tensor({0., inf})));
}
