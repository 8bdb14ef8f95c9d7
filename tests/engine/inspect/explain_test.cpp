#include <frost/inspect/explain.hpp>

#include "engine/inspect/explained.hpp"

#include <algorithm>
#include <cmath>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Kind = Explanation::Kind;

namespace {

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

}  // namespace

TEST_CASE("explain: says so where the shares of the paths are nothing but rounding", "[inspect]") {
  int said = 0;
  for (int i = 1; i < 40; ++i) {
    const Tensor x = leaf({0.1, 0.2, 0.3}, "x"), h = x.log_softmax(0), p = h.detach().exp();
    // ∂loss/∂h is a multiple of the weights: of that, log_softmax makes 0.
    const Explanation told = explain((h * (p * (0.1 * i))).sum() + (h * (p * (0.7 * i))).sum(), x, {0});
    if (told.kind != Explanation::Kind::number) continue;
    double sum = 0;
    for (const Path& path : told.paths) sum += path.fraction;
    CAPTURE(to_text(told));
    const bool is_said = to_text(told).find("Rounding makes it") != std::string::npos;
    CHECK(is_said == (std::abs(sum - 1) > 0.01));
    said += is_said;
  }
  CHECK(said > 0);
}

TEST_CASE("explain: the fractions are those of very large and very small gradients, too", "[inspect]") {
  for (const double unit : {1e-310, 1e-200, 1.0, 1e200}) {
    const Tensor x = leaf({1, 2}, "x");
    const std::string text = to_text(explain((x * unit).sum() + (x * (3 * unit)).sum(), x));
    CHECK_THAT(text, Contains("(75%)") && Contains("(25%)") && !Contains("Rounding"));
  }
}

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
  CHECK(explain(graph.loss, "weights").is_kept);
  CHECK_FALSE(graph.weights.grad().defined());  // asking changes nothing
  CHECK_FALSE(graph.scores.grad().defined());
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

TEST_CASE("explain: of one element, and of shares that cancel, in words", "[inspect]") {
  const auto told = [](const Tensor& loss, const Tensor& x) { return to_text(explain(loss, x)); };
  const Tensor x = leaf({1}, "x"), y = leaf({1, 2, 3}, "y");
  CHECK_THAT(told((x * 0).sum(), x), Contains("∂root/∂x is 0 in its one element.\n"));
  CHECK_THAT(told((y * 0).sum(), y), Contains("∂root/∂y is 0 in every one of its 3 elements.\n"));
  CHECK_THAT(told((y * tensor({0.0, 1.0, 2.0})).sum(), y), Contains("1 of its 3 elements is 0"));
  CHECK_THAT(told((y * tensor({0.0, 0.0, 2.0})).sum(), y), Contains("2 of its 3 elements are 0"));
  CHECK_THAT(told((x * 1e7 + x.neg() * (1e7 - 1)).sum(), x),
             Contains("[1e+07] (1e+07 times the sum) by x") && Contains("(-1e+07 times the sum) by x"));
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

TEST_CASE("explain: an infinite slope beside the element gets neither into its products nor its paths",
          "[inspect]") {
  const Tensor x = leaf({0, 1, 4}, "x");
  const Tensor logs = log(x);
  const Explanation told = explain((logs * logs + where(x > 0, logs, 0)).sum(), x, {2});
  CHECK(told.gradient.item<double>() == Approx(2 * std::log(4) / 4 + 0.25));
  CHECK_THAT(to_text(told), !Contains("nan") && !Contains("inf"));
  for (const Product& product : told.products) {
    CHECK(std::isfinite(product.derivative));
    CHECK(std::isfinite(product.grad_out));
  }
  // One product is no sum: what is listed is where there are several.
  const Explanation rows = explain(logs.expand({2, 3}).select(1, 2).sum(), x, {2});
  CHECK(rows.gradient.item<double>() == Approx(0.5));
  double sum = 0;
  for (const Product& product : rows.products) sum += product.grad_out * product.derivative;
  CHECK(sum == Approx(0.5));
}

TEST_CASE("explain: works while anomalies are looked for, and the mode stays on", "[inspect]") {
  const autograd::DetectAnomalyGuard guard;
  const Tensor x = leaf({0, 1, 4}, "x");
  const Tensor loss = where(x > 0, log(x), 0).sum();
  CHECK(explain(loss, x, {1}).kind == Kind::number);
  CHECK(explain(loss, x, {0}).kind == Kind::nonfinite);
  CHECK(autograd::AnomalyMode::should_check_nan());
  CHECK_THROWS_WITH(loss.backward(), Contains("LogBackward0"));
}

TEST_CASE("explain: names the tensors whose hooks are left out", "[inspect]") {
  const Masked graph;
  CHECK(explain(graph.loss, graph.scores).hooked.empty());
  const unsigned hook = graph.weights.register_hook([](const Tensor& grad) { return grad * 2; });
  graph.values.set_requires_grad(true).register_hook([](const Tensor& grad) { return grad; });
  const Explanation told = explain(graph.loss, graph.scores);
  REQUIRE(told.hooked.size() == 1);
  CHECK_THAT(to_text(told), Contains("Hooks are left out here: backward() calls those of weights"));
  graph.scores.register_hook([](const Tensor& grad) { return grad; });
  CHECK(explain(graph.loss, graph.scores).hooked.size() == 2);
  graph.weights.remove_hook(hook);
  CHECK(explain(graph.loss, graph.scores).hooked.size() == 1);
}

TEST_CASE("explain: names are harmless to a terminal", "[inspect]") {
  const Tensor x = leaf({1, -2}, "\x1b[2J\u202e");
  const Tensor loss = relu(x).sum().set_name("\a");
  const std::string texts[] = {to_text(explain(loss, x)), to_text(explain(loss, x, {1})),
                               to_text(explain(leaf({1}, "y").sum(), x)),
                               to_text(explain((leaf({1, 1}, "y") * x.detach()).sum(), x))};
  for (const std::string& text : texts) {
    CHECK_THAT(text, Contains("\\x1b[2J\\xe2\\x80\\xae") && !Contains("\x1b") && !Contains("\u202e"));
    CHECK_THAT(text, !Contains("\a"));
  }
  CHECK_THROWS_WITH(explain(loss, "\x1b[2J"), Contains("\\x1b") && !Contains("\x1b"));
}

TEST_CASE("explain: of very many uses each is told, and not the whole way of each", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  Tensor sum = zeros({2}, kDouble);
  for (int i = 0; i < 1000; ++i) sum = sum + sin(x);
  const Explanation told = explain(sum.sum(), x);
  REQUIRE(told.paths.size() == 1000);
  size_t steps = 0;
  double fraction = 0;
  for (const Path& path : told.paths) {
    steps += path.nodes.size();
    fraction += path.fraction;
  }
  CHECK(steps < 100000);  // and not half a million
  CHECK(fraction == Approx(1));
  CHECK(std::any_of(told.paths.begin(), told.paths.end(), [](const Path& path) { return path.is_whole; }));
  CHECK_THAT(to_text(told), Contains("1000 paths, some of them many in one"));
}
