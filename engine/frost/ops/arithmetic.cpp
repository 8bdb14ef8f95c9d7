// x + y, x - y, x·y, x / y, xʸ, max(x, y), min(x, y).
#include <frost/ops/common.hpp>

#include <cmath>

namespace frost {

using kernels::Binary;
using ops::binary;

namespace {

bool is_one(const Scalar& value) { return value.toDouble() == 1; }

void check_alpha(const Scalar& alpha, Dtype result, std::string_view function) {
  check(!alpha.isFloatingPoint() || is_floating_point(result), function,
        "For integral input tensors, argument alpha must not be a floating point number.");
  check(!alpha.isBoolean() || result == kBool, function, "Boolean alpha only supported for Boolean results.");
}

void check_not_bool(Dtype dtype, std::string_view function) {
  check(dtype != kBool, function,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a "
        "mask, use "
        "the `~` or `logical_not()` operator instead.");
}

}  // namespace

// z = x + αy:   grad_x = grad_out, grad_y = α·grad_out
Tensor add(const Tensor& x, const Tensor& y, const Scalar& alpha) {
  if (is_one(alpha)) {
    return record("AddBackward0", binary(Binary::add, x, y, "add"),
                  wrt(x, [](const Tensor& grad_out) { return grad_out; }),
                  wrt(y, [](const Tensor& grad_out) { return grad_out; }));
  }
  check_alpha(alpha, result_type(x, y), "add");
  return record("AddBackward0", binary(Binary::add, x, binary(Binary::mul, y, alpha, "add"), "add"),
                wrt(x, [](const Tensor& grad_out) { return grad_out; }),
                wrt(y, [alpha](const Tensor& grad_out) { return grad_out * alpha; }));
}

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

namespace {

// x ← op(x, y) with no tape to tell.
Tensor& overwrite(Binary op, const Tensor& x, const Tensor& y, std::string_view function) {
  const Dtype dtype = x.scalar_type();
  check_in_place(x, function, false);
  if (result_type(x, y) != dtype || y.scalar_type() != dtype) {
    write_in_place(x, binary(op, x, y, function), function);
    return const_cast<Tensor&>(x);
  }
  const Dims& sizes = x.layout().sizes;
  check(is_broadcastable_to(y.sizes(), sizes), function, "output with shape ", sizes,
        " doesn't match the broadcast shape ", broadcast_sizes(x.sizes(), y.sizes(), function));
  kernels::binary(op, dtype, sizes, ops::out(x), ops::in(x), ops::in(y, sizes));
  x.impl()->storage->bump_version();
  return const_cast<Tensor&>(x);
}

}  // namespace

Tensor& add_(const Tensor& x, const Tensor& y, const Scalar& alpha) {
  check_defined(x, "add_");
  check_defined(y, "add_", "other");
  ops::check_result_fits(x, result_type(x, y), "add_");
  if (is_one(alpha) && !ops::is_recorded(x, y)) return overwrite(Binary::add, x, y, "add_");
  write_in_place(x, add(x, y, alpha), "add_");
  return const_cast<Tensor&>(x);
}

}  // namespace frost
