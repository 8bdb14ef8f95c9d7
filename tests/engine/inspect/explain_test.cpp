#include <frost/inspect/explain.hpp>

#include "engine/inspect/graphs.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Kind = Explanation::Kind;
using Cause = Cut::Cause;

namespace {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

// The derivative of f along one element of one of its arguments, by central differences.
double numeric(const Function& f, const std::vector<Tensor>& xs, size_t which, int64_t element) {
  const NoGradGuard guard;
  constexpr double step = 1e-5;
  const auto at = [&](double shift) {
    std::vector<Tensor> moved;
    for (const Tensor& x : xs) moved.push_back(x.detach().clone());
    moved[which].view({-1})[element].add_(shift);
    return f(moved).item<double>();
  };
  return (at(step) - at(-step)) / (2 * step);
}

struct Case {
  const char* name;
  std::vector<Tensor> leaves;
  Function f;
};

std::vector<Case> cases() {
  manual_seed(11);
  const Tensor mask = tensor({{false, false, true}, {false, true, true}});
  const Tensor frozen = randn({2, 3}, kDouble);
  const auto attention = [mask](const Tensor& scores, const Tensor& values) {
    const Tensor weights = scores.masked_fill(mask, -kInfinity).softmax(1);
    return bmm(weights.unsqueeze(1), values).squeeze(1);
  };
  return {
      {"masked attention, the loss of one example",
       {trainable({2, 3}), trainable({2, 3, 2})},
       [attention](const std::vector<Tensor>& x) { return attention(x[0], x[1])[0].pow(2).sum(); }},
      {"a weight that is used twice",
       {trainable({2, 2}), trainable({3, 2})},
       [](const std::vector<Tensor>& x) { return matmul(tanh(matmul(x[1], x[0])), x[0]).pow(2).mean(); }},
      {"many ways: more than are written out",
       {trainable({2})},
       [](const std::vector<Tensor>& x) {
         Tensor y = x[0];
         for (int i = 0; i < 6; ++i) y = y.sin() + y * 0.5;
         return y.sum();
       }},
      {"cat with a frozen part, slices, and several outputs",
       {trainable({2, 3}), trainable({2, 1})},
       [frozen](const std::vector<Tensor>& x) {
         const std::vector<Tensor> pieces = cat({x[0], frozen, x[1]}, 1).softmax(1).split(2, 1);
         return (pieces[0] * pieces[2]).sum() + pieces[3].sum() + x[0].select(1, 1).exp().sum();
       }},
      {"relu, where, max and clamp",
       {trainable({2, 3}), trainable({2, 3})},
       [mask](const std::vector<Tensor>& x) {
         const Tensor chosen = where(mask, relu(x[0]), x[1].clamp(-1, 1));
         return (chosen * maximum(x[0], x[1])).sum() + x[1].max();
       }},
      {"broadcasting, and a loss with classes",
       {trainable({3}), trainable({4, 1})},
       [](const std::vector<Tensor>& x) {
         const Tensor p = (x[0] * x[1] + x[0]).log_softmax(1);
         return -p.gather(1, tensor({{0}, {2}, {1}, {2}})).mean();
       }},
  };
}

}  // namespace

TEST_CASE("explain: the shares of the paths, and the products, sum to the numeric derivative", "[inspect]") {
  for (const Case& one : cases()) {
    const Tensor loss = one.f(one.leaves);
    for (size_t i = 0; i < one.leaves.size(); ++i)
      for (int64_t e = 0; e < one.leaves[i].numel(); ++e) {
        INFO(one.name << ", leaf " << i << ", element " << e);
        std::vector<int64_t> index;
        int64_t rest = e;
        for (size_t d = one.leaves[i].sizes().size(); d-- > 0; rest /= one.leaves[i].sizes()[d])
          index.insert(index.begin(), rest % one.leaves[i].sizes()[d]);
        const Explanation told = explain(loss, one.leaves[i], index);
        const double slope = numeric(one.f, one.leaves, i, e);
        double shares = 0, fractions = 0, products = 0;
        for (const Path& path : told.paths) {
          shares += path.share.item<double>();
          fractions += path.fraction;
        }
        for (const Product& product : told.products) products += product.grad_out * product.derivative;
        CHECK(told.gradient.item<double>() == Approx(slope).margin(1e-8));
        CHECK(shares == Approx(slope).margin(1e-8));
        CHECK((told.kind == Kind::zero) == (told.gradient.item<double>() == 0));
        if (told.kind == Kind::number) CHECK(fractions == Approx(1));
        if (!told.products.empty()) CHECK(products == Approx(slope).margin(1e-8));
        if (told.kind == Kind::zero) CHECK_FALSE(told.cuts.empty());
      }
  }
}

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

