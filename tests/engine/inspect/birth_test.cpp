#include <frost/inspect/explain.hpp>

#include "engine/inspect/graphs.hpp"

#include <algorithm>
#include <cmath>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Kind = Explanation::Kind;
using Cause = Birth::Cause;

TEST_CASE("explain: where a NaN was born, and what would have prevented it", "[inspect]") {
  const auto only_birth = [](const Tensor& loss, const Tensor& x) {
    const Explanation told = explain(loss, x);
    CHECK(told.kind == Kind::nonfinite);
    REQUIRE(told.births.size() == 1);
    return told.births[0];
  };
  const Tensor x = leaf({0, 1, 4}, "x");
  const Tensor after = where(x > 0, log(x), 0).sum();
  const Birth late = only_birth(after, x);
  CHECK(late.cause == Cause::zero_times_infinity);
  CHECK(late.value == 0);
  CHECK(late.grad_in == 0);
  CHECK_THAT(to_text(explain(after, x, {0})),
             Contains("gave nan to x[0], which is 0, where g is 0.") && Contains("log(where(ok, x, 1))"));
  CHECK(explain(after, x, {1}).kind == Kind::number);  // the others are not touched
  CHECK(explain(where(x > 0, log(where(x > 0, x, 1)), 0).sum(), x).kind == Kind::number);
  CHECK(only_birth(sqrt(x).sum(), x).cause == Cause::infinite_slope);

  const Tensor scores = tensor({{1., 2.}, {3., 4.}}, dtype(kDouble)).requires_grad_().set_name("scores");
  const Tensor masked = scores.masked_fill(tensor({{false, true}, {true, true}}), -kInfinity);
  const Tensor weights = masked.softmax(1), values = leaf({1, 2}, "values");
  const Tensor loss = matmul(weights, values).sum();
  CHECK(only_birth(loss, masked).cause == Cause::empty_row);
  CHECK(only_birth(loss, values).cause == Cause::empty_row);  // through the weights it is multiplied by
  CHECK_THAT(to_text(explain(loss, masked)),
             Contains("nothing but -inf is 0/0") && Contains("EmptyRow::Zeros"));
  CHECK(explain(loss, scores).kind == Kind::zero);  // masked_fill lets no NaN through to what it masks

  const Tensor negative = leaf({-1, 1}, "negative");
  const Tensor root = (log(negative) * negative).sum();
  const Birth forward = only_birth(root, negative);
  CHECK(forward.cause == Cause::forward_value);
  CHECK(explain(root, negative).trace.nodes()[forward.origin].name == "LogBackward0");
}

namespace {

Birth only_birth(const Explanation& told) {
  CHECK(told.kind == Kind::nonfinite);
  REQUIRE(told.births.size() == 1);
  return told.births[0];
}
std::string name_of(const Explanation& told, size_t node) { return told.trace.nodes()[node].name; }

}  // namespace

TEST_CASE("explain: a NaN is followed along the elements it came by, not along others that are NaN too",
          "[inspect]") {
  // The first element is NaN by the logarithm, the second by the square root: each is told of its own.
  const Tensor x = leaf({0, 0, 4}, "x");
  const Tensor y = x * 1;
  const Tensor first =
      where(tensor({false, true, true}), log(y.masked_fill(tensor({false, true, true}), 1)), 0);
  const Tensor second =
      where(tensor({true, false, true}), sqrt(y.masked_fill(tensor({true, false, true}), 1)), 0);
  const Tensor loss = (first + second).sum();
  const Explanation of_first = explain(loss, x, {0}), of_second = explain(loss, x, {1});
  CHECK(name_of(of_first, only_birth(of_first).node) == "LogBackward0");
  CHECK(name_of(of_second, only_birth(of_second).node) == "SqrtBackward0");
  CHECK(explain(loss, x).births.size() == 2);

  // Two rows of a product: the NaN of one is not that of the other.
  const Tensor w = tensor({{1., 2.}, {3., 0.}}, dtype(kDouble)).requires_grad_();
  const Tensor m = matmul(w, eye(2, kDouble));
  const Tensor root = (log(m[1]).masked_fill(tensor({false, true}), 0).sum() + sqrt(m[0] - 1).sum());
  const Explanation row = explain(root, w, {0, 0});
  CHECK(name_of(row, only_birth(row).node) == "SqrtBackward0");
  const Explanation other = explain(root, w, {1, 1});
  CHECK(name_of(other, only_birth(other).node) == "LogBackward0");
  CHECK(only_birth(other).cause == Cause::zero_times_infinity);
}

