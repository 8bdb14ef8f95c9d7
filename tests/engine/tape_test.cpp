// The tape: what is recorded, what is kept, how it is replayed. The ops are only material here.
#include "gradients.hpp"

#include <frost/tensor_impl.hpp>

#include <thread>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

Tensor leaf(std::initializer_list<double> values) {
  return tensor(std::vector<double>(values), dtype(kFloat).requires_grad(true));
}

std::vector<double> values_of(const Tensor& x) {
  std::vector<double> values;
  const Tensor y = x.detach().to(kDouble).contiguous();
  for (int64_t i = 0; i < y.numel(); ++i) values.push_back(y.data_ptr<double>()[i]);
  return values;
}

using Values = std::vector<double>;

}  // namespace

TEST_CASE("tape: an op on trainable input is recorded, on frozen input it is not", "[tape]") {
  const Tensor x = leaf({1, 2}), frozen = tensor({3.0, 4.0});
  const Tensor y = x * frozen;
  CHECK(y.requires_grad());
  CHECK_FALSE(y.is_leaf());
  REQUIRE(y.grad_fn());
  CHECK(y.grad_fn()->name() == "MulBackward0");
  CHECK(y.grad_fn()->next_edges().size() == 2);
  CHECK(y.grad_fn()->next_edge(0).is_valid());
  CHECK_FALSE(y.grad_fn()->next_edge(1).is_valid());

  const Tensor z = frozen * frozen;
  CHECK_FALSE(z.requires_grad());
  CHECK(z.is_leaf());
  CHECK_FALSE(z.grad_fn());
}

TEST_CASE("tape: what only a frozen input's gradient would need is not kept", "[tape]") {
  const Tensor x = leaf({1, 2}), frozen = tensor({3.0, 4.0});
  const Tensor y = x * frozen;  // grad_x needs frozen; grad_frozen, which nobody asks for, would need x
  const std::vector<Tensor> saved = y.grad_fn()->saved_tensors();
  REQUIRE(saved.size() == 1);
  CHECK(saved[0].data_ptr() == frozen.data_ptr());
  CHECK((x * x).grad_fn()->saved_tensors().size() == 2);
}

TEST_CASE("tape: under NoGradGuard nothing is recorded and nothing is kept alive", "[tape]") {
  const Tensor x = leaf({1, 2});
  const NoGradGuard guard;
  const int64_t before = memory_allocated();
  const Tensor y = x * x;
  CHECK_FALSE(y.requires_grad());
  const int64_t one_tensor = memory_allocated() - before;
  const Tensor z = x * x * x * x;
  CHECK(memory_allocated() - before == 2 * one_tensor);
}

TEST_CASE("AutoGradMode: sets the mode for a scope and puts it back", "[tape]") {
  CHECK(GradMode::is_enabled());
  {
    const NoGradGuard off;
    CHECK_FALSE(GradMode::is_enabled());
    {
      const AutoGradMode on(true);
      CHECK(GradMode::is_enabled());
    }
    CHECK_FALSE(GradMode::is_enabled());
  }
  CHECK(GradMode::is_enabled());
  bool other_thread = false;
  const NoGradGuard off;
  std::thread([&other_thread] { other_thread = GradMode::is_enabled(); }).join();
  CHECK(other_thread);
}

TEST_CASE("backward: gradients that meet are added", "[tape]") {
  const Tensor x = leaf({2, 3});
  const Tensor y = x * x;
  (y * x + y).sum().backward();  // x³ + x²: 3x² + 2x
  CHECK(values_of(x.grad()) == Values{16, 33});
}

