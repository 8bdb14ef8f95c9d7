// Recurrent cells, one sequence at one step: a row of each array. `gates` come in as products and leave the
// forward pass as values, the backward pass as gradients of the products with the state before. No two rows
// overlap, which the compiler is told.
#pragma once

#include "floor.hpp"

namespace by_hand {

constexpr int64_t kHidden = 128;

struct Gru {
  static constexpr int64_t kGates = 3, kJoined = 2;  // gates for which both products are simply added

  // h' = (1 - z) n + z h, n = tanh(x + r k), where k is the product with h: it is what is kept.
  static void forward(const float* b_ih, const float* b_hh, float* __restrict gates, float* __restrict kept,
                      const float*, const float* __restrict before, float* __restrict after) {
    for (int64_t j = 0; j < kJoined * kHidden; ++j) gates[j] = sigmoid(gates[j] + b_ih[j] + b_hh[j]);
    const float *const r = gates, *const z = gates + kHidden;
    float* const n = gates + 2 * kHidden;
    for (int64_t j = 0; j < kHidden; ++j) {
      kept[j] += b_hh[2 * kHidden + j];
      n[j] = tanh(n[j] + b_ih[2 * kHidden + j] + r[j] * kept[j]);
      after[j] = (1 - z[j]) * n[j] + z[j] * before[j];
    }
  }
  // Leaves in `kept` the gradient of x.
  static void backward(float* __restrict gates, float* __restrict kept, const float*,
                       const float* __restrict before, const float* __restrict outer,
                       float* __restrict gradient, float*) {
    float *const r = gates, *const z = gates + kHidden, *const n = gates + 2 * kHidden;
    for (int64_t j = 0; j < kHidden; ++j) {
      const float d = gradient[j] + outer[j];
      gradient[j] = d * z[j];
      const float inner = d * (1 - z[j]) * (1 - n[j] * n[j]);
      z[j] = d * (before[j] - n[j]) * z[j] * (1 - z[j]);
      n[j] = inner * r[j];
      r[j] = inner * kept[j] * r[j] * (1 - r[j]);
      kept[j] = inner;
    }
  }
};

struct Lstm {
  static constexpr int64_t kGates = 4, kJoined = 4;

  // c' = f c + i g, which is kept; h' = o tanh(c')
  static void forward(const float* b_ih, const float* b_hh, float* __restrict gates, float* __restrict kept,
                      const float* __restrict kept_before, const float*, float* __restrict after) {
    float *const i = gates, *const f = i + kHidden, *const g = f + kHidden, *const o = g + kHidden;
    for (int64_t j = 0; j < kHidden; ++j) {
      i[j] = sigmoid(i[j] + b_ih[j] + b_hh[j]);
      f[j] = sigmoid(f[j] + b_ih[kHidden + j] + b_hh[kHidden + j]);
      g[j] = tanh(g[j] + b_ih[2 * kHidden + j] + b_hh[2 * kHidden + j]);
      o[j] = sigmoid(o[j] + b_ih[3 * kHidden + j] + b_hh[3 * kHidden + j]);
      kept[j] = f[j] * kept_before[j] + i[j] * g[j];
      after[j] = o[j] * tanh(kept[j]);
    }
  }
  static void backward(float* __restrict gates, float* __restrict kept, const float* __restrict kept_before,
                       const float*, const float* __restrict outer, float* __restrict gradient,
                       float* __restrict kept_gradient) {
    float *const i = gates, *const f = i + kHidden, *const g = f + kHidden, *const o = g + kHidden;
    for (int64_t j = 0; j < kHidden; ++j) {
      const float d = gradient[j] + outer[j], squashed = tanh(kept[j]);
      const float inner = kept_gradient[j] + d * o[j] * (1 - squashed * squashed);
      gradient[j] = 0;
      kept_gradient[j] = inner * f[j];
      o[j] = d * squashed * o[j] * (1 - o[j]);
      f[j] = inner * kept_before[j] * f[j] * (1 - f[j]);
      const float in = i[j];
      i[j] = inner * g[j] * in * (1 - in);
      g[j] = inner * in * (1 - g[j] * g[j]);
    }
  }
};

}  // namespace by_hand
