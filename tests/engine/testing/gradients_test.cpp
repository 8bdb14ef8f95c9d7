#include <frost/engine.hpp>
#include <frost/testing/gradients.hpp>

#include <frost/testing/catch.hpp>

#include <cmath>

using namespace frost;
using namespace frost::testing;
using Catch::Contains;

namespace {

Tensor named(const char* name, double first = 1, double second = 2) {
  return tensor({first, second}, dtype(kDouble).requires_grad(true)).set_name(name);
}

}  // namespace

TEST_CASE("grad_state: absent, zero, a number", "[testing]") {
  CHECK(grad_state(Tensor()) == GradState::absent);
  CHECK(grad_state(zeros({2})) == GradState::zero);
  CHECK(grad_state(-zeros({2})) == GradState::zero);
  CHECK(grad_state(tensor({0., 1.})) == GradState::number);
  CHECK(grad_state(tensor({0., std::nan("")})) == GradState::number);
  CHECK(grad_state(tensor({0., 1.}), 0) == GradState::zero);
  CHECK(grad_text(Tensor(), 0) == "absent");
  CHECK(grad_text(tensor({0., 0.25}), 0) == "zero");
  CHECK(grad_text(tensor({0., 0.25}), 1) == "a number, 0.25");
}

TEST_CASE("grad_absent: accepts no gradient, tells zero from a number", "[testing]") {
  const Tensor x = named("x");
  CHECK(grad_absent(x));
  const Tensor zero = (x * zeros({2}, kDouble)).sum();
  zero.backward();
  CHECK(grad_absent(x).message == "gradient of x: expected absent, found zero throughout");
  CHECK(grad_absent(x, zero).message ==
        "gradient of x: expected absent, found zero throughout; gradient path: "
        "x <- MulBackward0 <- SumBackward0");
  x[1].backward();
  CHECK(grad_absent(x).message == "gradient of x: expected absent, found a number, 1 at [1]");
}

TEST_CASE("grad_zero_at: names the element, both states and the path", "[testing]") {
  const Tensor scores = named("scores"), padded = tensor({false, true});
  const Tensor masked =
      (softmax(masked_fill(scores, padded, -INFINITY), 0) * tensor({3., 4.}, kDouble)).sum();
  masked.backward();
  CHECK(grad_zero_at(scores, padded, masked));
  scores.mutable_grad().reset();
  const Tensor leaking = (scores * scores).sum();
  leaking.backward();
  CHECK(grad_zero_at(scores, padded, leaking).message ==
        "gradient of scores at [1]: expected zero, found a number, 4; so at 1 of 1 elements; gradient paths: "
        "scores <- MulBackward0 <- SumBackward0; scores <- MulBackward0 <- SumBackward0");
  CHECK_THAT(grad_zero_at(scores).message, Contains("at [0]") && Contains("so at 2 of 2 elements"));
  CHECK(grad_zero_at(scores, tensor({false, false})));
}

TEST_CASE("grad_zero_at: an absent gradient is not zero, and says why it is absent", "[testing]") {
  const Tensor x = named("x"), pads = tensor({0., 0.}).set_name("pads");
  CHECK(grad_zero_at(x, tensor({false, true})).message ==
        "gradient of x at [1]: expected zero, found absent: no backward pass has reached it");
  const Tensor loss = (x * pads).sum();
  CHECK(
      grad_zero_at(pads, {}, loss).message ==
      "gradient of pads at [0]: expected zero, found absent: the tensor is frozen (requires_grad is false); "
      "no gradient path leads from SumBackward0 to pads, which is frozen (requires_grad is false)");
  CHECK_THAT(grad_zero_at(x.exp()).message, Contains("it is not a leaf and does not retain its grad"));
}

TEST_CASE("grad_non_zero_at: a finite number other than zero", "[testing]") {
  const Tensor x = named("x");
  CHECK_THAT(grad_non_zero_at(x).message, Contains("expected a number other than zero, found absent"));
  const Tensor loss = masked_fill(x, tensor({false, true}), 0).sum();
  loss.backward();
  CHECK(grad_non_zero_at(x, tensor({true, false})));
  CHECK(
      grad_non_zero_at(x, tensor({false, true}), loss).message ==
      "gradient of x at [1]: expected a number other than zero, found zero; so at 1 of 1 elements; gradient "
      "path: x <- MaskedFillBackward0 <- SumBackward0");
  x.mutable_grad() = tensor({std::nan(""), INFINITY}, kDouble);
  CHECK_THAT(grad_non_zero_at(x).message,
             Contains("found a number, nan") && Contains("so at 2 of 2 elements"));
}