TEST_CASE("backward: gradients accumulate from pass to pass", "[tape]") {
  const Tensor x = leaf({1, 2});
  x.sum().backward();
  x.sum().backward();
  CHECK(values_of(x.grad()) == Values{2, 2});
  x.mutable_grad().reset();
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("backward: a frozen leaf has no gradient, a masked one has zeros", "[tape]") {
  const Tensor x = leaf({1, 2}), frozen = tensor({3.0, 4.0});
  (x * frozen).masked_fill(tensor({true, true}), 0).sum().backward();
  CHECK_FALSE(frozen.grad().defined());
  REQUIRE(x.grad().defined());
  CHECK(values_of(x.grad()) == Values{0, 0});
}

TEST_CASE(
    "backward: a gradient is summed over what broadcasting stretched, and converted to its input's dtype",
    "[tape]") {
  const Tensor x = leaf({1, 2, 3});
  const Tensor w = tensor({2.0}, dtype(kDouble).requires_grad(true));
  (x * w).sum().backward();
  CHECK(values_of(w.grad()) == Values{6});
  CHECK(w.grad().scalar_type() == kDouble);
  CHECK(w.grad().sizes() == IntArrayRef({1}));
  CHECK(x.grad().scalar_type() == kFloat);
}

TEST_CASE("backward: errors", "[tape]") {
  const Tensor x = leaf({1, 2});
  CHECK_THROWS_WITH(tensor({1.0}).backward(),
                    Contains("element 0 of tensors does not require grad and does not have a grad_fn"));
  CHECK_THROWS_WITH((x * 2).backward(), Contains("grad can be implicitly created only for scalar outputs"));
  CHECK_THROWS_WITH((x * 2).backward(ones({3})),
                    Contains("invalid gradient at index 0 - got [3] but expected shape compatible with [2]"));
  CHECK_THROWS_WITH(Tensor().backward(), Contains("undefined"));
}

TEST_CASE("backward: what nodes saved is freed as they run, and a second pass says so", "[tape]") {
  const Tensor x = leaf({1, 2});
  Tensor y = exp(x * x).sum();
  y.backward();
  CHECK_THROWS_WITH(y.backward(), Contains("Trying to backward through the graph a second time"));

  y = (x + x).sum();  // saves nothing, so there is nothing to miss
  y.backward();
  CHECK_NOTHROW(y.backward());
}

TEST_CASE("backward: retain_graph keeps what was saved", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = (x * x).sum();
  y.backward({}, /*retain_graph=*/true);
  y.backward();
  CHECK(values_of(x.grad()) == Values{4, 8});
}

TEST_CASE("backward: memory held by the tape goes as the pass goes", "[tape]") {
  const Tensor x = ones({1024}, requires_grad());
  Tensor y = x;
  const int64_t before = memory_allocated();
  for (int i = 0; i < 8; ++i) y = exp(y);
  const Tensor loss = y.sum();
  y = Tensor();
  const int64_t held = memory_allocated() - before;
  CHECK(held >= 8 * 4096);
  loss.backward();
  x.mutable_grad().reset();
  CHECK(memory_allocated() - before <= held / 4);
}

TEST_CASE("backward: a saved value that was written to since is an error", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor w = tensor({3.0, 4.0});
  const Tensor y = (x * w).sum();
  w.add_(tensor({1.0, 1.0}));
  CHECK_THROWS_WITH(y.backward(), Contains("modified by an inplace operation") &&
                                      Contains("is at version 1") && Contains("expected version 0"));

  Tensor e = exp(x);
  const Tensor z = e.sum();
  e.add_(tensor({1.0, 1.0}));
  CHECK_THROWS_WITH(z.backward(), Contains("modified by an inplace operation"));
}

TEST_CASE("backward: only what leads to `inputs` gets a gradient", "[tape]") {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  (x * w).sum().backward({}, nullopt, false, TensorList(x));
  CHECK(values_of(x.grad()) == Values{3, 4});
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("autograd::grad: returns gradients and accumulates none", "[tape]") {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4}), unused = leaf({1});
  const Tensor product = x * w;
  const std::vector<Tensor> grads = autograd::grad({product.sum()}, {x, product}, {}, /*retain_graph=*/true);
  CHECK(values_of(grads[0]) == Values{3, 4});
  CHECK(values_of(grads[1]) == Values{1, 1});
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(w.grad().defined());
  CHECK_THROWS_WITH(autograd::grad({product.sum()}, {unused}),
                    Contains("appears to not have been used in the graph"));
  CHECK_FALSE(
      autograd::grad({product.sum()}, {unused}, {}, nullopt, false, /*allow_unused=*/true)[0].defined());
  CHECK_THROWS_WITH(autograd::grad({product.sum()}, {tensor({1.0})}), Contains("does not require grad"));
  CHECK_THROWS_WITH(autograd::grad({product.sum()}, {}), Contains("non-empty inputs"));
}

