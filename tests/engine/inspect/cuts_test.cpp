#include <frost/inspect/explain.hpp>

#include "engine/inspect/explained.hpp"

#include <algorithm>
#include <cmath>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Kind = Explanation::Kind;
using Cause = Cut::Cause;

TEST_CASE("explain: what is zero by structure stays exactly zero whatever the leaves hold", "[inspect]") {
  int64_t structural = 0, by_value = 0;
  for (const Case& one : cases()) {
    const Tensor loss = one.f(one.leaves);
    for (size_t i = 0; i < one.leaves.size(); ++i) {
      INFO(one.name << ", leaf " << i);
      const Explanation told = explain(loss, one.leaves[i]);
      const Tensor was_zero = told.gradient == 0;
      if (told.zeros == 0) continue;
      (told.is_zero_by_structure ? structural : by_value) += told.zeros;
      bool is_always_zero = true;
      for (int round = 0; round < 8; ++round) {
        std::vector<Tensor> others;
        for (const Tensor& x : one.leaves) others.push_back((randn(x.sizes(), kDouble) * 3).requires_grad_());
        const Tensor gradient = autograd::grad({one.f(others)}, {others[i]})[0];
        is_always_zero = is_always_zero && equal(gradient.masked_select(was_zero),
                                                 zeros({was_zero.sum().item<int64_t>()}, kDouble));
      }
      CHECK(told.is_zero_by_structure == is_always_zero);
    }
  }
  CHECK(structural >= 12);
  CHECK(by_value >= 5);
}

TEST_CASE("explain: zeros and what makes them", "[inspect]") {
  const Tensor x = leaf({-1, 2, 3}, "x");
  const auto only_cut = [&x](const Tensor& loss) {
    const Explanation told = explain(loss, x);
    REQUIRE(told.cuts.size() == 1);
    return told.cuts[0];
  };
  using Elements = std::vector<int64_t>;
  CHECK(only_cut(x.masked_fill(x < 0, 0).sum()).cause == Cause::masked);
  CHECK_FALSE(only_cut(x.masked_fill(x < 0, 0).sum()).is_structural);
  CHECK(only_cut(x.masked_fill(tensor({true, false, false}), 0).sum()).is_structural);
  CHECK(only_cut(x[2]).cause == Cause::not_selected);
  CHECK(only_cut(x[2]).elements == Elements{0, 1});
  CHECK(only_cut(relu(x).sum()).cause == Cause::flat);
  CHECK_FALSE(only_cut(relu(x).sum()).is_structural);
  const Cut by_constant = only_cut((x * doubles({1, 0, 1})).sum());
  CHECK(by_constant.cause == Cause::zero_factor);
  CHECK(by_constant.is_structural);
  const Tensor factor = leaf({1, 0, 1}, "factor");
  CHECK_FALSE(only_cut((x * factor).sum()).is_structural);
  const Tensor attention = factor.masked_fill(tensor({false, false, true}), -kInfinity).softmax(0);
  CHECK(only_cut((x * attention).sum()).is_structural);  // a masked weight is 0 whatever its score is
  const Tensor tiny = (factor * doubles({0, 0, -1e6})).softmax(0);
  CHECK(only_cut((x * tiny).sum()).cause == Cause::zero_factor);
  CHECK_FALSE(only_cut((x * tiny).sum()).is_structural);  // one that underflowed is not
  const Tensor one_left = x.masked_fill(tensor({false, true, true}), -kInfinity).softmax(0);
  const Explanation alone = explain(one_left.pow(2).sum(), x, {0});
  REQUIRE(alone.cuts.size() == 1);
  CHECK(alone.cuts[0].cause == Cause::alone);
  CHECK(alone.is_zero_by_structure);
  CHECK_THAT(to_text(alone), Contains("is the only score of its row"));
  const Explanation cancelled = explain((x - x).sum(), x);
  REQUIRE(cancelled.cuts.size() == 1);
  CHECK(cancelled.cuts[0].cause == Cause::cancelled);
  CHECK(cancelled.is_zero_by_structure);
  CHECK(explain((x * 2 - x.view({3, 1}).view({3}) - x).sum(), x).is_zero_by_structure);
  CHECK_FALSE(explain((x * factor - x).slice(0, 0, 1).sum(), x).is_zero_by_structure);  // factor is 1
  CHECK_FALSE(explain(exp(x).softmax(0).sum(), x).is_zero_by_structure);
  CHECK(explain(x.slice(0, 0, 0).sum() + ones({}, kDouble), x).kind == Kind::zero);
}

