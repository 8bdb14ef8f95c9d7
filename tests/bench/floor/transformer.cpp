// A training step of a transformer's block with post-norm. Every sequence goes forward and backward at once.
#include "attention.hpp"

#include <memory>

namespace by_hand {
namespace {

using benchmark::State;

constexpr int64_t kBatch = 16, kTokens = 64, kFeatures = 128, kInner = 4 * kFeatures;
constexpr int64_t kHeads = 4, kHeadFeatures = kFeatures / kHeads, kProjected = 3 * kFeatures;
constexpr int64_t kSequence = kTokens * kFeatures;
static_assert(kTokens == kQueries);
using Heads = Attention<kHeadFeatures>;

struct Norm {
  float gain[kFeatures], shift[kFeatures];

  // rows, each less its mean and over its deviation; result = gain · rows + shift
  void forward(float* rows, float* per_deviation, float* result) const {
    for (int64_t t = 0; t < kTokens; ++t, rows += kFeatures, result += kFeatures) {
      float sum = 0, squares = 0;
      for (int64_t j = 0; j < kFeatures; ++j) sum += rows[j];
      const float mean = sum / kFeatures;
      for (int64_t j = 0; j < kFeatures; ++j) squares += (rows[j] - mean) * (rows[j] - mean);
      per_deviation[t] = 1 / std::sqrt(squares / kFeatures + 1e-5f);
      for (int64_t j = 0; j < kFeatures; ++j) {
        rows[j] = (rows[j] - mean) * per_deviation[t];
        result[j] = gain[j] * rows[j] + shift[j];
      }
    }
  }
  // From the gradient of the result to that of what came in, in place.
  void backward(const float* rows, const float* per_deviation, float* gradient, Norm& sums) const {
    for (int64_t t = 0; t < kTokens; ++t, rows += kFeatures, gradient += kFeatures) {
      float sum = 0, product = 0;
      for (int64_t j = 0; j < kFeatures; ++j) {
        sums.gain[j] += gradient[j] * rows[j];
        sums.shift[j] += gradient[j];
        gradient[j] *= gain[j];
        sum += gradient[j];
        product += gradient[j] * rows[j];
      }
      for (int64_t j = 0; j < kFeatures; ++j)
        gradient[j] = per_deviation[t] * (gradient[j] - (sum + rows[j] * product) / kFeatures);
    }
  }
};

// All weights as [out, in], but `down` as [in, out].
struct Parameters {
  float in[kProjected * kFeatures], in_bias[kProjected];
  float out[kFeatures * kFeatures], out_bias[kFeatures];
  Norm norm_1;
  float up[kInner * kFeatures], up_bias[kInner], down[kInner * kFeatures], down_bias[kFeatures];
  Norm norm_2;
};

void add_columns(int64_t count, const float* rows, float* sums) {
  for (int64_t t = 0; t < kTokens; ++t)
    for (int64_t j = 0; j < count; ++j) sums[j] += rows[t * count + j];
}

struct Training {
  Parameters parameters{};
  Floats means = Floats(flat(parameters).size()), squares = means;
  int steps = 0;

  std::vector<int64_t> lengths = bench::ragged_lengths(kBatch, kTokens);
  Floats tokens = normal(kBatch * kSequence, 1, 1), targets = normal(kBatch * kSequence, 1, 2);
  struct Packed {
    Floats buffer;
    Panels panels;

    void set(int64_t k, int64_t n, const Matrix& y) { panels = pack(k, n, y, buffer); }
  };
  Packed in, out, out_turned, up, up_turned, down, down_turned;

  // What one sequence needs, and the sums of the gradients over those of a thread.
  struct Thread {
    Parameters gradients;
    double loss;
    Floats projected = Floats(kTokens * kProjected), projected_gradient = projected;
    Floats attended = Floats(kSequence), attended_gradient = attended;
    Floats normed_1 = attended, x = attended, normed_2 = attended, y = attended, gradient = attended;
    Floats inner = Floats(kTokens * kInner), inner_gradient = inner;
    float per_deviation_1[kTokens], per_deviation_2[kTokens];
    Heads heads;
    std::vector<Heads::Weights> weights{static_cast<size_t>(kHeads), Heads::Weights(kTokens)};
    Floats rows;  // panels
  };
  std::vector<std::unique_ptr<Thread>> threads;

  Training() {
    fill_normal(flat(parameters), 1 / std::sqrt(float{kFeatures}), 3);
    for (Norm* const norm : {&parameters.norm_1, &parameters.norm_2})
      for (float& gain : norm->gain) gain += 1;
    for (int i = 0; i < omp_get_max_threads(); ++i) threads.push_back(std::make_unique<Thread>());
  }