TEST_CASE("autograd::grad: create_graph gives derivatives of every order", "[tape]") {
  const Tensor x = leaf({2});
  const Tensor y = x * x * x * x;
  const Tensor first = autograd::grad({y}, {x}, {}, nullopt, /*create_graph=*/true)[0];
  const Tensor second = autograd::grad({first}, {x}, {}, nullopt, true)[0];
  const Tensor third = autograd::grad({second}, {x}, {}, nullopt, true)[0];
  CHECK(values_of(first) == Values{32});
  CHECK(values_of(second) == Values{48});
  CHECK(values_of(third) == Values{48});
  CHECK(third.requires_grad());
}

TEST_CASE("autograd::grad: without create_graph the gradients are off the tape", "[tape]") {
  const Tensor x = leaf({2});
  CHECK_FALSE(autograd::grad({x * x}, {x})[0].requires_grad());
}

TEST_CASE("register_hook: sees the gradient, may replace it, and can be removed", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  std::vector<double> seen;
  y.register_hook([&seen](const Tensor& grad) { seen = values_of(grad); });
  const unsigned doubling = y.register_hook([](const Tensor& grad) { return grad * 2; });
  y.sum().backward({}, true);
  CHECK(seen == Values{1, 1});
  CHECK(values_of(x.grad()) == Values{4, 8});

  y.remove_hook(doubling);
  x.mutable_grad().reset();
  y.sum().backward();
  CHECK(values_of(x.grad()) == Values{2, 4});
  CHECK_NOTHROW(y.remove_hook(doubling));  // it was given out, if it is gone
  CHECK_THROWS_WITH(y.remove_hook(5), Contains("out of range"));
  CHECK_THROWS_WITH(tensor({1.0}).register_hook([](const Tensor&) {}), Contains("doesn't require gradient"));
}

TEST_CASE("register_hook: on a leaf runs once, on the whole gradient", "[tape]") {
  const Tensor x = leaf({1, 2});
  int calls = 0;
  x.register_hook([&calls](const Tensor& grad) {
    ++calls;
    return grad * 10;
  });
  (x + x * x).sum().backward();
  CHECK(calls == 1);
  CHECK(values_of(x.grad()) == Values{30, 50});
}

TEST_CASE("register_hook: a hook may not change the shape", "[tape]") {
  const Tensor x = leaf({1, 2});
  x.register_hook([](const Tensor&) { return ones({3}); });
  CHECK_THROWS_WITH(x.sum().backward(), Contains("has changed the size"));
}

TEST_CASE("retain_grad: keeps the grad of a tensor that is not a leaf", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  y.retain_grad();
  CHECK(y.retains_grad());
  CHECK_FALSE(x.retains_grad());
  (y * 3).sum().backward();
  CHECK(values_of(y.grad()) == Values{3, 3});
  CHECK_THROWS_WITH(tensor({1.0}).retain_grad(),
                    Contains("can't retain_grad on Tensor that has requires_grad=False"));
}

TEST_CASE("retain_grad: takes its turn among the hooks", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 1;
  y.register_hook([](const Tensor& grad) { return grad * 2; });
  y.retain_grad();
  y.register_hook([](const Tensor& grad) { return grad * 10; });
  const std::vector<Tensor> grads = autograd::grad({y.sum()}, {y, x}, {}, true);
  CHECK(values_of(grads[0]) == Values{1, 1});  // what grad() takes of y is not yet hooked
  CHECK(values_of(grads[1]) == Values{20, 20});
  CHECK(values_of(y.grad()) == Values{2, 2});
}