TEST_CASE("explain: a softmax that is saturated is not one in which a score is alone", "[inspect]") {
  const Tensor x = leaf({1000, 0, 2}, "x");
  const Explanation saturated = explain(x.softmax(0)[0], x);
  REQUIRE(saturated.kind == Kind::zero);
  REQUIRE_FALSE(saturated.cuts.empty());
  CHECK(saturated.cuts[0].cause == Cause::saturated);
  CHECK_FALSE(saturated.is_zero_by_structure);
  CHECK_THAT(to_text(saturated), !Contains("only score") && Contains("at these values"));
  // A row that is saturated beside one in which a score is alone.
  const Tensor rows = tensor({{1000., 0.}, {3., 4.}}, dtype(kDouble)).requires_grad_();
  const Tensor muted = rows.masked_fill(tensor({{false, false}, {false, true}}), -kInfinity);
  const Explanation both = explain(muted.softmax(1).pow(2).sum(), rows);
  REQUIRE(both.cuts.size() == 3);
  CHECK(both.cuts[0].cause == Cause::masked);
  CHECK(both.cuts[1].cause == Cause::alone);
  CHECK(both.cuts[1].elements == std::vector<int64_t>{2});
  CHECK(both.cuts[2].cause == Cause::saturated);
  CHECK(both.cuts[2].elements == std::vector<int64_t>{0, 1});
  CHECK_FALSE(both.is_zero_by_structure);
}

namespace {

bool is_structural_zero(const Tensor& root, const Tensor& x) {
  const Explanation told = explain(root, x);
  CHECK(told.zeros > 0);
  return told.is_zero_by_structure;
}
// How many nodes have been recorded so far.
uint64_t recorded() { return exp(ones({}, requires_grad())).grad_fn()->sequence_nr(); }

}  // namespace

TEST_CASE("explain: only a fill of -inf mutes a score for good", "[inspect]") {
  const Tensor x = leaf({1, 2, 3}, "x"), v = leaf({1, 2, 3}, "v");
  const Tensor mask = tensor({false, true, true}), last = tensor({false, false, true});
  const auto of = [&](const Tensor& filled) { return filled.softmax(0).pow(2).sum(); };
  CHECK(is_structural_zero(of(x.masked_fill(mask, -kInfinity)), x));
  CHECK(is_structural_zero(of(x.masked_fill(mask, tensor(-kInfinity))), x));
  CHECK(is_structural_zero(of(where(mask, -kInfinity, x)), x));
  CHECK(is_structural_zero(of(where(~mask, x, -kInfinity)), x));
  for (const Tensor& filled : {x.masked_fill(mask, -1e9), where(mask, -1e9, x)}) {
    const Explanation told = explain(of(filled), x, {0});
    REQUIRE(told.cuts.size() == 1);
    CHECK(told.cuts[0].cause == Cause::saturated);
    CHECK_FALSE(told.is_zero_by_structure);
  }
  const Tensor fill = tensor(-kInfinity, requires_grad());  // it may become another
  CHECK_FALSE(is_structural_zero(of(x.masked_fill(mask, fill)), x));
  CHECK_FALSE(is_structural_zero(of(x.masked_fill(x > 1, -kInfinity)), x));
  CHECK(is_structural_zero((v * x.masked_fill(last, -kInfinity).softmax(0)).sum(), v));
  CHECK_FALSE(is_structural_zero((v * x.masked_fill(last, -1e9).softmax(0)).sum(), v));
  CHECK_THAT(to_text(explain(of(x.masked_fill(mask, -kInfinity)), x, {0})),
             Contains("its weight is 1, whatever it is\n"));
}