  // The first kHeadFeatures columns of this part, of q, k and v, are the first head's.
  static Heads::Input input(const Thread& thread, int64_t head, int64_t real) {
    const float* const q = thread.projected.data() + head * kHeadFeatures;
    return {{q, kProjected}, {q + kFeatures, kProjected}, {q + 2 * kFeatures, kProjected}, real};
  }

  void forward(int64_t b, Thread& thread) {
    const Parameters& p = parameters;
    const float* const x = tokens.data() + b * kSequence;
    multiply(kTokens, kProjected, kFeatures, thread.projected.data(), kProjected, false, {x, kFeatures},
             in.panels);
    for (size_t i = 0; i < thread.projected.size(); ++i) thread.projected[i] += p.in_bias[i % kProjected];
    for (int64_t head = 0; head < kHeads; ++head)
      thread.heads.forward(input(thread, head, lengths[static_cast<size_t>(b)]),
                           thread.weights[static_cast<size_t>(head)],
                           thread.attended.data() + head * kHeadFeatures, kFeatures);
    multiply(kTokens, kFeatures, kFeatures, thread.normed_1.data(), kFeatures, false,
             {thread.attended.data(), kFeatures}, out.panels);
    for (size_t i = 0; i < thread.normed_1.size(); ++i)
      thread.normed_1[i] += x[i] + p.out_bias[i % kFeatures];
    p.norm_1.forward(thread.normed_1.data(), thread.per_deviation_1, thread.x.data());

    multiply(kTokens, kInner, kFeatures, thread.inner.data(), kInner, false, {thread.x.data(), kFeatures},
             up.panels);
    for (size_t i = 0; i < thread.inner.size(); ++i)
      thread.inner[i] = std::max(0.0f, thread.inner[i] + p.up_bias[i % kInner]);
    multiply(kTokens, kFeatures, kInner, thread.normed_2.data(), kFeatures, false,
             {thread.inner.data(), kInner}, down.panels);
    for (size_t i = 0; i < thread.normed_2.size(); ++i)
      thread.normed_2[i] += thread.x[i] + p.down_bias[i % kFeatures];
    p.norm_2.forward(thread.normed_2.data(), thread.per_deviation_2, thread.y.data());
  }

  // sums [m, kFeatures] += gradientᵀ rows
  static void add_product(int64_t m, const Floats& gradient, const float* rows, float* sums, Floats& buffer) {
    multiply(m, kFeatures, kTokens, sums, kFeatures, true, {gradient.data(), 1, m},
             pack(kTokens, kFeatures, {rows, kFeatures}, buffer));
  }

  void backward(int64_t b, Thread& thread) {
    Parameters& sums = thread.gradients;
    float* const gradient = thread.gradient.data();
    float loss = 0;
    for (int64_t i = 0; i < kSequence; ++i) {
      const auto at = static_cast<size_t>(i);
      const float difference = thread.y[at] - targets[static_cast<size_t>(b * kSequence) + at];
      loss += difference * difference;
      gradient[i] = 2.0f / (kBatch * kSequence) * difference;
    }
    thread.loss += double{loss} / (kBatch * kSequence);

    parameters.norm_2.backward(thread.normed_2.data(), thread.per_deviation_2, gradient, sums.norm_2);
    add_columns(kFeatures, gradient, sums.down_bias);
    add_product(kInner, thread.inner, gradient, sums.down, thread.rows);
    Floats& inner = thread.inner_gradient;
    multiply(kTokens, kInner, kFeatures, inner.data(), kInner, false, {gradient, kFeatures},
             down_turned.panels);
    for (size_t i = 0; i < inner.size(); ++i) inner[i] = thread.inner[i] > 0 ? inner[i] : 0;
    add_columns(kInner, inner.data(), sums.up_bias);
    add_product(kInner, inner, thread.x.data(), sums.up, thread.rows);
    multiply(kTokens, kFeatures, kInner, gradient, kFeatures, true, {inner.data(), kInner}, up_turned.panels);

    parameters.norm_1.backward(thread.normed_1.data(), thread.per_deviation_1, gradient, sums.norm_1);
    add_columns(kFeatures, gradient, sums.out_bias);
    add_product(kFeatures, thread.gradient, thread.attended.data(), sums.out, thread.rows);
    multiply(kTokens, kFeatures, kFeatures, thread.attended_gradient.data(), kFeatures, false,
             {gradient, kFeatures}, out_turned.panels);
    Floats& projected = thread.projected_gradient;
    const int64_t real = lengths[static_cast<size_t>(b)];
    for (int64_t t = real; t < kTokens; ++t)
      std::fill_n(projected.data() + t * kProjected + kFeatures, 2 * kFeatures, 0.0f);
    for (int64_t head = 0; head < kHeads; ++head) {
      float* const q = projected.data() + head * kHeadFeatures;
      const auto rows = [head](const Floats& x) {
        return Matrix{x.data() + head * kHeadFeatures, kFeatures};
      };
      thread.heads.backward(input(thread, head, real), thread.weights[static_cast<size_t>(head)],
                            rows(thread.attended), rows(thread.attended_gradient), q, q + kFeatures,
                            q + 2 * kFeatures, kProjected, false);
    }
    add_columns(kProjected, projected.data(), sums.in_bias);
    add_product(kProjected, projected, tokens.data() + b * kSequence, sums.in, thread.rows);
  }