TEST_CASE("explain: a NaN elsewhere in the forward pass does not win over the cause at hand", "[inspect]") {
  const Tensor x = leaf({0, -1, 4}, "x");
  const Tensor logs = log(x);  // -inf, NaN, 1.4
  const Tensor loss = where(x > 0, logs, 0).sum();
  const Explanation at_zero = explain(loss, x, {0});
  const Birth birth = only_birth(at_zero);
  CHECK(birth.cause == Cause::zero_times_infinity);
  CHECK(birth.value == 0);
  CHECK(explain(loss, x, {1}).kind == Kind::zero);  // slope -1, and nothing comes in

  const Tensor kept = (logs * logs).sum();
  const Explanation negative = explain(kept, x, {1});
  CHECK(only_birth(negative).cause == Cause::forward_value);
  CHECK(name_of(negative, only_birth(negative).origin) == "LogBackward0");
  const Explanation all = explain(kept, x);
  CHECK(all.births.size() == 2);  // for -inf·inf, an infinity before, and for NaN

  // A NaN in another row of the batch.
  const Tensor rows = tensor({{1., -1.}, {1., 4.}}, dtype(kDouble)).requires_grad_();
  const Tensor factor = leaf({0, 1}, "factor");
  const Tensor product = sqrt(rows) * sqrt(factor);
  const Explanation of_factor = explain(product[1].sum(), factor, {0});
  CHECK(only_birth(of_factor).cause == Cause::infinite_slope);
}

TEST_CASE("explain: an infinity of the forward pass is told from a NaN, and followed to where it was made",
          "[inspect]") {
  const Tensor x = leaf({1000, 1}, "x"), y = leaf({2000, 3}, "y");
  const Tensor e = exp(x).set_name("e");
  const Tensor difference = e - exp(y);  // inf - inf
  const Explanation told = explain(difference.pow(2).sum(), x);
  const Birth birth = only_birth(told);
  CHECK(birth.cause == Cause::forward_infinity);
  CHECK(name_of(told, birth.origin) == "ExpBackward0");
  CHECK_THAT(to_text(told), Contains("infinity") && Contains("ExpBackward0") && Contains("log_softmax") &&
                                !Contains("keep the value away"));
  CHECK(explain(difference.pow(2).sum(), x, {1}).kind == Kind::number);

  const Tensor scale = leaf({0, 1}, "scale");
  const Tensor product = (e * scale).pow(2).sum();  // inf · 0
  const Explanation of_scale = explain(product, scale, {0});
  CHECK(only_birth(of_scale).cause == Cause::forward_infinity);
  CHECK(name_of(of_scale, only_birth(of_scale).origin) == "ExpBackward0");

  // Made by the very op whose slope is infinite: the slope it is.
  CHECK(only_birth(explain(where(x < 10, exp(x), 0).sum(), x)).cause == Cause::zero_times_infinity);
}

TEST_CASE("explain: an empty row is told where another row is NaN for another reason", "[inspect]") {
  const Tensor scores = tensor({{1., 2.}, {-3., 4.}}, dtype(kDouble)).requires_grad_();
  const Tensor logs = log(scores);
  const Tensor muted = logs.masked_fill(tensor({{true, true}, {false, false}}), -kInfinity);
  const Tensor weights = muted.softmax(1);
  const Explanation first = explain(weights.pow(2).sum(), muted, {0, 0});
  CHECK(only_birth(first).cause == Cause::empty_row);
  const Explanation second = explain(weights.pow(2).sum(), muted, {1, 0});
  CHECK(only_birth(second).cause == Cause::nan_row);
}

TEST_CASE("explain: an infinity that comes in where the slope is 0 is no birth there", "[inspect]") {
  const Tensor logits = leaf({800, 0, 0}, "logits");
  const Explanation told = explain(-log(logits.softmax(0))[1], logits);
  REQUIRE(told.births.size() == 2);  // -1/0 and, where the other one is 0, 0/0
  CHECK(name_of(told, told.births[0].node) == "LogBackward0");
  CHECK(told.births[0].cause == Cause::infinite_slope);
  CHECK(name_of(told, told.births[1].node) == "LogBackward0");
  CHECK(told.births[1].cause == Cause::zero_times_infinity);
  const Tensor w = tensor({{0., 1.}}, dtype(kDouble)), x = leaf({1, 0}, "x");
  const Explanation product = explain(sqrt(matmul(w, x)).sum(), x);
  CHECK(name_of(product, only_birth(product).node) == "SqrtBackward0");
}

TEST_CASE("explain: an infinity that came in is told from one that is born, beside a factor that is NaN",
          "[inspect]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = leaf({1, 2}, "x"), frozen = doubles({3, nan});
  const Tensor scale = doubles({kInfinity}).squeeze(0).set_name("scale");
  const Explanation told = explain(dot(x, frozen) * scale, x, {0});
  REQUIRE(told.births.size() == 1);
  CHECK(told.trace.nodes()[told.births[0].node].name == "MulBackward0");
  CHECK(told.births[0].cause == Birth::Cause::forward_infinity);
  // Of a matrix, only the row that the element depends on is followed: row 1 has an infinity of its own.
  const Tensor y = leaf({1, 2}, "y"), m = tensor({{3., nan}, {0., 5.}}, dtype(kDouble));
  const Tensor scales = doubles({kInfinity, 1}), made = matmul(m, y) * scales;
  CHECK(explain(made[0], y, {0}).births.size() == 1);
  const Explanation other = explain(made[0] + log(made[1] * 0), y, {0});
  for (const Birth& birth : other.births) CHECK(birth.cause == Birth::Cause::forward_infinity);
}

