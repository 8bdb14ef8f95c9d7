// Memory that runs out at each request of an op, in turn: a tensor is what it was, or what the op makes of
// it.
#include "faults/operands.hpp"

#include <frost/inspect/stepper.hpp>

using namespace frost;
using namespace frost::tests;

TEST_CASE("faults: a write in place that runs out of memory has not happened", "[faults][tape]") {
  check_undone("add_ on the tape", [](Operands& o) { o.x.add_(o.y); });
  check_undone("add_ of a number on the tape", [](Operands& o) { o.x.add_(1); });
  check_undone("add_ of another dtype", [](Operands& o) { o.y.add_(o.index.select(0, 0)); });
  check_undone("mul_ on the tape", [](Operands& o) { o.x.mul_(o.leaf); });
  check_undone("div_ by itself", [](Operands& o) { o.x.div_(o.x); });
  check_undone("masked_fill_ on the tape", [](Operands& o) { o.x.masked_fill_(o.mask, 0); });
  check_undone("masked_fill_ off the tape", [](Operands& o) { o.y.masked_fill_(o.mask.select(0, 0), 0); });
  check_undone("clamp_ on the tape", [](Operands& o) { o.x.clamp_(0, 3); });
  check_undone("copy_ onto a frozen tensor", [](Operands& o) { o.y.copy_(o.x); });
  check_undone("copy_ on the tape", [](Operands& o) { o.x.copy_(o.y); });
  check_undone("fill_ on the tape", [](Operands& o) { o.x.fill_(3); });
  check_undone("zero_ on the tape", [](Operands& o) { o.x.zero_(); });
  check_undone("index_put_ on the tape", [](Operands& o) { o.x.index_put_({o.index}, o.y); });
  check_undone("index_put_ off the tape", [](Operands& o) { o.y.index_put_({o.index}, o.y * 2); });
  check_undone("write through a view", [](Operands& o) { o.x.select(0, 1).mul_(3); });
  check_undone("x[0] = …", [](Operands& o) { o.x[0] = o.y[1]; });
  check_undone("set_data", [](Operands& o) { o.y.set_data(o.x.detach() * 2); });
}

TEST_CASE("faults: what is registered is there, or not", "[faults][tape]") {
  const std::string long_name = "a name that is too long for a small string";
  check_undone(
      "retain_grad", [](Operands& o) { o.x.retain_grad(); }, [](Operands& o) { return o.x.retains_grad(); });
  check_undone(
      "register_hook", [](Operands& o) { o.x.register_hook([&o](Tensor) { ++o.hook_calls; }); },
      [](Operands& o) { return autograd::grad({o.x.sum()}, {o.leaf}), o.hook_calls == 1; });
  check_undone(
      "register_hook of a leaf", [](Operands& o) { o.leaf.register_hook([&o](Tensor) { ++o.hook_calls; }); },
      [](Operands& o) { return o.x.sum().backward(), o.hook_calls == 1; });
  check_undone(
      "set_name", [&long_name](Operands& o) { o.x.set_name(long_name); },
      [&long_name](Operands& o) {
        return o.x.name() == long_name && o.x.grad_fn()->output_name(0) == long_name;
      });
  check_undone(
      "set_name of a leaf", [&long_name](Operands& o) { o.leaf.set_name(long_name); },
      [&long_name](Operands& o) { return o.leaf.name() == long_name; });
  check_undone(
      "requires_grad_", [](Operands& o) { o.y.requires_grad_(); },
      [](Operands& o) { return o.y.requires_grad(); });
}

TEST_CASE("faults: a second name that there is no memory for leaves the first", "[faults][tape]") {
  const Tensor x = ones({2}, requires_grad()) * 2;
  x.set_name("x");
  with_each_fault([&x] { x.set_name("another name, too long for a small string"); },
                  [&x](bool arrived) {
                    CHECK(x.name() == (arrived ? "x" : "another name, too long for a small string"));
                    CHECK(x.grad_fn()->output_name(0) == x.name());
                    x.set_name("x");
                  });
}

TEST_CASE("faults: what retains its grad does so after a write that ran out of memory", "[faults][tape]") {
  const Tensor leaf = ones({2}, requires_grad());
  Tensor x = leaf * 2;
  x.retain_grad();
  const std::vector<float> before = numbers(x);
  with_each_fault([&x] { x.mul_(2); },
                  [&](bool arrived) {
                    CHECK((numbers(x) == before) == arrived);
                    x.sum().backward();
                    CHECK(equal(x.grad(), ones({2})));
                    x = leaf * 2;
                    x.retain_grad();
                  });
}

