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
                      "  at #2 MulBackward0, whose input (2) float64 was detached\n"));
  const Tensor plain = doubles({1, 2}).detach();  // nothing was lost there
  CHECK(explain(loss, plain).kind == Kind::frozen);
  h.sum().detach_();
  loss.backward();  // nor are gradients, which a pass makes, marked
  CHECK(explain(y.sum(), y.grad()).kind == Kind::frozen);
}