TEST_CASE("explain: a softmax of equal scores in a square, along either dim, gives birth to nothing",
          "[inspect]") {
  const Tensor scores = zeros({2, 2}, requires_grad().dtype(kDouble)).set_name("scores");
  for (const int64_t dim : {0, 1}) {
    const Explanation told = explain(sqrt(softmax(scores, dim)[0][0] - 0.5), scores);
    CHECK(name_of(told, only_birth(told).node) == "SqrtBackward0");
  }
}

TEST_CASE("explain: a leaf that was written to since is not told as what the forward pass had", "[inspect]") {
  const Tensor x = leaf({0, 1}, "x");
  const Tensor root = sqrt(x).sum();
  {
    const NoGradGuard guard;
    x.fill_(5);
  }
  const Explanation told = explain(root, x);
  REQUIRE(told.births.size() == 1);
  CHECK_FALSE(told.births[0].value.has_value());
}

TEST_CASE("explain: a NaN is found behind many infinities of one op", "[inspect]") {
  const Tensor values = zeros({70}, kDouble);
  values[69].fill_(std::nan(""));
  const Tensor x = values.requires_grad_();
  const Explanation told = explain(log(x).sum(), x);
  CHECK(std::any_of(told.births.begin(), told.births.end(),
                    [](const Birth& birth) { return birth.element == 69; }));
}

TEST_CASE("explain: every birth of an op is looked at, and told once for each origin", "[inspect]") {
  const Tensor a = full({150}, -1., dtype(kDouble).requires_grad(true)), b = leaf({-1, 4}, "b");
  const Tensor first = sqrt(a), second = sqrt(b);
  const Tensor h = cat({first, second}).view({8, 19}).transpose(0, 1);
  const Explanation told = explain((h * h).sum(), h);
  REQUIRE(told.births.size() == 2);
  CHECK(told.births[0].origin == told.trace.find(first)->node);
  CHECK(told.births[1].origin == told.trace.find(second)->node);
  CHECK(told.births[1].element == 17 * 8 + 7);  // the last but one of 19 columns, in the last of eight rows
  const Explanation one = explain((h * h).sum(), h, {0, 0});
  CHECK(only_birth(one).origin == one.trace.find(first)->node);
}

TEST_CASE("explain: what has come down a chain of ops is followed back once", "[inspect]") {
  const auto calls_in = [](int64_t n) {  // of the rule of the second op, when n others are explained
    const Tensor x = leaf({-1, 4}, "x"), nan = sqrt(x);
    int calls = 0;
    Tensor h = record("CountedBackward0", nan.detach() * 1, wrt(nan, [&calls](const Tensor& grad_out) {
                        ++calls;
                        return grad_out;
                      }));
    Tensor root = zeros({}, kDouble);
    for (int64_t i = 0; i < n; ++i) {
      h = h + 1;
      root = root + (h * h).sum();
    }
    const Explanation told = explain(root, x);
    CHECK(told.births.size() == static_cast<size_t>(n));
    for (const Birth& birth : told.births) CHECK(name_of(told, birth.origin) == "SqrtBackward0");
    return calls;
  };
  CHECK(calls_in(60) == calls_in(30));
}

TEST_CASE("explain: a where is spoken of only where a mask or a choice lets no gradient through",
          "[inspect]") {
  const Tensor x = leaf({0, 1}, "x");
  const Tensor is_given = tensor({false, true});
  const auto told_of = [](const Tensor& root, const Tensor& of, std::string_view muted_by) {
    const Explanation told = explain(root, of);
    REQUIRE_FALSE(told.births.empty());
    const Birth& birth = told.births[0];
    CHECK(birth.cause == Cause::zero_times_infinity);
    CHECK((birth.muted_by ? name_of(told, *birth.muted_by) : "") == muted_by);
    return to_text(told);
  };
  CHECK_THAT(
      told_of(where(is_given, log(x), 0).sum(), x, "WhereBackward0"),
      Contains("#1 WhereBackward0, after the op, cannot take that back") && Contains("log(where(ok, x, 1))"));
  CHECK_THAT(told_of((log(x) * 2).masked_fill(~is_given, 0).sum(), x, "MaskedFillBackward0"),
             Contains("#1 MaskedFillBackward0, after"));
  CHECK_THAT(told_of(log(x)[1], x, "SelectBackward0"), Contains("#0 SelectBackward0, after"));
  CHECK_THAT(told_of((log(x) * doubles({0, 1})).sum(), x, ""),
             Contains("keep the value away") && !Contains("where("));
  const Tensor large = leaf({1000, 1}, "large");
  CHECK_THAT(told_of((exp(large) * exp(-large)).sum(), large, ""),
             Contains("smaller numbers") && !Contains("where(") && !Contains("keep the value away"));
  const Tensor masked_later = (exp(large) * exp(-large)).masked_fill(tensor({false, true}), 0);
  told_of(masked_later.sum(), large, "");
  CHECK_THAT(
      to_text(explain(exp(large).sum(), large)),
      Contains("The slope there is infinite. What prevents it: smaller numbers") && !Contains("clamp_min"));
}
