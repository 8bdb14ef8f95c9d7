// What the ops of a test work on, and how it is seen that an op which failed has changed nothing.
#pragma once

#include <frost/engine.hpp>

#include "faults/faults.hpp"

#include <functional>
#include <string>
#include <vector>

namespace frost::tests {

struct Operands {
  explicit Operands(int64_t n)
      : leaf((arange(2 * n, kFloat) / n + 1).reshape({2, n}).requires_grad_()),
        x(leaf * 2),
        y((arange(2 * n, kFloat) / n + 1).reshape({2, n})),
        mask(arange(2 * n).reshape({2, n}) > n) {}

  Tensor leaf;
  Tensor x;  // on the tape
  Tensor y;  // frozen
  Tensor mask;
  Tensor index = tensor({1, 0});
  int hook_calls = 0;
};

inline std::vector<float> numbers(const Tensor& x) {
  const Tensor dense = x.contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

// Of one tensor: its values, and what is known of it.
struct TensorState {
  explicit TensorState(const Tensor& x)
      : values(numbers(x)),
        version(x._version()),
        name(x.name()),
        requires_grad(x.requires_grad()),
        retains_grad(x.retains_grad()),
        node(x.grad_fn().get()),
        node_name(node == nullptr ? "" : node->output_name(x.output_nr())) {}
  bool operator==(const TensorState&) const = default;
  std::vector<float> values;
  int64_t version;
  std::string name;
  bool requires_grad, retains_grad;
  const Node* node;
  std::string node_name;
};

struct State {
  explicit State(const Operands& o) : leaf(o.leaf), x(o.x), y(o.y) {}
  bool operator==(const State&) const = default;
  TensorState leaf, x, y;
};

// With each request of call(operands) failing: the operands are as they were, and a pass through them calls
// no hook; without: is_done(operands). n columns.
inline void check_undone(
    const char* name, const std::function<void(Operands&)>& call,
    const std::function<bool(Operands&)>& is_done = [](Operands&) { return true; }, int64_t n = 3) {
  INFO(name);
  const int64_t memory = memory_allocated();
  int64_t faults = 0;
  {
    std::vector<Operands> all(1, Operands(n));
    std::vector<State> before{State(all[0])};
    with_each_fault([&] { call(all[0]); },
                    [&](bool arrived) {
                      CHECK(GradMode::is_enabled());
                      if (arrived) {
                        ++faults;
                        CHECK(State(all[0]) == before[0]);
                        CHECK(equal(autograd::grad({all[0].x.sum()}, {all[0].leaf})[0], full({2, n}, 2.0)));
                        CHECK(all[0].hook_calls == 0);
                      } else {
                        CHECK(is_done(all[0]));
                      }
                      all.assign(1, Operands(n));
                      before.assign(1, State(all[0]));
                    });
  }
  CHECK(memory_allocated() == memory);
  CHECK(faults > 1);
}

}  // namespace frost::tests
