#include <frost/inspect/stepper.hpp>

#include <frost/inspect/text.hpp>

#include "engine/inspect/graphs.hpp"

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using State = GradientState;

TEST_CASE("Stepper: one node at a time, forwards and back", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  CHECK(stepper.node() == nullptr);
  CHECK(stepper.next_node() == 0U);
  CHECK_FALSE(stepper.back());
  CHECK(stepper.next());
  CHECK(stepper.position() == 1);
  CHECK(stepper.node()->name == "SumBackward0");
  CHECK(stepper.next());
  CHECK(stepper.node()->name == "MulBackward0");
  CHECK(stepper.trace().nodes()[2].outputs[0].gradient.state == State::pending);
  CHECK(stepper.back());
  CHECK(stepper.node()->name == "SumBackward0");
  CHECK(stepper.next_node() == 1U);
  CHECK(stepper.trace().nodes()[1].inputs[0].gradient.state == State::pending);
  stepper.run();
  CHECK(stepper.position() == 5);
  CHECK_FALSE(stepper.next_node());
  CHECK_FALSE(stepper.next());
  CHECK(stepper.trace().is_complete());
  stepper.rewind();
  CHECK(stepper.position() == 0);
  CHECK_FALSE(stepper.trace().is_complete());
}

TEST_CASE("Stepper: what was worked out once is shown again, and hooks are called once", "[inspect]") {
  const Masked graph;
  int calls = 0;
  graph.weights.register_hook([&calls](const Tensor& grad) {
    ++calls;
    return grad * 10;
  });
  Stepper stepper(graph.loss);
  stepper.run();
  const Tensor first = stepper.grad(graph.scores);
  stepper.rewind();
  CHECK_FALSE(stepper.grad(graph.scores).defined());
  stepper.run();
  CHECK(calls == 1);
  CHECK(same(stepper.grad(graph.scores), first));
  CHECK(same(stepper.grad(graph.weights), doubles({10, 20, 30, 40})));
  graph.loss.backward();
  CHECK(same(first, graph.scores.grad()));
}

TEST_CASE("Stepper: gradients at leaves and at retained tensors are those of backward()", "[inspect]") {
  manual_seed(3);
  const Tensor x = randn({3, 4}, kDouble).requires_grad_(), w = randn({4, 2}, kDouble).requires_grad_();
  const Tensor bias = randn({2}, kDouble).requires_grad_();
  const Tensor h = tanh(matmul(x, w) + bias);
  const Tensor part = h.slice(0, 1).t();
  const std::vector<Tensor> columns = h.unbind(1);
  const Tensor loss = (h * h).mean() + part.sum() + (columns[0] * columns[1]).sum() + x[2].norm();
  const std::vector<Tensor> watched{x, w, bias, h, part, columns[1]};
  Stepper stepper(loss);
  stepper.run();
  for (const Tensor& tensor : {h, part, columns[1]}) tensor.retain_grad();
  loss.backward();
  for (const Tensor& tensor : watched) CHECK(same(stepper.grad(tensor), tensor.grad()));
}

TEST_CASE("Stepper: a retained grad stays as it was where a hook throws", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor h = exp(x), loss = h.sum();
  h.retain_grad();
  h.mutable_grad() = doubles({5, 6});
  h.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("stop"); });
  Stepper stepper(loss);
  CHECK_THROWS(stepper.run());
  CHECK(same(h.grad(), doubles({5, 6})));
}

TEST_CASE("Stepper: a hook that throws leaves the grads alone, and the way back open", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  x.mutable_grad() = doubles({5, 6});
  const Tensor loss = (x * 2).sum();
  x.register_hook([](const Tensor&) { throw std::runtime_error("stop"); });
  Stepper stepper(loss);
  CHECK_THROWS_WITH(stepper.run(), Contains("stop"));
  CHECK(stepper.position() == 2);
  CHECK(same(x.grad(), doubles({5, 6})));
  CHECK(stepper.back());
  CHECK(stepper.failure() == nullptr);
  CHECK(stepper.next());
  CHECK_THROWS_WITH(stepper.next(), Contains("stop"));
}

