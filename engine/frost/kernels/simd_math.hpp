// Functions of vectors: xsimd's where they are exact to a few ulp over the whole range, our own where not.
//
// Included by the simd_<set>.cpp files alone. All is in an anonymous namespace: code compiled for one
// instruction set must never be merged by the linker with code compiled for another.
#pragma once

#include <xsimd/xsimd.hpp>

#include <math.h>

#include <cstdint>

namespace frost::kernels {
namespace {
namespace math {

template <class T, class A>
using Batch = xsimd::batch<T, A>;

template <class T>
constexpr T kInfinity = static_cast<T>(__builtin_huge_val());

// x·y + z and z - x·y, rounded once where the set can: xsimd 8.1 has no such thing for AVX-512.
template <class T, class A>
Batch<T, A> fma(const Batch<T, A>& x, const Batch<T, A>& y, const Batch<T, A>& z) {
  return xsimd::fma(x, y, z);
}
template <class T, class A>
Batch<T, A> fnma(const Batch<T, A>& x, const Batch<T, A>& y, const Batch<T, A>& z) {
  return xsimd::fnma(x, y, z);
}
#if defined(__AVX512BW__)
template <>
inline Batch<float, xsimd::avx512bw> fma(const Batch<float, xsimd::avx512bw>& x,
                                         const Batch<float, xsimd::avx512bw>& y,
                                         const Batch<float, xsimd::avx512bw>& z) {
  return _mm512_fmadd_ps(x, y, z);
}
template <>
inline Batch<double, xsimd::avx512bw> fma(const Batch<double, xsimd::avx512bw>& x,
                                          const Batch<double, xsimd::avx512bw>& y,
                                          const Batch<double, xsimd::avx512bw>& z) {
  return _mm512_fmadd_pd(x, y, z);
}
template <>
inline Batch<float, xsimd::avx512bw> fnma(const Batch<float, xsimd::avx512bw>& x,
                                          const Batch<float, xsimd::avx512bw>& y,
                                          const Batch<float, xsimd::avx512bw>& z) {
  return _mm512_fnmadd_ps(x, y, z);
}
template <>
inline Batch<double, xsimd::avx512bw> fnma(const Batch<double, xsimd::avx512bw>& x,
                                           const Batch<double, xsimd::avx512bw>& y,
                                           const Batch<double, xsimd::avx512bw>& z) {
  return _mm512_fnmadd_pd(x, y, z);
}
#endif

// The same bits as numbers of another type.
template <class To, class T, class A>
Batch<To, A> bit_cast(const Batch<T, A>& x) {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<To>(x);
#else
  return xsimd::bitwise_cast<Batch<To, A> >(x);
#endif
}

// f of each lane, by itself: for what is rare or has no good vector form.
template <class T, class A, class F>
Batch<T, A> per_lane(const Batch<T, A>& x, const F& f) {
  alignas(A::alignment()) T lanes[Batch<T, A>::size];
  x.store_aligned(lanes);
  for (T& lane : lanes) lane = f(lane);
  return Batch<T, A>::load_aligned(lanes);
}
template <class T, class A, class F>
Batch<T, A> per_lane(const Batch<T, A>& x, const Batch<T, A>& y, const F& f) {
  alignas(A::alignment()) T x_lanes[Batch<T, A>::size], y_lanes[Batch<T, A>::size];
  x.store_aligned(x_lanes);
  y.store_aligned(y_lanes);
  for (size_t i = 0; i < Batch<T, A>::size; ++i) x_lanes[i] = f(x_lanes[i], y_lanes[i]);
  return Batch<T, A>::load_aligned(x_lanes);
}

// What exp and its like are made of: x = k ln 2 + r with |r| ≤ ln 2 / 2, and e^r - 1 as a polynomial in r.
template <class T>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  using Bits = int32_t;
  static constexpr float rounder =
      12582912.f;  // 1.5·2^23: adding it rounds to an integer, kept in the low bits
  static constexpr Bits bias = 127;
  static constexpr int shift = 23;
  static constexpr float log2e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  static constexpr float lowest = -105.f, highest = 89.f;  // beyond, e^x is 0 or infinite
  static constexpr float lowest_normal = -87.3f;
  static constexpr float tiny = 1e-8f;  // below, e^x - 1 is x
};
template <>
struct ExpConstants<double> {
  using Bits = int64_t;
  static constexpr double rounder = 6755399441055744.;  // 1.5·2^52
  static constexpr Bits bias = 1023;
  static constexpr int shift = 52;
  static constexpr double log2e = 1.4426950408889634074, ln2_high = 6.93145751953125e-1,
                          ln2_low = 1.42860682030941723212e-6;
  static constexpr double lowest = -746, highest = 710;
  static constexpr double lowest_normal = -708;
  static constexpr double tiny = 1e-17;
};

// The lesser of the bound and x, and the greater; x where that is NaN. Of a NaN and a number the processor
// takes the second, and xsimd turns the two around since 14.
template <class T, class A>
Batch<T, A> at_most(const Batch<T, A>& bound, const Batch<T, A>& x) {
#if XSIMD_VERSION_MAJOR >= 14
  return xsimd::min(x, bound);
#else
  return xsimd::min(bound, x);
#endif
}
template <class T, class A>
Batch<T, A> at_least(const Batch<T, A>& bound, const Batch<T, A>& x) {
#if XSIMD_VERSION_MAJOR >= 14
  return xsimd::max(x, bound);
#else
  return xsimd::max(bound, x);
#endif
}

// 2^(k + offset), for k + C::rounder: in the low bits of that sum is k, which is whole. The power must be
// normal.
template <class T, class A>
Batch<T, A> power_of_two(const Batch<T, A>& rounded, typename ExpConstants<T>::Bits offset = 0) {
  using C = ExpConstants<T>;
  using Integers = Batch<typename C::Bits, A>;
  return bit_cast<T>((bit_cast<typename C::Bits>(rounded) + Integers(C::bias + offset)) << C::shift);
}

// For |r| ≤ ln 2 / 2, fitted with a relative error of 1.4e-8 in float and 3e-19 in double.
template <class T, class A>
Batch<T, A> expm1_polynomial(const Batch<T, A>& r) {
  using B = Batch<T, A>;
  B p;
  if constexpr (sizeof(T) == 4) {
    p = B(0.0013940555f);
    for (const float coefficient : {0.0083664457f, 0.0416664045f, 0.166665445f})
      p = math::fma(p, r, B(coefficient));
  } else {
    p = B(2.0923737685153537e-9);
    for (const double coefficient : {2.51090089182544698e-8, 2.75572456614202109e-7, 2.75572443183303734e-6,
                                     2.4801587355999502e-5, 1.98412698859811391e-4, 1.38888888888702102e-3,
                                     8.3333333333217085e-3, 4.16666666666666898e-2, 1.66666666666666764e-1})
      p = math::fma(p, r, B(coefficient));
  }
  p = math::fma(p, r, B(T(0.5)));
  return math::fma(p, r * r, r);
}

// k + C::rounder for x, and r.
template <class T, class A>
Batch<T, A> reduce_by_ln2(const Batch<T, A>& x, Batch<T, A>& r) {
  using C = ExpConstants<T>;
  using B = Batch<T, A>;
  const B rounded = math::fma(x, B(C::log2e), B(C::rounder)), k = rounded - B(C::rounder);
  r = math::fnma(k, B(C::ln2_low), math::fnma(k, B(C::ln2_high), x));
  return rounded;
}

template <class T, class A>
Batch<T, A> exp(const Batch<T, A>& x) {
  using C = ExpConstants<T>;
  using B = Batch<T, A>;
  const B rounder(C::rounder);
  B r;
  const B k = reduce_by_ln2(at_most(B(C::highest), at_least(B(C::lowest), x)), r) - rounder;
  const B y = expm1_polynomial(r) + B(1);
  // By 2^k in two steps: of the extremes, 2^k itself is out of range though e^x is not.
  const B half = math::fma(k, B(T(0.5)), rounder);
  return y * power_of_two(half) * power_of_two(k - (half - rounder) + rounder);
}

// e^x for x ≤ 0 or NaN, with 0 for what would be denormal.
template <class T, class A>
Batch<T, A> exp_of_negative(const Batch<T, A>& x) {
  using C = ExpConstants<T>;
  using B = Batch<T, A>;
  B r;
  const B scale = power_of_two(reduce_by_ln2(at_least(B(C::lowest_normal), x), r));
  // 1 is added before the scaling: scaled, the polynomial alone may be denormal, and slow.
  const B y = (expm1_polynomial(r) + B(1)) * scale;
  return xsimd::select(x < B(C::lowest_normal), B(0), y);
}

template <class T, class A>
Batch<T, A> expm1(const Batch<T, A>& x) {
  using C = ExpConstants<T>;
  using B = Batch<T, A>;
  B r;
  const B half_scale = power_of_two(reduce_by_ln2(at_most(B(C::highest), at_least(B(-44), x)), r), -1);
  const B y = math::fma(half_scale, expm1_polynomial(r), half_scale - B(T(0.5)));
  return xsimd::select(xsimd::abs(x) < B(C::tiny), x, y + y);
}

template <class T, class A>
Batch<T, A> log(const Batch<T, A>& x) {
  using B = Batch<T, A>;
  if constexpr (sizeof(T) == 4) {
    return xsimd::log(x);
  } else {  // xsimd's is wrong for denormals
    const auto denormal = x < B(2.2250738585072014e-308);
    if (!xsimd::any(denormal)) return xsimd::log(x);
    const B y = xsimd::log(xsimd::select(denormal, x * B(18014398509481984.), x));  // 2^54
    return xsimd::select(denormal, y - B(37.429947750237047899), y);
  }
}

template <class T, class A>
Batch<T, A> log1p(const Batch<T, A>& x) {
  return xsimd::select(x == Batch<T, A>(0), x, xsimd::log1p(x));
}

// 1 / (1 + e^-x), both parts times 2^-64: that much of e^-x is in range even where the result is denormal.
template <class T, class A>
Batch<T, A> sigmoid(const Batch<T, A>& x) {
  using C = ExpConstants<T>;
  using B = Batch<T, A>;
  B r;
  const B scale = power_of_two(reduce_by_ln2(at_least(B(-40), at_most(B(-C::lowest), -x)), r), -64);
  const B one(T(0x1p-64));
  return one / math::fma(scale, expm1_polynomial(r), scale + one);
}

// For |x| < 9/16, where 1 - 2 / (1 + e^2|x|) would cancel, x + x³ P(x²) / Q(x²), fitted with a relative error
// of 3e-9 in float and 2e-19 in double.
template <class T, class A>
Batch<T, A> tanh(const Batch<T, A>& x) {
  using B = Batch<T, A>;
  const B size = at_most(B(20), xsimd::abs(x)), square = size * size;
  B r;
  const B scale = power_of_two(reduce_by_ln2(size + size, r));
  const B one_and_e = math::fma(scale, expm1_polynomial(r), scale + B(1));
  B p, q;
  if constexpr (sizeof(T) == 4) {
    p = math::fma(B(-0.00155009584f), square, B(-0.333333198f));
    q = math::fma(B(0.404642117f), square, B(1));
  } else {
    p = math::fma(B(-0.00019922453657745326), square, B(-0.02049984822601269));
    p = math::fma(p, square, B(-0.33333333333333330643));
    q = math::fma(B(0.00020658353764686907), square, B(0.023292729576293829));
    q = math::fma(q, square, B(0.46149954467803288));
    q = math::fma(q, square, B(1));
  }
  const auto is_small = size < B(T(0.5625));
  const B numerator = xsimd::select(is_small, size * square * p, B(-2));
  const B y = xsimd::select(is_small, size, B(1)) + numerator / xsimd::select(is_small, q, one_and_e);
  return y | (x & B(T(-0.0)));
}

template <class T, class A>
Batch<T, A> softplus(const Batch<T, A>& x) {
  const Batch<T, A> threshold(20);
  return xsimd::select(x > threshold, x, math::log1p(math::exp(at_most(threshold, x))));
}

template <class T, class A>
Batch<T, A> erf(const Batch<T, A>& x) {
  if constexpr (sizeof(T) == 4)
    return xsimd::erf(x);
  else  // xsimd's is off by up to 68 ulp, and NaN for great x
    return per_lane(x, [](double lane) { return ::erf(lane); });
}

template <class A>
Batch<float, A> pow(const Batch<float, A>& x, const Batch<float, A>& y) {
  return per_lane(x, y, [](float base, float exponent) { return ::powf(base, exponent); });
}
template <class A>
Batch<double, A> pow(const Batch<double, A>& x, const Batch<double, A>& y) {
  return per_lane(x, y, [](double base, double exponent) { return ::pow(base, exponent); });
}

// NaN if either is. (x != x would not find it: xsimd's != is false of NaN on AVX.)
template <class T, class A>
Batch<T, A> maximum(const Batch<T, A>& x, const Batch<T, A>& y) {
  return xsimd::select(xsimd::isnan(x) | (x >= y), x, y);
}
template <class T, class A>
Batch<T, A> minimum(const Batch<T, A>& x, const Batch<T, A>& y) {
  return xsimd::select(xsimd::isnan(x) | (x <= y), x, y);
}

}  // namespace math
}  // namespace
}  // namespace frost::kernels
