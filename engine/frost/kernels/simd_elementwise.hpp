// The elementwise rows, for any instruction set. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/rows.hpp>
#include <frost/kernels/simd_math.hpp>
#include <frost/kernels/simd_normal.hpp>
#include <frost/kernels/simd_partial.hpp>

#include <cstdint>
#include <type_traits>

namespace frost::kernels {
namespace {

using math::Batch;

template <class T, class A>
Batch<T, A> load(const T* from, int64_t count, T fill = 0) {
  if (count >= static_cast<int64_t>(Batch<T, A>::size)) return Batch<T, A>::load_unaligned(from);
  return Partial<T, A>::load(from, count, fill);
}
template <class T, class A>
void store(T* to, int64_t count, const Batch<T, A>& x) {
  if (count >= static_cast<int64_t>(Batch<T, A>::size))
    x.store_unaligned(to);
  else
    Partial<T, A>::store(to, count, x);
}

// Tails go through the same vector functions as whole vectors: a result does not depend on where a row was
// cut.
template <class T, class A, class F>
void map_vectors(int64_t n, void* out, const RowIn* in, const F& f) {
  constexpr int64_t width = Batch<T, A>::size;
  const T* x = static_cast<const T*>(in->data);
  T* y = static_cast<T*>(out);
  if (in->step == 0) {
    const Batch<T, A> value = f(Batch<T, A>(*x));
    for (int64_t i = 0; i < n; i += width) store<T, A>(y + i, n - i, value);
    return;
  }
  int64_t i = 0;
  for (; i + width <= n; i += width) f(Batch<T, A>::load_unaligned(x + i)).store_unaligned(y + i);
  if (i < n) Partial<T, A>::store(y + i, n - i, f(Partial<T, A>::load(x + i, n - i, T(0))));
}

template <class T, class A, class F>
void zip_vectors(int64_t n, void* out, const RowIn* in, const F& f) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  const T *x = static_cast<const T*>(in[0].data), *y = static_cast<const T*>(in[1].data);
  const bool x_varies = in[0].step != 0, y_varies = in[1].step != 0;
  T* z = static_cast<T*>(out);
  int64_t i = 0;
  if (x_varies && y_varies)
    for (; i + width <= n; i += width)
      f(B::load_unaligned(x + i), B::load_unaligned(y + i)).store_unaligned(z + i);
  if (i >= n) return;
  const B x_value(x_varies ? T(0) : *x), y_value(y_varies ? T(0) : *y);
  for (; i < n; i += width)
    store<T, A>(
        z + i, n - i,
        f(x_varies ? load<T, A>(x + i, n - i) : x_value, y_varies ? load<T, A>(y + i, n - i) : y_value));
}

// Loops for the compiler to make vectors of. An output may be its own input, which breaks no iteration:
// `simd` says so.
template <class X, class Y, class F>
void map_loop(int64_t n, void* out, const RowIn* in, const F& f) {
  const X* x = static_cast<const X*>(in->data);
  Y* y = static_cast<Y*>(out);
  if (in->step == 0) {
    const Y value = f(*x);
    for (int64_t i = 0; i < n; ++i) y[i] = value;
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

template <class X, class Z, class F>
void zip_loop(int64_t n, void* out, const RowIn* in, const F& f) {
  const X *x = static_cast<const X*>(in[0].data), *y = static_cast<const X*>(in[1].data);
  Z* z = static_cast<Z*>(out);
  if (in[0].step != 0 && in[1].step != 0) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = f(x[i], y[i]);
  } else if (in[0].step != 0) {
    const X value = *y;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = f(x[i], value);
  } else if (in[1].step != 0) {
    const X value = *x;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = f(value, y[i]);
  } else {
    const Z value = f(*x, *y);
    for (int64_t i = 0; i < n; ++i) z[i] = value;
  }
}

template <class T>
constexpr bool is_vector_type = std::is_floating_point_v<T>;

// ---- unary

template <Unary op, class T, class A>
Batch<T, A> apply(const Batch<T, A>& x) {
  using B = Batch<T, A>;
  if constexpr (op == Unary::neg)
    return x ^ B(T(-0.0));
  else if constexpr (op == Unary::abs)
    return xsimd::abs(x);
  else if constexpr (op == Unary::square)
    return x * x;
  else if constexpr (op == Unary::relu)
    return xsimd::select(x <= B(0), B(0), x);
  else if constexpr (op == Unary::reciprocal)
    return B(1) / x;
  else if constexpr (op == Unary::sqrt)
    return xsimd::sqrt(x);
  else if constexpr (op == Unary::rsqrt)
    return B(1) / xsimd::sqrt(x);
  else if constexpr (op == Unary::exp)
    return math::exp(x);
  else if constexpr (op == Unary::expm1)
    return math::expm1(x);
  else if constexpr (op == Unary::log)
    return math::log(x);
  else if constexpr (op == Unary::log1p)
    return math::log1p(x);
  else if constexpr (op == Unary::sin)
    return xsimd::sin(x);
  else if constexpr (op == Unary::cos)
    return xsimd::cos(x);
  else if constexpr (op == Unary::tanh)
    return math::tanh(x);
  else if constexpr (op == Unary::sigmoid)
    return math::sigmoid(x);
  else if constexpr (op == Unary::gelu)
    return math::gelu(x);
  else if constexpr (op == Unary::erf)
    return math::erf(x);
  else
    return math::softplus(x);
}

// int64 wraps around: computed without sign, where that is defined.
template <Unary op>
int64_t apply(int64_t x) {
  const uint64_t bits = static_cast<uint64_t>(x);
  if constexpr (op == Unary::neg)
    return static_cast<int64_t>(0 - bits);
  else if constexpr (op == Unary::abs)
    return static_cast<int64_t>(x < 0 ? 0 - bits : bits);
  else if constexpr (op == Unary::square)
    return static_cast<int64_t>(bits * bits);
  else
    return x > 0 ? x : 0;
}

template <Unary op, class T, class A>
void unary_row(int64_t n, void* out, const RowIn* in) {
  if constexpr (is_vector_type<T>)
    map_vectors<T, A>(n, out, in, [](const Batch<T, A>& x) { return apply<op>(x); });
  else
    map_loop<T, T>(n, out, in, [](T x) { return apply<op>(x); });
}

// ---- predicates and comparisons

template <Predicate op, class T>
void predicate_row(int64_t n, void* out, const RowIn* in) {
  map_loop<T, bool>(n, out, in, [](T x) -> bool {
    if constexpr (op == Predicate::is_zero)
      return x == T(0);
    else if constexpr (!is_vector_type<T>)
      return op == Predicate::isfinite;
    else if constexpr (op == Predicate::isnan)
      return x != x;
    else if constexpr (op == Predicate::isinf)
      return (x < 0 ? -x : x) == math::kInfinity<T>;
    else
      return (x < 0 ? -x : x) < math::kInfinity<T>;
  });
}

template <Compare op, class T>
void compare_row(int64_t n, void* out, const RowIn* in) {
  zip_loop<T, bool>(n, out, in, [](T x, T y) -> bool {
    if constexpr (op == Compare::eq)
      return x == y;
    else if constexpr (op == Compare::ne)
      return x != y;
    else if constexpr (op == Compare::lt)
      return x < y;
    else if constexpr (op == Compare::le)
      return x <= y;
    else if constexpr (op == Compare::gt)
      return x > y;
    else
      return x >= y;
  });
}

// ---- binary

template <Binary op, class T, class A>
Batch<T, A> apply(const Batch<T, A>& x, const Batch<T, A>& y) {
  using B = Batch<T, A>;
  if constexpr (op == Binary::add)
    return x + y;
  else if constexpr (op == Binary::sub)
    return x - y;
  else if constexpr (op == Binary::mul)
    return x * y;
  else if constexpr (op == Binary::maximum)
    return math::maximum(x, y);
  else if constexpr (op == Binary::minimum)
    return math::minimum(x, y);
  else if constexpr (op == Binary::pow)
    return math::pow(x, y);
  else if constexpr (op == Binary::div)
    return x / y;
  else if constexpr (op == Binary::tanh_backward)
    return x * (B(1) - y * y);
  else if constexpr (op == Binary::sigmoid_backward)
    return x * (y * (B(1) - y));
  else if constexpr (op == Binary::relu_backward)
    return xsimd::select(y <= B(0), B(0), x);
  else if constexpr (op == Binary::softplus_backward)
    return xsimd::select(y > B(20), x, x * math::sigmoid(y));
  else
    return x * math::gelu_slope(y);
}

// base^exponent modulo 2^64; with a negative exponent the fraction is cut off, which leaves 0 but of 1 and
// -1.
inline int64_t integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent >>= 1, factor *= factor)
    if (exponent & 1) result *= factor;
  return static_cast<int64_t>(result);
}

