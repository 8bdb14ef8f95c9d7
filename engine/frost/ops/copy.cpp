// Copies of values: to memory of their own, to other dtypes, over the values of another tensor. And the dtype
// that mixed operands promote to.
#include <frost/ops/common.hpp>

namespace frost {

// y = x:   grad_x = grad_out
Tensor clone(const Tensor& x) {
  check_defined(x, "clone");
  return record("CloneBackward0", ops::values_of(x), wrt(x, [](const Tensor& grad_out) { return grad_out; }));
}

Tensor contiguous(const Tensor& x) {
  check_defined(x, "contiguous");
  return x.is_contiguous() ? x : clone(x);
}

Tensor detach(const Tensor& x) { return x.detach(); }

// y = x in another dtype:   grad_x = grad_out in x's
Tensor to(const Tensor& x, Dtype dtype) {
  check_defined(x, "to");
  if (x.scalar_type() == dtype) return x;
  return record("ToCopyBackward0", ops::converted(x, dtype),
                wrt(x, [own = x.scalar_type()](const Tensor& grad_out) { return to(grad_out, own); }));
}

// ---- in place: the old x gets no gradient from the new one, but a zero ----

namespace {

Tensor zero_gradient(const Tensor& grad_out) { return zeros_like(grad_out); }

bool is_recorded_in(const Tensor& x, const Tensor& source) {
  return x.is_floating_point() && ops::is_recorded(x, source);
}

void overwrite(const Tensor& x, const Tensor& source) {
  const Dims& sizes = x.layout().sizes;
  kernels::copy(sizes, x.scalar_type(), ops::out(x), source.scalar_type(), ops::in(source, sizes));
  x.impl()->storage->bump_version();
}

void overwrite(const Tensor& x, const Scalar& value) {
  kernels::fill(x.scalar_type(), x.sizes(), ops::out(x), value);
  x.impl()->storage->bump_version();
}

}  // namespace

// x ← source:   grad_x = 0, grad_source = grad_out
Tensor& copy_(const Tensor& x, const Tensor& source) {
  check_defined(x, "copy_", "self");
  check_defined(source, "copy_", "src");
  const bool is_recorded = is_recorded_in(x, source);
  check_in_place(x, "copy_", is_recorded);
  if (!is_broadcastable_to(source.sizes(), x.sizes()))
    fail("copy_", "output with shape ", x.sizes(), " doesn't match the broadcast shape ",
         broadcast_sizes(x.sizes(), source.sizes(), "copy_"));
  if (x.is_same(source)) return const_cast<Tensor&>(x);
  if (!is_recorded) {
    // Where both lie in one memory, writing x must not change what is still to be read.
    const bool may_overlap = x.impl()->storage == source.impl()->storage;
    overwrite(x, may_overlap ? clone(source) : source);
    return const_cast<Tensor&>(x);
  }
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type(), "copy_");
  overwrite(y, source);
  write_in_place(x,
                 record("torch::autograd::CopyBackwards", y, wrt(x, zero_gradient),
                        wrt(source, [](const Tensor& grad_out) { return grad_out; })),
                 "copy_");
  return const_cast<Tensor&>(x);
}

// x ← value:   grad_x = 0
Tensor& fill_(const Tensor& x, const Scalar& value) {
  check_defined(x, "fill_", "self");
  ops::check_fits(value, x.scalar_type(), "fill_");
  const bool is_recorded = is_recorded_in(x, {});
  check_in_place(x, "fill_", is_recorded);
  if (!is_recorded) {
    overwrite(x, value);
    return const_cast<Tensor&>(x);
  }
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type(), "fill_");
  overwrite(y, value);
  write_in_place(x, record("FillBackward2", y, wrt(x, zero_gradient)), "fill_");
  return const_cast<Tensor&>(x);
}

// x ← value, a 0-dim tensor:   grad_x = 0, grad_value = Σ grad_out
Tensor& fill_(const Tensor& x, const Tensor& value) {
  check_defined(x, "fill_", "self");
  check_defined(value, "fill_", "value");
  check(value.dim() == 0, "fill_", "fill_ only supports 0-dimension value tensor but got tensor with ",
        value.dim(), " dimensions.");
  const Scalar number = value.item();
  ops::check_fits(number, x.scalar_type(), "fill_");
  const bool is_recorded = is_recorded_in(x, value);
  check_in_place(x, "fill_", is_recorded);
  if (!is_recorded) {
    overwrite(x, number);
    return const_cast<Tensor&>(x);
  }
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type(), "fill_");
  overwrite(y, number);
  write_in_place(x,
                 record("FillBackward3", y, wrt(x, zero_gradient),
                        wrt(value, [](const Tensor& grad_out) { return sum(grad_out); })),
                 "fill_");
  return const_cast<Tensor&>(x);
}

// x ← 0:   grad_x = 0
Tensor& zero_(const Tensor& x) {
  const bool is_recorded = x.defined() && is_recorded_in(x, {});
  check_in_place(x, "zero_", is_recorded);
  if (!is_recorded) {
    overwrite(x, 0);
    return const_cast<Tensor&>(x);
  }
  write_in_place(x, record("ZeroBackward0", zeros(x.sizes(), x.scalar_type()), wrt(x, zero_gradient)),
                 "zero_");
  return const_cast<Tensor&>(x);
}

// ---- promotion ----

namespace {

// What the higher category makes of a lower one that takes part: it decides, but that integers and bools give
// way to a higher kind of number (bool < integer < floating point).
Dtype promote_categories(Dtype higher, Dtype lower) {
  if (is_floating_point(higher)) return higher;
  return higher == kBool || is_floating_point(lower) ? promote_types(higher, lower) : higher;
}

}  // namespace

// Tensors with dimensions stand above 0-dim tensors, and those above C++ numbers.
Dtype result_type(const Tensor& x, const Tensor& y) {
  check_defined(x, "result_type");
  check_defined(y, "result_type", "other");
  const Dtype a = x.scalar_type(), b = y.scalar_type();
  if (a == b) return a;
  if ((x.dim() == 0) == (y.dim() == 0)) return promote_types(a, b);
  return x.dim() == 0 ? promote_categories(b, a) : promote_categories(a, b);
}

Dtype result_type(const Tensor& x, const Scalar& y) {
  check_defined(x, "result_type");
  return promote_categories(x.scalar_type(), y.isFloatingPoint() ? kFloat : y.type());
}

}  // namespace frost
