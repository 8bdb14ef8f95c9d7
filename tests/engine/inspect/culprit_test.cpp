#include <frost/inspect/explain.hpp>

#include "engine/inspect/graphs.hpp"

#include <algorithm>
#include <cmath>
#include <string>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Cause = Birth::Cause;

namespace {

const double kNan = std::nan("");

// In one line.
std::string text_of(const Explanation& told) {
  std::string text = to_text(told);
  for (size_t at = text.find("\n  "); at != std::string::npos; at = text.find("\n  ")) text.erase(at, 2);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}
std::string text_of(const Tensor& root, const Tensor& x) { return text_of(explain(root, x)); }

}  // namespace

TEST_CASE("explain: of a quotient the divisor is named, whichever is asked about", "[inspect]") {
  const Tensor a = leaf({5, 6}, "a"), b = leaf({0, 2}, "b");
  const Tensor root = where(b > 0, a / b, 0).sum();
  const Explanation of_a = explain(root, a);
  REQUIRE(of_a.births.size() == 1);
  REQUIRE(of_a.births[0].culprit.has_value());
  CHECK(of_a.births[0].culprit->value == 0);
  CHECK_THAT(text_of(of_a), Contains("the slope is infinite, as b[0] is 0, and 0·inf is NaN") &&
                                Contains("where(ok, a / where(ok, b, 1), 0)") && !Contains("log"));
  CHECK_THAT(text_of(root, b), Contains("gave nan to b[0], which is 0") && !Contains("as b[0]") &&
                                   Contains("where(ok, a / where(ok, b, 1), 0)"));
  CHECK_THAT(text_of((a / b).sum(), a),
             Contains("The slope there is infinite, as b[0] is 0. What prevents it: keep the divisor away") &&
                 !Contains("smaller numbers"));
  CHECK_THAT(text_of((a / doubles({2, 0})).sum(), a), Contains("as the divisor at [1] is 0."));
  CHECK_THAT(text_of((a / doubles({2, 0}).set_name("d")).sum(), a), Contains("as d[1] is 0."));

  // Broadcast: the divisor beside that element, or the one among all of them that is 0.
  const Tensor rows = tensor({{1., 2.}, {3., 4.}}, dtype(kDouble)).requires_grad_();
  const Tensor columns = leaf({0, 0}, "columns");
  CHECK_THAT(text_of(explain((rows / columns).sum(), rows, {1, 1})), Contains("as columns[1] is 0."));
  const Tensor one = tensor(5., dtype(kDouble)).requires_grad_().set_name("one");
  const Tensor muted = where(b > 0, one / b, 0).sum();
  CHECK_THAT(text_of(muted, one), Contains("gave nan to one, which is 5, where g is 0.") &&
                                      Contains("as b[0] is 0, and 0·inf is NaN: #1 WhereBackward0"));
}

TEST_CASE("explain: what keeps an op from a value is written for that op", "[inspect]") {
  const Tensor x = leaf({0, 1}, "x"), large = leaf({1000, 1}, "large");
  const auto told = [](const Tensor& y, const Tensor& of) {
    return text_of(where(tensor({false, true}), y, 0).sum(), of);
  };
  CHECK_THAT(told(log(x), x), Contains("where(ok, log(where(ok, x, 1)), 0)"));
  CHECK_THAT(told(sqrt(x), x), Contains("where(ok, sqrt(where(ok, x, 1)), 0)"));
  CHECK_THAT(told(pow(x, 0.5), x), Contains("where(ok, pow(where(ok, x, 1), y), 0)"));
  CHECK_THAT(told(log1p(x - 1), x), Contains("where(ok, log1p(where(ok, x, 0)), 0)"));
  CHECK_THAT(told(exp(large), large), Contains("where(ok, exp(where(ok, x, 0)), 0)"));
}

TEST_CASE("explain: a NaN that a leaf holds is told of the leaf, at its element", "[inspect]") {
  const Tensor w = leaf({1, kNan, kNan}, "w"), x = leaf({1, 2, 3}, "x");
  CHECK_THAT(text_of((w * x).sum(), x), Contains("x[1], which is 2.") && Contains(": w[1] is itself NaN.") &&
                                            !Contains("AccumulateGrad") && !Contains("Look for"));
  CHECK_THAT(text_of(explain((w * x).sum(), x, {2})), Contains(": w[2] is itself NaN."));
  CHECK_THAT(text_of(explain(((w * 2 + 1) * x).sum(), x, {2})), Contains(": w[2] is itself NaN."));
  CHECK_THAT(text_of(exp(w).sum(), w), Contains(": w[1] is itself NaN."));
  const Tensor whole = tensor(1., dtype(kDouble)).requires_grad_();
  CHECK_THAT(text_of((w * whole).sum(), whole), Contains(": w[1] is itself NaN, and 1 more element of it."));
  CHECK_THAT(text_of((leaf({1, kInfinity}, "v") * leaf({1, 2}, "y")).sum(), w), Contains("no path"));
  const Tensor v = leaf({1, kInfinity, 1}, "v");
  CHECK_THAT(text_of((v * x).sum(), x), Contains(": v[1] is itself infinite."));
}

