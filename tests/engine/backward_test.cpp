// Passes over the tape: what hooks may do meanwhile, what is frozen meanwhile, and who holds which gradient.
#include "gradients.hpp"

#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

Tensor leaf(std::initializer_list<double> values) {
  return tensor(std::vector<double>(values), dtype(kFloat).requires_grad(true));
}

Tensor floats(std::initializer_list<double> values) { return tensor(std::vector<double>(values)); }

void run(Backward& pass) {
  while (pass.step()) {
  }
}

}  // namespace

// ---- frozen meanwhile ----

TEST_CASE("backward: a leaf that was frozen after the forward gets no gradient", "[backward]") {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  int calls = 0;
  x.register_hook([&calls](const Tensor&) { ++calls; });
  const Tensor y = (x * w).sum();
  x.set_requires_grad(false);
  y.backward({}, /*retain_graph=*/true);
  CHECK_FALSE(x.grad().defined());
  CHECK(calls == 0);
  CHECK(same(w.grad(), floats({1, 2})));

  x.set_requires_grad(true);
  y.backward();
  CHECK(same(x.grad(), floats({3, 4})));
  CHECK(calls == 1);
}

TEST_CASE("backward: a leaf that is frozen during the pass gets no gradient", "[backward]") {
  const Tensor x = leaf({1, 2});
  Backward pass((x * 2).sum());
  pass.step();
  x.set_requires_grad(false);
  run(pass);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("backward: a leaf that was frozen and then written on the tape is an error", "[backward]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = (x * 2).sum();
  x.set_requires_grad(false);
  x.mul_(leaf({3, 4}));
  CHECK_THROWS_WITH(y.backward(), Contains("leaf variable has been moved into the graph interior"));
}

// ---- hooks ----

TEST_CASE("register_hook: a hook that removes itself does not keep the next one from its turn",
          "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  std::string order;
  unsigned first = 0, last = 0;
  first = y.register_hook([&order, &y, &first](const Tensor&) {
    order += "a";
    y.remove_hook(first);
    order += "!";  // what the hook captured is still there
  });
  y.register_hook([&order, &y, &last](const Tensor&) {
    order += "b";
    y.remove_hook(last);
  });
  y.register_hook([&order](const Tensor&) { order += "c"; });
  last = y.register_hook([&order](const Tensor&) { order += "d"; });
  y.backward({}, true);
  order += "|";
  y.backward();
  CHECK(order == "a!bc|bc");
  CHECK(y.register_hook([](const Tensor&) {}) == 4);  // numbers are not given twice
}

TEST_CASE("register_hook: a hook that a hook adds is called from the next pass on", "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  std::string order;
  y.register_hook([&order, &y](const Tensor&) {
    order += "a";
    for (int i = 0; i < 10; ++i) y.register_hook([&order](const Tensor&) { order += "b"; });
  });
  y.backward({}, true);
  CHECK(order == "a");
  order.clear();
  y.backward();
  CHECK(order == "abbbbbbbbbb");
}

TEST_CASE("register_hook: a hook keeps its state from pass to pass", "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  const std::function<Tensor(Tensor)> count = [n = 0](const Tensor& grad) mutable { return grad * ++n; };
  y.register_hook(count);
  int seen = 0;
  y.register_hook([&seen, calls = 0](const Tensor&) mutable { seen = ++calls; });
  for (int i = 0; i < 3; ++i) y.backward({}, true);
  CHECK(same(x.grad(), floats({12})));
  CHECK(seen == 3);
}

// ---- retained grads ----

TEST_CASE("retain_grad: what it keeps is a copy, which later hooks don't change", "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 1;
  y.retain_grad();
  y.register_hook([](const Tensor& grad) { grad.mul_(10); });
  (y * 3).sum().backward();
  CHECK(same(y.grad(), floats({3})));
  CHECK(same(x.grad(), floats({30})));
}

TEST_CASE("retain_grad: a second pass makes a new sum", "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 1;
  y.retain_grad();
  const Tensor loss = y.sum();
  loss.backward({}, true);
  const Tensor held = y.grad();
  loss.backward({}, true);
  CHECK(same(held, floats({1})));
  CHECK(same(y.grad(), floats({2})));
  y.mutable_grad() = ones({3});
  CHECK_THROWS_WITH(loss.backward(), Contains("doesn't match the broadcast shape"));
}

TEST_CASE("autograd::grad: a tensor on the way that retains its grad gets it, an input at the end does not",
          "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  y.retain_grad();
  autograd::grad({(y * 3).sum()}, {y}, {}, true);
  CHECK_FALSE(y.grad().defined());
  autograd::grad({(y * 3).sum()}, {x}, {}, true);
  CHECK(same(y.grad(), floats({3})));
  CHECK_FALSE(x.grad().defined());
}

// ---- stepping ----

TEST_CASE("Backward: gradients that were looked at stay as they are when later passes run", "[backward]") {
  const Tensor x = leaf({1}), z = leaf({1});
  Tensor into_leaf, out_of_product;
  Backward first(x * 2), second(z * 2);
  while (first.step()) into_leaf = first.grad_outs()[0];
  CHECK(first.grad_outs()[0].is_same(into_leaf));
  while (second.step())
    if (second.node()->name() == "MulBackward1") out_of_product = second.grad_input(0);
  (x * 5 + z * 5).backward();
  CHECK(same(x.grad(), floats({7})));
  CHECK(same(z.grad(), floats({7})));
  CHECK(same(into_leaf, floats({2})));
  CHECK(same(out_of_product, floats({2})));
}

TEST_CASE("Backward: an input that is not there is an error", "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = x * 2;
  const Backward whole(y);
  CHECK_THROWS_WITH(whole.is_reached(0), Contains("there is no input 0"));
  CHECK_THROWS_WITH(whole.captured(0), Contains("there is no input 0"));
  const Backward some({y}, {}, {}, {x});
  CHECK(some.is_reached(0));
  CHECK_FALSE(some.captured(0).defined());
  CHECK_THROWS_WITH(some.captured(1), Contains("there is no input 1"));
  CHECK_THROWS_WITH(y.grad_fn()->output(3), Contains("there is no output 3"));
  CHECK_THROWS_WITH(y.grad_fn()->next_edge(3), Contains("Invalid index"));
}

// ---- roots and inputs ----

TEST_CASE("backward: a gradient of another dtype is converted, one that is wider is summed", "[backward]") {
  const Tensor x = leaf({1, 2});
  (x * 2).backward(tensor({3, 4}));
  CHECK(same(x.grad(), floats({6, 8})));
  x.mutable_grad().reset();
  (x * 2).backward(tensor({true, false}));
  CHECK(same(x.grad(), floats({2, 0})));
  x.mutable_grad().reset();
  (x * 2).backward(ones({3, 2}));
  CHECK(same(x.grad(), floats({6, 6})));
  CHECK(same(autograd::grad({x * 2}, {x}, {tensor({3, 4})})[0], floats({6, 8})));
  CHECK_THROWS_WITH((x * 2).backward(ones({1})),
                    Contains("invalid gradient at index 0 - got [1] but expected shape compatible with [2]"));
}

TEST_CASE("backward: an empty list of inputs is an error, and so is a frozen one", "[backward]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = (x * x).sum();
  CHECK_THROWS_WITH(y.backward({}, nullopt, false, TensorList()),
                    Contains("'inputs' argument to backward cannot be empty"));
  CHECK_THROWS_WITH(y.backward({}, nullopt, false, TensorList(ones({2}))),
                    Contains("[backward]") && Contains("does not require grad (inputs[0])"));
  CHECK_THROWS_WITH(y.backward({}, nullopt, false, TensorList(Tensor())),
                    Contains("[backward]") && Contains("undefined"));
  CHECK_THROWS_WITH(autograd::grad({y}, {ones({2})}), Contains("[grad]"));
  y.backward();
  CHECK(same(x.grad(), floats({2, 4})));
}

// ---- what is saved ----

TEST_CASE("record: a rule may save an undefined tensor", "[backward]") {
  const Tensor x = leaf({1, 2});
  for (const Tensor& weight : {Tensor(), floats({3, 4})}) {
    const Tensor y = record("ScaleBackward0", weight.defined() ? x.detach() * weight : x.detach() * 1,
                            wrt(x, [weight = Saved(weight)](const Tensor& grad_out) {
                              return (*weight).defined() ? grad_out * *weight : grad_out;
                            }));
    CHECK(y.grad_fn()->saved_tensors().size() == weight.defined());
    y.sum().backward({}, true);
  }
  CHECK(same(x.grad(), floats({4, 5})));
  const std::vector<Tensor> outputs(1);
  CHECK_THROWS_WITH(record_joint("NothingBackward0", {x}, outputs, [](ArrayRef<Tensor>, Gradients&) {}),
                    Contains("an output is undefined"));
}

TEST_CASE("record_joint: a gradient for an input that is not there is an error", "[backward]") {
  const Tensor x = leaf({1, 2}), y = zeros({2});
  record_joint("TooManyBackward0", {x}, TensorList(y),
               [](ArrayRef<Tensor> grad_outs, Gradients& grads) { grads.set(1, grad_outs[0]); });
  CHECK_THROWS_WITH(y.sum().backward(), Contains("there is no input 1 of 1"));
}

TEST_CASE("backward: where an op's own result was written to, the error names the op", "[backward]") {
  const Tensor x = leaf({1});
  const Tensor y = exp(x);
  y.mul_(2);
  CHECK_THROWS_WITH(y.sum().backward(), Contains("[frostFloatTensor [1]], which is output 0 of ExpBackward0, "
                                                 "is at version 1; expected version 0 instead"));
  const Tensor weight = floats({3});
  const Tensor z = x * weight;
  weight.mul_(2);
  CHECK_THROWS_WITH(z.backward(), Contains("[frostFloatTensor [1]] is at version 1"));
}