TEST_CASE("grad checks: masks broadcast, others are errors", "[testing]") {
  const Tensor x = ones({2, 3}, requires_grad());
  (x * tensor({{0.}, {1.}})).sum().backward();
  CHECK(grad_zero_at(x, tensor({true, false}).unsqueeze(1)));
  CHECK(grad_non_zero_at(x, tensor({false, true}).unsqueeze(1)));
  CHECK_THROWS_WITH(grad_zero_at(x, ones({3})), Contains("expected mask dtype to be Bool but got Float"));
  CHECK_THROWS_WITH(grad_zero_at(x, tensor({true, false})), Contains("does not broadcast to [2, 3]"));
  CHECK_THROWS_WITH(grad_zero_at(Tensor()), Contains("[grad_zero_at]"));
}

TEST_CASE("same_gradients: states first, then numbers", "[testing]") {
  const Tensor a = named("a"), b = named("b");
  CHECK(same_gradients(a, b));
  a.mutable_grad() = zeros({2}, kDouble);
  CHECK(same_gradients(a, b).message ==
        "gradient of a expected absent (no backward pass has reached it), found zero");
  CHECK(same_gradients(b, a).message ==
        "gradient of b expected zero, found absent (no backward pass has reached it)");
  b.mutable_grad() = tensor({0., 1e-9}, kDouble);
  CHECK(same_gradients(a, b, 0, 1e-6).message ==
        "gradient of a at [1]: expected a number, 1e-09, found zero; 1 of 2 elements differ");
  a.mutable_grad() = tensor({0., 2e-9}, kDouble);
  CHECK_FALSE(same_gradients(a, b));
  CHECK(same_gradients(a, b, 0, 1e-6));
  CHECK(same_gradients(a, b, 1.0));
  a.mutable_grad() = b.mutable_grad() = tensor({std::nan(""), 1.}, kDouble);
  CHECK(same_gradients(a, b));
  b.mutable_grad() = tensor({1., 1.}, kDouble);
  CHECK(same_gradients(std::vector<Tensor>{b, a}, std::vector<Tensor>{b, b}).message ==
        "tensor 1: gradient of a at [0]: expected a number, 1, found a number, nan; 1 of 2 elements differ");
  CHECK_THROWS_WITH(same_gradients(std::vector<Tensor>{a}, std::vector<Tensor>{}),
                    Contains("lists of 1 and 0"));
}

TEST_CASE("grad_matches: what a pass left, against differences", "[testing]") {
  const auto cube = [](const Tensor& x) { return (x * x * x).sum(); };
  const Tensor x = named("x");
  CHECK_THAT(grad_matches(x, cube).message, Contains("gradient of x at [0]: differences give 3.0") &&
                                                Contains("found absent: no backward pass has reached it"));
  cube(x).backward();
  CHECK(grad_matches(x, cube));
  x.mutable_grad()[1] += 0.5;
  CHECK_THAT(grad_matches(x, cube).message,
             Contains("gradient of x at [1]: differences give 1") && Contains("found a number, 12.5") &&
                 Contains("1 of 2 elements differ") &&
                 Contains("gradient paths: x <- MulBackward0 <- SumBackward0; "));
  CHECK(grad_matches(x, cube, {.masks = {tensor({true, false})}}));
  // An absent gradient is not one of zero.
  const Tensor unused = named("unused");
  CHECK(
      grad_matches(unused, [](const Tensor&) { return ones({}, kDouble); }).message ==
      "gradient of unused at [0]: differences give 0, found absent: no backward pass has reached it; 2 of 2 "
      "elements differ; no gradient path leads from the tensor to unused");
  CHECK_THROWS_WITH(grad_matches(tensor({1.f}, requires_grad()), cube), Contains("Double"));
  CHECK_THROWS_WITH(grad_matches(x, [](const Tensor& y) { return y * 1; }), Contains("gives one number"));
}
