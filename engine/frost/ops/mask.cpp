// Masks: masked_fill, where, masked_select, and the triangles.
#include <frost/ops/common.hpp>

namespace frost {

namespace {

void check_mask(const Tensor& mask, std::string_view function) {
  check_defined(mask, function, "mask");
  check(mask.scalar_type() == kBool, function, "expected mask dtype to be Bool but got ", mask.scalar_type());
}

// mask ? value : x, as plain numbers.
Tensor filled(const Tensor& x, const Tensor& mask, const Scalar& value, std::string_view function) {
  check_defined(x, function);
  check_mask(mask, function);
  const Dims sizes = broadcast_sizes(x.sizes(), mask.sizes(), function);
  const Tensor y = empty_tensor(sizes, x.scalar_type(), function);
  const ops::ScalarOperand filling(value, x.scalar_type());
  kernels::where(x.scalar_type(), sizes, ops::out(y), ops::in(mask, sizes), filling.in(sizes),
                 ops::in(x, sizes));
  return y;
}

}  // namespace

// y = mask ? value : x:   grad_x = mask ? 0 : grad_out, exactly, whatever x and grad_out hold there
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  return record(
      "MaskedFillBackward0", filled(x, mask, value, "masked_fill"),
      wrt(x, [mask = Saved(mask)](const Tensor& grad_out) { return masked_fill(grad_out, *mask, 0); }));
}

}  // namespace frost