TEST_CASE("retain_grad: a tensor that is gone is not written to", "[tape]") {
  const Tensor x = leaf({1, 2});
  Tensor y = x * x;
  y.retain_grad();
  const Tensor loss = y.sum();
  y = Tensor();
  CHECK_NOTHROW(loss.backward());
}

TEST_CASE("Backward: steps run in falling sequence number, and show what flowed", "[tape]") {
  const Tensor x = leaf({1, 2}), frozen = tensor({3.0, 4.0});
  const Tensor loss = exp(x * frozen).sum();
  Backward pass(loss);
  std::vector<std::string> names;
  uint64_t last = UINT64_MAX;
  while (const Node* next = pass.next()) {
    CHECK(next->sequence_nr() < last);
    last = next->sequence_nr();
    REQUIRE(pass.step());
    CHECK(pass.node()->sequence_nr() == last);
    names.push_back(pass.node()->name());
    if (names.back() != "MulBackward0") continue;
    CHECK(pass.grad_input(0).defined());
    CHECK_FALSE(pass.grad_input(1).defined());  // frozen
  }
  CHECK_FALSE(pass.step());
  CHECK(names == std::vector<std::string>{"SumBackward0", "ExpBackward0", "MulBackward0",
                                          "torch::autograd::AccumulateGrad"});
}

TEST_CASE("Backward: two passes over one graph, step by step in turn, do not disturb each other", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = exp(x) * x;
  const Tensor loss = (y * y).sum();
  loss.backward({}, true);
  const Tensor expected = x.grad();
  x.mutable_grad().reset();
  {
    Backward first(loss, {}, {.retain_graph = true}), second(loss, {}, {.retain_graph = true});
    bool more = true;
    while (more) {
      const bool a = first.step(), b = second.step();
      more = a || b;
    }
  }
  CHECK(same(x.grad(), expected * 2));
}

TEST_CASE("Backward: a pass left half-way leaves the graph whole", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor loss = exp(x * x).sum();
  {
    Backward pass(loss, {}, {.retain_graph = true});
    pass.step();
    pass.step();
  }
  CHECK_FALSE(x.grad().defined());
  loss.backward();
  CHECK(x.grad().defined());
}

TEST_CASE("tape: what is built and dropped leaves no memory behind", "[tape]") {
  const Tensor x = leaf({1, 2});
  x.sum().backward();
  const int64_t before = memory_allocated();
  {
    const Tensor y = softmax(exp(x), 0);  // both save their outputs
    const Tensor z = y * x + y;
    z.retain_grad();
  }
  CHECK(memory_allocated() == before);
  {
    const Tensor y = x * x;
    y.add_(y * y);  // y now hangs on a node that saves what y was
    Backward pass(y.sum());
    CHECK_THROWS(([&pass] {
      while (pass.step()) {
      }
    }()));
  }
  x.mutable_grad().zero_();
  CHECK(memory_allocated() == before);
}

TEST_CASE("tape: an exception out of a hook leaves it usable", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  const unsigned hook =
      y.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("from the hook"); });
  CHECK_THROWS_WITH(y.sum().backward({}, true), "from the hook");
  CHECK(GradMode::is_enabled());
  y.remove_hook(hook);
  y.sum().backward();
  CHECK(values_of(x.grad()) == Values{2, 4});
}

TEST_CASE("tape: a graph of a million nodes is built, replayed and destroyed without recursion",
          "[tape][deep]") {
  // deep_graph_on_a_small_stack runs this once more, with a stack of 256 KiB.
  const Tensor x = leaf({1});
  Tensor y = x;
  for (int i = 0; i < 1000000; ++i) y = y + x;
  y.backward();
  CHECK(values_of(x.grad()) == Values{1000001});
}