TEST_CASE("explain: the masked softmax, in words", "[inspect]") {
  const Masked graph;
  CHECK(to_text(explain(graph.loss, graph.scores)) ==
        "∂loss/∂scores is [-0.1966, 0.1966, 0, 0].\n"
        "It comes along one path:\n"
        "  scores <- #3 MaskedFillBackward0 <- #2 SoftmaxBackward0 \"weights\" <-\n"
        "    #1 MulBackward0 <- #0 SumBackward0 \"loss\"\n"
        "2 of its 4 elements are 0 by structure, whatever the values are: every way is\n"
        "  cut.\n"
        "  at #3 MaskedFillBackward0, which masks scores[2], scores[3]\n");
  CHECK(to_text(explain(graph.loss, graph.scores, {0})) ==
        "∂loss/∂scores[0] is -0.1966.\n"
        "It comes along one path:\n"
        "  scores[0] <- #3 MaskedFillBackward0 <- #2 SoftmaxBackward0 \"weights\" <-\n"
        "    #1 MulBackward0 <- #0 SumBackward0 \"loss\"\n"
        "At #2 SoftmaxBackward0 \"weights\" it is a sum over the elements that depend on\n"
        "  scores[0]:\n"
        "  ∂loss/∂weights[0] · ∂weights[0]/∂scores[0] = 1·0.1966 = 0.1966\n"
        "  ∂loss/∂weights[1] · ∂weights[1]/∂scores[0] = 2·(-0.1966) = -0.3932\n");
  const Explanation weights = explain(graph.loss, "weights");
  CHECK_FALSE(weights.is_kept);
  CHECK_THAT(to_text(weights), Contains("weights is not a leaf. Call retain_grad()"));
  graph.weights.retain_grad();
  CHECK(explain(graph.loss, graph.weights).is_kept);
  CHECK_FALSE(graph.weights.grad().defined());  // asking changes nothing
  CHECK_FALSE(graph.scores.grad().defined());
}

TEST_CASE("explain: why a gradient is absent", "[inspect]") {
  const Frozen graph;
  CHECK(explain(graph.loss, graph.pads).kind == Kind::frozen);
  const Explanation by_name = explain(graph.loss, "pads", {1});
  CHECK(by_name.kind == Kind::frozen);
  CHECK_THAT(to_text(by_name), Contains("pads[1] has no gradient of root: it does not require grad"));
  CHECK(explain(graph.weights.detach().sum(), graph.real).kind == Kind::no_graph);

  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y");
  const Tensor unrelated = (y * 2).sum();
  const Explanation unreached = explain(unrelated, x);
  CHECK(unreached.kind == Kind::unreached);
  CHECK_THAT(to_text(unreached), Contains("no path leads from root to it"));

  const Tensor sum = (x * y).sum();
  x.set_requires_grad(false);
  CHECK(explain(sum, x).kind == Kind::frozen_since);
  CHECK(explain(sum, "x").kind == Kind::frozen_since);
  x.set_requires_grad(true);
  sum.backward();  // of what is absent the graph may have been freed
  CHECK(explain(sum, graph.real).kind == Kind::unreached);
  CHECK_THROWS_WITH(explain(sum, x), Contains("a second time"));
}

