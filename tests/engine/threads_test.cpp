// What <frost/tape.hpp> promises about threads. Catch2's own checks are not for several threads: each keeps
// its results, which are looked at in the end. .ci/threads has the thread sanitizer look on.
#include <frost/engine.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/random.hpp>
#include <frost/testing/catch.hpp>

#include "gradients.hpp"
#include "threads.hpp"

#include <memory>
#include <string>

using namespace frost;
using namespace frost::tests;

namespace {

constexpr int kThreads = 8, kRounds = 20;

// Some hundred nodes, views and an in-place write among them, over `weight`.
Tensor graph(const Tensor& weight, const Tensor& x) {
  Tensor h = x;
  for (int i = 0; i < 8; ++i) {
    Tensor z = matmul(h, weight) + weight.select(0, i % 4);
    z.narrow(1, 0, 2).mul_(2);
    h = tanh(cat({z.slice(1, 2), z.slice(1, 0, 2)}, 1)).masked_fill(h > 100, 0);
  }
  return softmax(h, -1).square().sum();
}

struct Outcome {
  Tensor loss, gradient;
};

bool same(const std::vector<Outcome>& outcomes) {
  for (const Outcome& outcome : outcomes)
    if (!tests::same(outcome.loss, outcomes[0].loss) || !tests::same(outcome.gradient, outcomes[0].gradient))
      return false;
  return true;
}

}  // namespace

TEST_CASE("threads: graphs over shared frozen weights are built and run at once", "[threads][tape]") {
  manual_seed(0);
  const Tensor weight = randn({4, 4}, kDouble), values = randn({5, 4}, kDouble);
  weight.set_name("weight");
  std::vector<Outcome> outcomes(kThreads);
  in_threads(kThreads, [&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      const Tensor x = values.clone().requires_grad_();
      const Tensor loss = graph(weight, x);
      loss.backward();
      outcomes[static_cast<size_t>(i)] = {loss.detach(), x.grad()};
    }
  });
  CHECK(same(outcomes));
  CHECK_FALSE(weight.grad().defined());
  CHECK(weight.use_count() == 1);
}

TEST_CASE("threads: gradients of shared leaves are computed at once, and kept apart", "[threads][tape]") {
  manual_seed(0);
  const Tensor weight = randn({4, 4}, dtype(kDouble).requires_grad(true)), x = randn({5, 4}, kDouble);
  std::vector<Outcome> outcomes(kThreads);
  in_threads(kThreads, [&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      const Tensor loss = graph(weight, x);
      outcomes[static_cast<size_t>(i)] = {loss.detach(), autograd::grad({loss}, {weight})[0]};
    }
  });
  CHECK(same(outcomes));
  CHECK_FALSE(weight.grad().defined());
}

TEST_CASE("threads: one's passes half done hold nobody up", "[threads][tape]") {
  manual_seed(0);
  const Tensor weight = randn({4, 4}, dtype(kDouble).requires_grad(true)), x = randn({5, 4}, kDouble);
  const Tensor expected = autograd::grad({graph(weight, x)}, {weight})[0];
  std::vector<Outcome> outcomes(kThreads);
  in_threads(kThreads, [&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      Backward left({graph(weight, x)}, {}, {}, {weight});
      for (int step = 0; step < 30 && left.step(); ++step) {
      }
      outcomes[static_cast<size_t>(i)].gradient = autograd::grad({graph(weight, x)}, {weight})[0];
      outcomes[static_cast<size_t>(i)].loss = expected;
    }
  });
  CHECK(same(outcomes));
  CHECK(tests::same(outcomes[0].gradient, expected));
}

