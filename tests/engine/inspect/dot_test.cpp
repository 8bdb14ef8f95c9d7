#include <frost/inspect/dot.hpp>

#include <frost/inspect/stepper.hpp>

#include "engine/inspect/graphs.hpp"

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("to_dot: frozen, constant and trainable inputs are drawn differently", "[inspect]") {
  const Frozen graph;
  Stepper stepper(graph.loss);
  CHECK_THAT(to_dot(stepper.trace()), Contains("n3 -> n4 [label=\" pending\", style=dotted];"));
  stepper.run();
  const std::string dot = to_dot(stepper.trace());
  CHECK_THAT(
      dot, Contains("n4 [shape=ellipse, penwidth=2, label=\"trainable\\n\\\"real\\\" (2) float64\\n[1, 2]"));
  CHECK_THAT(dot,
             Contains("n3_1 [shape=octagon, style=dashed, label=\"frozen\\n\\\"pads\\\" (2) float64\"];"));
  CHECK_THAT(dot, Contains("n3 -> n3_1 [label=\" absent\", style=dashed, arrowhead=tee];"));
  CHECK_THAT(dot, Contains("n1_1 [shape=plaintext, label=\"constant\"];"));
  CHECK_THAT(dot, Contains("n3 -> n4 [label=\" [-0.2365, -0.09161]\", style=solid];"));
  CHECK_THAT(dot, Contains("root0 -> n0 [label=\" 1\", style=solid];"));
}

TEST_CASE("to_dot: a zero gradient has an edge of its own kind", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  Stepper stepper(x.masked_fill(tensor({true, true}), 0).sum());
  stepper.run();
  CHECK_THAT(to_dot(stepper.trace()),
             Contains("n1 -> n2 [label=\" zero [0, 0]\", style=solid, arrowhead=empty];"));
}

TEST_CASE("to_dot: names are escaped", "[inspect]") {
  const Tensor x = leaf({1, 2}, "a \"b\"\n<script>&lt;\\N größe \xff");
  const std::string dot = to_dot(Trace(x.sum()));
  // What Graphviz shows is what text shows: each backslash stands twice, and & is no entity's.
  CHECK_THAT(dot, Contains(R"(\"a \\\"b\\\"\\n<script>&amp;lt;\\\\N größe \\xff\")"));
  int quotes = 0;
  for (size_t i = 0; i < dot.size(); ++i) {
    if (dot[i] == '\\')
      ++i;
    else
      quotes += dot[i] == '"';
  }
  CHECK(quotes % 2 == 0);
}