template <Binary op>
int64_t apply(int64_t x, int64_t y) {
  const uint64_t a = static_cast<uint64_t>(x), b = static_cast<uint64_t>(y);
  if constexpr (op == Binary::add)
    return static_cast<int64_t>(a + b);
  else if constexpr (op == Binary::sub)
    return static_cast<int64_t>(a - b);
  else if constexpr (op == Binary::mul)
    return static_cast<int64_t>(a * b);
  else if constexpr (op == Binary::maximum)
    return x > y ? x : y;
  else if constexpr (op == Binary::minimum)
    return x < y ? x : y;
  else if constexpr (op == Binary::bitwise_and)
    return x & y;
  else if constexpr (op == Binary::bitwise_or)
    return x | y;
  else if constexpr (op == Binary::bitwise_xor)
    return x ^ y;
  else
    return integer_power(x, y);
}
template <Binary op>
bool apply(bool x, bool y) {
  if constexpr (op == Binary::mul || op == Binary::minimum || op == Binary::bitwise_and)
    return x & y;
  else if constexpr (op == Binary::sub || op == Binary::bitwise_xor)
    return x ^ y;
  else
    return x | y;
}

template <Binary op, class T, class A>
void binary_row(int64_t n, void* out, const RowIn* in) {
  if constexpr (is_vector_type<T>)
    zip_vectors<T, A>(n, out, in, [](const Batch<T, A>& x, const Batch<T, A>& y) { return apply<op>(x, y); });
  else
    zip_loop<T, T>(n, out, in, [](T x, T y) { return apply<op>(x, y); });
}

