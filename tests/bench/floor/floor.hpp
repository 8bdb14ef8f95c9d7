// The floor: what the work of the benchmarks costs a program that is written by hand for it alone. There is
// no engine: buffers are made beforehand, forward and backward are one piece of loops.
#pragma once

#include "../measure.hpp"

#include <omp.h>

#include <bit>
#include <cmath>
#include <functional>
#include <random>
#include <span>

namespace by_hand {

using Floats = std::vector<float>;

// f(begin, end, thread) for [0, count) cut into as many parts as there are threads, or at once if it is
// little work.
template <class F>
void split(int64_t count, bool little, const F& f) {
  if (little || count < 2 || omp_get_max_threads() == 1) return f(int64_t{0}, count, 0);
#pragma omp parallel
  {
    const int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
    f(count * thread / threads, count * (thread + 1) / threads, static_cast<int>(thread));
  }
}

// exp within 3e-7 of itself, and e^-87 below that: 2^k · e^r with |r| <= ln(2) / 2.
inline float exp(float x) {
  x = std::max(x, -87.0f);
  const float k = std::nearbyint(x * 1.44269504f);
  const float r = x - k * 0.693147182f;
  const float series =
      1 + r * (1 + r * (1 / 2.f + r * (1 / 6.f + r * (1 / 24.f + r * (1 / 120.f + r * (1 / 720.f))))));
  return series * std::bit_cast<float>((static_cast<int32_t>(k) + 127) << 23);
}
inline float sigmoid(float x) { return 1 / (1 + exp(-x)); }
inline float tanh(float x) { return 1 - 2 / (1 + exp(std::min(2 * x, 40.0f))); }

inline float dot(int64_t count, const float* x, const float* y) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

// weights = softmax(scale · scores) among the first `real`, 0 for the others.
inline void softmax(int64_t count, int64_t real, float scale, const float* scores, float* weights) {
  float most = scores[0], sum = 0;
  for (int64_t i = 0; i < real; ++i) most = std::max(most, scores[i]);
  for (int64_t i = 0; i < real; ++i) sum += weights[i] = exp(scale * (scores[i] - most));
  for (int64_t i = 0; i < real; ++i) weights[i] /= sum;
  for (int64_t i = real; i < count; ++i) weights[i] = 0;
}
// The gradient of the scores from that of the weights.
inline void softmax_backward(int64_t count, float scale, const float* weights, const float* gradient,
                             float* result) {
  const float mean = dot(count, weights, gradient);
  for (int64_t i = 0; i < count; ++i) result[i] = scale * weights[i] * (gradient[i] - mean);
}

// A structure of nothing but floats, as a row of them.
template <class T>
std::span<float> flat(T& all) {
  return {reinterpret_cast<float*>(&all), sizeof(T) / sizeof(float)};
}

inline void fill_normal(std::span<float> values, float deviation, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, deviation);
  for (float& value : values) value = normal(generator);
}
inline Floats normal(int64_t count, float deviation, unsigned seed) {
  Floats values(static_cast<size_t>(count));
  fill_normal(values, deviation, seed);
  return values;
}

// Nothing that was written may be left out.
inline void keep(const void* data) {
  benchmark::DoNotOptimize(data);
  benchmark::ClobberMemory();
}

// What `bench_floor --check` tries.
struct Check {
  const char* name;
  std::function<bool()> passes;
};
inline std::vector<Check>& checks() {
  static std::vector<Check> all;
  return all;
}
inline bool add_check(const char* name, std::function<bool()> passes) {
  checks().push_back({name, std::move(passes)});
  return true;
}

// Whether the loss rises along the gradient of these parameters as steeply as the gradient says.
bool is_gradient(std::span<float> parameters, std::span<const float> gradient,
                 const std::function<double()>& loss);

}  // namespace by_hand
