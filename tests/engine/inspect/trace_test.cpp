#include <frost/inspect/trace.hpp>

#include <frost/inspect/json.hpp>
#include <frost/inspect/text.hpp>

#include "engine/inspect/graphs.hpp"

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using State = GradientState;
using Kind = TracedInput::Kind;

namespace {

std::vector<std::string> names(const Trace& trace) {
  std::vector<std::string> list;
  for (const TracedNode& node : trace.nodes()) list.push_back(node.name);
  return list;
}

Trace traced_pass(const Tensor& loss) {
  Trace trace(loss);
  Backward pass(loss, {}, {.retain_graph = true});
  while (pass.step()) trace.record(pass);
  return trace;
}

}  // namespace

// ---- the graph ----

TEST_CASE("Trace: the masked softmax, node by node", "[inspect]") {
  const Masked graph;
  const Trace trace(graph.loss);
  CHECK(names(trace) == std::vector<std::string>{"SumBackward0", "MulBackward0", "SoftmaxBackward0",
                                                 "MaskedFillBackward0", "torch::autograd::AccumulateGrad"});
  REQUIRE(trace.roots().size() == 1);
  CHECK(trace.roots()[0].tensor.name == "loss");
  CHECK(trace.roots()[0].node == 0U);
  CHECK(same(trace.roots()[0].tensor.values, graph.loss.detach()));

  const TracedNode& mul = trace.nodes()[1];
  REQUIRE(mul.inputs.size() == 2);
  CHECK(mul.inputs[0].kind == Kind::op);
  CHECK(mul.inputs[0].node == 2U);
  CHECK(mul.inputs[1].kind == Kind::frozen);
  CHECK_FALSE(mul.inputs[1].node);
  CHECK(mul.inputs[1].dropped->name == "values");
  CHECK(mul.inputs[1].dropped->sizes == Dims{4});
  CHECK(mul.inputs[1].dropped->dtype == kDouble);
  REQUIRE(mul.saved.size() == 1);  // the frozen factor alone is needed
  CHECK(mul.saved[0].name == "values");
  CHECK(same(mul.saved[0].values, doubles({1, 2, 3, 4})));

  const TracedTensor& weights = trace.nodes()[2].outputs[0].tensor;
  CHECK(weights.name == "weights");
  CHECK(same(weights.values, graph.weights.detach()));  // softmax saves its output
  CHECK_FALSE(trace.nodes()[3].outputs[0].tensor.is_held);

  const TracedNode& scores = trace.nodes()[4];
  REQUIRE(scores.leaf);
  CHECK(scores.leaf->is_trainable);
  CHECK(scores.leaf->grad.state == State::absent);
  CHECK(scores.outputs[0].tensor.name == "scores");
  CHECK(same(scores.outputs[0].tensor.values, doubles({1, 2, 3, 4})));
}

TEST_CASE("Trace: what is frozen is shown where its edge was dropped", "[inspect]") {
  const Frozen graph;
  const Trace trace(graph.loss);
  const TracedNode& cat = trace.nodes()[3];
  REQUIRE(cat.name == "CatBackward0");
  CHECK(cat.inputs[0].kind == Kind::trainable);
  CHECK(cat.inputs[1].kind == Kind::frozen);
  CHECK(cat.inputs[1].dropped->name == "pads");
  CHECK(cat.inputs[1].gradient.state == State::absent);
  const TracedInput& constant = trace.nodes()[1].inputs[1];  // a factor without a name
  CHECK(constant.kind == Kind::constant);
  CHECK_FALSE(constant.node);
  CHECK_FALSE(constant.dropped);
}

