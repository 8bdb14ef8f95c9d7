// The rows that reduce, and the small matrix product, for any instruction set. Included by simd_rows.hpp and
// simd_softmax.hpp alone.
#pragma once

#include <frost/kernels/simd_elementwise.hpp>

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace frost::kernels {
namespace {

// ---- how values are put together

// Pairwise: 32 rows in order, then pairs of such blocks, as a binary counter carries. The rounding error of a
// sum grows with log(rows), and what is added to what depends on `rows` alone. There is at least one row.
template <class V, class Load, class Combine>
V reduce_tree(int64_t rows, const Load& load_row, const Combine& combine) {
  constexpr int64_t block = 32;
  V levels[40];
  int64_t blocks = 0;
  for (int64_t i = 0;;) {
    V sum = load_row(i++);
    for (const int64_t end = i - 1 + block < rows ? i - 1 + block : rows; i < end; ++i)
      sum = combine(sum, load_row(i));
    int level = 0;
    for (; (blocks >> level & 1) != 0; ++level) sum = combine(levels[level], sum);
    if (i < rows) {
      levels[level] = sum;
      ++blocks;
      continue;
    }
    for (; blocks >> level != 0; ++level)
      if ((blocks >> level & 1) != 0) sum = combine(levels[level], sum);
    return sum;
  }
}

// Four vectors side by side, so that one addition need not wait for the one before.
template <class B>
struct Quad {
  B part[4];
};

template <class B, class Combine>
Quad<B> combine_quads(const Quad<B>& x, const Quad<B>& y, const Combine& combine) {
  return {{combine(x.part[0], y.part[0]), combine(x.part[1], y.part[1]), combine(x.part[2], y.part[2]),
           combine(x.part[3], y.part[3])}};
}

// The lanes of one vector put together, halves first.
template <class T, class A, class Combine>
T fold_lanes(const Batch<T, A>& x, const Combine& combine) {
  alignas(A::alignment()) T lanes[Batch<T, A>::size];
  x.store_aligned(lanes);
  for (size_t half = Batch<T, A>::size / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) lanes[i] = combine(lanes[i], lanes[i + half]);
  return lanes[0];
}

// Halves within the registers, where these are longer: going through memory would wait for the store.
#if defined(__AVX2__)
template <class Combine>
float fold_lanes(const Batch<float, xsimd::sse4_2>& x, const Combine& combine) {
  using B = Batch<float, xsimd::sse4_2>;
  const B two = combine(x, B(_mm_movehl_ps(x, x)));
  return _mm_cvtss_f32(combine(two, B(_mm_shuffle_ps(two, two, 1))));
}
template <class Combine>
double fold_lanes(const Batch<double, xsimd::sse4_2>& x, const Combine& combine) {
  return _mm_cvtsd_f64(combine(x, Batch<double, xsimd::sse4_2>(_mm_unpackhi_pd(x, x))));
}
template <class Combine>
float fold_lanes(const Batch<float, xsimd::fma3<xsimd::avx2>>& x, const Combine& combine) {
  using Half = Batch<float, xsimd::sse4_2>;
  return fold_lanes(combine(Half(_mm256_castps256_ps128(x)), Half(_mm256_extractf128_ps(x, 1))), combine);
}
template <class Combine>
double fold_lanes(const Batch<double, xsimd::fma3<xsimd::avx2>>& x, const Combine& combine) {
  using Half = Batch<double, xsimd::sse4_2>;
  return fold_lanes(combine(Half(_mm256_castpd256_pd128(x)), Half(_mm256_extractf128_pd(x, 1))), combine);
}
#endif
#if defined(__AVX512BW__)
template <class Combine>
float fold_lanes(const Batch<float, xsimd::avx512bw>& x, const Combine& combine) {
  using Half = Batch<float, xsimd::fma3<xsimd::avx2>>;
  return fold_lanes(combine(Half(_mm512_castps512_ps256(x)), Half(_mm512_extractf32x8_ps(x, 1))), combine);
}
template <class Combine>
double fold_lanes(const Batch<double, xsimd::avx512bw>& x, const Combine& combine) {
  using Half = Batch<double, xsimd::fma3<xsimd::avx2>>;
  return fold_lanes(combine(Half(_mm512_castpd512_pd256(x)), Half(_mm512_extractf64x4_pd(x, 1))), combine);
}
#endif

// load_at(i, count) gives the vector that begins at i, of which `count` elements (or all) are in the row; it
// fills the rest with what leaves a combination unchanged: `identity`.
template <class T, class A, class Load, class Combine>
T fold_row(int64_t n, T identity, const Load& load_at, const Combine& combine) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  if (n <= width) return fold_lanes(n > 0 ? load_at(0, n) : B(identity), combine);
  const int64_t quads = n / (4 * width);
  Quad<B> sum = {{B(identity), B(identity), B(identity), B(identity)}};
  if (quads > 0)
    sum = reduce_tree<Quad<B>>(
        quads,
        [&load_at](int64_t row) -> Quad<B> {
          const int64_t i = row * 4 * width;
          return {{load_at(i, width), load_at(i + width, width), load_at(i + 2 * width, width),
                   load_at(i + 3 * width, width)}};
        },
        [&combine](const Quad<B>& x, const Quad<B>& y) { return combine_quads(x, y, combine); });
  const int64_t rest = quads * 4 * width;
#pragma GCC unroll 4
  for (int64_t part = 0; part < 4; ++part)  // unrolled, so that the parts stay in registers
    if (const int64_t i = rest + part * width; i < n)
      sum.part[part] = combine(sum.part[part], load_at(i, n - i));
  return fold_lanes(combine(combine(sum.part[0], sum.part[1]), combine(sum.part[2], sum.part[3])), combine);
}

struct Add {
  template <class V>
  V operator()(const V& x, const V& y) const {
    return x + y;
  }
};
struct Larger {  // which of a NaN and a number is open: for where NaN comes through anyway
  template <class T>
  std::enable_if_t<std::is_arithmetic_v<T>, T> operator()(T x, T y) const {
    return x > y ? x : y;
  }
  template <class T, class A>
  Batch<T, A> operator()(const Batch<T, A>& x, const Batch<T, A>& y) const {
    return xsimd::max(x, y);
  }
};

template <Reduce op>
struct Combiner {
  template <class T, class A>
  Batch<T, A> operator()(const Batch<T, A>& x, const Batch<T, A>& y) const {
    if constexpr (op == Reduce::sum)
      return x + y;
    else if constexpr (op == Reduce::prod)
      return x * y;
    else if constexpr (op == Reduce::max)
      return math::maximum(x, y);
    else
      return math::minimum(x, y);
  }
  template <class T>
  std::enable_if_t<std::is_floating_point_v<T>, T> operator()(T x, T y) const {
    if constexpr (op == Reduce::sum)
      return x + y;
    else if constexpr (op == Reduce::prod)
      return x * y;
    else if constexpr (op == Reduce::max)
      return x != x || x >= y ? x : y;
    else
      return x != x || x <= y ? x : y;
  }
  int64_t operator()(int64_t x, int64_t y) const {
    if constexpr (op == Reduce::sum)
      return apply<Binary::add>(x, y);
    else if constexpr (op == Reduce::prod)
      return apply<Binary::mul>(x, y);
    else if constexpr (op == Reduce::max)
      return x > y ? x : y;
    else
      return x < y ? x : y;
  }
  bool operator()(bool x, bool y) const {
    return op == Reduce::prod || op == Reduce::min || op == Reduce::all ? x & y : x | y;
  }
};

template <Reduce op, class T>
constexpr T identity_of() {
  if (op == Reduce::sum || op == Reduce::any) return T(0);
  if (op == Reduce::prod || op == Reduce::all) return T(1);
  if constexpr (std::is_floating_point_v<T>)
    return op == Reduce::max ? -math::kInfinity<T> : math::kInfinity<T>;
  else if constexpr (std::is_same_v<T, bool>)
    return op == Reduce::min;
  else
    return op == Reduce::max ? INT64_MIN : INT64_MAX;
}

// ---- reductions

template <Reduce op, class T, class A>
void reduce_row(int64_t n, void* out, const void* in) {
  const T* x = static_cast<const T*>(in);
  constexpr T identity = identity_of<op, T>();
  if constexpr (is_vector_type<T>) {
    *static_cast<T*>(out) = fold_row<T, A>(
        n, identity, [x](int64_t i, int64_t count) { return load<T, A>(x + i, count, identity); },
        Combiner<op>());
  } else if constexpr (std::is_same_v<T, bool>) {
    constexpr bool decisive = !identity;  // one such element settles it
    *static_cast<bool*>(out) =
        n > 0 && std::memchr(in, decisive ? 1 : 0, static_cast<size_t>(n)) != nullptr ? decisive : identity;
  } else {
    T result = identity;
    for (int64_t i = 0; i < n; ++i) result = Combiner<op>()(result, x[i]);
    *static_cast<T*>(out) = result;
  }
}

// f(j, count, columns) for each group of columns: quads of vectors while they last, then single vectors.
template <class B, class Single, class Four>
void for_columns(int64_t n, const Four& four, const Single& single) {
  constexpr int64_t width = B::size;
  int64_t j = 0;
  for (; j + 4 * width <= n; j += 4 * width) four(j);
  for (; j < n; j += width) single(j, n - j);
}

// out[j] = combination over i < rows of load_at(i, j, count).
template <class T, class A, class Load, class Combine>
void fold_columns(int64_t rows, int64_t n, T* out, const Load& load_at, const Combine& combine) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  for_columns<B>(
      n,
      [&](int64_t j) {
        const Quad<B> sum = reduce_tree<Quad<B>>(
            rows,
            [&](int64_t i) -> Quad<B> {
              return {{load_at(i, j, width), load_at(i, j + width, width), load_at(i, j + 2 * width, width),
                       load_at(i, j + 3 * width, width)}};
            },
            [&](const Quad<B>& x, const Quad<B>& y) { return combine_quads(x, y, combine); });
        for (int64_t part = 0; part < 4; ++part) sum.part[part].store_unaligned(out + j + part * width);
      },
      [&](int64_t j, int64_t count) {
        store<T, A>(out + j, count,
                    reduce_tree<B>(
                        rows, [&](int64_t i) { return load_at(i, j, count); }, combine));
      });
}

