// Products of matrices whose sizes suit the registers: rows a multiple of 8, columns of 32.
#pragma once

#include "floor.hpp"

namespace by_hand {

constexpr int64_t kTileRows = 8, kPanelWidth = 32, kVectorWidth = kPanelWidth / 2;
// How many rows of 32 columns stay in the nearest cache.
constexpr int64_t kDepth = 256;

using Vector = float __attribute__((vector_size(kVectorWidth * sizeof(float)), aligned(4), may_alias));

// Where element (i, j) is: data[i · row_stride + j · column_stride].
struct Matrix {
  const float* data;
  int64_t row_stride, column_stride = 1;
};
inline Matrix transposed(const Matrix& x) { return {x.data, x.column_stride, x.row_stride}; }

// Where element (i, j) is: data[i · row_stride + j / 32 · panel_stride + j % 32].
struct Panels {
  const float* data;
  int64_t row_stride = kPanelWidth, panel_stride = kPanelWidth;
};

// 32 columns after 32 columns of y [k, n].
inline Panels pack(int64_t k, int64_t n, const Matrix& y, Floats& buffer) {
  buffer.resize(static_cast<size_t>(k * n));
  float* to = buffer.data();
  for (int64_t j = 0; j < n; j += kPanelWidth)
    for (int64_t p = 0; p < k; ++p, to += kPanelWidth) {
      const float* const from = y.data + p * y.row_stride + j * y.column_stride;
      for (int64_t i = 0; i < kPanelWidth; ++i) to[i] = from[i * y.column_stride];
    }
  return {buffer.data(), kPanelWidth, k * kPanelWidth};
}

// c = x y of 8 × 32, or c + x y. x_stride is between the rows of x, or between its columns if it is `turned`.
// A function of its own, so that nothing around it takes its registers.
template <bool turned>
[[gnu::noinline]] void multiply_tile(int64_t k, float* c, int64_t c_stride, bool add, const float* x,
                                     int64_t x_stride, const float* y, int64_t y_stride) {
  Vector left[kTileRows]{}, right[kTileRows]{};
  for (int64_t p = 0; p < k; ++p, x += turned ? x_stride : 1, y += y_stride) {
    const Vector y_left = *reinterpret_cast<const Vector*>(y),
                 y_right = *reinterpret_cast<const Vector*>(y + kVectorWidth);
#pragma GCC unroll 8
    for (int64_t i = 0; i < kTileRows; ++i) {
      left[i] += x[turned ? i : i * x_stride] * y_left;
      right[i] += x[turned ? i : i * x_stride] * y_right;
    }
  }
#pragma GCC unroll 8
  for (int64_t i = 0; i < kTileRows; ++i, c += c_stride) {
    Vector* const c_left = reinterpret_cast<Vector*>(c);
    Vector* const c_right = reinterpret_cast<Vector*>(c + kVectorWidth);
    *c_left = add ? *c_left + left[i] : left[i];
    *c_right = add ? *c_right + right[i] : right[i];
  }
}

// c = x y, or c + x y, with x [m, k] and y [k, n]; c_stride is between the rows of c. One stride of x is 1.
inline void multiply(int64_t m, int64_t n, int64_t k, float* c, int64_t c_stride, bool add, const Matrix& x,
                     const Panels& y) {
  for (int64_t p = 0; p < k; p += kDepth)
    for (int64_t j = 0; j < n; j += kPanelWidth)
      for (int64_t i = 0; i < m; i += kTileRows) {
        const float* const from_x = x.data + i * x.row_stride + p * x.column_stride;
        const float* const from_y = y.data + p * y.row_stride + j / kPanelWidth * y.panel_stride;
        float* const to = c + i * c_stride + j;
        const int64_t depth = std::min(kDepth, k - p);
        if (x.column_stride == 1)
          multiply_tile<false>(depth, to, c_stride, add || p > 0, from_x, x.row_stride, from_y, y.row_stride);
        else
          multiply_tile<true>(depth, to, c_stride, add || p > 0, from_x, x.column_stride, from_y,
                              y.row_stride);
      }
}

}  // namespace by_hand
