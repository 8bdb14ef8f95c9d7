// Memory that runs out at each request of an op, in turn: a tensor is what it was, or what the op makes of
// it.
#include <frost/engine.hpp>

#include "faults/faults.hpp"

#include <cstring>
#include <functional>
#include <vector>

using namespace frost;
using namespace frost::tests;

namespace {

struct Operands {
  Tensor leaf = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, requires_grad());
  Tensor x = leaf * 2;                                    // on the tape
  Tensor y = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});  // frozen
  Tensor mask = tensor({{true, false, true}, {false, false, true}});
  Tensor index = tensor({1, 0});
};

std::vector<float> numbers(const Tensor& x) {
  const Tensor dense = x.contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

struct State {
  explicit State(const Operands& o)
      : x(numbers(o.x)),
        y(numbers(o.y)),
        x_version(o.x._version()),
        y_version(o.y._version()),
        x_node(o.x.grad_fn().get()) {}
  bool operator==(const State&) const = default;
  std::vector<float> x, y;
  int64_t x_version, y_version;
  const Node* x_node;
};

// With each request of call(operands) failing: x, y, their versions and x's node are as they were.
void check_undone(const char* name, const std::function<void(Operands&)>& call) {
  INFO(name);
  const int64_t memory = memory_allocated();
  int64_t faults = 0;
  std::vector<Operands> all(1);
  std::vector<State> before{State(all[0])};
  with_each_fault([&] { call(all[0]); },
                  [&](bool arrived) {
                    CHECK(GradMode::is_enabled());
                    if (arrived) {
                      ++faults;
                      CHECK(State(all[0]) == before[0]);
                      CHECK(equal(autograd::grad({all[0].x.sum()}, {all[0].leaf})[0], full({2, 3}, 2.0)));
                    }
                    all.assign(1, Operands());
                    before.assign(1, State(all[0]));
                  });
  before.clear();
  all.clear();
  CHECK(memory_allocated() == memory);
  CHECK(faults > 1);
}

}  // namespace

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
  check_undone("write where it retains its grad", [](Operands& o) {
    o.x.retain_grad();
    o.x.mul_(2);
  });
  check_undone("set_data", [](Operands& o) { o.y.set_data(o.x.detach() * 2); });
}

TEST_CASE("faults: what is registered is there, or not", "[faults][tape]") {
  check_undone("retain_grad", [](Operands& o) { o.x.retain_grad(); });
  check_undone("register_hook", [](Operands& o) { o.x.register_hook([](Tensor) {}); });
  check_undone("set_name", [](Operands& o) { o.x.set_name("a name that is too long for a small string"); });
  check_undone("requires_grad_", [](Operands& o) { o.y.requires_grad_(); });
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