TEST_CASE("faults: ops, passes and their errors", "[faults][tape]") {
  check_undone("views", [](Operands& o) {
    o.x.t().reshape({6}).narrow(0, 1, 3).chunk(2);
    stack({o.x, o.y}).permute({2, 0, 1}).expand({2, 3, 2, 2}).contiguous().unbind();
  });
  check_undone("reductions", [](Operands& o) {
    o.x.softmax(-1).log_softmax(0).logsumexp(1).cumsum(0).prod();
    std::get<0>(o.x.sort(1, true)).max(1);
    std::get<0>(o.x.topk(2)).std(1).norm();
  });
  check_undone("second derivatives", [](Operands& o) {
    const Tensor z = (o.leaf * 2).tanh().matmul(o.y.t()).exp();
    const Tensor first = autograd::grad({z.sum()}, {o.leaf}, {}, true, /*create_graph=*/true)[0];
    autograd::grad({first.square().sum()}, {o.leaf});
  });
  check_undone("hooks and retained grads", [](Operands& o) {
    const Tensor z = o.leaf * 3;
    z.retain_grad();
    z.register_hook([](const Tensor& grad) { return grad * 2; });
    autograd::grad({z.index({o.index}).sum()}, {o.leaf});
  });
  check_undone("an error", [](Operands& o) {
    try {
      o.x.matmul(o.y);
    } catch (const Error&) {
    }
  });
}

TEST_CASE("faults: a pass over a graph in which another is under way", "[faults][tape]") {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  const Tensor loss = exp(x).sum();
  Backward::Options options;
  options.retain_graph = true;
  Backward first(loss, {}, options);
  with_each_fault(
      [&loss, &x, &options] {
        Backward second({loss}, {}, options, {x});
        while (second.step()) {
        }
      },
      [](bool) {});
  while (first.step()) {
  }
  CHECK(equal(x.grad(), exp(x).detach()));
}

TEST_CASE("faults: the grad of a leaf is what it was, or the whole sum", "[faults][tape]") {
  const Tensor leaf = ones({3}, requires_grad()), w = ones({3}, requires_grad());
  const auto pass = [&] { (leaf * w * 2).sum().backward(); };
  pass();
  with_each_fault(pass, [&](bool) {
    for (const Tensor& x : {leaf, w}) {
      const float grad = x.grad().data_ptr<float>()[0];
      CHECK((grad == 2 || grad == 4));
      CHECK(equal(x.grad(), full({3}, grad)));
      x.mutable_grad().fill_(2);
    }
  });
}

TEST_CASE("faults: a stepper that runs out of memory skips no node, and commits all or nothing",
          "[faults][tape]") {
  const Tensor leaf = ones({3}, requires_grad()), w = ones({3}, requires_grad());
  const Tensor product = leaf * w;
  product.retain_grad();
  const Tensor loss = product.narrow(0, 0, 2).sum() + product.sum();
  w.mutable_grad() = ones({3}, kDouble);
  std::optional<inspect::Stepper> stepper(loss);
  with_each_fault(
      [&] {
        stepper->run();
        stepper->rewind();
        stepper->commit();
      },
      [&](bool arrived) {
        const bool is_committed = leaf.grad().defined();
        CHECK(is_committed != arrived);
        CHECK(product.grad().defined() == is_committed);
        CHECK(equal(w.grad(), is_committed ? tensor({3.0, 3.0, 2.0}, dtype(kDouble)) : ones({3}, kDouble)));
        if (stepper->failure()) {
          const inspect::TracedNode& failed = stepper->trace().node(stepper->next_node().value());
          CHECK_FALSE(failed.step);
          CHECK(failed.outputs[0].gradient.state == inspect::GradientState::pending);
        } else {
          stepper->run();
          CHECK(stepper->position() == stepper->trace().nodes().size());
          if (!is_committed) stepper->commit();
          CHECK(equal(leaf.grad(), tensor({2.0F, 2.0F, 1.0F})));
        }
        for (const Tensor& x : {leaf, product}) x.mutable_grad().reset();
        w.mutable_grad() = ones({3}, kDouble);
        stepper.emplace(loss);
      });
}