TEST_CASE("Trace: a leaf that was frozen after the forward is a frozen leaf, and its edge is still there",
          "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y");
  const Tensor loss = (x * y).sum();
  x.set_requires_grad(false);
  const Trace trace = traced_pass(loss);
  const Trace::Place place = trace.find("x").value();
  const TracedNode& node = trace.nodes()[place.node];
  CHECK_FALSE(node.leaf->is_trainable);
  CHECK(trace.nodes()[1].inputs[0].kind == Kind::frozen);
  CHECK(trace.nodes()[1].inputs[0].gradient.state == State::number);  // it came, and was not taken
  CHECK(node.leaf->grad.state == State::absent);
}

TEST_CASE("Trace: nothing is behind a tensor that was made under NoGradGuard, or detached", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Trace detached((x * 2).detach());
  CHECK(detached.nodes().empty());
  CHECK_FALSE(detached.roots()[0].node);
  const NoGradGuard guard;
  CHECK(Trace((x * 2).sum()).nodes().empty());
  CHECK_THROWS_WITH(Trace(Tensor()), Contains("Trace"));
}

TEST_CASE("Trace: a detached part is a dropped edge", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor stopped = (x * 2).detach();
  stopped.set_name("stopped");
  const Trace trace = traced_pass((x * stopped).sum());
  CHECK(trace.nodes().size() == 3);
  CHECK(trace.nodes()[1].inputs[1].kind == Kind::frozen);
  CHECK(trace.nodes()[1].inputs[1].dropped->name == "stopped");
}

TEST_CASE("Trace: edges lead to nodes further on; several outputs and views have their places", "[inspect]") {
  const Tensor x = leaf({1, 2, 3, 4}, "x");
  const std::vector<Tensor> halves = x.split(2);
  halves[1].set_name("second");
  const Tensor loss = (halves[0] * halves[1]).sum() + x.view({2, 2}).t().select(0, 1).sum();
  const Trace trace(loss);
  for (size_t i = 0; i < trace.nodes().size(); ++i)
    for (const TracedInput& input : trace.nodes()[i].inputs) CHECK((!input.node || *input.node > i));
  const Trace::Place second = trace.find("second").value();
  CHECK(trace.nodes()[second.node].name == "SplitBackward0");
  CHECK(second.output_nr == 1);
  CHECK(trace.label(second) == "second");
  CHECK(trace.label({second.node, 0}) == "#" + std::to_string(second.node) + ".0");
  CHECK(trace.find(halves[0])->output_nr == 0);
  CHECK(trace.find(x)->node == trace.find("x")->node);
  CHECK_FALSE(trace.find("nobody"));
  CHECK_FALSE(trace.find(""));
  CHECK_FALSE(trace.find(x * 2));
}

TEST_CASE("Trace: values of large tensors are left out, and those that are kept are copies", "[inspect]") {
  const Tensor x = ones({65}, requires_grad()), y = leaf({1, 2}, "y");
  const Trace large(x.sum());
  CHECK(large.nodes()[1].outputs[0].tensor.is_held);
  CHECK_FALSE(large.nodes()[1].outputs[0].tensor.values.defined());
  CHECK(Trace(TensorList(x.sum()), {.max_elements = 65}).nodes()[1].outputs[0].tensor.values.defined());
  const Trace trace(y.sum());
  {
    const NoGradGuard guard;
    y.fill_(7);
  }
  CHECK(same(trace.nodes()[1].outputs[0].tensor.values, doubles({1, 2})));
}

TEST_CASE("Trace: a saved tensor that was written to since has no values to show", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), factor = doubles({3, 4}).set_name("factor");
  const Tensor y = exp(x).set_name("y");
  const Tensor loss = (y * factor).sum();
  const auto saved_of = [&loss](const char* name) {
    const Trace trace(loss);
    for (const TracedNode& node : trace.nodes())
      for (const TracedTensor& saved : node.saved)
        if (saved.name == name) return saved;
    return TracedTensor();
  };
  CHECK_FALSE(saved_of("factor").was_written);
  CHECK(same(saved_of("factor").values, doubles({3, 4})));
  factor.fill_(7);
  CHECK(saved_of("factor").was_written);
  CHECK_FALSE(saved_of("factor").values.defined());
  CHECK_THAT(to_text(Trace(loss)), Contains("\"factor\" (2) float64 (written to since it was saved)"));
  CHECK_THAT(to_json(Trace(loss)), Contains("\"written\":true"));

  // exp saves its own output, which is then known of it no longer.
  CHECK(same(Trace(loss).nodes()[Trace(loss).find("y")->node].outputs[0].tensor.values, y.detach()));
  {
    const NoGradGuard guard;
    y.fill_(7);
  }
  const Trace trace(loss);
  const TracedNode& made = trace.nodes()[trace.find("y")->node];
  CHECK(made.saved[0].was_written);
  CHECK_FALSE(made.outputs[0].tensor.is_held);
}

