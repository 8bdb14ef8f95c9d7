#include <frost/inspect/explain.hpp>

#include "engine/inspect/graphs.hpp"

#include <algorithm>
#include <cmath>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Kind = Explanation::Kind;

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
                      "  at #2 MulBackward0, whose input (2) float64 was detached from an output of\n"
                      "    ExpBackward0\n"));
  const Tensor plain = doubles({1, 2}).detach();  // nothing was lost there
  CHECK(explain(loss, plain).kind == Kind::frozen);
  h.sum().detach_();
  loss.backward();  // nor are gradients, which a pass makes, marked
  CHECK(explain(y.sum(), y.grad()).kind == Kind::frozen);
}

TEST_CASE("explain: what was detached says from what, and what was made of it that it was", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y"), h = tanh(x).set_name("h");
  const Tensor stopped = h.detach();
  const Tensor loss = (y * (stopped + 1) * stopped.set_name("stopped")).sum();
  CHECK_THAT(to_text(explain(loss, stopped)), Contains("it was detached from \"h\""));
  CHECK_THAT(to_text(explain(loss, "stopped")), Contains("it was detached from \"h\""));
  const std::string text = to_text(explain(loss, x));
  CHECK_THAT(text, Contains("whose input \"stopped\" (2) float64 was detached from \"h\""));
  CHECK_THAT(text, Contains("whose input (2) float64 was made of what was detached"));
  CHECK_THAT(to_text(explain((y * x.detach()).sum(), x)), Contains("was detached from \"x\""));
  CHECK_THAT(to_text(explain((y * doubles({1, 2}).requires_grad_().detach()).sum(), x)),
             Contains("was detached from a leaf"));
  const Tensor nowhere = x.detach().clone();
  CHECK(explain((y * nowhere).sum(), nowhere).kind == Kind::detached);
}

TEST_CASE("explain: what went through integers or bools", "[inspect]") {
  const Tensor x = leaf({1, -2}, "x"), y = leaf({3, 4}, "y");
  const Tensor is_positive = (x > 0).to(kDouble);
  const Tensor loss = (y * is_positive).sum();
  CHECK(explain(loss, is_positive).kind == Kind::discrete);
  CHECK_THAT(to_text(explain(loss, x)), Contains("was made of integers or bools"));
  CHECK(explain((y * (doubles({1, -2}) > 0).to(kDouble)).sum(), y, {1}).is_zero_by_structure);
  CHECK_FALSE(explain(loss, y, {1}).is_zero_by_structure);
}

TEST_CASE("explain: no path leads to what was unfrozen, or written in place, since", "[inspect]") {
  const Tensor y = leaf({3, 4}, "y"), named = doubles({1, 2}).set_name("named"), unnamed = doubles({1, 2});
  const Tensor loss = (y * named).sum() + (y * unnamed).sum();
  for (const Tensor& x : {named, unnamed}) {
    x.set_requires_grad(true);
    const Explanation told = explain(loss, x);
    CHECK(told.kind == Kind::unreached);
    CHECK(told.taken_without_graph.size() == 1);
    CHECK_THAT(to_text(told),
               Contains("which has its values, but not its graph") && !Contains("does not depend"));
  }
  Tensor h = exp(y);
  const Tensor sum = h.sum();
  h.mul_(2);
  CHECK_THAT(to_text(explain(sum, h)),
             Contains("It was written in place") && Contains("what it held before"));
  CHECK_THAT(to_text(explain(y.sum(), leaf({1}, "other"))), Contains("As far as the tape knows"));
}

TEST_CASE("explain: of detach_() the op is said, and of a view its base's", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y");
  Tensor h = exp(x).set_name("h");
  h.detach_();
  CHECK_THAT(to_text(explain((y * h).sum(), h)), Contains("detached from an output of ExpBackward0"));
  const Tensor base = zeros({2, 2}, kDouble), view = base[0];
  base.mul_(x);
  CHECK_THAT(to_text(explain((y * view.detach()).sum(), x)), Contains("was detached from an output of"));
}

TEST_CASE("explain: another tensor of the same name is not taken for this one", "[inspect]") {
  const Tensor y = leaf({3, 4}, "y"), used = doubles({1, 2}).set_name("weight"),
               other = leaf({1, 2}, "weight");
  CHECK(explain((y * used).sum(), other).taken_without_graph.empty());
}
