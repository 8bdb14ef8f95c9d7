// What a stepper leaves alone until commit(), and what commit() adds.
#include <frost/inspect/stepper.hpp>

#include "engine/inspect/graphs.hpp"

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("Stepper: the grads of leaves stay as they were until commit", "[inspect]") {
  const Masked graph;
  graph.loss.backward({}, /*retain_graph=*/true);
  const Tensor held = graph.scores.grad(), once = held.clone();
  {
    Stepper stepper(graph.loss);
    while (stepper.next()) {
      CHECK(graph.scores.grad().is_same(held));
      CHECK(same(held, once));
    }
    CHECK(same(stepper.trace().nodes()[4].leaf->grad_before.value, once));
    CHECK(same(stepper.grad(graph.scores), once * 2));
    stepper.rewind();
    stepper.commit();
    CHECK(graph.scores.grad().is_same(held));  // what was there keeps its identity, as in backward()
    CHECK(same(held, once * 2));
    CHECK_THROWS_WITH(stepper.commit(), Contains("already"));
  }
  const Frozen other;
  Stepper stepper(other.loss);
  stepper.next();
  stepper.commit();
  const Tensor committed = other.real.grad().clone();
  CHECK(same(committed, stepper.grad(other.real)));
  CHECK_FALSE(other.pads.grad().defined());
  other.real.mutable_grad().fill_(0);  // of its own: the stepper's record is not touched
  CHECK(same(stepper.grad(other.real), committed));
}

TEST_CASE("Stepper: grads that tensors retain stay as they were until commit", "[inspect]") {
  struct Program {
    Tensor x = leaf({1, 2}, "x");
    Tensor h = exp(x);
    Tensor loss = (h * h).sum();
    Program() { h.retain_grad(); }
  };
  const Program plain, stepped, committed;
  plain.loss.backward({}, /*retain_graph=*/true);
  const Tensor once = plain.h.grad();
  {
    Stepper stepper(stepped.loss);
    while (stepper.next()) CHECK_FALSE(stepped.h.grad().defined());
    while (stepper.back()) CHECK_FALSE(stepped.h.grad().defined());
    stepper.run();
    CHECK(same(stepper.grad(stepped.h), once));
  }
  stepped.loss.backward();
  CHECK(same(stepped.h.grad(), once));  // once, not twice

  Stepper stepper(committed.loss);
  stepper.commit();
  CHECK(same(committed.h.grad(), once));
  CHECK(same(committed.x.grad(), plain.x.grad()));
  const Tensor held = committed.h.grad();
  plain.loss.backward();
  Stepper(committed.loss).commit();
  CHECK(same(committed.h.grad(), plain.h.grad()));
  CHECK(same(held, once));  // the sum is a tensor of its own, as in backward()
}

TEST_CASE("Stepper: a commit that throws has added nothing, and can be repeated", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y");
  const Tensor h = x * 2, k = y * 2;
  for (const Tensor& tensor : {h, k}) tensor.retain_grad();
  x.mutable_grad() = doubles({5, 6});
  Stepper stepper((h * k).sum());
  stepper.run();
  const Tensor other =
      stack({doubles({1, 2}), doubles({3, 4})});  // of a shape to which a sum could broadcast
  for (const Tensor& wrong : {x, y, h, k}) {
    const Tensor right = wrong.grad();
    wrong.mutable_grad() = other;
    CHECK_THROWS_WITH(stepper.commit(), Contains("another shape"));
    CHECK(wrong.grad().is_same(other));
    wrong.mutable_grad() = right;
    CHECK(same(x.grad(), doubles({5, 6})));
    for (const Tensor& tensor : {y, h, k}) CHECK_FALSE(tensor.grad().defined());
  }
  k.mutable_grad() = ones({2}, kFloat);  // keeps its dtype, as in backward()
  stepper.commit();
  CHECK(same(x.grad(), doubles({17, 22})));
  CHECK(same(y.grad(), doubles({4, 8})));
  CHECK(same(h.grad(), doubles({6, 8})));
  CHECK(same(k.grad(), tensor({3.0F, 5.0F})));
  CHECK_THROWS_WITH(stepper.commit(), Contains("already"));
}

TEST_CASE("Stepper: commit adds to the leaves that are trainable then, and keeps its record", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), y = leaf({3, 4}, "y"), z = leaf({5, 6}, "z");
  const Tensor loss = (x * y * z).sum() + (x * 2 + x * 3).sum();
  z.set_requires_grad(false);
  Stepper stepper(loss);
  stepper.run();
  y.set_requires_grad(false);
  z.set_requires_grad(true);
  stepper.commit();
  CHECK(same(x.grad(), doubles({20, 29})));
  CHECK_FALSE(y.grad().defined());
  CHECK(same(z.grad(), doubles({3, 8})));
  const TracedNode& node = stepper.trace().nodes()[stepper.trace().find(x)->node];
  x.mutable_grad().fill_(0);
  CHECK(same(node.outputs[0].gradient.value, doubles({20, 29})));
}