TEST_CASE("Trace: several roots over one graph", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor y = exp(x), a = y.sum(), b = y.prod();
  const Trace trace({a, b});
  CHECK(trace.nodes().size() == 4);
  CHECK(trace.roots()[1].node == 0U);  // made last, it runs first
  CHECK(trace.roots()[0].node == 1U);
}

// ---- a pass ----

TEST_CASE("Trace: absent, zero and a number are three states", "[inspect]") {
  const Frozen frozen;
  const Trace before(frozen.loss);
  CHECK(before.nodes()[3].inputs[0].gradient.state == State::pending);
  CHECK(before.nodes()[3].inputs[1].gradient.state == State::absent);  // a dropped edge waits for nothing
  const Trace after = traced_pass(frozen.loss);
  CHECK(after.is_complete());
  CHECK(after.steps() == std::vector<size_t>{0, 1, 2, 3, 4});
  CHECK(after.nodes()[3].inputs[0].gradient.state == State::number);
  CHECK(after.nodes()[3].inputs[1].gradient.state == State::absent);

  const Tensor x = leaf({1, 2}, "x");
  const Trace zero = traced_pass(x.masked_fill(tensor({true, true}), 0).sum());
  CHECK(zero.nodes()[1].inputs[0].gradient.state == State::zero);
  CHECK(zero.nodes()[2].leaf->grad.state == State::zero);
  CHECK(zero.nodes()[2].leaf->grad_before.state == State::absent);
}

TEST_CASE("Trace: a node that no gradient reached is pending until the pass is over, then absent",
          "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor y = exp(x).set_name("y"), z = zeros({}, kDouble);
  const std::vector<Tensor> inputs{y, x};
  record_joint("HalfBackward0", inputs, TensorList(z),
               [](ArrayRef<Tensor> grad_outs, Gradients& grads) { grads.set(1, grad_outs[0].expand({2})); });
  Trace trace(z);
  Backward pass(z);
  pass.step();
  trace.record(pass);
  CHECK(trace.nodes()[1].name == "ExpBackward0");
  CHECK(trace.nodes()[0].inputs[0].gradient.state == State::absent);
  CHECK(trace.nodes()[1].outputs[0].gradient.state == State::pending);
  CHECK_FALSE(trace.is_complete());
  pass.step();
  trace.record(pass);
  CHECK(trace.is_complete());
  CHECK(trace.nodes()[1].outputs[0].gradient.state == State::absent);
  CHECK(trace.nodes()[1].inputs[0].gradient.state == State::absent);
  CHECK_FALSE(trace.nodes()[1].step);
}