TEST_CASE("tape: threads build and replay graphs over shared frozen tensors at once", "[tape][threads]") {
  const Tensor frozen = tensor({3.0, 4.0});
  std::vector<std::thread> threads;
  std::vector<Tensor> leaves;
  for (int i = 0; i < 8; ++i) leaves.push_back(leaf({1, 2}));
  for (const Tensor& x : leaves)
    threads.emplace_back([x, frozen] {
      for (int round = 0; round < 200; ++round) (x * frozen).sum().backward();
    });
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& x : leaves) CHECK(values_of(x.grad()) == Values{600, 800});
}

TEST_CASE("backward: a grad that is there already keeps its identity, shape and dtype", "[tape]") {
  const Tensor x = leaf({1, 2});
  x.sum().backward();
  const Tensor held = x.grad();
  x.sum().backward();
  CHECK(values_of(held) == Values{2, 2});
  CHECK(held.is_same(x.grad()));

  const Tensor flat = zeros({4});
  x.mutable_grad() = flat.narrow(0, 2, 2);
  x.sum().backward();
  CHECK(values_of(flat) == Values{0, 0, 1, 1});

  x.mutable_grad() = ones({2}, kDouble);
  x.sum().backward();
  CHECK(values_of(x.grad()) == Values{2, 2});
  CHECK(x.grad().scalar_type() == kDouble);

  x.mutable_grad() = zeros({100000});
  CHECK_THROWS_WITH(x.sum().backward(), Contains("doesn't match the broadcast shape"));
}

TEST_CASE("backward: with inputs, their hooks run, and what is not a leaf keeps its grad", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2;
  x.register_hook([](const Tensor& grad) { return grad * 10; });
  y.register_hook([](const Tensor& grad) { return grad * 7; });
  y.sum().backward({}, true, false, TensorList(x));
  CHECK(values_of(x.grad()) == Values{140, 140});
  CHECK_FALSE(y.grad().defined());
  y.sum().backward({}, true, false, TensorList(y));
  CHECK(values_of(y.grad()) == Values{7, 7});
  CHECK(values_of(x.grad()) == Values{140, 140});
}

TEST_CASE("backward: slices go to their places in a gradient that does not begin its storage", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor first = x.select(0, 0), z = x + 1;
  z.register_hook([](const Tensor& grad) { return cat({grad * 10, grad}).narrow(0, 2, 2).detach(); });
  (z.sum() + first * 100).backward();
  CHECK(values_of(x.grad()) == Values{101, 1});
}

TEST_CASE("Backward: after an error a pass is over, and the graph can be used by another", "[tape]") {
  const Tensor x = leaf({1});
  const Tensor wide = x.expand({int64_t{1} << 42});  // its gradient would not fit in memory
  const Tensor first = wide.select(0, 0);
  for (int i = 0; i < 2; ++i) {
    Backward pass(first, {}, {.retain_graph = true});
    CHECK_THROWS_WITH(([&pass] {
                        while (pass.step()) {
                        }
                      }()),
                      Contains("can't allocate memory"));
    CHECK_THROWS_WITH(pass.step(), Contains("ended with an error"));
  }
  const Tensor y = x * 2;
  CHECK_THROWS(Backward({y, y}, {ones({1}), ones({})}, {}));
  y.backward();
  CHECK(values_of(x.grad()) == Values{2});
}

TEST_CASE("autograd::grad: an input outside the graph is an error before anything is freed", "[tape]") {
  const Tensor x = leaf({1, 2}), outside_of_it = leaf({3});
  const Tensor y = (x * x).sum();
  CHECK_THROWS_WITH(autograd::grad({y}, {x, outside_of_it}), Contains("not have been used"));
  CHECK_NOTHROW(y.backward());
}

