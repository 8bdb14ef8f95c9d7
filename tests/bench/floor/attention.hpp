// Scaled dot-product attention of a block of queries, forward and backward. Scores are kept as [keys,
// queries]: a vector holds one key's scores for several queries, and k and v are read as they lie.
#pragma once

#include "products.hpp"

namespace by_hand {

// So many queries are a block, whose scores with all keys should stay in a cache; those with so many keys at
// once stay in the nearest.
constexpr int64_t kQueries = 64, kKeys = 128;

template <int64_t kFeatures>
struct Attention {
  // Of the keys only the first `real` are attended to. Those up to the next multiple of 8 are read.
  struct Input {
    Matrix q, k, v;
    int64_t real;

    int64_t keys() const { return (real + kTileRows - 1) / kTileRows * kTileRows; }
  };
  // What the forward pass leaves: weights [keys, kQueries], without the division by their sums.
  struct Weights {
    Floats shares;
    float per_sum[kQueries]{};

    explicit Weights(int64_t keys) : shares(static_cast<size_t>(keys * kQueries)) {}
  };

  static constexpr int64_t kSize = kFeatures * kQueries;
  static inline const float kScale = 1 / std::sqrt(float{kFeatures});
  Floats panels = Floats(kSize), columns = Floats(kSize), slopes = Floats(kKeys * kQueries);
  float most[kQueries]{}, sums[kQueries]{};

  // panels = scale · rowsᵀ
  Panels turn(const Matrix& rows, float scale) {
    const Panels result = pack(kFeatures, kQueries, transposed(rows), panels);
    for (float& x : panels) x *= scale;
    return result;
  }
  // rows = columnsᵀ
  void turn_columns(float* rows, int64_t stride) const {
    for (int64_t i = 0; i < kQueries; ++i)
      for (int64_t j = 0; j < kFeatures; ++j)
        rows[i * stride + j] = columns[static_cast<size_t>(j * kQueries + i)];
  }
  static Matrix from(const Matrix& x, int64_t row) { return {x.data + row * x.row_stride, x.row_stride}; }

  // result [kQueries, kFeatures] = softmax(q kᵀ / √features) v
  void forward(const Input& x, Weights& weights, float* result, int64_t stride) {
    const Panels q = turn(x.q, kScale);
    std::fill_n(most, kQueries, -INFINITY);
    for (int64_t first = 0; first < x.keys(); first += kKeys) {
      float* const scores = weights.shares.data() + first * kQueries;
      multiply(std::min(kKeys, x.keys() - first), kQueries, kFeatures, scores, kQueries, false,
               from(x.k, first), q);
      for (int64_t key = 0; key < std::min(kKeys, x.real - first); ++key)
        for (int64_t i = 0; i < kQueries; ++i) most[i] = std::max(most[i], scores[key * kQueries + i]);
    }
    std::fill_n(sums, kQueries, 0.0f);
    for (int64_t first = 0; first < x.keys(); first += kKeys) {
      float* const shares = weights.shares.data() + first * kQueries;
      const int64_t count = std::min(kKeys, x.keys() - first), real = std::min(kKeys, x.real - first);
      for (int64_t key = 0; key < real; ++key)
        for (int64_t i = 0; i < kQueries; ++i) {
          shares[key * kQueries + i] = exp(shares[key * kQueries + i] - most[i]);
          sums[i] += shares[key * kQueries + i];
        }
      std::fill_n(shares + real * kQueries, (count - real) * kQueries, 0.0f);
      multiply(kFeatures, kQueries, count, columns.data(), kQueries, first > 0, transposed(from(x.v, first)),
               {shares, kQueries});
    }
    for (int64_t i = 0; i < kQueries; ++i) weights.per_sum[i] = 1 / sums[i];
    for (int64_t j = 0; j < kFeatures; ++j)
      for (int64_t i = 0; i < kQueries; ++i)
        columns[static_cast<size_t>(j * kQueries + i)] *= weights.per_sum[i];
    turn_columns(result, stride);
  }

  // The gradients, whose rows are `stride` apart, from that of the result; those of k and v may be added.
  // Leaves the weights divided.
  void backward(const Input& x, Weights& weights, const Matrix& result, const Matrix& gradient,
                float* q_gradient, float* k_gradient, float* v_gradient, int64_t stride, bool add) {
    const Panels turned = turn(gradient, 1);
    float means[kQueries];
    for (int64_t i = 0; i < kQueries; ++i)
      means[i] = dot(kFeatures, result.data + i * result.row_stride, gradient.data + i * gradient.row_stride);
    for (int64_t first = 0; first < x.keys(); first += kKeys) {
      float* const shares = weights.shares.data() + first * kQueries;
      const int64_t count = std::min(kKeys, x.keys() - first);
      multiply(count, kQueries, kFeatures, slopes.data(), kQueries, false, from(x.v, first), turned);
      for (int64_t key = 0; key < count; ++key)
        for (int64_t i = 0; i < kQueries; ++i) {
          float& share = shares[key * kQueries + i];
          float& slope = slopes[static_cast<size_t>(key * kQueries + i)];
          share *= weights.per_sum[i];
          slope = kScale * share * (slope - means[i]);
        }
      multiply(count, kFeatures, kQueries, v_gradient + first * stride, stride, add, {shares, kQueries},
               {gradient.data, gradient.row_stride});
      multiply(count, kFeatures, kQueries, k_gradient + first * stride, stride, add,
               {slopes.data(), kQueries}, {x.q.data, x.q.row_stride});
      multiply(kFeatures, kQueries, count, columns.data(), kQueries, first > 0, transposed(from(x.k, first)),
               {slopes.data(), kQueries});
    }
    turn_columns(q_gradient, stride);
  }
};

}  // namespace by_hand
