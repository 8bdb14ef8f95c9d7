// Element by element, over strided and broadcast operands. Plain numbers: no tensors, no tape, no checks.
//
// An operand is the address of its first element and its strides, in elements, one per dimension of `sizes`;
// a broadcast dimension has stride 0. Outputs may be strided, and may be the very operand that is read (in
// place).
#pragma once

#include <frost/dtype.hpp>
#include <frost/scalar.hpp>
#include <frost/shape.hpp>

namespace frost::kernels {

struct In {
  const void* data;
  Dims strides;
};
struct Out {
  void* data;
  Dims strides;
};

// y = f(x), with x and y of one dtype.
enum class Unary : uint8_t {
  // every dtype but bool
  neg,
  abs,
  square,
  relu,
  // floating point only
  reciprocal,
  sqrt,
  rsqrt,
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  tanh,
  sigmoid,
  gelu,
  erf,
  softplus,
  count
};
void unary(Unary op, Dtype dtype, IntArrayRef sizes, const Out& y, const In& x);

// y = f(x) with a bool y, whatever the dtype of x: x is NaN, is infinite, is finite, equals zero.
enum class Predicate : uint8_t { isnan, isinf, isfinite, is_zero, count };
void predicate(Predicate op, Dtype dtype, IntArrayRef sizes, const Out& y, const In& x);

// z = f(x, y), with x, y, z of one dtype.
enum class Binary : uint8_t {
  // every dtype (of bool, add is or, mul is and)
  add,
  sub,
  mul,
  maximum,
  minimum,
  // every dtype but bool; integer powers of negative exponent are 0, ±1 as libtorch has them
  pow,
  // floating point only
  div,
  // The derivative of a unary function times g: f(g, y) = g·…, y being the function's output, x its input.
  tanh_backward,      // g·(1 - y²)
  sigmoid_backward,   // g·y·(1 - y)
  relu_backward,      // 0 where y ≤ 0, else g (where y is NaN too)
  softplus_backward,  // g·sigmoid(x); g where x > 20
  gelu_backward,      // g·(Φ(x) + x·φ(x)), Φ and φ the normal distribution's cdf and pdf
  // bool and long only
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  count
};
void binary(Binary op, Dtype dtype, IntArrayRef sizes, const Out& z, const In& x, const In& y);

// z = x + alpha·y, rounded once where the machine fuses the two; x, y, z of any one dtype.
void add_scaled(Dtype dtype, IntArrayRef sizes, const Out& z, const In& x, const In& y, Scalar alpha);

// z = x ∘ y with a bool z; x and y of one dtype.
enum class Compare : uint8_t { eq, ne, lt, le, gt, ge, count };
void compare(Compare op, Dtype dtype, IntArrayRef sizes, const Out& z, const In& x, const In& y);

// z = condition ? x : y. condition is bool; the others have one dtype.
void where(Dtype dtype, IntArrayRef sizes, const Out& z, const In& condition, const In& x, const In& y);

// y = min(max(x, low), high); NaN stays NaN.
void clamp(Dtype dtype, IntArrayRef sizes, const Out& y, const In& x, Scalar low, Scalar high);

// y = x, converted as static_cast converts (to bool: x != 0).
void copy(IntArrayRef sizes, Dtype y_dtype, const Out& y, Dtype x_dtype, const In& x);

// y = value.
void fill(Dtype dtype, IntArrayRef sizes, const Out& y, Scalar value);

}  // namespace frost::kernels