TEST_CASE("detach_: takes a tensor off the tape, its retained grad with it", "[tape]") {
  const Tensor x = leaf({1, 2});
  Tensor y = x * 2;
  y.retain_grad();
  const Tensor z = y * 3;
  y.detach_();
  y = Tensor();
  const Tensor other = full({2}, 7.0);  // likely in y's old place
  z.sum().backward();
  CHECK_FALSE(other.grad().defined());
}

TEST_CASE("register_hook: each output of a node has hooks of its own", "[tape]") {
  const Tensor x = leaf({1, 2});
  const std::vector<Tensor> parts = x.unbind(0);
  int calls = 0;
  const unsigned first = parts[0].register_hook([&calls](const Tensor&) { calls += 1; });
  const unsigned second = parts[1].register_hook([&calls](const Tensor&) { calls += 10; });
  CHECK(first == second);
  parts[1].remove_hook(second);
  (parts[0] + parts[1]).backward();
  CHECK(calls == 1);
}

TEST_CASE("set_data: what the tape saved before is not taken for what is there now", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = (x * x).sum();
  x.set_data(tensor({10.0, 20.0}));
  CHECK_THROWS_WITH(y.backward(), Contains("set_data"));

  const Tensor base = ones({4});
  const Tensor row = base.narrow(0, 2, 2);
  base.set_data(ones({1}));
  CHECK_THROWS_WITH(row.copy_(leaf({1, 2})), Contains("set_data"));
}

TEST_CASE("record: an op may not return its input", "[tape]") {
  const Tensor x = leaf({1, 2});
  CHECK_THROWS_WITH(record("MineBackward0", x, wrt(x, [](const Tensor& grad_out) { return grad_out; })),
                    Contains("the output is one of the inputs"));
  CHECK(x.is_leaf());
}

TEST_CASE("record: a slice that does not lie in its input is refused", "[tape]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = record("MineBackward0", ones({3}), wrt(x, [](const Tensor& grad_out) {
                            return GradientSlice{grad_out, Layout::contiguous({3})};
                          }));
  CHECK_THROWS_WITH(y.sum().backward(), Contains("does not lie in sizes [2]"));
}

TEST_CASE("tape: a chain of grads of grads is destroyed without recursion", "[tape][deep]") {
  Tensor x = ones({1});
  for (int i = 0; i < 1000000; ++i) {
    const Tensor next = ones({1});
    next.mutable_grad() = x;
    x = next;
  }
  x = Tensor();
  SUCCEED();
}

TEST_CASE("tape: deep graphs with create_graph, grad and writes through views", "[tape][deep]") {
  const Tensor x = leaf({1});
  Tensor y = x;
  for (int i = 0; i < 100000; ++i) y = y + x;
  const Tensor grad = autograd::grad({y}, {x}, {}, nullopt, /*create_graph=*/true)[0];
  CHECK(values_of(grad) == Values{100001});
  const Tensor base = zeros({2}) * 1;
  for (int i = 0; i < 100000; ++i) base.narrow(0, 0, 1).add_(x);
  base.sum().backward();
  CHECK(values_of(x.grad()) == Values{100000});
}

