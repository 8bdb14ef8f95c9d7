// Nothing that is made outlives those who hold it: what is allocated in a scope is given back at its end.
#include <frost/engine.hpp>
#include <frost/testing/catch.hpp>

#include <functional>
#include <memory>

using namespace frost;
using Catch::Contains;

namespace {

// Bytes in use after body() that were not before it.
int64_t left_by(const std::function<void()>& body) {
  const int64_t before = memory_allocated();
  body();
  return memory_allocated() - before;
}

Tensor trainable() { return ones({3}, dtype(kDouble).requires_grad(true)); }

// Counts the hooks that are alive: each holds what this returns.
std::shared_ptr<int> counted(int& alive) {
  ++alive;
  return {&alive, [](int* count) { --*count; }};
}

}  // namespace

TEST_CASE("lifetime: outputs that their own node saves", "[lifetime][tape]") {
  using Function = Tensor (*)(const Tensor&);
  for (const Function f : {Function(exp), Function(tanh), Function(sigmoid), Function(sqrt), Function(rsqrt),
                           Function(reciprocal), Function(expm1)}) {
    CHECK(left_by([f] { f(trainable()); }) == 0);
    CHECK(left_by([f] { f(trainable()).sum().backward(); }) == 0);
    CHECK(left_by([f] { f(trainable()).sum().backward({}, /*retain_graph=*/true); }) == 0);
    CHECK(left_by([f] {
            const Tensor x = trainable(), y = f(x).softmax(0).log_softmax(0).logsumexp(0).cumsum(0).prod();
            const Tensor grad = autograd::grad({y.sum()}, {x}, {}, true, /*create_graph=*/true)[0];
            autograd::grad({grad.sum()}, {x}, {}, true, /*create_graph=*/true, /*allow_unused=*/true);
          }) == 0);
  }
}

TEST_CASE("lifetime: passes that are left at any step", "[lifetime][tape]") {
  for (const bool retain : {false, true})
    for (int steps = 0; steps < 12; ++steps)
      CHECK(left_by([retain, steps] {
              const Tensor x = trainable(), w = trainable();
              const Tensor y = (x * w).exp(), z = (cat({y, y * 2}).narrow(0, 1, 3) + w).tanh().sum();
              Backward pass(z, {}, {.retain_graph = retain});
              Backward captured({z}, {}, {.retain_graph = true}, {y});
              for (int i = 0; i < steps; ++i) {
                pass.step();
                if (retain) captured.step();
              }
            }) == 0);
}

TEST_CASE("lifetime: graphs that are dropped after an in-place write or through views", "[lifetime][tape]") {
  CHECK(left_by([] {
          const Tensor x = trainable(), y = x * 2, view = y.narrow(0, 0, 2), second = view.select(0, 1);
          view.mul_(3);
          second.add_(view.sum());
          y.masked_fill_(y > 100, 0);
          y.exp();
        }) == 0);
  CHECK(left_by([] {
          const std::vector<Tensor> parts = (trainable() * 2).unbind();
          parts[1].exp().backward();
        }) == 0);
}

TEST_CASE("lifetime: grads of grads of grads", "[lifetime][tape]") {
  CHECK(left_by([] {
          Tensor x = trainable();
          for (int i = 0; i < 100; ++i) {
            Tensor next = trainable();
            next.mutable_grad() = x;
            x = next;
          }
        }) == 0);
}

TEST_CASE("lifetime: a hook goes with its tensor's graph", "[lifetime][hooks]") {
  int alive = 0;
  CHECK(left_by([&alive] {
          const Tensor x = trainable(), y = x * 2;
          x.register_hook([held = counted(alive)](Tensor) {});
          y.register_hook([held = counted(alive)](Tensor) {});
          y.retain_grad();
          y.sum().backward();
          CHECK(alive == 2);
        }) == 0);
  CHECK(alive == 0);
}

TEST_CASE("lifetime: a hook that holds its own tensor's values", "[lifetime][hooks]") {
  int alive = 0;
  CHECK(left_by([&alive] {
          const Tensor x = trainable(), y = x * 2;
          x.register_hook(
              [values = x.detach(), held = counted(alive)](const Tensor& grad) { return grad * values; });
          y.register_hook(
              [values = y.detach(), held = counted(alive)](const Tensor& grad) { return grad * values; });
          y.sum().backward();
          CHECK(equal(x.grad(), full({3}, 4.0, kDouble)));
        }) == 0);
  CHECK(alive == 0);
}

TEST_CASE("lifetime: a hook that holds its own tensor holds it until it is removed", "[lifetime][hooks]") {
  int alive = 0;
  CHECK(left_by([&alive] {
          for (const Tensor& x : {trainable(), trainable() * 2}) {
            const unsigned hook = x.register_hook([x, held = counted(alive)](Tensor) {});
            x.sum().backward();
            CHECK(alive == 1);
            x.remove_hook(hook);
            CHECK(alive == 0);
          }
        }) == 0);
}

TEST_CASE("lifetime: what a hook throws leaves nothing behind, and the tape usable", "[lifetime][hooks]") {
  for (const bool retain : {false, true})
    CHECK(left_by([retain] {
            const Tensor x = trainable(), w = trainable(), y = x * w, z = y.exp().sum();
            const unsigned hook = y.register_hook([](const Tensor&) -> Tensor { throw Error("[hook] no"); });
            CHECK_THROWS_WITH(z.backward({}, retain), Contains("[hook] no"));
            CHECK_FALSE(x.grad().defined());
            CHECK(GradMode::is_enabled());
            y.remove_hook(hook);
            if (retain)
              z.backward();
            else  // what ran before the hook is freed
              CHECK_THROWS_WITH(z.backward(), Contains("a second time"));
            (x * w).sum().backward();
            CHECK(x.grad().defined());
          }) == 0);
}

TEST_CASE("lifetime: what a rule throws leaves nothing behind, and the tape usable", "[lifetime][tape]") {
  CHECK(left_by([] {
          const Tensor x = trainable(), y = x.exp();
          const Tensor z = record("NoBackward0", y.detach(), wrt(y, [](const Tensor& grad_out) -> Tensor {
                                    check(false, "no", "gradient of ", grad_out.sizes());
                                    return grad_out;
                                  }));
          const Tensor sum = z.sum() + y.sum();
          CHECK_THROWS_WITH(sum.backward({}, /*retain_graph=*/true), Contains("[no] gradient of [3]"));
          CHECK_FALSE(x.grad().defined());
          y.sum().backward({}, /*retain_graph=*/true);
          CHECK(equal(x.grad(), y.detach()));
          Backward pass(sum, {}, {.retain_graph = true});
          CHECK_THROWS_WITH(
              [&pass] {
                while (pass.step()) {
                }
              }(),
              Contains("[no]"));
          CHECK_THROWS_WITH(pass.step(), Contains("ended with an error"));
        }) == 0);
}

TEST_CASE("lifetime: what an op refuses leaves nothing behind", "[lifetime][tape]") {
  CHECK(left_by([] {
          const Tensor x = trainable();
          Tensor y = x * 2;
          CHECK_THROWS_AS(matmul(y, ones({2, 2}, kDouble)), Error);
          CHECK_THROWS_AS(y.add_(ones({2, 2}, kDouble)), Error);
          CHECK_THROWS_AS(cat({y, y.unsqueeze(0)}), Error);
          CHECK_THROWS_AS(y.index_put_({tensor({7})}, 1.0), Error);
          y.sum().backward();
          CHECK(equal(x.grad(), full({3}, 2.0, kDouble)));
        }) == 0);
}
