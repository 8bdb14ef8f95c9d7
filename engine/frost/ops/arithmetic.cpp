// x + y, x - y, x·y, x / y, max(x, y), min(x, y).
#include <frost/ops/common.hpp>

namespace frost {

using kernels::Binary;
using ops::binary;

namespace {

// ---- in place, where it is not recorded ----

Tensor& overwrite(Binary op, const Tensor& x, const Tensor& y, std::string_view function) {
  if (ops::interlock(x, y)) return overwrite(op, x, clone(y), function);
  const Dtype dtype = x.scalar_type();
  const Dims& sizes = x.layout().sizes;
  if (result_type(x, y) == dtype)
    kernels::binary(op, dtype, sizes, ops::out(x), ops::in(x), ops::Operand(y, dtype, sizes));
  else
    detail::copy_values(x, binary(op, x, y, function));
  return ops::written(x);
}

Tensor& overwrite(Binary op, const Tensor& x, const Scalar& y) {
  const Dtype dtype = x.scalar_type();
  const Dims& sizes = x.layout().sizes;
  kernels::binary(op, dtype, sizes, ops::out(x), ops::in(x), ops::ScalarOperand(y, dtype).in(sizes));
  return ops::written(x);
}

}  // namespace

// ---- sums and differences ----

namespace {

bool is_one(const Scalar& value) { return value.toDouble() == 1; }

void check_alpha(const Scalar& alpha, Dtype result, std::string_view function) {
  check(!alpha.isFloatingPoint() || is_floating_point(result), function,
        "For integral input tensors, argument alpha must not be a floating point number.");
  check(!alpha.isBoolean() || result == kBool, function, "Boolean alpha only supported for Boolean results.");
  ops::check_fits(alpha, result, function);
}

void check_subtractable(Dtype x, Dtype y, std::string_view function) {
  check(x != kBool || y != kBool, function,
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
        "`logical_xor()` operator instead.");
  check(x != kBool && y != kBool, function,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a "
        "mask, use the `~` or `logical_not()` operator instead.");
}

// alpha·y as a number of the given dtype.
Scalar scaled(const Scalar& y, const Scalar& alpha, Dtype dtype) {
  if (is_floating_point(dtype)) return y.toDouble() * alpha.toDouble();
  if (dtype == kBool) return y.toBool() && alpha.toBool();
  return static_cast<int64_t>(static_cast<uint64_t>(y.toLong()) * static_cast<uint64_t>(alpha.toLong()));
}

// x + alpha·y as plain numbers.
Tensor add_scaled(const Tensor& x, const Tensor& y, const Scalar& alpha, std::string_view function) {
  const Dtype dtype = ops::common_dtype(x, y, function);
  const Dims sizes = broadcast_sizes(x.sizes(), y.sizes(), function);
  const Tensor z = empty_tensor(sizes, dtype, function);
  kernels::add_scaled(dtype, sizes, ops::out(z), ops::Operand(x, dtype, sizes), ops::Operand(y, dtype, sizes),
                      alpha);
  return z;
}

// x ← x + alpha·y, not recorded.
Tensor& overwrite_scaled(const Tensor& x, const Tensor& y, const Scalar& alpha, std::string_view function) {
  if (is_one(alpha)) return overwrite(Binary::add, x, y, function);
  if (ops::interlock(x, y)) return overwrite_scaled(x, clone(y), alpha, function);
  const Dtype dtype = x.scalar_type();
  const Dims& sizes = x.layout().sizes;
  if (result_type(x, y) == dtype)
    kernels::add_scaled(dtype, sizes, ops::out(x), ops::in(x), ops::Operand(y, dtype, sizes), alpha);
  else
    detail::copy_values(x, add_scaled(x, y, alpha, function));
  return ops::written(x);
}

}  // namespace

// z = x + αy:   grad_x = grad_out, grad_y = α·grad_out
Tensor add(const Tensor& x, const Tensor& y, const Scalar& alpha) {
  if (alpha.type() == kLong && is_one(alpha)) {
    return record("AddBackward0", binary(Binary::add, x, y, "add"),
                  wrt(x, [](const Tensor& grad_out) { return grad_out; }),
                  wrt(y, [](const Tensor& grad_out) { return grad_out; }));
  }
  check_alpha(alpha, ops::common_dtype(x, y, "add"), "add");
  return record("AddBackward0", add_scaled(x, y, alpha, "add"),
                wrt(x, [](const Tensor& grad_out) { return grad_out; }),
                wrt(y, [alpha](const Tensor& grad_out) { return grad_out * alpha; }));
}

Tensor add(const Tensor& x, const Scalar& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "add");
  check_alpha(alpha, result, "add");
  return record("AddBackward1", binary(Binary::add, x, scaled(y, alpha, result), "add"),
                wrt(x, [](const Tensor& grad_out) { return grad_out; }));
}