TEST_CASE("tape: threads differentiate graphs over one trainable leaf at once", "[tape][threads]") {
  const Tensor x = leaf({1, 2});
  std::vector<std::thread> threads;
  std::vector<int> wrong(8, 0);
  for (size_t i = 0; i < wrong.size(); ++i)
    threads.emplace_back([x, &count = wrong[i]] {
      for (int round = 0; round < 200; ++round)
        count += values_of(autograd::grad({(x * x).sum()}, {x})[0]) != Values{2, 4};
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(8, 0));
}

// ---- writing in place ----

TEST_CASE("in place: what libtorch refuses is refused", "[tape][inplace]") {
  const Tensor x = leaf({1, 2});
  const Tensor one = tensor({1.0, 1.0});
  CHECK_THROWS_WITH(x.add_(one),
                    Contains("a leaf Variable that requires grad is being used in an in-place operation") &&
                        Contains("under NoGradGuard, or to a clone()"));
  CHECK_THROWS_WITH(
      x.narrow(0, 0, 1).add_(tensor({1.0})),
      Contains("a view of a leaf Variable that requires grad is being used in an in-place operation"));
  CHECK_THROWS_WITH(
      tensor({1.0}).expand({3}).add_(tensor({1.0})),
      Contains("more than one element of the written-to tensor refers to a single memory location"));
  const NoGradGuard guard;
  CHECK_NOTHROW(x.add_(one));
  CHECK(values_of(x) == Values{2, 3});
}

TEST_CASE("in place: a write takes the written tensor's place on the tape", "[tape][inplace]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  y.add_(x);  // x² + x
  CHECK(y.grad_fn()->name() == "AddBackward0");
  y.sum().backward();
  CHECK(values_of(x.grad()) == Values{3, 5});
}

TEST_CASE("in place: a constant that is given a trainable value is on the tape from then on",
          "[tape][inplace]") {
  const Tensor x = leaf({1, 2});
  const Tensor y = zeros({2});
  y.add_(x);
  CHECK(y.requires_grad());
  (y * y).sum().backward();
  CHECK(values_of(x.grad()) == Values{2, 4});
}

TEST_CASE("in place: writing through a view reaches the base and its other views", "[tape][inplace]") {
  const Tensor x = leaf({1, 2, 3});
  const Tensor y = x * 2;
  const Tensor head = y.narrow(0, 0, 2), first = y.select(0, 0);
  head.add_(tensor({10.0, 10.0}));
  CHECK(values_of(y) == Values{12, 14, 6});
  CHECK(y.grad_fn()->name() == "torch::autograd::CopySlices");
  (y * y).sum().backward({}, true);  // Σ (2x + c)²: 4(2x + c)
  CHECK(values_of(x.grad()) == Values{48, 56, 24});

  x.mutable_grad().reset();
  (first * head.sum()).backward();  // (2x₀ + 10)(2x₀ + 2x₁ + 20)
  CHECK(values_of(x.grad()) == Values{2 * 26 + 2 * 12, 2 * 12, 0});
}

TEST_CASE("in place: rows written one by one into a constant", "[tape][inplace]") {
  const Tensor x = leaf({1, 2});
  const Tensor out = zeros({3, 2});
  for (int64_t i = 0; i < 3; ++i) out.select(0, i).add_(x * static_cast<double>(i));
  CHECK(out.requires_grad());
  (out * out).sum().backward();  // Σ i²x²: 2·5·x
  CHECK(values_of(x.grad()) == Values{10, 20});
}

TEST_CASE("in place: a trainable view is not moved into the graph by a write to its base",
          "[tape][inplace]") {
  const Tensor base = zeros({4});
  const Tensor view = base.narrow(0, 0, 2);
  view.requires_grad_();
  base.add_(leaf({1, 2, 3, 4}));
  CHECK_THROWS_WITH(view.requires_grad(), Contains("moved into the graph interior"));
}

TEST_CASE("in place: a view made without grad is not written to with grad", "[tape][inplace]") {
  const Tensor x = leaf({1, 2}) * 1;
  Tensor view;
  {
    const NoGradGuard guard;
    view = x.narrow(0, 0, 1);
  }
  CHECK_THROWS_WITH(view.add_(leaf({1})), Contains("created in no_grad mode"));
}

// ---- names ----

TEST_CASE("set_name: the node remembers what its outputs and its frozen inputs were called", "[tape]") {
  const Tensor x = ones({2}, requires_grad()), pads = zeros({3});
  x.set_name("x");
  pads.set_name("pads");
  const Tensor y = cat({x, pads, zeros({1})});
  CHECK(y.grad_fn()->output_name(0).empty());
  y.set_name("former");
  y.set_name("scores");
  const Ref<Node> node = y.grad_fn();
  CHECK(node->output_name(0) == "scores");
  CHECK(node->next_edge(0).function->output_name(0) == "x");
  CHECK(node->frozen_input(0) == nullptr);
  REQUIRE(node->frozen_input(1) != nullptr);
  CHECK(node->frozen_input(1)->name == "pads");
  CHECK(node->frozen_input(1)->shape.sizes == Dims{3});
  CHECK(node->frozen_input(2) == nullptr);  // it had no name

  // What is written in place keeps its name.
  const Tensor written = x * 2;
  written.set_name("written");
  written.mul_(3);
  CHECK(written.grad_fn()->output_name(0) == "written");
  const Ref<Node> unbind = cat({x, x}).unbind(0)[1].set_name("second").grad_fn();
  CHECK(unbind->output_name(0).empty());
  CHECK(unbind->output_name(1) == "second");
}

TEST_CASE("set_name: a saved tensor has its name, frozen or not", "[tape]") {
  const Tensor x = ones({2}, requires_grad()), frozen = ones({2});
  x.set_name("x");
  frozen.set_name("weight");
  CHECK((x * frozen).grad_fn()->saved_tensors()[0].name() == "weight");
  const Tensor trainable = (x * x);
  CHECK(trainable.grad_fn()->saved_tensors()[0].name() == "x");
}

TEST_CASE("saved_output: the values of the output where the rule reads them", "[tape]") {
  const Tensor x = ones({2}, requires_grad());
  const Tensor e = exp(x);
  CHECK(e.grad_fn()->saved_output().data_ptr() == e.data_ptr());
  CHECK_FALSE((x * x).grad_fn()->saved_output().defined());
  e.sum().backward();
  CHECK_FALSE(e.grad_fn()->saved_output().defined());
}

TEST_CASE("argument: the number with which an op was called", "[tape]") {
  const Tensor x = ones({2, 3}, requires_grad()), mask = ones({3}, kBool);
  CHECK(x.masked_fill(mask, -2).grad_fn()->argument() == -2.0);
  CHECK(x.masked_fill(mask, tensor(3.0)).grad_fn()->argument() == 3.0);
  CHECK_FALSE(x.masked_fill(mask, x.sum()).grad_fn()->argument());
  CHECK_FALSE(x.masked_fill(mask, x.sum().detach()).grad_fn()->argument());
  CHECK(where(mask, x, 4).grad_fn()->argument() == 4.0);
  CHECK(where(mask, 5, x).grad_fn()->argument() == 5.0);
  CHECK_FALSE(where(mask, x, x).grad_fn()->argument());
  CHECK(x.softmax(-1).grad_fn()->argument() == 1.0);
  CHECK(x.log_softmax(0).grad_fn()->argument() == 0.0);
  CHECK_FALSE(exp(x).grad_fn()->argument());
}

TEST_CASE("Backward::apply: a node's rule alone, without its hooks", "[tape][backward]") {
  const Tensor x = ones({2, 3}, requires_grad()), row = ones({3}, requires_grad());
  const Tensor y = x * row;
  int calls = 0;
  y.register_hook([&calls](const Tensor&) { ++calls; });
  const std::vector<Tensor> gradients = Backward::apply(*y.grad_fn(), full({2, 3}, 2.0));
  REQUIRE(gradients.size() == 2);
  CHECK(equal(gradients[0], full({2, 3}, 2.0)));
  CHECK(equal(gradients[1], full({3}, 4.0)));  // summed over the rows
  CHECK(equal(Backward::apply(*x.select(0, 1).grad_fn(), ones({3}))[0],
              tensor({{0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}})));
  CHECK_FALSE(Backward::apply(*(x * ones({3})).grad_fn(), ones({2, 3}))[1].defined());
  CHECK(calls == 0);
  CHECK_FALSE(x.grad().defined());
  CHECK_THROWS_WITH(Backward::apply(*y.grad_fn(), TensorList()),
                    Catch::Contains("0 gradients for the 1 outputs"));
}
