// A checker that can't fail checks nothing: here it is given rules that are wrong.
#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using testing::gradcheck;
using testing::gradgradcheck;

namespace {

using Tensors = std::vector<Tensor>;

// y = x², with grad_x = factor·grad_out·x. Right where factor is 2.
Tensor square_with_rule(const Tensor& x, double factor) {
  return record("WrongBackward0", (x * x).detach(),
                wrt(x, [factor, x = Saved(x)](const Tensor& grad_out) { return grad_out * *x * factor; }));
}

// y = x², with a gradient that is right but forgets that it depends on x.
Tensor square_forgetting(const Tensor& x) {
  return record("ForgetfulBackward0", (x * x).detach(),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out * (*x).detach() * 2; }));
}

}  // namespace

TEST_CASE("gradcheck: accepts a right rule and rejects one that is off by a factor of 2.001 / 2",
          "[gradcheck]") {
  const Tensor x = trainable({3}, 0.5, 2);
  CHECK(gradcheck([](const Tensors& xs) { return Tensors{square_with_rule(xs[0], 2)}; }, {x}));
  CHECK_THROWS_WITH(gradcheck([](const Tensors& xs) { return Tensors{square_with_rule(xs[0], 2.01)}; }, {x}),
                    Contains("Jacobian mismatch for output 0 with respect to input 0") &&
                        Contains("numerical") && Contains("analytical"));
  const testing::GradcheckOptions strict{.atol = 1e-7, .rtol = 1e-6};
  CHECK(gradcheck([](const Tensors& xs) { return Tensors{square_with_rule(xs[0], 2)}; }, {x}, strict));
  CHECK_THROWS(
      gradcheck([](const Tensors& xs) { return Tensors{square_with_rule(xs[0], 2.001)}; }, {x}, strict));
}

TEST_CASE("gradcheck: rejects a gradient that is missing, or at another element", "[gradcheck]") {
  const auto nowhere = [](const Tensors& xs) { return Tensors{xs[0] * 0 + xs[0].detach()}; };
  CHECK_THROWS_WITH(gradcheck(nowhere, {trainable({2})}), Contains("Jacobian mismatch"));
  const auto shifted = [](const Tensors& xs) {
    return Tensors{record("ShiftedBackward0", xs[0].detach() * 1,
                          wrt(xs[0], [](const Tensor& grad_out) { return flip(grad_out, {0}); }))};
  };
  CHECK_THROWS_WITH(gradcheck(shifted, {trainable({2})}), Contains("d output[0] / d input[0]"));
}

TEST_CASE("gradcheck: names the output and the input that differ", "[gradcheck]") {
  const auto second_is_wrong = [](const Tensors& xs) {
    return Tensors{xs[0] * xs[1], square_with_rule(xs[1], 3)};
  };
  CHECK_THROWS_WITH(gradcheck(second_is_wrong, {trainable({2}, 1, 2), trainable({2}, 1, 2)}),
                    Contains("for output 1 with respect to input 1"));
}

TEST_CASE("gradcheck: tells a gradient that is absent from one that is zero", "[gradcheck]") {
  const Tensor x = trainable({2}, 1, 2).set_name("x"), y = trainable({2}, 1, 2).set_name("y");
  const auto detached = [](const Tensors& xs) { return Tensors{xs[0] * xs[1].detach()}; };
  CHECK_THROWS_WITH(gradcheck(detached, {x, y}),
                    Contains("with respect to input 1 (y): d output[0] / d input[0]") &&
                        Contains("analytical: absent; no gradient path leads from MulBackward0 to y"));
  const auto zeroed = [](const Tensors& xs) { return Tensors{xs[0] * xs[1].detach() + xs[1] * 0}; };
  CHECK_THROWS_WITH(gradcheck(zeroed, {x, y}),
                    Contains("analytical: 0; gradient path: y <- MulBackward1 <- AddBackward0"));
}

TEST_CASE("gradgradcheck: rejects a gradient that forgets what it depends on", "[gradcheck]") {
  const Tensor x = trainable({3}, 0.5, 2);
  CHECK(gradcheck([](const Tensors& xs) { return Tensors{square_forgetting(xs[0])}; }, {x}));
  CHECK(gradgradcheck([](const Tensors& xs) { return Tensors{square_with_rule(xs[0], 2)}; }, {x}));
  CHECK_THROWS_WITH(gradgradcheck([](const Tensors& xs) { return Tensors{square_forgetting(xs[0])}; }, {x}),
                    Contains("Jacobian mismatch"));
}

TEST_CASE("gradcheck: leaves its inputs as they were", "[gradcheck]") {
  const Tensor x = trainable({3});
  const Tensor before = x.detach().clone();
  CHECK(gradcheck([](const Tensors& xs) { return Tensors{exp(xs[0])}; }, {x}));
  CHECK(same(x.detach(), before));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("gradcheck: errors", "[gradcheck]") {
  const auto identity = [](const Tensors& xs) { return Tensors{xs[0] * 1}; };
  CHECK_THROWS_WITH(gradcheck(identity, {ones({2}, kDouble)}),
                    Contains("at least one input tensor to require gradient"));
  CHECK_THROWS_WITH(gradcheck(identity, {ones({2}, requires_grad())}), Contains("Double"));
  CHECK_THROWS_WITH(gradcheck(identity, {ones({1}, kDouble).expand({3}).requires_grad_()}),
                    Contains("share memory"));
  CHECK_THROWS_WITH(gradcheck([](const Tensors& xs) { return Tensors{xs[0].detach()}; }, {trainable({2})}),
                    Contains("no output of the function requires grad"));
}