TEST_CASE("explain: what is filled with -inf is known behind views, scaling and other fills", "[inspect]") {
  const Tensor x = tensor({{1., 2.}, {3., 4.}}, dtype(kDouble)).requires_grad_().set_name("x");
  const Tensor mask = tensor({{false, true}, {false, true}}), other = tensor({{false, false}, {true, true}});
  const Tensor filled = x.masked_fill(mask, -kInfinity);
  const auto is_structural = [&x](const Tensor& weights) {
    return is_structural_zero(weights.pow(2).sum(), x);
  };
  CHECK(is_structural(filled.transpose(0, 1).softmax(0)));
  CHECK(is_structural(filled.view({1, 4}).unsqueeze(0).slice(2, 0, 2).softmax(2)));
  CHECK(is_structural((filled / 2).softmax(1)));
  CHECK(is_structural(filled.masked_fill(other, 0)[0].softmax(0)));
  CHECK(is_structural(filled.masked_fill(tensor({{true}, {false}}), -1.)[1].softmax(0)));
  CHECK_FALSE(is_structural(x.masked_fill(mask, -1e9).view({4}).slice(0, 0, 2).softmax(0)));
  CHECK_FALSE(is_structural(filled.masked_fill(mask, -1e9)[0].softmax(0)));  // filled over
  CHECK_FALSE(is_structural((-(-x * 1e9).masked_fill(mask, kInfinity)).softmax(1)));
}

TEST_CASE("explain: however many scores are alone in their rows, a softmax is looked at once", "[inspect]") {
  const auto cost = [](int64_t n) {
    const Tensor x = randn({n, n}, kDouble).requires_grad_();
    const Tensor root = x.masked_fill(~eye(n, kBool), -kInfinity).softmax(1).pow(2).sum();
    const uint64_t before = recorded();
    CHECK(explain(root, x).is_zero_by_structure);
    return recorded() - before;
  };
  CHECK(cost(40) == cost(3));
}

TEST_CASE("explain: of zeros with one factor masked and another 0 by its value, not all are structural",
          "[inspect]") {
  const Tensor x = leaf({1, 2, 3}, "x"), scores = leaf({1, 2, 3}, "scores"), y = leaf({-1, -2, 3}, "y");
  const Tensor weights = scores.masked_fill(tensor({true, false, false}), -kInfinity).softmax(0);
  const auto is_structural = [&x](const Tensor& factor) {
    const Explanation told = explain((x * factor).sum(), x);
    return told.zeros > 0 && told.is_zero_by_structure;
  };
  CHECK(is_structural(weights));
  CHECK_FALSE(is_structural(cat({weights.slice(0, 0, 2), relu(y).slice(0, 0, 1)})));
  CHECK_FALSE(is_structural(relu(y)));
  CHECK_FALSE(is_structural(weights * relu(y)));
}

TEST_CASE("explain: what cancels in a part, and is cut in the rest, is not zero by structure", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  // 0 now: the first elements cancel, with other factors they would not.
  const Tensor factor = leaf({1, 1}, "factor");
  const Tensor difference = x - x * factor;
  const Tensor kept = difference.masked_fill(tensor({false, true}), 0);
  const Explanation told = explain(kept.sum(), x);
  CHECK(told.kind == Kind::zero);
  CHECK_FALSE(told.is_zero_by_structure);
  const Explanation masked = explain(kept.sum(), x, {1});
  CHECK(masked.kind == Kind::zero);
}

TEST_CASE("explain: however many inputs an op has, its rule is asked a few times", "[inspect]") {
  const Tensor x = leaf({1}, "x");
  std::vector<Tensor> pieces;
  for (int i = 0; i < 100; ++i) pieces.push_back(x * 1);
  const Tensor all = zeros({100}, kDouble);
  int calls = 0;
  record_joint("JoinBackward0", pieces, {all}, [&calls](ArrayRef<Tensor> grad_outs, Gradients& grads) {
    ++calls;
    for (size_t i = 0; i < grads.size(); ++i)
      grads.set(i, grad_outs[0].narrow(0, static_cast<int64_t>(i), 1));
  });
  const Explanation told = explain(all.masked_fill(ones({100}, kBool), 0).sum(), x);
  CHECK(told.kind == Kind::zero);
  CHECK(told.is_zero_by_structure);
  CHECK(calls < 40);  // sixteen paths, and some more
}

