// gelu and its derivative: functions of the normal distribution.
//
// Included by the simd_<set>.cpp files alone, as simd_math.hpp is.
#pragma once

#include <frost/kernels/simd_math.hpp>

namespace frost::kernels {
namespace {
namespace math {

// x·x - square, exactly: the rounding error of square = x·x.
template <class T, class A>
Batch<T, A> square_error(const Batch<T, A>& x, const Batch<T, A>& square) {
#if defined(__FMA__)
  return math::fma(x, x, -square);
#else
  using B = Batch<T, A>;
  const B big = x * B(sizeof(T) == 4 ? T(4097) : T(134217729));
  const B high = big - (big - x), low = x - high;
  return ((high * high - square) + B(2) * high * low) + low * low;
#endif
}

// From x = limit on, Φ(-x) and x φ(x) are 0; up to there, 2^lift exp(-x²/2) is not denormal.
template <class T>
struct NormalConstants;
template <>
struct NormalConstants<float> {
  static constexpr float limit = 15, unlifted = 0x1p-64;
  static constexpr int lift = 64;
};
template <>
struct NormalConstants<double> {
  static constexpr double limit = 39, unlifted = 0x1p-128;
  static constexpr int lift = 128;
};

// 2^lift exp(-x²/2), for |x| ≤ limit or NaN.
template <class T, class A>
Batch<T, A> lifted_exp_of_half_square(const Batch<T, A>& x) {
  using B = Batch<T, A>;
  const B square = x * x;
  B r;
  const B scale = power_of_two(reduce_by_ln2(square * B(T(-0.5)), r), NormalConstants<T>::lift);
  // exp would multiply the relative error of the square by x²/2.
  r = math::fnma(square_error(x, square), B(T(0.5)), r);
  return (expm1_polynomial(r) + B(1)) * scale;
}

// 2^lift Φ(-x), Φ being the cdf of the normal distribution, for 0 ≤ x ≤ limit or NaN: with e = 2^lift
// exp(-x²/2), e N(x) / (√(2π) x N(x) + S(x)), the polynomials fitted with a relative error of 7e-10 in float
// and 4e-18 in double. All coefficients are positive: nothing cancels, but for great x the error of N. Both
// have a factor by which S(0) is 1.5: just above a power of two, rounding costs most.
template <class T, class A>
Batch<T, A> lifted_normal_tail(const Batch<T, A>& x, const Batch<T, A>& e) {
  using B = Batch<T, A>;
  B n, s;
  if constexpr (sizeof(T) == 4) {
    n = B(0.00187524242f);
    for (const float coefficient : {0.0224214881f, 0.128257544f, 0.424804587f, 0.814550832f, 0.75f})
      n = math::fma(n, x, B(coefficient));
    s = B(0.00470099533f);
    for (const float coefficient : {0.0561792224f, 0.31259885f, 0.945957215f, 1.5f})
      s = math::fma(s, x, B(coefficient));
  } else {
    n = B(4.32295761915537e-07);
    for (const double coefficient : {1.2958775526199518e-05, 0.00019183141635760337, 0.0018202169897181852,
                                     0.012160542291261437, 0.05950005227834806, 0.2155460840458427,
                                     0.571350331588943, 1.0648027330532124, 1.2706894096183143, 0.75})
      n = math::fma(n, x, B(coefficient));
    s = B(1.083604779735116e-06);
    for (const double coefficient :
         {3.248283315485928e-05, 0.0004786828412445351, 0.004497641778706432, 0.02953109252361927,
          0.14034419285895774, 0.4840570138025906, 1.1771160452546325, 1.8582344544676779, 1.5})
      s = math::fma(s, x, B(coefficient));
  }
  return e * n / math::fma(x * B(T(2.50662827463100050242)), n, s);
}

// x Φ(x)
template <class T, class A>
Batch<T, A> gelu(const Batch<T, A>& x) {
  using B = Batch<T, A>;
  const B size = at_most(B(NormalConstants<T>::limit), xsimd::abs(x));
  // Φ(x) may be denormal where x Φ(x) is not: x is multiplied by what is lifted still.
  const B product = size * lifted_normal_tail(size, lifted_exp_of_half_square(size));
  return math::fnma(product, B(NormalConstants<T>::unlifted), x * xsimd::select(x < B(0), B(0), B(1)));
}

// Φ(x) + x φ(x), the derivative of x Φ(x); φ(x) = exp(-x²/2) / √(2π).
template <class T, class A>
Batch<T, A> gelu_slope(const Batch<T, A>& x) {
  using B = Batch<T, A>;
  using C = NormalConstants<T>;
  const B near = at_most(B(C::limit), at_least(B(-C::limit), x));
  const B e = lifted_exp_of_half_square(near);
  const B tail = lifted_normal_tail(xsimd::abs(near), e) * B(C::unlifted);
  const B cdf = xsimd::select(x < B(0), tail, B(1) - tail);
  return math::fma(near * B(T(0.39894228040143267794) * C::unlifted), e, cdf);
}

}  // namespace math
}  // namespace
}  // namespace frost::kernels