TEST_CASE("threads: the grad mode is each thread's own", "[threads][tape]") {
  const NoGradGuard guard;
  const Tensor x = [] {
    const AutoGradMode mode(true);
    return ones({3}, requires_grad());
  }();
  std::vector<int> failures(kThreads);
  in_threads(kThreads, [&](int i) {
    int& count = failures[static_cast<size_t>(i)];
    count += !GradMode::is_enabled();  // as every thread begins, whatever the one that started it does
    const AutoGradMode mode(i % 2 == 0);
    for (int round = 0; round < 1000; ++round) count += (x * 2).requires_grad() != (i % 2 == 0);
  });
  for (const int count : failures) CHECK(count == 0);
  CHECK_FALSE(GradMode::is_enabled());
}

TEST_CASE("threads: handles are copied and dropped anywhere, and the last frees", "[threads][tensor]") {
  int released = 0;
  double values[] = {1, 2, 3};
  for (int round = 0; round < kRounds; ++round) {
    Tensor shared = ones({3}, dtype(kDouble).requires_grad(true)) * 2;
    shared.register_hook(
        [alive = std::shared_ptr<void>(values, [&released](void*) { ++released; })](Tensor) {});
    std::vector<Tensor> handles(kThreads, shared);
    shared.reset();
    in_threads(kThreads, [&handles](int i) {
      Tensor& mine = handles[static_cast<size_t>(i)];
      for (int k = 0; k < 100; ++k) {
        const Tensor copy = mine, view = mine.select(0, k % 3), alias = mine.detach();
        const Ref<Node> node = copy.grad_fn();
      }
      mine.reset();
    });
    CHECK(released == round + 1);
  }
}

TEST_CASE("threads: draws of the default generator don't overlap", "[threads][random]") {
  manual_seed(3);
  const Tensor expected = rand({kThreads * 100}, kDouble);
  manual_seed(3);
  std::vector<Tensor> drawn(kThreads);
  in_threads(kThreads, [&drawn](int i) { drawn[static_cast<size_t>(i)] = rand({100}, kDouble); });
  CHECK(equal(std::get<0>(cat(drawn).sort()), std::get<0>(expected.sort())));
}

TEST_CASE("threads: an error in one leaves the others alone", "[threads][tape]") {
  const Tensor weight = ones({4, 4}, kDouble), values = ones({5, 4}, kDouble);
  std::vector<std::string> messages(kThreads);
  std::vector<Outcome> outcomes(kThreads);
  in_threads(kThreads, [&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      const Tensor x = values.clone().requires_grad_();
      try {
        if (i % 2 == 0) matmul(x, x);
        const Tensor y = x * 2;
        if (i % 4 == 1) y.register_hook([](const Tensor&) -> Tensor { throw Error("[hook] no"); });
        y.sum().backward();
      } catch (const Error& error) {
        messages[static_cast<size_t>(i)] = error.what();
      }
      const Tensor again = values.clone().requires_grad_(), loss = graph(weight, again);
      loss.backward();
      outcomes[static_cast<size_t>(i)] = {loss.detach(), again.grad()};
    }
  });
  CHECK(same(outcomes));
  for (int i = 0; i < kThreads; ++i)
    CHECK(messages[static_cast<size_t>(i)] ==
          (i % 2 == 0   ? "[matmul] mat1 and mat2 shapes cannot be multiplied (5x4 and 5x4)"
           : i % 4 == 1 ? "[hook] no"
                        : ""));
}

TEST_CASE("threads: large work in several threads is shared out, and the same", "[threads][kernels]") {
  const int before = get_num_threads();
  set_num_threads(4);
  manual_seed(0);
  const Tensor x = randn({300, 400}), y = randn({400, 100});
  const Tensor expected = matmul(exp(x), y).softmax(0).sum(1);
  std::vector<Tensor> results(kThreads);
  in_threads(kThreads, [&](int i) {
    for (int round = 0; round < 3; ++round)
      results[static_cast<size_t>(i)] = matmul(exp(x), y).softmax(0).sum(1);
  });
  for (const Tensor& result : results) CHECK(equal(result, expected));
  set_num_threads(before);
}
