#include "attention.hpp"

namespace by_hand {
namespace {

using benchmark::State;

// Attention among 2 · 4 sequences of 2048 tokens, of which a quarter is padding in every other, and the
// gradients of q, k and v. Every block of queries goes forward and backward at once.
struct LongAttention {
  static constexpr int64_t kBatch = 2, kHeads = 4, kFeatures = 64;
  using Heads = Attention<kFeatures>;

  int64_t tokens;
  int64_t lengths[kBatch]{tokens, tokens * 3 / 4};
  Floats q = random(1), k = random(2), v = random(3), gradient = random(4);
  Floats result = Floats(q.size()), q_gradient = result, k_gradient = result, v_gradient = result;
  struct Thread {
    Heads heads;
    Heads::Weights weights;
  };
  std::vector<Thread> threads{static_cast<size_t>(omp_get_max_threads()), Thread{{}, Heads::Weights(tokens)}};

  explicit LongAttention(int64_t longest) : tokens(longest) {}

  Floats random(unsigned seed) const { return normal(kBatch * kHeads * tokens * kFeatures, 1, seed); }

  void attend(int64_t batch, int64_t head, Thread& thread) {
    const int64_t start = (batch * kHeads + head) * tokens * kFeatures, real = lengths[batch];
    for (Floats* const padded : {&k_gradient, &v_gradient})
      std::fill_n(padded->data() + start + real * kFeatures, (tokens - real) * kFeatures, 0.0f);
    const auto rows = [](const Floats& x, int64_t at) { return Matrix{x.data() + at, kFeatures}; };
    for (int64_t first = 0; first < tokens; first += kQueries) {
      const int64_t at = start + first * kFeatures;
      const Heads::Input input{rows(q, at), rows(k, start), rows(v, start), real};
      thread.heads.forward(input, thread.weights, result.data() + at, kFeatures);
      thread.heads.backward(input, thread.weights, rows(result, at), rows(gradient, at),
                            q_gradient.data() + at, k_gradient.data() + start, v_gradient.data() + start,
                            kFeatures, first > 0);
    }
  }

  void pass() {
    // Neighbours differ in their lengths: each thread gets as many of the long ones.
    split(kBatch * kHeads, false, [this](int64_t begin, int64_t end, int thread) {
      for (int64_t i = begin; i < end; ++i)
        attend(i % kBatch, i / kBatch, threads[static_cast<size_t>(thread)]);
    });
  }

  double loss() {
    pass();
    double sum = 0;
    for (size_t i = 0; i < result.size(); ++i) sum += double{result[i]} * gradient[i];
    return sum;
  }
};

void attention_2048(State& state) {
  LongAttention work(2048);
  bench::measure(state, [&] {
    work.pass();
    keep(&work);
  });
}
BENCHMARK(attention_2048);

const bool attention_is_right = add_check("attention_2048", [] {
  LongAttention work(192);
  const auto loss = [&work] { return work.loss(); };
  work.pass();
  const Floats q = work.q_gradient, k = work.k_gradient, v = work.v_gradient;
  return is_gradient(work.q, q, loss) && is_gradient(work.k, k, loss) && is_gradient(work.v, v, loss);
});

}  // namespace
}  // namespace by_hand