// x + alpha·y
template <class T, class A>
void add_scaled_row(int64_t n, void* out, const RowIn* in) {
  using B = Batch<T, A>;
  const T alpha = *static_cast<const T*>(in[2].data);
  if constexpr (is_vector_type<T>)
    zip_vectors<T, A>(n, out, in, [a = B(alpha)](const B& x, const B& y) { return xsimd::fma(a, y, x); });
  else
    zip_loop<T, T>(n, out, in,
                   [alpha](T x, T y) { return apply<Binary::add>(x, apply<Binary::mul>(alpha, y)); });
}

// Powers with one exponent for the whole row: the common ones are products and roots, as libtorch computes
// them.
template <class T, class A>
void pow_row(int64_t n, void* out, const RowIn* in) {
  using B = Batch<T, A>;
  if constexpr (is_vector_type<T>) {
    const T exponent = in[1].step == 0 ? *static_cast<const T*>(in[1].data) : T(0);
    if (exponent == T(2)) return map_vectors<T, A>(n, out, in, [](const B& x) { return x * x; });
    if (exponent == T(3)) return map_vectors<T, A>(n, out, in, [](const B& x) { return x * x * x; });
    if (exponent == T(0.5)) return map_vectors<T, A>(n, out, in, [](const B& x) { return xsimd::sqrt(x); });
    if (exponent == T(-0.5))
      return map_vectors<T, A>(n, out, in, [](const B& x) { return B(1) / xsimd::sqrt(x); });
    if (exponent == T(-1)) return map_vectors<T, A>(n, out, in, [](const B& x) { return B(1) / x; });
    if (exponent == T(-2)) return map_vectors<T, A>(n, out, in, [](const B& x) { return B(1) / (x * x); });
  }
  binary_row<Binary::pow, T, A>(n, out, in);
}

// ---- where, clamp, copy

// By the bits of both, the condition's byte being 0 or 1: of loads under a condition, or of bool, g++ makes
// no vectors.
template <class T>
T choose(unsigned char condition, T x, T y) {
  using Bits =
      std::conditional_t<sizeof(T) == 1, uint8_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;
  const Bits mask = static_cast<Bits>(Bits{0} - static_cast<Bits>(condition));
  return __builtin_bit_cast(T, static_cast<Bits>((__builtin_bit_cast(Bits, x) & mask) |
                                                 (__builtin_bit_cast(Bits, y) & static_cast<Bits>(~mask))));
}

template <class T>
void where_row(int64_t n, void* out, const RowIn* in) {
  const unsigned char* condition = static_cast<const unsigned char*>(in[0].data);
  if (in[0].step == 0) {
    const RowIn& chosen = in[*condition != 0 ? 1 : 2];
    return map_loop<T, T>(n, out, &chosen, [](T x) { return x; });
  }
  const T *x = static_cast<const T*>(in[1].data), *y = static_cast<const T*>(in[2].data);
  T* z = static_cast<T*>(out);
  if (in[1].step != 0 && in[2].step != 0) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = choose<T>(condition[i], x[i], y[i]);
  } else if (in[1].step != 0) {
    const T value = *y;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = choose<T>(condition[i], x[i], value);
  } else if (in[2].step != 0) {
    const T value = *x;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = choose<T>(condition[i], value, y[i]);
  } else {
    const T x_value = *x, y_value = *y;
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) z[i] = choose<T>(condition[i], x_value, y_value);
  }
}

template <class T>
void clamp_row(int64_t n, void* out, const RowIn* in) {
  const T low = *static_cast<const T*>(in[1].data), high = *static_cast<const T*>(in[2].data);
  map_loop<T, T>(n, out, in, [low, high](T x) {
    const T raised = x < low ? low : x;
    return raised > high ? high : raised;
  });
}

template <class From, class To>
void copy_row(int64_t n, void* out, const RowIn* in) {
  map_loop<From, To>(n, out, in, [](From x) -> To {
    if constexpr (is_vector_type<From> && !is_vector_type<To> && sizeof(To) == 8) {
      // Out of range, NaN too: the least int64, which is what x86 gives.
      const bool fits = x >= From(-9223372036854775808.) && x < From(9223372036854775808.);
      return fits ? static_cast<To>(x) : INT64_MIN;
    } else if constexpr (sizeof(To) == 1) {
      return x != From(0);
    } else {
      return static_cast<To>(x);
    }
  });
}

}  // namespace
}  // namespace frost::kernels