TEST_CASE("explain: a mask or an index that the values made is not structural, one that is given is",
          "[inspect]") {
  const Tensor x = leaf({-1, 2, 3}, "x"), w = leaf({1, 2, 3}, "w");
  const auto is_structural = [&x](const Tensor& root) {
    const Explanation told = explain(root, x);
    CHECK(told.zeros > 0);
    CHECK_THAT(to_text(told),
               told.is_zero_by_structure ? Contains("by structure") : Contains("at these values"));
    return told.is_zero_by_structure;
  };
  const Tensor given = tensor({false, true, true}), all = tensor({0, 1, 2});
  CHECK(is_structural(where(given, x, 0).sum()));
  CHECK(is_structural(where(all > 0, x, 0).sum()));
  CHECK(is_structural(x.index({given}).sum()));
  CHECK(is_structural(x.gather(0, tensor({2})).sum()));
  CHECK(is_structural((x * given.to(kDouble)).sum()));

  CHECK_FALSE(is_structural(where(x > 0, x, 0).sum()));
  CHECK_FALSE(is_structural(where(x.detach() > 0, x, 0).sum()));
  CHECK_FALSE(is_structural(where((x > 0).logical_and(given), x, 0).sum()));
  CHECK_FALSE(is_structural(where(~(x < 0), x, 0).sum()));
  CHECK_FALSE(is_structural(where((x > 0).view({1, 3}), x, 0).sum()));
  CHECK_FALSE(is_structural((x * (x > 0).to(kDouble)).sum()));
  CHECK_FALSE(is_structural((x * where(x > 0, 1., 0.).to(kDouble)).sum()));
  CHECK_FALSE(is_structural((x * zeros({3}, kDouble).masked_fill(x > 0, 1)).sum()));
  const Tensor table = tensor({0., 1.}, kDouble), row = (x > 0).to(kLong);
  CHECK_FALSE(is_structural((x * table.index_select(0, row)).sum()));
  CHECK_FALSE(is_structural((x * table.gather(0, row)).sum()));
  CHECK_FALSE(is_structural((x * table.index({row})).sum()));
  CHECK_FALSE(is_structural(x.masked_fill(cat({(x > 0).narrow(0, 0, 2), given.narrow(0, 2, 1)}), 0).sum()));
  CHECK_FALSE(is_structural((x * relu(x).detach()).sum()));
  CHECK_FALSE(is_structural((x * (relu(x).detach() * 2)).sum()));
  CHECK_FALSE(is_structural(relu(x).sum()));
  CHECK_FALSE(is_structural(x.max()));
  CHECK_FALSE(is_structural(std::get<0>(x.max(0))));
  CHECK_FALSE(is_structural(std::get<0>(x.topk(2)).sum()));
  CHECK_FALSE(is_structural(x.index({x.argmax(0, true)}).sum()));
  CHECK_FALSE(is_structural(x.index({x > 0}).sum()));
  CHECK_FALSE(is_structural(x.index_select(0, x.argmax().unsqueeze(0)).sum()));
  CHECK_FALSE(is_structural(x.gather(0, std::get<1>(x.sort()).slice(0, 0, 1)).sum()));
  CHECK_FALSE(is_structural(x.masked_select(x > 0).sum()));
  {
    const NoGradGuard guard;  // however the mask was worked out
    const Tensor mask = x < 0;
    const AutoGradMode recording(true);
    CHECK_FALSE(is_structural(x.masked_fill(mask, 0).sum()));
  }
}

TEST_CASE("explain: zeros without a sum of shares to share out, and no elements at all", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  Tensor sum = zeros({2}, kDouble);
  for (int i = 0; i < 9; ++i) sum = sum + relu(-x) * i;
  CHECK_THAT(to_text(explain(sum.sum(), x)), !Contains("nan"));
  const Tensor empty = zeros({0, 2}, requires_grad()).set_name("empty");
  CHECK(to_text(explain(empty.sum(), empty)) == "∂root/∂empty has no elements: empty has none.\n");
  CHECK_THAT(to_text(explain(x[0], x[0])), Contains("no path"));
}

TEST_CASE("explain: one path that underflows does not cancel out", "[inspect]") {
  const Tensor x = tensor({1.f}).requires_grad_();
  CHECK_THAT(to_text(explain(((x * 1e-30) * 1e-30).sum(), x)),
             Contains("product of the slopes") && !Contains("cancels"));
}