  std::span<float> gradients() { return flat(threads[0]->gradients); }

  void pack_weights() {
    split(2, false, [this](int64_t begin, int64_t end, int) {
      const Parameters& p = parameters;
      if (begin == 0) {
        in.set(kFeatures, kProjected, {p.in, 1, kFeatures});
        out.set(kFeatures, kFeatures, {p.out, 1, kFeatures});
        out_turned.set(kFeatures, kFeatures, {p.out, kFeatures});
        up_turned.set(kInner, kFeatures, {p.up, kFeatures});
      }
      if (end == 2) {
        up.set(kFeatures, kInner, {p.up, 1, kFeatures});
        down.set(kInner, kFeatures, {p.down, kFeatures});
        down_turned.set(kFeatures, kInner, {p.down, 1, kFeatures});
      }
    });
  }

  // The loss; the gradients are the first thread's.
  double pass() {
    pack_weights();
    for (const std::unique_ptr<Thread>& thread : threads) thread->loss = 0;
    split(kBatch, false, [this](int64_t begin, int64_t end, int i) {
      Thread& thread = *threads[static_cast<size_t>(i)];
      thread.gradients = {};
      for (int64_t b = begin; b < end; ++b) {
        forward(b, thread);
        backward(b, thread);
      }
    });
    double loss = threads[0]->loss;
    const std::span<float> sum = gradients();
    for (size_t i = 1; i < threads.size(); ++i) {
      loss += threads[i]->loss;
      const std::span<float> part = flat(threads[i]->gradients);
      split(static_cast<int64_t>(sum.size()), false, [&sum, &part](int64_t begin, int64_t end, int) {
        for (auto j = static_cast<size_t>(begin); j < static_cast<size_t>(end); ++j) sum[j] += part[j];
      });
    }
    return loss;
  }

  void descend() {
    ++steps;
    const float mean_scale = 1 / (1 - std::pow(0.9f, static_cast<float>(steps)));
    const float square_scale = 1 / (1 - std::pow(0.999f, static_cast<float>(steps)));
    const std::span<float> p = flat(parameters), g = gradients();
    split(static_cast<int64_t>(p.size()), false, [=, this](int64_t begin, int64_t end, int) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        means[i] = 0.9f * means[i] + 0.1f * g[i];
        squares[i] = 0.999f * squares[i] + 0.001f * g[i] * g[i];
        p[i] -= 1e-3f * mean_scale * means[i] / (std::sqrt(square_scale * squares[i]) + 1e-8f);
      }
    });
  }
};

void transformer_block_step(State& state) {
  const auto work = std::make_unique<Training>();
  bench::measure(state, [&work] {
    benchmark::DoNotOptimize(work->pass());
    work->descend();
    keep(work.get());
  });
}
BENCHMARK(transformer_block_step);

const bool block_is_right = add_check("transformer_block_step", [] {
  const auto work = std::make_unique<Training>();
  const double before = work->pass();
  const auto gradients = std::make_unique<Parameters>(work->threads[0]->gradients);
  const auto agrees = [&work](std::span<float> part, std::span<const float> gradient) {
    return is_gradient(part, gradient, [&work] { return work->pass(); });
  };
  Parameters &p = work->parameters, &g = *gradients;
  if (!agrees(p.in, g.in) || !agrees(p.in_bias, g.in_bias) || !agrees(p.out, g.out) ||
      !agrees(p.out_bias, g.out_bias) || !agrees(p.up, g.up) || !agrees(p.up_bias, g.up_bias) ||
      !agrees(p.down, g.down) || !agrees(p.down_bias, g.down_bias) || !agrees(p.norm_1.gain, g.norm_1.gain) ||
      !agrees(p.norm_1.shift, g.norm_1.shift) || !agrees(p.norm_2.gain, g.norm_2.gain) ||
      !agrees(p.norm_2.shift, g.norm_2.shift))
    return false;
  for (int i = 0; i < 5; ++i) {
    work->pass();
    work->descend();
  }
  return work->pass() < before;
});

}  // namespace
}  // namespace by_hand