TEST_CASE("explain: a NaN in what requires no grad is told of the op that keeps it", "[inspect]") {
  const Tensor w = leaf({1, 2}, "w");
  CHECK_THAT(text_of((w * doubles({1, kNan})).sum(), w),
             Contains("a factor of #1 MulBackward0 that requires no grad holds a NaN at [1].") &&
                 !Contains("Look for"));
  CHECK_THAT(text_of((w * doubles({1, kNan})).pow(2).sum(), w),
             Contains("a factor of #2 MulBackward0 that requires no grad holds a NaN at [1]."));
  CHECK_THAT(text_of((w * doubles({kNan, 1}).set_name("mask")).sum(), w),
             Contains("mask[0], which requires no grad, is NaN."));
  const Tensor matrix = tensor({{1., 2.}, {3., kInfinity}}, dtype(kDouble));
  CHECK_THAT(text_of(matmul(matrix, w).sum(), w),
             Contains("a factor of #1 MvBackward0 that requires no grad holds an infinity at [1, 1].") &&
                 !Contains("put there"));
}

TEST_CASE("explain: an empty row is named, whichever op its NaN came through", "[inspect]") {
  const Tensor scores = zeros({3, 2}, requires_grad().dtype(kDouble)).set_name("scores");
  const Tensor values = leaf({1, 2}, "values");
  const auto weights_of = [&scores](const Tensor& mask, int64_t dim) {
    return scores.masked_fill(mask, -kInfinity).softmax(dim).set_name("weights");
  };
  const Tensor one = weights_of(tensor({{false, true}, {false, false}, {true, true}}), 1);
  CHECK_THAT(text_of(matmul(one, values).sum(), values),
             Contains("in row 2 of #2 SoftmaxBackward0 \"weights\" every score is masked, and a softmax of "
                      "nothing but -inf is 0/0. What prevents it: masked_softmax"));
  const Tensor two = weights_of(tensor({{true, true}, {false, false}, {true, true}}), 1);
  CHECK_THAT(text_of(matmul(two, values).sum(), values),
             Contains("in row 0 of #2 SoftmaxBackward0 \"weights\", as in 1 more, every score is masked"));
  CHECK_THAT(text_of(matmul(two, values)[2], values), Contains("in row 0 of #2"));
  const Tensor muted = scores.masked_fill(tensor({{true, true}, {false, false}, {true, true}}), -kInfinity);
  CHECK_THAT(text_of(explain(muted.softmax(1).pow(2).sum(), muted, {2, 0})), Contains("in row 2 of #2"));
  const Tensor columns = weights_of(tensor({{false, true}, {false, true}, {false, true}}), 0);
  CHECK_THAT(text_of(columns.pow(2).sum(), columns), Contains("in row [:, 1] of #2 SoftmaxBackward0"));
  const Tensor row = scores[0].masked_fill(tensor({true, true}), -kInfinity);
  CHECK_THAT(text_of(row.log_softmax(0).pow(2).sum(), row),
             Contains("in the row of #2 LogSoftmaxBackward0") &&
                 Contains("a log_softmax of nothing but -inf is inf - inf.") && !Contains("masked_softmax"));

  // A batch: the example whose row it is, not the first one with an empty row.
  const Tensor batch = zeros({2, 1, 2}, requires_grad().dtype(kDouble));
  const Tensor both = batch.masked_fill(tensor({true}), -kInfinity).softmax(2);
  const Tensor v = ones({2, 2, 1}, requires_grad().dtype(kDouble));
  CHECK_THAT(text_of(explain(bmm(both, v).sum(), v, {1, 0, 0})), Contains("in row [1, 0, :] of #3"));
}

