// The rows of layer normalisation. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/simd_reduce.hpp>

#include <cmath>
#include <cstdint>

namespace frost::kernels {
namespace {

template <class T, class A>
void layer_norm_row(int64_t n, double eps, void* out, void* mean_out, void* reciprocal_std_out,
                    const void* in, const void* weight, const void* bias) {
  using B = Batch<T, A>;
  const T *x = static_cast<const T*>(in), *w = static_cast<const T*>(weight),
          *b = static_cast<const T*>(bias);
  T* y = static_cast<T*>(out);
  const T count = static_cast<T>(n);
  T sum, squares;
  reduce_row<Reduce::sum, T, A>(n, &sum, x);
  const T mean = sum / count;
  deviations_row<T, A>(n, &squares, x, &mean);
  const T reciprocal_std = T(1) / std::sqrt(squares / count + static_cast<T>(eps));
  *static_cast<T*>(mean_out) = mean;
  *static_cast<T*>(reciprocal_std_out) = reciprocal_std;
  for (int64_t i = 0; i < n; i += B::size) {
    B value = (load<T, A>(x + i, n - i) - B(mean)) * B(reciprocal_std);
    if (w != nullptr) value = value * load<T, A>(w + i, n - i);
    if (b != nullptr) value = value + load<T, A>(b + i, n - i);
    store<T, A>(y + i, n - i, value);
  }
}

// grad_x = (h - mean(h) - x̂ mean(h x̂)) / std, with h = g weight
template <class T, class A>
void layer_norm_backward_row(int64_t n, void* out, const void* grad_out, const void* in, const void* mean_in,
                             const void* reciprocal_std_in, const void* weight) {
  using B = Batch<T, A>;
  const T *x = static_cast<const T*>(in), *g = static_cast<const T*>(grad_out),
          *w = static_cast<const T*>(weight);
  T* grad_x = static_cast<T*>(out);
  const B mean(*static_cast<const T*>(mean_in)), reciprocal_std(*static_cast<const T*>(reciprocal_std_in));
  const auto h = [g, w](int64_t i, int64_t count) {
    const B value = load<T, A>(g + i, count);
    return w == nullptr ? value : value * load<T, A>(w + i, count);
  };
  const auto normalised = [x, &mean, &reciprocal_std](int64_t i, int64_t count) {
    return (load<T, A>(x + i, count) - mean) * reciprocal_std;
  };
  const T count = static_cast<T>(n);
  const B mean_h(fold_row<T, A>(n, T(0), h, Add()) / count);
  // Beyond the row h is 0, and so is the product.
  const B slope(
      fold_row<T, A>(
          n, T(0), [&](int64_t i, int64_t left) { return h(i, left) * normalised(i, left); }, Add()) /
      count);
  for (int64_t i = 0; i < n; i += B::size)
    store<T, A>(grad_x + i, n - i, (h(i, n - i) - mean_h - normalised(i, n - i) * slope) * reciprocal_std);
}

// out[j] = Σ_i g[i, j] x̂[i, j], of n columns. There is at least one row.
template <class T, class A>
void layer_norm_weight_columns(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* grad_out,
                               const void* in, const void* means, const void* reciprocal_stds) {
  const T *x = static_cast<const T*>(in), *g = static_cast<const T*>(grad_out);
  const T *mean = static_cast<const T*>(means), *reciprocal_std = static_cast<const T*>(reciprocal_stds);
  fold_columns<T, A>(
      rows, n, static_cast<T*>(out),
      [=](int64_t i, int64_t j, int64_t count) {
        const int64_t at = i * row_stride + j;
        return load<T, A>(g + at, count) *
               ((load<T, A>(x + at, count) - Batch<T, A>(mean[i])) * Batch<T, A>(reciprocal_std[i]));
      },
      Add());
}

}  // namespace
}  // namespace frost::kernels