TEST_CASE("explain: a tensor that was detached, or made while nothing was recorded", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y"), h = exp(x);
  const Tensor detached = h.detach(), piece = h.detach().slice(0, 0, 1);
  Tensor unrecorded, view;
  {
    const NoGradGuard guard;
    unrecorded = (h * 2).set_name("unrecorded");
    view = h[0];
  }
  const Tensor loss = (y * detached * unrecorded).sum();
  CHECK(explain(loss, detached).kind == Kind::detached);
  CHECK(explain(loss, piece).kind == Kind::detached);
  CHECK(explain(loss, unrecorded).kind == Kind::without_grad);
  CHECK(explain(loss, "unrecorded").kind == Kind::without_grad);
  CHECK(explain(loss, view).kind == Kind::without_grad);
  CHECK_THAT(to_text(explain(loss, x)),
             Contains("The graph is cut off, perhaps from it:\n"
                      "  at #1 MulBackward0, whose input \"unrecorded\" (2) float64 was made under\n"
                      "    NoGradGuard\n"
                      "  at #2 MulBackward0, whose input (2) float64 was detached\n"));
  const Tensor plain = doubles({1, 2}).detach();  // nothing was lost there
  CHECK(explain(loss, plain).kind == Kind::frozen);
  h.sum().detach_();
  loss.backward();  // nor are gradients, which a pass makes, marked
  CHECK(explain(y.sum(), y.grad()).kind == Kind::frozen);
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
  CHECK_FALSE(cancelled.is_zero_by_structure);
  CHECK(explain(x.slice(0, 0, 0).sum() + ones({}, kDouble), x).kind == Kind::zero);
}

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
  CHECK(late.cause == Birth::Cause::zero_times_infinity);
  CHECK(late.value == 0);
  CHECK(late.grad_in == 0);
  CHECK_THAT(to_text(explain(after, x, {0})),
             Contains("gave nan to x[0], which is 0, where g is 0.") && Contains("log(where(ok, x, 1))"));
  CHECK(explain(after, x, {1}).kind == Kind::number);  // the others are not touched
  CHECK(explain(where(x > 0, log(where(x > 0, x, 1)), 0).sum(), x).kind == Kind::number);
  CHECK(only_birth(sqrt(x).sum(), x).cause == Birth::Cause::infinite_slope);

  const Tensor scores = tensor({{1., 2.}, {3., 4.}}, dtype(kDouble)).requires_grad_().set_name("scores");
  const Tensor masked = scores.masked_fill(tensor({{false, true}, {true, true}}), -kInfinity);
  const Tensor weights = masked.softmax(1), values = leaf({1, 2}, "values");
  const Tensor loss = matmul(weights, values).sum();
  CHECK(only_birth(loss, masked).cause == Birth::Cause::empty_row);
  CHECK(only_birth(loss, values).cause ==
        Birth::Cause::empty_row);  // through the weights it is multiplied by
  CHECK_THAT(to_text(explain(loss, masked)),
             Contains("nothing but -inf is 0/0") && Contains("EmptyRow::Zeros"));
  CHECK(explain(loss, scores).kind == Kind::zero);  // masked_fill lets no NaN through to what it masks

  const Tensor negative = leaf({-1, 1}, "negative");
  const Tensor root = (log(negative) * negative).sum();
  const Birth forward = only_birth(root, negative);
  CHECK(forward.cause == Birth::Cause::forward_value);
  CHECK(explain(root, negative).trace.nodes()[forward.origin].name == "LogBackward0");
}

TEST_CASE("explain: several ways, named and shared out", "[inspect]") {
  const Tensor w = leaf({2}, "w"), x = leaf({3}, "x");
  const Tensor loss = (w * x + w * w).sum();
  const Explanation told = explain(loss, w, {0});
  REQUIRE(told.paths.size() == 2);  // w·w is one, though it is two inputs
  CHECK(told.paths[0].share.item<double>() == 4);
  CHECK(told.paths[0].fraction == Approx(4 / 7.));
  CHECK(told.paths[1].share.item<double>() == 3);
  CHECK_THAT(to_text(told), Contains("∂root/∂w[0] is 7.\n") && Contains("4 (57.1%) by w[0] <- ") &&
                                Contains("3 (42.9%) by w[0] <- "));
  Tensor many = x;
  for (int i = 0; i < 40; ++i) many = many.sin() * 0.01 + many;
  const Explanation bounded = explain(many.sum(), x);
  CHECK(bounded.paths.size() <= 16);
  CHECK(std::any_of(bounded.paths.begin(), bounded.paths.end(), [](const Path& p) { return !p.is_whole; }));
  double fractions = 0;
  for (const Path& path : bounded.paths) fractions += path.fraction;
  CHECK(fractions == Approx(1));
}

TEST_CASE("explain: hooks are not called, and retained grads not added to", "[inspect]") {
  const Masked graph;
  int calls = 0;
  graph.weights.register_hook([&calls](const Tensor& grad) {
    ++calls;
    return grad;
  });
  graph.weights.retain_grad();
  graph.loss.backward({}, /*retain_graph=*/true);
  const Tensor grad = graph.scores.grad().clone(), retained = graph.weights.grad().clone();
  explain(graph.loss, graph.scores);
  CHECK(calls == 1);
  CHECK(same(graph.scores.grad(), grad));
  CHECK(same(graph.weights.grad(), retained));
}

TEST_CASE("explain: refuses what it can't be asked", "[inspect]") {
  const Masked graph;
  CHECK_THROWS_WITH(explain(graph.weights, graph.scores), Contains("one element"));
  CHECK_THROWS_WITH(explain(Tensor(), graph.scores), Contains("[explain]"));
  CHECK_THROWS_WITH(explain(graph.loss, Tensor()), Contains("[explain]"));
  CHECK_THROWS_WITH(explain(graph.loss, graph.scores, {4}), Contains("out of bounds"));
  CHECK_THROWS_WITH(explain(graph.loss, graph.scores, {0, 0}), Contains("does not fit"));
  CHECK_THROWS_WITH(explain(graph.loss, "nobody"), Contains("\"nobody\""));
}

TEST_CASE("explain: a deep graph takes neither recursion nor quadratic time", "[inspect][deep]") {
  const Tensor x = ones({}, requires_grad());
  Tensor y = x;
  for (int i = 0; i < 20'000; ++i) y = y * 1;
  CHECK(explain(y, x).kind == Kind::number);
  CHECK_THAT(to_text(explain(y * 0, x)), Contains("multiplies") && Contains("by exactly 0"));
}