template <Reduce op, class T, class A>
void reduce_columns(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* in) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  if (rows == 0) {
    for (int64_t j = 0; j < n; ++j) y[j] = identity_of<op, T>();
  } else if constexpr (is_vector_type<T>) {
    fold_columns<T, A>(
        rows, n, y,
        [x, row_stride](int64_t i, int64_t j, int64_t count) {
          return load<T, A>(x + i * row_stride + j, count);
        },
        Combiner<op>());
  } else {
    for (int64_t j = 0; j < n; ++j) y[j] = x[j];
    for (int64_t i = 1; i < rows; ++i) {
      const T* row = x + i * row_stride;
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) y[j] = Combiner<op>()(y[j], row[j]);
    }
  }
}

template <class T, class A>
void deviations_row(int64_t n, void* out, const void* in, const void* mean_of_row) {
  const T* x = static_cast<const T*>(in);
  const T mean = *static_cast<const T*>(mean_of_row);
  *static_cast<T*>(out) = fold_row<T, A>(
      n, T(0),
      [x, mean](int64_t i, int64_t count) {
        const Batch<T, A> deviation = load<T, A>(x + i, count, mean) - Batch<T, A>(mean);
        return deviation * deviation;
      },
      Add());
}

template <class T, class A>
void deviations_columns(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* in,
                        const void* means) {
  const T *x = static_cast<const T*>(in), *mean = static_cast<const T*>(means);
  fold_columns<T, A>(
      rows, n, static_cast<T*>(out),
      [x, mean, row_stride](int64_t i, int64_t j, int64_t count) {
        const Batch<T, A> deviation = load<T, A>(x + i * row_stride + j, count) - load<T, A>(mean + j, count);
        return deviation * deviation;
      },
      Add());
}

