// Passes over the tape: what hooks may do meanwhile, what is frozen meanwhile, who holds which gradient.
#include "peer.hpp"

namespace {

using fw::Tensor;

Tensor leaf(const std::vector<double>& values) {
  return fw::tensor(values, fw::dtype(fw::kFloat).requires_grad(true));
}

const peer::Section frozen_after("passes/frozen after the forward", [] {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  int calls = 0;
  x.register_hook([&](const Tensor&) { ++calls; });
  const Tensor y = (x * w).sum();
  x.set_requires_grad(false);
  y.backward({}, /*retain_graph=*/true);
  peer::show("frozen", x.grad());
  peer::show("hooks", calls);
  peer::show("the other", w.grad());
  peer::show_error("One of the differentiated Tensors does not require grad",
                   [&] { fw::autograd::grad({y}, {x}, {}, true); });
  x.set_requires_grad(true);
  y.backward({}, true);
  peer::show("thawed", x.grad());
  peer::show("hooks", calls);
  x.set_requires_grad(false);
  y.backward({}, true);
  peer::show("frozen again", x.grad());
  x.set_requires_grad(true);
  const Tensor z = (x * 2).sum();
  x.set_requires_grad(false);
  x.mul_(leaf({1, 1}));
  peer::show_error("leaf variable has been moved into the graph interior", [&] { z.backward(); });
});

const peer::Section hooks_of_captured("passes/hooks of what autograd::grad returns", [] {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  int calls = 0;
  x.register_hook([&](const Tensor& grad) {
    ++calls;
    return grad * 10;
  });
  y.register_hook([](const Tensor& grad) { return grad * 10; });
  peer::show("of a leaf", fw::autograd::grad({y.sum()}, {x}, {}, true));
  peer::show("calls", calls);
  peer::show("of both", fw::autograd::grad({y.sum()}, {x, y}, {}, true));
});

const peer::Section removing("passes/hooks that remove hooks", [] {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  std::string order;
  unsigned first = 0, last = 0;
  first = y.register_hook([&](const Tensor&) {
    order += "a";
    y.remove_hook(first);
  });
  y.register_hook([&](const Tensor&) {
    order += "b";
    y.remove_hook(last);
  });
  y.register_hook([&](const Tensor&) { order += "c"; });
  last = y.register_hook([&](const Tensor&) { order += "d"; });
  y.backward({}, true);
  y.backward({}, true);
  peer::show("order", order);
  peer::show("next number", y.register_hook([](const Tensor&) {}));
  y.remove_hook(first);
  y.retain_grad();
  peer::show("number after retain_grad", y.register_hook([](const Tensor&) {}));
});

const peer::Section state("passes/a hook with a state", [] {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  const std::function<Tensor(Tensor)> count = [n = 0](const Tensor& grad) mutable { return grad * ++n; };
  y.register_hook(count);
  for (int i = 0; i < 3; ++i) y.backward({}, true);
  peer::show("grad", x.grad());
});

const peer::Section retained("passes/what retain_grad keeps", [] {
  const Tensor x = leaf({1});
  const Tensor y = x * 1;
  y.retain_grad();
  y.register_hook([](Tensor grad) { grad.mul_(10); });
  const Tensor loss = (y * 3).sum();
  loss.backward({}, true);
  peer::show("before a hook that writes", y.grad());
  peer::show("after it", x.grad());
  const Tensor held = y.grad();
  loss.backward({}, true);
  peer::show("held", held);
  peer::show("the sum", y.grad());
  const Tensor z = x * 1;
  z.retain_grad();
  fw::autograd::grad({z.sum()}, {z}, {}, true);
  peer::show("captured", z.grad());
  fw::autograd::grad({z.sum()}, {x}, {}, true);
  peer::show("on the way", z.grad());
});

const peer::Section gradients("passes/gradients of the roots", [] {
  const Tensor x = leaf({1, 2});
  const auto show = [&](const char* what, const Tensor& gradient) {
    x.mutable_grad() = Tensor();
    (x * 2).backward(gradient);
    peer::show(what, x.grad());
  };
  show("Long", fw::tensor({3, 4}));
  show("Bool", fw::tensor({true, false}));
  show("Double", fw::tensor({3, 4}, fw::kDouble));
  show("wider", fw::ones({3, 2}));
  peer::show_error("expected shape compatible with [2]", [&] { show("narrower", fw::ones({1})); });
  peer::show("of grad", fw::autograd::grad({x * 2}, {x}, {fw::tensor({3, 4})}));
});

const peer::Section inputs("passes/inputs", [] {
  const Tensor x = leaf({1, 2});
  const Tensor y = (x * x).sum();
  peer::show_error("'inputs' argument to backward cannot be empty",
                   [&] { y.backward({}, true, false, fw::TensorList()); });
  peer::show_whether_throws("frozen", [&] { y.backward({}, true, false, fw::TensorList(fw::ones({1}))); });
  peer::show_whether_throws("undefined", [&] { y.backward({}, true, false, fw::TensorList(Tensor())); });
  const Tensor elsewhere = leaf({1});
  y.backward({}, true, false, fw::TensorList(elsewhere));
  peer::show("elsewhere", elsewhere.grad());
  peer::show("x", x.grad());
});

const peer::Section written("passes/an op's result that was written to", [] {
  const Tensor x = leaf({1});
  Tensor y = x.exp();
  y.mul_(2);
  peer::show_error("which is output 0 of ExpBackward0, is at version 1; expected version 0 instead",
                   [&] { y.sum().backward(); });
});

}  // namespace
