#include <frost/engine.hpp>
#include <frost/testing/leak.hpp>

#include <frost/testing/catch.hpp>

#include <cmath>

using namespace frost;
using namespace frost::testing;
using Catch::Contains;

namespace {

const auto masked_softmax = [](const Tensor& x, const Tensor& mask) {
  return softmax(masked_fill(x, mask, -INFINITY), 0);
};

}  // namespace

TEST_CASE("no_leak_from: masking before softmax keeps everything out", "[testing]") {
  const Tensor x = tensor({0.5, -1., 2.}), padded = tensor({false, false, true});
  CHECK(no_leak_from(
      padded, [&](const Tensor& scores) { return masked_softmax(scores, padded); }, x));
  CHECK_FALSE(x.requires_grad());
  const Tensor leaf = tensor({1., 2., 3.}, requires_grad());
  CHECK(no_leak_from(padded,
                     [&](const Tensor& scores) { return masked_softmax(scores * leaf, padded).sum(); }, x,
                     {.leaves = {leaf}, .fills = finite_fills()}));
  CHECK_FALSE(leaf.grad().defined());
}

TEST_CASE("no_leak_from: an output that changes", "[testing]") {
  const Tensor x = tensor({0.5, -1., 2.}), padded = tensor({false, false, true});
  const Result all = no_leak_from(
      padded, [](const Tensor& scores) { return softmax(scores, 0); }, x);
  CHECK_THAT(all.message, Contains("with the values that were there, gradient of x at [2], which is padded: "
                                   "expected zero or absent, found a number, ") &&
                              Contains("gradient path: x <- SoftmaxBackward0"));
  // 0 · finite is 0; 0 · NaN is NaN.
  const auto weighted = [&padded](const Tensor& values) {
    return (masked_fill(ones({3}), padded, 0) * values).sum();
  };
  CHECK(no_leak_from(padded, weighted, x, {.fills = finite_fills()}));
  CHECK(no_leak_from(padded, weighted, x).message ==
        "with inf at the padded positions, output at []: expected -0.5 as with the values that were there, "
        "found nan");
  const auto forgets = [&padded](const Tensor& values) {
    return masked_fill(values, padded, 0).sum() + values.detach()[2] * 0;
  };
  CHECK_THAT(no_leak_from(padded, forgets, x).message, Contains("found nan"));
}

TEST_CASE("no_leak_from: a gradient that changes, where no output does", "[testing]") {
  const Tensor x = tensor({0.5, -1., 2.}), padded = tensor({false, false, true});
  const Tensor weight = tensor({1., 1., 1.}, requires_grad());
  const auto muted = [&](const Tensor& values) { return masked_fill(values, padded, 0); };
  // The product is muted, but grad weight = grad_out · values = 0 · NaN.
  const auto late = [&](const Tensor& values) { return muted(values * weight); };
  CHECK(no_leak_from(padded, late, x, {.fills = finite_fills()}));
  CHECK(no_leak_from(padded, late, x));  // x alone
  CHECK(no_leak_from(padded, late, x, {.leaves = {weight}, .leaf_names = {"weight"}}).message ==
        "with inf at the padded positions, gradient of weight at [2]: expected zero as with the values that "
        "were there, found a number, nan");
  CHECK_THAT(no_leak_from(padded, late, x, {.leaves = {weight}}).message,
             Contains("gradient of leaf 0 at [2]"));
  CHECK(no_leak_from(padded, [&](const Tensor& values) { return muted(muted(values) * weight); }, x,
                     {.leaves = {weight}}));
}

TEST_CASE("no_leak_from: gradients of x that only some padding changes, behind an output that stays",
          "[testing]") {
  const Tensor x = tensor({0.5, -1.}), padded = tensor({false, true});
  const auto straight_through = [](const Tensor& y) { return y - y.detach(); };  // 0, with y's gradient
  CHECK_THAT(
      no_leak_from(
          padded, [&](const Tensor& y) { return straight_through(y[1].relu()); }, x)
          .message,
      Contains(
          "with 1 at the padded positions, gradient of x at [1], which is padded: expected zero or absent, "
          "found a number, 1"));
  CHECK(no_leak_from(
            padded, [&](const Tensor& y) { return straight_through(y[0] * y[1].detach()); }, x)
            .message ==
        "with 0 at the padded positions, gradient of x at [0]: expected a number, -1 as with the "
        "values that were there, found zero");
}

TEST_CASE("no_leak_from: errors", "[testing]") {
  const Tensor x = tensor({0.5, -1.}), padded = tensor({false, true});
  const auto identity = [](const Tensor& y) { return y * 1; };
  CHECK_THROWS_WITH(no_leak_from(
                        padded, [](const Tensor& y) { return y * rand({2}); }, x),
                    Contains("gives other results when it is called again"));
  CHECK_THROWS_WITH(no_leak_from(padded, identity, tensor({1, 2})), Contains("expected floating point"));
  CHECK_THROWS_WITH(no_leak_from(tensor({false, true, true}), identity, x), Contains("does not broadcast"));
  CHECK_THROWS_WITH(no_leak_from(Tensor(), identity, x), Contains("[no_leak_from]"));
  CHECK_THROWS_WITH(no_leak_from(padded, nullptr, x), Contains("empty"));
}