// ---- the small matrix product

// `height` rows of c, a vector's width of columns at a time; rows of y are contiguous.
template <int height, class T, class A>
void product_rows(int64_t n, int64_t k, T* c, int64_t c_stride, const T* x, int64_t x_row_stride,
                  int64_t x_column_stride, const T* y, int64_t y_row_stride) {
  using B = Batch<T, A>;
  for (int64_t j = 0; j < n; j += B::size) {
    const int64_t count = n - j;
    B sums[height];
    for (B& sum : sums) sum = B(T(0));
    for (int64_t p = 0; p < k; ++p) {
      const B row = load<T, A>(y + p * y_row_stride + j, count);
      for (int i = 0; i < height; ++i)
        sums[i] = math::fma(B(x[i * x_row_stride + p * x_column_stride]), row, sums[i]);
    }
    for (int i = 0; i < height; ++i) store<T, A>(c + i * c_stride + j, count, sums[i]);
  }
}

template <class T, class A>
void product(int64_t m, int64_t n, int64_t k, void* out, int64_t c_stride, const void* x_data,
             int64_t x_row_stride, int64_t x_column_stride, const void* y_data, int64_t y_row_stride,
             int64_t y_column_stride) {
  const T *x = static_cast<const T*>(x_data), *y = static_cast<const T*>(y_data);
  T* c = static_cast<T*>(out);
  if constexpr (!is_vector_type<T>) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * c_stride + j] = 0;
      for (int64_t p = 0; p < k; ++p) {
        const T factor = x[i * x_row_stride + p * x_column_stride];
        for (int64_t j = 0; j < n; ++j)
          c[i * c_stride + j] = apply<Binary::add>(
              c[i * c_stride + j], apply<Binary::mul>(factor, y[p * y_row_stride + j * y_column_stride]));
      }
    }
  } else if (y_column_stride == 1) {
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
      product_rows<4, T, A>(n, k, c + i * c_stride, c_stride, x + i * x_row_stride, x_row_stride,
                            x_column_stride, y, y_row_stride);
    for (; i < m; ++i)
      product_rows<1, T, A>(n, k, c + i * c_stride, c_stride, x + i * x_row_stride, x_row_stride,
                            x_column_stride, y, y_row_stride);
  } else if (x_column_stride == 1 && y_row_stride == 1 && (m < 4 || n == 1 || n * k > 4096)) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        const T *row = x + i * x_row_stride, *column = y + j * y_column_stride;
        c[i * c_stride + j] = fold_row<T, A>(
            k, T(0),
            [row, column](int64_t p, int64_t count) {
              return load<T, A>(row + p, count) * load<T, A>(column + p, count);
            },
            Add());
      }
  } else if (m >= 4 && n * k <= 4096) {  // turning y once is cheaper than a sum across lanes per element of c
    T turned[4096];
    for (int64_t j = 0; j < n; ++j)
      for (int64_t p = 0; p < k; ++p) turned[p * n + j] = y[p * y_row_stride + j * y_column_stride];
    product<T, A>(m, n, k, c, c_stride, x, x_row_stride, x_column_stride, turned, n, 1);
  } else {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        T sum = 0;
        for (int64_t p = 0; p < k; ++p)
          sum += x[i * x_row_stride + p * x_column_stride] * y[p * y_row_stride + j * y_column_stride];
        c[i * c_stride + j] = sum;
      }
  }
}

}  // namespace
}  // namespace frost::kernels