TEST_CASE("Stepper: after a hook that threw, says which node it was at and what was thrown", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  int calls = 0;
  const Tensor loss = (x * 2).sum();
  x.register_hook([&calls](const Tensor&) -> Tensor {
    ++calls;
    throw std::runtime_error("not \x1b[31mhere");
  });
  Stepper stepper(loss);
  for (int i = 0; i < 3; ++i) CHECK_THROWS_WITH(stepper.run(), Contains("here"));
  CHECK(calls == 1);
  CHECK(stepper.next_node() == 2U);
  CHECK(stepper.failure() != nullptr);
  CHECK_FALSE(stepper.trace().is_complete());
  CHECK_THAT(to_text(stepper),
             Contains("the pass can't go on: #2 AccumulateGrad threw: not \\x1b[31mhere\n") &&
                 !Contains("the pass is over"));
  CHECK_THROWS_WITH(stepper.commit(), Contains("here"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("Stepper: names in its errors are harmless to a terminal", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  CHECK_THROWS_WITH(stepper.run_to("a\x1b[31m"), Contains("\"a\\x1b[31m\""));
  CHECK_THROWS_WITH(stepper.run_to_element("a\x1b[31m", {0}), Contains("\"a\\x1b[31m\""));
}

TEST_CASE("touches: of several outputs of one op, that which was asked for", "[inspect]") {
  const Tensor x = leaf({1, 2, 3, 4}, "x");
  const std::vector<Tensor> halves = x.split(2);
  halves[0].set_name("first");
  halves[1].set_name("second");
  Stepper stepper((halves[0] * doubles({0, 1})).sum() + (halves[1] * doubles({1, 0})).sum());
  CHECK(stepper.run_to_element("second", {0}));
  const Trace& trace = stepper.trace();
  const Trace::Place first = trace.find("first").value(), second = trace.find("second").value();
  const size_t ran = trace.steps().back();
  CHECK(touches(trace, ran, second, 0));
  CHECK_FALSE(touches(trace, ran, second, 1));
  CHECK_FALSE(touches(trace, ran, first, 0));
  CHECK_FALSE(touches(trace, ran, first, 1));
}

TEST_CASE("Stepper: runs to a node, a tensor or a kind of op", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  CHECK(stepper.run_to("weights"));
  CHECK(stepper.node()->name == "SoftmaxBackward0");
  CHECK_FALSE(stepper.run_to("weights"));  // it lies behind; now we are at the end
  CHECK_FALSE(stepper.next_node());
  stepper.rewind();
  CHECK(stepper.run_to(3));
  CHECK(stepper.node()->name == "MaskedFillBackward0");
  CHECK(stepper.run_to("scores"));
  CHECK(stepper.node()->is_leaf());
  stepper.rewind();
  CHECK(stepper.run_to("MulBackward0"));
  CHECK_THROWS_WITH(stepper.run_to("values"), Contains("no gradient flows") && Contains("values"));
  CHECK_THROWS_WITH(stepper.run_to(5), Contains("no node 5 of 5"));
  CHECK(stepper.position() == 2);
}

TEST_CASE("Stepper: runs to the first gradient that is not finite", "[inspect]") {
  const Tensor x = leaf({1, 0}, "x");
  const Tensor loss = (sqrt(x) * doubles({1, 1})).sum();  // its slope at 0 is infinite
  Stepper stepper(loss);
  CHECK(stepper.run_to_nonfinite());
  CHECK(stepper.node()->name == "SqrtBackward0");
  CHECK(stepper.position() == 3);
  stepper.rewind();
  CHECK(stepper.run_to_nonfinite());
  CHECK(stepper.position() == 3);

  // Of a row of which everything is masked, softmax makes NaN; method 1 of a whole row.
  const Tensor scores = leaf({1, 2}, "scores");
  const Tensor weights = scores.masked_fill(tensor({true, true}), -kInfinity).softmax(0);
  Stepper masked((weights * doubles({1, 2})).sum());
  CHECK(masked.run_to_nonfinite());
  CHECK(masked.node()->name == "SoftmaxBackward0");

  const Masked fine;
  Stepper finite(fine.loss);
  CHECK_FALSE(finite.run_to_nonfinite());
  CHECK(finite.trace().is_complete());
}

TEST_CASE("Stepper: a non-finite gradient to start with, or from a hook, is found where it comes in",
          "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor y = x * 2, loss = y * 3;
  Stepper given(loss, {.gradients = {doubles({1, kInfinity})}});
  CHECK(given.run_to_nonfinite());
  CHECK(given.position() == 1);
  y.register_hook([](const Tensor& grad) { return grad / 0; });
  Stepper hooked(loss.sum());
  CHECK(hooked.run_to_nonfinite());
  CHECK(hooked.position() == 3);
}

TEST_CASE("Stepper: where an element's gradient is first touched", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  CHECK(stepper.run_to_element("scores", {1}));
  CHECK(stepper.node()->name == "MaskedFillBackward0");
  stepper.rewind();
  CHECK(stepper.run_to_element(graph.weights, {2}));
  CHECK(stepper.node()->name == "MulBackward0");
  stepper.rewind();
  CHECK_FALSE(stepper.run_to_element(graph.scores, {2}));  // masked
  stepper.rewind();
  CHECK(stepper.run_to_element("loss", {}));  // the root itself
  CHECK(stepper.position() == 1);
  CHECK_THROWS_WITH(stepper.run_to_element("scores", {4}), Contains("out of bounds"));
  CHECK_THROWS_WITH(stepper.run_to_element("scores", {0, 0}), Contains("does not fit"));
  CHECK_THROWS_WITH(stepper.run_to_element("nobody", {0}), Contains("nobody"));
  CHECK_THROWS_WITH(stepper.run_to_element(graph.values, {0}), Contains("frozen"));

  // Of slices, each touches its own part.
  const Tensor x = leaf({1, 2, 3, 4}, "x");
  const Tensor loss = x[3] + x[0] * 2;
  Stepper slices(loss);
  CHECK(slices.run_to_element("x", {-1}));
  CHECK(same(slices.node()->inputs[0].gradient.value, doubles({0, 0, 0, 1})));
}

TEST_CASE("Stepper: several roots, and what Backward refuses", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor y = exp(x), a = y.sum(), b = y.prod();
  Stepper stepper({a, b});
  stepper.run();
  autograd::backward({a, b});
  CHECK(same(stepper.grad(x), x.grad()));
  CHECK_THROWS_WITH(Stepper(exp(x)), Contains("grad can be implicitly created only for scalar outputs"));
  CHECK_THROWS_WITH(Stepper(ones({})), Contains("does not require grad"));
  const Tensor freed = exp(x).sum();
  freed.backward();
  Stepper late(freed);
  CHECK_THROWS_WITH(late.run(), Contains("a second time"));
}

TEST_CASE("Stepper: a deep graph takes neither recursion nor quadratic time", "[inspect][deep]") {
  const Tensor x = ones({}, requires_grad());
  Tensor y = x;
  for (int i = 0; i < 100'000; ++i) y = y * 1;
  Stepper stepper(y);
  CHECK_FALSE(stepper.run_to_nonfinite());
  stepper.rewind();
  stepper.run();
  CHECK(stepper.position() == 100'001);
}
