#include "floor.hpp"

namespace by_hand {
namespace {

using benchmark::State;

// softmax of scores [64 × 8 × 64, 64] among the keys that are no padding, and the gradient of the scores.
struct MaskedSoftmax {
  static constexpr int64_t kBatch = 64, kRows = 8 * 64, kKeys = 64;
  std::vector<int64_t> lengths = bench::ragged_lengths(kBatch, kKeys);
  Floats scores = normal(kBatch * kRows * kKeys, 1, 1), gradient = normal(kBatch * kRows * kKeys, 1, 2);
  Floats weights = Floats(scores.size()), result = Floats(scores.size());

  void pass() {
    split(kBatch, false, [this](int64_t begin, int64_t end, int) {
      for (int64_t row = begin * kRows; row < end * kRows; ++row) {
        const int64_t at = row * kKeys;
        softmax(kKeys, lengths[static_cast<size_t>(row / kRows)], 1, &scores[static_cast<size_t>(at)],
                &weights[static_cast<size_t>(at)]);
        softmax_backward(kKeys, 1, &weights[static_cast<size_t>(at)], &gradient[static_cast<size_t>(at)],
                         &result[static_cast<size_t>(at)]);
      }
    });
  }
};

void masked_softmax(State& state) {
  MaskedSoftmax work;
  bench::measure(state, [&] {
    work.pass();
    keep(work.result.data());
  });
}
void masked_softmax_in_one_op(State& state) { masked_softmax(state); }
BENCHMARK(masked_softmax);
BENCHMARK(masked_softmax_in_one_op);

const bool softmax_is_right = add_check("masked_softmax", [] {
  MaskedSoftmax work;
  work.pass();
  const auto loss = [&work] {
    work.pass();
    double sum = 0;
    for (size_t i = 0; i < work.weights.size(); ++i) sum += double{work.weights[i]} * work.gradient[i];
    return sum;
  };
  return is_gradient(work.scores, work.result, loss);
});

// y = tanh(x · row + column) · sigmoid(x), the sum of the squares of its means along either dim.
struct Elementwise {
  static constexpr int64_t kSize = 512;
  Floats x = normal(kSize * kSize, 1, 1), row = normal(kSize, 1, 2), column = normal(kSize, 1, 3);
  Floats squashed = Floats(x.size()), gate = Floats(x.size()), x_gradient = Floats(x.size());
  Floats row_gradient = Floats(row.size()), column_gradient = Floats(row.size()),
         row_means = Floats(row.size());
  struct Thread {
    Floats sums = Floats(kSize), gradient = Floats(kSize);
  };
  std::vector<Thread> threads{static_cast<size_t>(omp_get_max_threads())};

  void forward(int64_t i, float* sums) {
    const float* const xs = &x[static_cast<size_t>(i * kSize)];
    float* const hs = &squashed[static_cast<size_t>(i * kSize)];
    float* const gs = &gate[static_cast<size_t>(i * kSize)];
    const float shift = column[static_cast<size_t>(i)];
    float sum = 0;
    for (int64_t j = 0; j < kSize; ++j) {
      hs[j] = tanh(xs[j] * row[static_cast<size_t>(j)] + shift);
      gs[j] = sigmoid(xs[j]);
      sums[j] += hs[j] * gs[j];
      sum += hs[j] * gs[j];
    }
    row_means[static_cast<size_t>(i)] = sum / kSize;
  }

  // `means` are those along the columns.
  void backward(int64_t i, const float* means, float* gradient) {
    const float* const xs = &x[static_cast<size_t>(i * kSize)];
    const float* const hs = &squashed[static_cast<size_t>(i * kSize)];
    const float* const gs = &gate[static_cast<size_t>(i * kSize)];
    float* const result = &x_gradient[static_cast<size_t>(i * kSize)];
    const float mean = row_means[static_cast<size_t>(i)];
    float sum = 0;
    for (int64_t j = 0; j < kSize; ++j) {
      const float d = 2.0f / kSize * (means[j] + mean);
      const float inner = d * gs[j] * (1 - hs[j] * hs[j]);
      result[j] = inner * row[static_cast<size_t>(j)] + d * hs[j] * gs[j] * (1 - gs[j]);
      gradient[j] += inner * xs[j];
      sum += inner;
    }
    column_gradient[static_cast<size_t>(i)] = sum;
  }

  void add_up(Floats Thread::*part, float factor, Floats& result) {
    for (size_t j = 0; j < result.size(); ++j) {
      result[j] = 0;
      for (Thread& thread : threads) result[j] += factor * (thread.*part)[j];
    }
  }

  double pass() {
    split(kSize, false, [this](int64_t begin, int64_t end, int thread) {
      Floats& sums = threads[static_cast<size_t>(thread)].sums;
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t i = begin; i < end; ++i) forward(i, sums.data());
    });
    Floats& means = row_gradient;  // until it is written
    add_up(&Thread::sums, 1.0f / kSize, means);
    const float loss =
        dot(kSize, means.data(), means.data()) + dot(kSize, row_means.data(), row_means.data());
    split(kSize, false, [&](int64_t begin, int64_t end, int thread) {
      Floats& gradient = threads[static_cast<size_t>(thread)].gradient;
      std::fill(gradient.begin(), gradient.end(), 0.0f);
      for (int64_t i = begin; i < end; ++i) backward(i, means.data(), gradient.data());
    });
    add_up(&Thread::gradient, 1, row_gradient);
    return loss;
  }
};

void elementwise_512(State& state) {
  Elementwise work;
  bench::measure(state, [&] {
    benchmark::DoNotOptimize(work.pass());
    keep(&work);
  });
}
BENCHMARK(elementwise_512);

const bool elementwise_is_right = add_check("elementwise_512", [] {
  Elementwise work;
  const auto loss = [&work] { return work.pass(); };
  work.pass();
  const Floats x = work.x_gradient, row = work.row_gradient, column = work.column_gradient;
  return is_gradient(work.x, x, loss) && is_gradient(work.row, row, loss) &&
         is_gradient(work.column, column, loss);
});

}  // namespace
}  // namespace by_hand
