// Both methods of muting: the first scores all tokens, the second the real ones only.
#include "floor.hpp"

namespace by_hand {
namespace {

using benchmark::State;

constexpr int64_t kFeatures = 16;

// The features of a token, wherever they are: the compiler does not make one register of a loop over them.
using Row = float __attribute__((vector_size(kFeatures * sizeof(float)), aligned(4), may_alias));
const Row* rows(const float* data) { return reinterpret_cast<const Row*>(data); }
Row* rows(float* data) { return reinterpret_cast<Row*>(data); }

struct Parameters {
  float weight[kFeatures][kFeatures], bias[kFeatures], query[kFeatures];
};

struct Work {
  int64_t batch, longest;
  std::vector<int64_t> lengths = bench::ragged_lengths(batch, longest);
  Floats tokens = normal(batch * longest * kFeatures, 1, 1);
  Floats direction = normal(kFeatures, 1, 2);
  Floats contexts = Floats(static_cast<size_t>(batch * kFeatures));
  Parameters parameters{};
  struct Thread {
    Floats hidden, weights, gradient;
    Parameters gradients;
    float loss;
  };
  std::vector<Thread> threads{static_cast<size_t>(omp_get_max_threads())};

  Work(int64_t batch_size, int64_t length) : batch(batch_size), longest(length) {
    fill_normal(flat(parameters), 1, 3);
    const auto size = static_cast<size_t>(longest);
    for (Thread& thread : threads) {
      thread.hidden.resize(size * kFeatures);
      thread.weights.resize(size);
      thread.gradient.resize(size);
    }
  }

  // One example, of which the first `scored` tokens get a score and the first `real` a share of the
  // attention.
  void attend(int64_t example, int64_t scored, int64_t real, Thread& thread) {
    const float* const x = tokens.data() + example * longest * kFeatures;
    float* const context = contexts.data() + example * kFeatures;
    float* const hidden = thread.hidden.data();
    float* const weights = thread.weights.data();
    float* const gradient = thread.gradient.data();
    for (int64_t t = 0; t < scored; ++t) {
      Row sum = *rows(parameters.bias);
      for (int64_t i = 0; i < kFeatures; ++i) sum += x[t * kFeatures + i] * *rows(parameters.weight[i]);
      rows(hidden)[t] = sum;
    }
    for (int64_t i = 0; i < scored * kFeatures; ++i) hidden[i] = tanh(hidden[i]);
    for (int64_t t = 0; t < scored; ++t)
      weights[t] = dot(kFeatures, hidden + t * kFeatures, parameters.query);
    softmax(scored, real, 1, weights, weights);

    Row sum{};
    for (int64_t t = 0; t < scored; ++t) {
      sum += weights[t] * rows(x)[t];
      gradient[t] = dot(kFeatures, x + t * kFeatures, direction.data());
    }
    *rows(context) = sum;
    thread.loss += dot(kFeatures, context, direction.data()) / static_cast<float>(batch);

    softmax_backward(scored, 1 / static_cast<float>(batch), weights, gradient, gradient);
    Parameters& g = thread.gradients;
    Row bias{}, query{};
    for (int64_t t = 0; t < scored; ++t) {
      const Row h = rows(hidden)[t];
      query += gradient[t] * h;
      rows(hidden)[t] = gradient[t] * *rows(parameters.query) * (1 - h * h);
      bias += rows(hidden)[t];
    }
    *rows(g.bias) += bias;
    *rows(g.query) += query;
    for (int64_t i = 0; i < kFeatures; i += 4) {
      Row a{}, b{}, c{}, d{};
      for (int64_t t = 0; t < scored; ++t) {
        const float* const token = x + t * kFeatures + i;
        a += token[0] * rows(hidden)[t];
        b += token[1] * rows(hidden)[t];
        c += token[2] * rows(hidden)[t];
        d += token[3] * rows(hidden)[t];
      }
      *rows(g.weight[i]) += a;
      *rows(g.weight[i + 1]) += b;
      *rows(g.weight[i + 2]) += c;
      *rows(g.weight[i + 3]) += d;
    }
  }

  // The loss; the gradients are the first thread's.
  float pass(bool score_the_padding) {
    for (Thread& thread : threads) {
      thread.gradients = {};
      thread.loss = 0;
    }
    split(batch, batch * longest < 512, [&](int64_t begin, int64_t end, int thread) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t real = lengths[static_cast<size_t>(b)];
        attend(b, score_the_padding ? longest : real, real, threads[static_cast<size_t>(thread)]);
      }
    });
    for (size_t other = 1; other < threads.size(); ++other) {
      threads[0].loss += threads[other].loss;
      const std::span<float> sum = flat(threads[0].gradients), part = flat(threads[other].gradients);
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
    }
    return threads[0].loss;
  }
};

void run(State& state, bool score_the_padding) {
  Work work(state.range(0), state.range(1));
  bench::measure(state, [&] {
    benchmark::DoNotOptimize(work.pass(score_the_padding));
    keep(&work);
  });
}
void method_1(State& state) { run(state, true); }
void method_2(State& state) { run(state, false); }

BENCHMARK(method_1)->Apply(bench::sizes_of_methods);
BENCHMARK(method_2)->Apply(bench::sizes_of_methods);

const bool gradient_is_right = add_check("method_1", [] {
  Work work(16, 12);
  work.pass(true);
  const Parameters gradients = work.threads[0].gradients;
  const auto loss = [&work] { return work.pass(true); };
  Parameters& p = work.parameters;
  return is_gradient({p.weight[0], kFeatures * kFeatures}, {gradients.weight[0], kFeatures * kFeatures},
                     loss) &&
         is_gradient(p.bias, gradients.bias, loss) && is_gradient(p.query, gradients.query, loss);
});

const bool methods_agree = add_check("method_2 as method_1", [] {
  Work work(16, 48);
  work.pass(true);
  Parameters first = work.threads[0].gradients;
  work.pass(false);
  const std::span<float> one = flat(first), two = flat(work.threads[0].gradients);
  return std::equal(one.begin(), one.end(), two.begin(),
                    [](float x, float y) { return std::abs(x - y) < 1e-5f * (1 + std::abs(x)); });
});

}  // namespace
}  // namespace by_hand