Tensor operator+(const Scalar& x, const Tensor& y) { return add(y, x); }

Tensor& add_(const Tensor& x, const Tensor& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "add_");
  check_alpha(alpha, result, "add_");
  ops::check_in_place(x, y, result, "add_");
  return ops::is_recorded(x, y) ? ops::write_recorded(x, add(x, y, alpha), "add_")
                                : overwrite_scaled(x, y, alpha, "add_");
}

Tensor& add_(const Tensor& x, const Scalar& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "add_");
  check_alpha(alpha, result, "add_");
  ops::check_in_place(x, result, "add_");
  return ops::is_recorded(x) ? ops::write_recorded(x, add(x, y, alpha), "add_")
                             : overwrite(Binary::add, x, scaled(y, alpha, result));
}

// z = x - αy:   grad_x = grad_out, grad_y = -α·grad_out
Tensor sub(const Tensor& x, const Tensor& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "sub");
  check_subtractable(x.scalar_type(), y.scalar_type(), "sub");
  check_alpha(alpha, result, "sub");
  return record(
      "SubBackward0", is_one(alpha) ? binary(Binary::sub, x, y, "sub") : add_scaled(x, y, -alpha, "sub"),
      wrt(x, [](const Tensor& grad_out) { return grad_out; }),
      wrt(y, [alpha](const Tensor& grad_out) { return is_one(alpha) ? -grad_out : grad_out * -alpha; }));
}

Tensor sub(const Tensor& x, const Scalar& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "sub");
  check_subtractable(x.scalar_type(), y.type(), "sub");
  check_alpha(alpha, result, "sub");
  return record("SubBackward1", binary(Binary::sub, x, scaled(y, alpha, result), "sub"),
                wrt(x, [](const Tensor& grad_out) { return grad_out; }));
}

Tensor& sub_(const Tensor& x, const Tensor& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "sub_");
  check_subtractable(x.scalar_type(), y.scalar_type(), "sub_");
  check_alpha(alpha, result, "sub_");
  ops::check_in_place(x, y, result, "sub_");
  return ops::is_recorded(x, y) ? ops::write_recorded(x, sub(x, y, alpha), "sub_")
                                : overwrite_scaled(x, y, -alpha, "sub_");
}

Tensor& sub_(const Tensor& x, const Scalar& y, const Scalar& alpha) {
  const Dtype result = ops::common_dtype(x, y, "sub_");
  check_subtractable(x.scalar_type(), y.type(), "sub_");
  check_alpha(alpha, result, "sub_");
  ops::check_in_place(x, result, "sub_");
  return ops::is_recorded(x) ? ops::write_recorded(x, sub(x, y, alpha), "sub_")
                             : overwrite(Binary::sub, x, scaled(y, alpha, result));
}

// ---- products and quotients ----

// z = x·y:   grad_x = grad_out·y, grad_y = grad_out·x
Tensor mul(const Tensor& x, const Tensor& y) {
  return record("MulBackward0", binary(Binary::mul, x, y, "mul"),
                wrt(x, [y = Saved(y)](const Tensor& grad_out) { return grad_out * *y; }),
                wrt(y, [x = Saved(x)](const Tensor& grad_out) { return grad_out * *x; }));
}

Tensor mul(const Tensor& x, const Scalar& y) {
  return record("MulBackward1", binary(Binary::mul, x, y, "mul"),
                wrt(x, [y](const Tensor& grad_out) { return grad_out * y; }));
}

Tensor operator*(const Scalar& x, const Tensor& y) { return mul(y, x); }

Tensor& mul_(const Tensor& x, const Tensor& y) {
  ops::check_in_place(x, y, ops::common_dtype(x, y, "mul_"), "mul_");
  if (!ops::is_recorded(x, y)) return overwrite(Binary::mul, x, y, "mul_");
  return ops::write_recorded(x, mul(y.requires_grad() ? ops::former(x) : x, y), "mul_");
}

Tensor& mul_(const Tensor& x, const Scalar& y) {
  ops::check_in_place(x, ops::common_dtype(x, y, "mul_"), "mul_");
  return ops::is_recorded(x) ? ops::write_recorded(x, mul(x, y), "mul_") : overwrite(Binary::mul, x, y);
}

