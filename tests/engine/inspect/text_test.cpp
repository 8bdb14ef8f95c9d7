#include <frost/inspect/text.hpp>

#include <frost/inspect/columns.hpp>
#include <frost/inspect/explain.hpp>
#include <frost/inspect/twin.hpp>

#include "engine/inspect/graphs.hpp"

#include <algorithm>
#include <sstream>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;

namespace {

size_t widest(const std::string& text) {
  size_t width = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) width = std::max(width, columns(line));
  return width;
}

}  // namespace

TEST_CASE("to_text: a stop in the masked softmax", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  CHECK(to_text(stepper) ==
        "at the start: no step has been taken yet\n"
        "    leaf      scores.grad: absent\n"
        "next: #0 SumBackward0\n");
  stepper.run_to("weights");
  CHECK(to_text(stepper) ==
        "after 3 steps: #2 SoftmaxBackward0\n"
        "    rule      grad_x = out·(g - Σ g·out)\n"
        "    g         [1, 2, 3, 4]\n"
        "    grad to   #3: [-0.1966, 0.1966, 0, 0]\n"
        "    so        #3[0]: 1·0.1966 + 2·(-0.1966) = -0.1966\n"
        "    so        #3[1]: 1·(-0.1966) + 2·0.1966 = 0.1966\n"
        "    so        #3[2]: 0, for nothing that came in depends on it\n"
        "    so        #3[3]: 0, for nothing that came in depends on it\n"
        "    leaf      scores.grad: absent\n"
        "next: #3 MaskedFillBackward0\n");
  stepper.run();
  CHECK_THAT(to_text(stepper),
             Contains("scores.grad: absent -> [-0.1966, 0.1966, 0, 0]\nthe pass is over\n"));
}

TEST_CASE("to_text: a stop can be shown when its graph was freed", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  stepper.run_to("weights");
  graph.loss.backward();
  CHECK_THAT(to_text(stepper), Contains("grad to   #3: [-0.1966, 0.1966, 0, 0]") && Contains("was freed"));
}

TEST_CASE("to_text: the graph of frozen padding", "[inspect]") {
  const Frozen graph;
  Stepper stepper(graph.loss);
  CHECK_THAT(to_text(stepper.trace()), Contains("no pass has begun") && Contains("grad to   #1: pending"));
  stepper.run();
  const std::string text = to_text(stepper.trace());
  CHECK_THAT(text, Contains("4 ops, 1 trainable leaf, 2 dropped edges; the pass is over\n"));
  CHECK_THAT(text, Contains("#3 CatBackward0, step 4\n"));
  CHECK_THAT(text, Contains("    grad to   (dropped) frozen \"pads\" (2) float64: absent\n"));
  CHECK_THAT(text, Contains("    grad to   (dropped) a constant: absent\n"));
  CHECK_THAT(text, Contains("    grad to   trainable \"real\" (#4): [-0.2365, -0.09161]\n"));
}

TEST_CASE("to_text: absent, zero and numbers read differently; large tensors are summed up", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), big = ones({100}, requires_grad()), frozen = doubles({1, 2});
  Stepper stepper((x.masked_fill(tensor({true, true}), 0) * frozen).sum() + (big * 2).sum());
  stepper.run();
  const std::string text = to_text(stepper.trace());
  CHECK_THAT(text,
             Contains("trainable \"x\" (#") && Contains("): zero [0, 0]") && Contains("a constant: absent"));
  CHECK_THAT(text, Contains("100 elements from 2 to 2") && Contains("(values left out)"));
}

TEST_CASE("to_text: no line is wider than 80 columns, whatever a tensor is called", "[inspect]") {
  const Tensor x = (ones({8, 8}, kDouble) / 3).requires_grad_();
  std::string name;
  for (int i = 0; i < 60; ++i) name += "ñandú矩阵";
  x.set_name(name);
  Stepper stepper((x * x).sum());
  size_t width = 0;
  while (stepper.next()) width = std::max(width, widest(to_text(stepper)));
  width = std::max(width, widest(to_text(stepper.trace())));
  CHECK(width <= 80);
  CHECK(width > 70);
}

TEST_CASE("to_text: a name can't break a line, or speak to the terminal", "[inspect]") {
  const Tensor x = leaf({1, 2}, "two\nlines \"quoted\" \x1b[31m back\\slash \xff größe 矩阵 \xc2\x9b");
  const std::string text = to_text(Trace(x.sum()));
  CHECK_THAT(text, Contains("two\\nlines \\\"quoted\\\" \\x1b[31m back\\\\slash \\xff größe 矩阵"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\xff') == std::string::npos);
  CHECK(text.find("\xc2\x9b") == std::string::npos);
}

TEST_CASE("operator<<: prints what to_text says", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  stepper.next();
  Twin twin(graph.loss, graph.loss);
  const Explanation explanation = explain(graph.loss, graph.scores);
  std::ostringstream printed;
  printed << stepper << stepper.trace() << twin << explanation;
  CHECK(printed.str() == to_text(stepper) + to_text(stepper.trace()) + to_text(twin) + to_text(explanation));
}
