// Comparison and logic: bool results, which nothing flows back through.
#include <frost/ops/common.hpp>

#include <cstring>

namespace frost {

using kernels::Binary;
using kernels::Compare;
using kernels::Predicate;

namespace {

Tensor compare(Compare op, const Tensor& x, const Tensor& y, std::string_view function) {
  const Dtype dtype = ops::common_dtype(x, y, function);
  const Dims sizes = broadcast_sizes(x.sizes(), y.sizes(), function);
  const Tensor z = empty_tensor(sizes, kBool, function);
  kernels::compare(op, dtype, sizes, ops::out(z), ops::Operand(x, dtype, sizes),
                   ops::Operand(y, dtype, sizes));
  return ops::marked(z, x, y);
}

Tensor compare(Compare op, const Tensor& x, const Scalar& y, std::string_view function) {
  const Dtype dtype = ops::common_dtype(x, y, function);
  const Dims& sizes = x.layout().sizes;
  const Tensor z = empty_tensor(sizes, kBool, function);
  kernels::compare(op, dtype, sizes, ops::out(z), ops::Operand(x, dtype, sizes),
                   ops::ScalarOperand(y, dtype).in(sizes));
  return ops::marked(z, x);
}

Tensor predicate(Predicate op, const Tensor& x, std::string_view function) {
  check_defined(x, function);
  const Tensor z = empty_tensor(x.sizes(), kBool, function);
  kernels::predicate(op, x.scalar_type(), z.layout().sizes, ops::out(z), ops::in(x));
  return ops::marked(z, x);
}

}  // namespace

// ---- comparison ----

Tensor eq(const Tensor& x, const Tensor& y) { return compare(Compare::eq, x, y, "eq"); }
Tensor eq(const Tensor& x, const Scalar& y) { return compare(Compare::eq, x, y, "eq"); }
Tensor ne(const Tensor& x, const Tensor& y) { return compare(Compare::ne, x, y, "ne"); }
Tensor ne(const Tensor& x, const Scalar& y) { return compare(Compare::ne, x, y, "ne"); }
Tensor lt(const Tensor& x, const Tensor& y) { return compare(Compare::lt, x, y, "lt"); }
Tensor lt(const Tensor& x, const Scalar& y) { return compare(Compare::lt, x, y, "lt"); }
Tensor le(const Tensor& x, const Tensor& y) { return compare(Compare::le, x, y, "le"); }
Tensor le(const Tensor& x, const Scalar& y) { return compare(Compare::le, x, y, "le"); }
Tensor gt(const Tensor& x, const Tensor& y) { return compare(Compare::gt, x, y, "gt"); }
Tensor gt(const Tensor& x, const Scalar& y) { return compare(Compare::gt, x, y, "gt"); }
Tensor ge(const Tensor& x, const Tensor& y) { return compare(Compare::ge, x, y, "ge"); }
Tensor ge(const Tensor& x, const Scalar& y) { return compare(Compare::ge, x, y, "ge"); }

Tensor isnan(const Tensor& x) { return predicate(Predicate::isnan, x, "isnan"); }
Tensor isinf(const Tensor& x) { return predicate(Predicate::isinf, x, "isinf"); }
Tensor isfinite(const Tensor& x) { return predicate(Predicate::isfinite, x, "isfinite"); }

// ---- logic: of any dtype, where everything but 0 is true ----

namespace {

Tensor logical(Binary op, const Tensor& x, const Tensor& y, std::string_view function) {
  check_defined(x, function);
  check_defined(y, function, "other");
  return ops::marked(ops::binary(op, ops::converted(x, kBool), ops::converted(y, kBool), function), x, y);
}

}  // namespace

Tensor logical_not(const Tensor& x) { return predicate(Predicate::is_zero, x, "logical_not"); }
Tensor logical_and(const Tensor& x, const Tensor& y) {
  return logical(Binary::bitwise_and, x, y, "logical_and");
}
Tensor logical_or(const Tensor& x, const Tensor& y) {
  return logical(Binary::bitwise_or, x, y, "logical_or");
}
Tensor logical_xor(const Tensor& x, const Tensor& y) {
  return logical(Binary::bitwise_xor, x, y, "logical_xor");
}

// ---- bits ----

namespace {

Tensor bitwise(Binary op, const Tensor& x, const Tensor& y, std::string_view function) {
  const Dtype dtype = ops::common_dtype(x, y, function);
  ops::check_implemented(!is_floating_point(dtype), dtype, function);
  return ops::marked(ops::binary(op, x, y, function), x, y);
}

}  // namespace

Tensor bitwise_not(const Tensor& x) {
  check_defined(x, "bitwise_not");
  ops::check_implemented(!x.is_floating_point(), x.scalar_type(), "bitwise_not");
  if (x.scalar_type() == kBool) return logical_not(x);
  return ops::marked(ops::binary(Binary::bitwise_xor, x, int64_t{-1}, "bitwise_not"), x);
}
Tensor bitwise_and(const Tensor& x, const Tensor& y) {
  return bitwise(Binary::bitwise_and, x, y, "bitwise_and");
}
Tensor bitwise_or(const Tensor& x, const Tensor& y) {
  return bitwise(Binary::bitwise_or, x, y, "bitwise_or");
}
Tensor bitwise_xor(const Tensor& x, const Tensor& y) {
  return bitwise(Binary::bitwise_xor, x, y, "bitwise_xor");
}

// ---- of whole tensors ----

namespace {

bool all_true(const Tensor& z) {  // z: a result of this file, so contiguous
  return z.numel() == 0 || std::memchr(z.data_ptr(), 0, z.nbytes()) == nullptr;
}

}  // namespace

bool equal(const Tensor& x, const Tensor& y) {
  check_defined(x, "equal");
  check_defined(y, "equal", "other");
  return x.layout().sizes == y.layout().sizes && all_true(eq(x, y));
}

Tensor isclose(const Tensor& x, const Tensor& y, double rtol, double atol, bool equal_nan) {
  check_defined(x, "isclose");
  check_defined(y, "isclose", "other");
  check(x.scalar_type() == y.scalar_type(), "isclose", x.scalar_type(), " did not match ", y.scalar_type());
  check(!(rtol < 0), "isclose", "rtol must be greater than or equal to zero, but got ", rtol);
  check(!(atol < 0), "isclose", "atol must be greater than or equal to zero, but got ", atol);
  const NoGradGuard guard;
  Tensor close = x == y;  // infinities too, which have no difference
  if (equal_nan && x.is_floating_point()) close = close | (isnan(x) & isnan(y));
  if (rtol == 0 && atol == 0) return close;
  const Dtype dtype = ops::floating_dtype(x.scalar_type());
  const Tensor a = ops::converted(x, dtype), b = ops::converted(y, dtype);
  const Tensor difference = abs(a - b);
  return close | (isfinite(difference) & (difference <= abs(b * rtol) + atol));
}

bool allclose(const Tensor& x, const Tensor& y, double rtol, double atol, bool equal_nan) {
  return all_true(isclose(x, y, rtol, atol, equal_nan));
}

}  // namespace frost