// z = x / y:   grad_x = grad_out / y, grad_y = -grad_out·x / y²
Tensor div(const Tensor& x, const Tensor& y) {
  return record("DivBackward0", binary(Binary::div, x, y, "div"),
                wrt(x, [y = Saved(y)](const Tensor& grad_out) { return grad_out / *y; }),
                wrt(y, [x = Saved(x), y = Saved(y)](const Tensor& grad_out) {
                  return -grad_out * (*x / *y / *y);  // y² could overflow where this does not
                }));
}

Tensor div(const Tensor& x, const Scalar& y) {
  return record("DivBackward1", binary(Binary::div, x, y, "div"),
                wrt(x, [y](const Tensor& grad_out) { return grad_out / y; }));
}

Tensor& div_(const Tensor& x, const Tensor& y) {
  ops::check_in_place(x, y, ops::floating_dtype(ops::common_dtype(x, y, "div_")), "div_");
  if (!ops::is_recorded(x, y)) return overwrite(Binary::div, x, y, "div_");
  return ops::write_recorded(x, div(y.requires_grad() ? ops::former(x) : x, y), "div_");
}

Tensor& div_(const Tensor& x, const Scalar& y) {
  ops::check_in_place(x, ops::floating_dtype(ops::common_dtype(x, y, "div_")), "div_");
  return ops::is_recorded(x) ? ops::write_recorded(x, div(x, y), "div_") : overwrite(Binary::div, x, y);
}

// ---- a number on the left: as in libtorch, what a tensor of y's dtype filled with it would give ----

namespace {

Scalar in_dtype_of(const Tensor& y, const Scalar& x, std::string_view function) {
  check_defined(y, function);
  return visit(y.scalar_type(), [&x, function]<class T>() { return Scalar(x.to<T>(function)); });
}

}  // namespace

// z = x - y:   grad_y = -grad_out
Tensor operator-(const Scalar& x, const Tensor& y) {
  const Scalar minuend = in_dtype_of(y, x, "sub");
  check_subtractable(y.scalar_type(), y.scalar_type(), "sub");
  return record("SubBackward0", binary(Binary::sub, minuend, y, "sub"), wrt(Tensor(), ops::no_gradient),
                wrt(y, [](const Tensor& grad_out) { return -grad_out; }));
}

// z = x / y:   grad_y = -grad_out·x / y²
Tensor operator/(const Scalar& x, const Tensor& y) {
  const Scalar dividend = in_dtype_of(y, x, "div");
  ops::check_result_fits(y, ops::floating_dtype(y.scalar_type()), "div");
  return record(
      "DivBackward0", binary(Binary::div, dividend, y, "div"), wrt(Tensor(), ops::no_gradient),
      wrt(y, [dividend, y = Saved(y)](const Tensor& grad_out) { return -grad_out * (dividend / *y / *y); }));
}

// ---- the larger, the smaller ----

namespace {

// The gradient of x where z is one of x and y: grad_out, shared where they are equal, 0 where x is not the
// one. (It is whole where either is NaN, as in libtorch.)
Tensor shared_gradient(const Tensor& grad_out, const Tensor& x, const Tensor& y, const Tensor& is_y) {
  return masked_fill(where(x == y, grad_out / 2, grad_out), is_y, 0);
}

}  // namespace

// z = max(x, y):   grad_x = grad_out where x > y, half of it where x = y, else 0; grad_y likewise
Tensor maximum(const Tensor& x, const Tensor& y) {
  return record("MaximumBackward0", binary(Binary::maximum, x, y, "maximum"),
                wrt(x, [x = Saved(x), y = Saved(y)](
                           const Tensor& grad_out) { return shared_gradient(grad_out, *x, *y, *x < *y); }),
                wrt(y, [x = Saved(x), y = Saved(y)](const Tensor& grad_out) {
                  return shared_gradient(grad_out, *y, *x, *y < *x);
                }));
}

// z = min(x, y):   grad_x = grad_out where x < y, half of it where x = y, else 0; grad_y likewise
Tensor minimum(const Tensor& x, const Tensor& y) {
  return record("MinimumBackward0", binary(Binary::minimum, x, y, "minimum"),
                wrt(x, [x = Saved(x), y = Saved(y)](
                           const Tensor& grad_out) { return shared_gradient(grad_out, *x, *y, *x > *y); }),
                wrt(y, [x = Saved(x), y = Saved(y)](const Tensor& grad_out) {
                  return shared_gradient(grad_out, *y, *x, *y > *x);
                }));
}

}  // namespace frost
