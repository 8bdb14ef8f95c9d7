// The large matrix product: c is made in tiles that stay in registers, from a copy of y in panels as wide as
// a tile. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/simd_elementwise.hpp>

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace frost::kernels {
namespace {

// A tile of c takes 24 of 32 registers, or 12 of 16; what is multiplied, three more.
constexpr int kTileVectors = 2;
template <class A>
constexpr int kTileRows = Batch<float, A>::size >= 16 ? 12 : 6;
template <class T, class A>
constexpr int64_t kPanelWidth = kTileVectors* static_cast<int64_t>(Batch<T, A>::size);

// to[i·to_stride + j] = from[j·from_stride + i] for i, j < 16 bytes of T.
template <class T, class A>
void turn_block(T* to, int64_t to_stride, const T* from, int64_t from_stride) {
  using B = Batch<T, std::conditional_t<A::alignment() == 16, A, xsimd::sse4_2>>;
  constexpr int size = B::size;
  B rows[size], turned[size];
  for (int j = 0; j < size; ++j) rows[j] = B::load_unaligned(from + j * from_stride);
  for (int step = 1; step < size; step *= 2) {  // each interleaves the first half with the second
    for (int i = 0; i < size / 2; ++i) {
      turned[2 * i] = xsimd::zip_lo(rows[i], rows[i + size / 2]);
      turned[2 * i + 1] = xsimd::zip_hi(rows[i], rows[i + size / 2]);
    }
    for (int i = 0; i < size; ++i) rows[i] = turned[i];
  }
  for (int i = 0; i < size; ++i) rows[i].store_unaligned(to + i * to_stride);
}

// panel[p·width + j] = y[p, j] for p < k and j < n; 0 for the other j < width.
template <class T, class A>
void pack_panel(int64_t k, int64_t n, void* panel, const void* y, int64_t row_stride, int64_t column_stride) {
  constexpr int64_t width = kPanelWidth<T, A>, vector = Batch<T, A>::size;
  T* to = static_cast<T*>(panel);
  const T* from = static_cast<const T*>(y);
  if (column_stride == 1) {
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < width; j += vector)
        (j < n ? load<T, A>(from + p * row_stride + j, n - j) : Batch<T, A>(T(0)))
            .store_aligned(to + p * width + j);
    return;
  }
  constexpr int64_t block = 16 / sizeof(T);
  int64_t j = 0;
  if (row_stride == 1)
    for (; j + block <= n; j += block) {
      int64_t p = 0;
      for (; p + block <= k; p += block)
        turn_block<T, A>(to + p * width + j, width, from + p + j * column_stride, column_stride);
      for (; p < k; ++p)
        for (int64_t i = j; i < j + block; ++i) to[p * width + i] = from[p + i * column_stride];
    }
  for (; j < width; ++j)
    for (int64_t p = 0; p < k; ++p)
      to[p * width + j] = j < n ? from[p * row_stride + j * column_stride] : T(0);
}

// c = x panel, or c + x panel, of height × n, n being at most so many vectors. Each element sums its terms in
// their order.
template <int height, int vectors, class T, class A>
void product_tile(int64_t n, int64_t k, T* c, int64_t c_stride, bool accumulate, const T* x,
                  int64_t row_stride, int64_t column_stride, const T* panel) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  B sums[height][vectors];
#pragma GCC unroll 16
  for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      sums[i][v] =
          accumulate && n > v * width ? load<T, A>(c + i * c_stride + v * width, n - v * width) : B(T(0));
  for (int64_t p = 0; p < k; ++p, x += column_stride, panel += kPanelWidth<T, A>) {
    B row[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) row[v] = B::load_aligned(panel + v * width);
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i) {
      const B factor(x[i * row_stride]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sums[i][v] = math::fma(factor, row[v], sums[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      if (n > v * width) store<T, A>(c + i * c_stride + v * width, n - v * width, sums[i][v]);
}

template <int vectors, class T, class A, int... height>
constexpr auto tiles_of_heights(std::integer_sequence<int, height...>) {
  return std::array{product_tile<height + 1, vectors, T, A>...};
}

// to[p·tile_rows + i] = x[i, p], of which `height` rows are there.
template <int tile_rows, class T>
void turn_rows(int64_t height, int64_t k, T* to, const T* x, int64_t row_stride, int64_t column_stride) {
  if (height == tile_rows && row_stride == 1) {
    for (int64_t p = 0; p < k; ++p)
      for (int64_t i = 0; i < tile_rows; ++i) to[p * tile_rows + i] = x[p * column_stride + i];
    return;
  }
  for (int64_t p = 0; p < k; ++p)
    for (int64_t i = 0; i < height; ++i) to[p * tile_rows + i] = x[i * row_stride + p * column_stride];
}

// c = x y, or c + x y, of m × n, for y in panels.
template <class T, class A>
void product_panels(int64_t m, int64_t n, int64_t k, void* out, int64_t c_stride, bool accumulate,
                    const void* x_data, int64_t row_stride, int64_t column_stride, const void* panels) {
  constexpr std::make_integer_sequence<int, kTileRows<A>> heights;
  constexpr auto narrow_tiles = tiles_of_heights<1, T, A>(heights),
                 tiles = tiles_of_heights<kTileVectors, T, A>(heights);
  T* c = static_cast<T*>(out);
  const T* x = static_cast<const T*>(x_data);
  T turned[kTileRows<A> * kPanelDepth];
  for (int64_t i = 0; i < m; i += kTileRows<A>) {
    const int64_t height = m - i < kTileRows<A> ? m - i : kTileRows<A>;
    const auto narrow_tile = narrow_tiles[static_cast<size_t>(height - 1)],
               tile = tiles[static_cast<size_t>(height - 1)];
    const T* rows = x + i * row_stride;
    const bool is_turned = column_stride != 1;  // elements far apart are gathered once, not for each panel
    if (is_turned) turn_rows<kTileRows<A>>(height, k, turned, rows, row_stride, column_stride);
    const T* panel = static_cast<const T*>(panels);
    for (int64_t j = 0; j < n; j += kPanelWidth<T, A>, panel += k * kPanelWidth<T, A>)
      (n - j <= static_cast<int64_t>(Batch<T, A>::size) ? narrow_tile : tile)(
          n - j, k, c + i * c_stride + j, c_stride, accumulate, is_turned ? turned : rows,
          is_turned ? 1 : row_stride, is_turned ? kTileRows<A> : 1, panel);
  }
}

}  // namespace
}  // namespace frost::kernels
