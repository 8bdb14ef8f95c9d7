// Each matcher accepts, and rejects with a message; the checks beneath have tests of their own.
#include <frost/engine.hpp>
#include <frost/testing/matchers.hpp>

#include <cmath>

using namespace frost;
using namespace frost::testing;
using Catch::Contains;

namespace {

// What a failing CHECK_THAT(x, matcher) says after the tensor.
template <class Matcher, class T>
std::string rejection(const Matcher& matcher, const T& x) {
  REQUIRE_FALSE(matcher.match(x));
  return matcher.describe();
}

const Tensor& padded() {
  static const Tensor mask = tensor({false, true});
  return mask;
}

}  // namespace

TEST_CASE("AllClose", "[testing][matchers]") {
  CHECK_THAT(ones({2}), AllClose(tensor({1., 1.})));
  CHECK_THAT(ones({2}), !AllClose(zeros({2})));
  CHECK_THAT(ones({2}), AllClose(zeros({2}), 0, 1) && !AllClose(zeros({2}), 0, 0.5));
  CHECK(rejection(AllClose(tensor({1., 2.})), ones({2})) ==
        "is close to what was expected\n  element [1]: expected 2, found 1, off by 1 where 2.001e-05 is "
        "allowed; "
        "1 of 2 elements differ");
}

TEST_CASE("SumsToOne", "[testing][matchers]") {
  CHECK_THAT(softmax(rand({2, 3}), 0), SumsToOne(0));
  CHECK_THAT(rejection(SumsToOne(), ones({2, 2})),
             Contains("sums to one along dim -1") && Contains("at [0]: expected 1, found 2"));
}

TEST_CASE("UnchangedBy", "[testing][matchers]") {
  const Tensor x = ones({2});
  const auto step = [&x] { x[1].add_(1); };
  CHECK_THAT(x, UnchangedBy([] {}));
  CHECK_THAT(x, UnchangedBy(step, ~padded()));
  CHECK_THAT(rejection(UnchangedBy(step), x),
             Contains("stays as it was, bit for bit") && Contains("the tensor at [1]: expected 2"));
}

TEST_CASE("GradAbsent, GradZeroAt, GradNonZeroAt", "[testing][matchers]") {
  const Tensor x = ones({2}, requires_grad());
  CHECK_THAT(x, GradAbsent());
  CHECK_THAT(x, !GradZeroAt() && !GradNonZeroAt());
  const Tensor loss = masked_fill(x, padded(), 0).sum();
  loss.backward();
  CHECK_THAT(x, GradZeroAt(padded()) && GradNonZeroAt(~padded()));
  const std::string path = "; gradient path: leaf <- MaskedFillBackward0 <- SumBackward0";
  CHECK(rejection(GradAbsent().from(loss), x) ==
        "has no gradient\n  gradient of the tensor: expected absent, found a number, 1 at [0]" + path);
  CHECK(rejection(GradZeroAt(~padded()).from(loss), x) ==
        "has gradient zero where the mask is true\n  gradient of the tensor at [0]: expected zero, found a "
        "number, 1; so at 1 of 1 elements" +
            path);
  CHECK(rejection(GradNonZeroAt().from(loss), x) ==
        "has a gradient other than zero\n  gradient of the tensor at [1]: expected a number other than zero, "
        "found zero; so at 1 of 2 elements" +
            path);
  CHECK_THAT(rejection(GradZeroAt(padded()), ones({2})), Contains("found absent"));
}

TEST_CASE("SameGradients", "[testing][matchers]") {
  const Tensor x = ones({2}, requires_grad()), y = ones({2}, requires_grad());
  CHECK_THAT(x, SameGradients(y));
  (x * 2).sum().backward();
  CHECK_THAT(rejection(SameGradients(y), x),
             Contains("has the same gradient") && Contains("expected absent") && Contains("found a number"));
  (y * 3).sum().backward();
  CHECK_THAT(x, SameGradients(y, 0.5));
  CHECK_THAT(rejection(SameGradients(y), x), Contains("at [0]: expected a number, 3, found a number, 2"));
}

TEST_CASE("GradMatches", "[testing][matchers]") {
  const auto square = [](const Tensor& x) { return (x * x).sum(); };
  const Tensor x = ones({2}, dtype(kDouble).requires_grad(true));
  square(x).backward();
  CHECK_THAT(x, GradMatches(square));
  x.mutable_grad().mul_(1.01);
  CHECK_THAT(
      rejection(GradMatches(square), x),
      Contains("has the gradient that differences of the function") && Contains("found a number, 2.02"));
  CHECK_THAT(x, GradMatches(square, {.rtol = 0.1}));
}

TEST_CASE("NoLeakFrom", "[testing][matchers]") {
  const auto masked = [](const Tensor& x) { return softmax(masked_fill(x, padded(), -INFINITY), 0); };
  const auto late = [](const Tensor& x) { return masked_fill(softmax(x, 0), padded(), 0); };
  CHECK_THAT(rand({2}), NoLeakFrom(padded(), masked));
  CHECK_THAT(rejection(NoLeakFrom(padded(), late), rand({2})),
             Contains("does not leak from where the mask is true") && Contains("gradient of x at [1]") &&
                 Contains("gradient path: x <- SoftmaxBackward0 <- MaskedFillBackward0"));
}