TEST_CASE("explain: a softmax's row of NaN is told as what a softmax makes, where its input is not known",
          "[inspect]") {
  const Tensor x = zeros({2, 2}, requires_grad().dtype(kDouble)).set_name("x");
  const Tensor mask = tensor({{0., 0.}, {-kInfinity, -kInfinity}}, dtype(kDouble));
  const Tensor weights = softmax(x + mask, 1);
  const Explanation told = explain(weights.pow(2).sum(), weights);
  REQUIRE(told.births.size() == 1);
  CHECK(told.births[0].cause == Cause::nan_row);
  for (const Tensor& of : {weights, x})
    CHECK_THAT(text_of(weights.pow(2).sum(), of),
               Contains("row 1 of #2 SoftmaxBackward0 is nothing but NaN. A softmax makes that of a row of "
                        "nothing but -inf, as where a mask that is added masks everything, and of one with a "
                        "NaN or +inf in it; which of these it was, the tape does not know.") &&
                   Contains("if it was the mask: masked_softmax") && !Contains("Look for"));
  CHECK_THAT(text_of(log_softmax(x + mask, 1).pow(2).sum(), x),
             Contains("and of one with a NaN in it;") && !Contains("masked_softmax"));
  // A NaN that is known to have gone in is told itself.
  const Tensor bad = tensor({{0., 0.}, {kNan, 0.}}, dtype(kDouble)).requires_grad_().set_name("bad");
  CHECK_THAT(text_of(softmax(bad, 1).pow(2).sum(), bad), Contains(": bad[1, 0] is itself NaN."));
}

TEST_CASE("explain: a slope that is NaN is not called infinite", "[inspect]") {
  const Tensor x = leaf({-1, 4}, "x");
  const Explanation told = explain(pow(x, 0.5).sum(), x);
  REQUIRE(told.births.size() == 1);
  CHECK(told.births[0].cause == Cause::nan_slope);
  CHECK_THAT(text_of(told), Contains("The slope there is NaN, as the value itself is: a negative number to a "
                                     "power that is no integer. What prevents it: keep the base above 0") &&
                                !Contains("infinite"));
  const Tensor y = leaf({2, 2}, "y");
  CHECK_THAT(text_of(pow(x, y).sum(), y),
             Contains("gave nan to y[0]") && Contains("is NaN, for it takes the log of the base, which is"));
  CHECK_THAT(text_of(sqrt(x).sum(), x), Contains("what went into it was negative, or NaN. What prevents it"));
  CHECK_THAT(text_of((sqrt(x) * leaf({1, 1}, "w")).sum(), x), Contains("gave nan to x[0], where g is 1"));
  const Tensor zero = leaf({0, 1}, "zero");
  CHECK_THAT(text_of((doubles({0, 1}) / zero).sum(), zero), Contains("as the value itself is: 0/0."));
  CHECK_THAT(text_of(where(x > 0, sqrt(x), 0).sum(), x),
             Contains("but the slope is NaN, and 0·NaN is NaN: #1 WhereBackward0") &&
                 Contains("where(ok, sqrt(where(ok, x, 1)), 0)"));
  const Tensor w = leaf({1, 2}, "w");
  CHECK_THAT(text_of((sqrt(x) * w).sum(), w), Contains("the output of #2 SqrtBackward0. Look for what went "
                                                       "into it: a negative number, or a NaN."));
}

TEST_CASE("explain: the unbiased variance of one element is told as such", "[inspect]") {
  const Tensor x = ones({3, 1}, requires_grad().dtype(kDouble)).set_name("x");
  const std::string_view why = "unbiased=true divides by n - 1, and n is 1";
  for (const Tensor& y : {x.std(1, /*unbiased=*/true), x.var(1, /*unbiased=*/true)})
    CHECK_THAT(text_of(y.sum(), x),
               Contains(std::string(why) + ". What prevents it: unbiased=false, or more") &&
                   !Contains("infinite") && !Contains("clamp_min"));
  const Tensor w = leaf({1, 2, 3}, "w");
  CHECK_THAT(text_of((x.std(1, /*unbiased=*/true) * w).sum(), w),
             Contains("a NaN before, at #2 StdBackward0: " + std::string(why)));
  CHECK(explain(x.std(1, /*unbiased=*/false).sum(), x).kind == Explanation::Kind::zero);
}

TEST_CASE("explain: log_softmax is offered for the log of a softmax", "[inspect]") {
  const Tensor logits = leaf({800, 0, 0}, "logits"), p = leaf({1, 0}, "p");
  const Tensor weights = logits.softmax(0);
  for (const Tensor& root : {-log(weights)[1], -log(weights[1]), -log(weights.view({1, 3})).sum(),
                             -(weights * log(weights)).sum()})
    CHECK_THAT(text_of(root, logits),
               Contains("where the scores are finite: log_softmax in place of the log of a softmax") &&
                   !Contains("clamp_min") && !Contains("log(where("));
  CHECK_THAT(text_of(-log(p)[0], p), !Contains("log_softmax"));
  CHECK_THAT(text_of(-log(p).sum(), p), Contains("clamp_min") && !Contains("log_softmax"));
}