TEST_CASE("Trace: gradients on edges are those of the pass, and stay as they were", "[inspect]") {
  const Tensor x = leaf({1, 2, 3}, "x");
  const Tensor y = exp(x).set_name("y");
  y.retain_grad();
  const Tensor loss = (y * y).sum() + (y * 3).sum() + y[1];
  const Trace trace = traced_pass(loss);
  const Tensor at_y = trace.nodes()[trace.find("y")->node].outputs[0].gradient.value.clone();
  CHECK(same(at_y, y.grad()));
  CHECK(same(trace.nodes()[trace.find("x")->node].outputs[0].gradient.value, x.grad()));
  Tensor sum = zeros({3}, kDouble);
  int edges = 0;
  for (const TracedNode& node : trace.nodes())
    for (const TracedInput& input : node.inputs)
      if (input.node == trace.find("y")->node) {
        sum = sum + input.gradient.value;
        ++edges;
      }
  CHECK(edges == 4);  // y * y has two
  CHECK(allclose(sum, at_y));
  const Tensor at_x = trace.nodes()[trace.find("x")->node].leaf->grad.value.clone();
  loss.backward();
  CHECK(same(trace.nodes()[trace.find("y")->node].outputs[0].gradient.value, at_y));
  CHECK(same(trace.nodes()[trace.find("x")->node].leaf->grad.value, at_x));
}

TEST_CASE("Trace: a pass that is itself recorded", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  const Tensor loss = (x * x * x).sum();
  Trace trace(loss);
  Backward pass(loss, {}, {.retain_graph = true, .create_graph = true});
  while (pass.step()) trace.record(pass);
  const Tensor grad = trace.nodes().back().outputs[0].gradient.value;
  CHECK(same(grad.detach(), doubles({3, 12})));
  CHECK(grad.requires_grad());
  CHECK_FALSE(trace.nodes().back().leaf->grad.value.requires_grad());
  CHECK(same(autograd::grad({grad.sum()}, {x})[0], doubles({6, 12})));
  x.mutable_grad().reset();  // it leads back to x
}

TEST_CASE("Trace: steps can be taken back and put forth again", "[inspect]") {
  const Masked graph;
  Trace trace = traced_pass(graph.loss);
  const Tensor arrived = trace.nodes()[4].outputs[0].gradient.value;
  std::vector<Trace::Step> steps;
  while (!trace.steps().empty()) steps.push_back(trace.undo());
  CHECK_FALSE(trace.is_complete());
  for (const TracedNode& node : trace.nodes()) {
    CHECK_FALSE(node.step);
    for (const TracedOutput& output : node.outputs) CHECK(output.gradient.state == State::pending);
    for (const TracedInput& input : node.inputs)
      CHECK(input.gradient.state == (input.node ? State::pending : State::absent));
  }
  CHECK(trace.nodes()[4].leaf->grad.state == State::absent);
  CHECK_THROWS_WITH(trace.undo(), Contains("no step to take back"));
  for (; !steps.empty(); steps.pop_back()) trace.redo(std::move(steps.back()));
  CHECK(trace.is_complete());
  CHECK(trace.nodes()[4].outputs[0].gradient.value.is_same(arrived));
  CHECK(same(trace.nodes()[4].leaf->grad.value, graph.scores.grad()));
}

TEST_CASE("Trace: a pass over another graph, and a second pass, are errors", "[inspect]") {
  const Masked graph;
  Trace trace(graph.loss);
  const Frozen other;
  Backward elsewhere(other.loss);
  CHECK_THROWS_WITH(trace.record(elsewhere), Contains("has not taken a step"));
  elsewhere.step();
  CHECK_THROWS_WITH(trace.record(elsewhere), Contains("not a node of this graph"));
  for (int i = 0; i < 2; ++i) {
    Backward pass(graph.loss, {}, {.retain_graph = true});
    pass.step();
    if (i == 0)
      trace.record(pass);
    else
      CHECK_THROWS_WITH(trace.record(pass), Contains("ran already"));
  }
  CHECK(trace.steps().size() == 1);
}

TEST_CASE("Trace: a deep graph takes neither recursion nor quadratic time", "[inspect][deep]") {
  const Tensor x = ones({}, requires_grad());
  Tensor y = x;
  for (int i = 0; i < 100'000; ++i) y = y * 1;
  const Trace trace = traced_pass(y);
  CHECK(trace.nodes().size() == 100'001);
  CHECK(trace.steps().size() == 100'001);
  CHECK(trace.nodes().back().leaf->grad.state == State::number);
}
