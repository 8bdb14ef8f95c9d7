#include <frost/ops/common.hpp>

namespace frost::ops {

kernels::In in(const Tensor& x, const Dims& sizes) {
  const Layout& layout = x.layout();
  if (layout.sizes == sizes) return in(x);
  kernels::In operand{x.impl()->data, Dims(sizes.size(), 0)};
  const size_t lead = sizes.size() - layout.rank();
  for (size_t i = 0; i < layout.rank(); ++i)
    if (layout.sizes[i] != 1) operand.strides[lead + i] = layout.strides[i];
  return operand;
}

ScalarOperand::ScalarOperand(const Scalar& value, Dtype dtype) {
  visit(dtype, [this, &value]<class T>() {
    *reinterpret_cast<T*>(&value_) =
        value.isFloatingPoint() ? static_cast<T>(value.toDouble()) : static_cast<T>(value.toLong());
  });
}

Tensor converted(const Tensor& x, Dtype dtype) {
  if (x.scalar_type() == dtype) return x;
  const Tensor y = empty_tensor(x.sizes(), dtype);
  kernels::copy(x.sizes(), dtype, out(y), x.scalar_type(), in(x));
  return y;
}

Tensor values_of(const Tensor& x) {
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type(), "clone");
  detail::copy_values(y, x);
  return y;
}

Tensor packed(const Tensor& x) { return x.is_contiguous() ? x : values_of(x); }

Tensor former(const Tensor& x) {
  const Tensor y = values_of(x);
  if (const Ref<Node> grad_fn = x.grad_fn()) detail::set_grad_fn(y, grad_fn, x.output_nr());
  return y;
}

Dtype common_dtype(const Tensor& x, const Tensor& y, std::string_view function) {
  check_defined(x, function);
  check_defined(y, function, "other");
  return result_type(x, y);
}

Dtype common_dtype(const Tensor& x, const Scalar& y, std::string_view function) {
  check_defined(x, function);
  return result_type(x, y);
}

Dtype floating_dtype(Dtype dtype) { return is_floating_point(dtype) ? dtype : kFloat; }

namespace {

Dtype operand_dtype(kernels::Binary op, Dtype promoted) {
  return op == kernels::Binary::div ? floating_dtype(promoted) : promoted;
}

}  // namespace

Tensor binary(kernels::Binary op, const Tensor& x, const Tensor& y, std::string_view function) {
  check_defined(x, function);
  check_defined(y, function, "other");
  const TensorImpl &a = *x.impl(), &b = *y.impl();
  const Dtype dtype = operand_dtype(op, a.dtype == b.dtype ? a.dtype : result_type(x, y));
  if (a.dtype == dtype && b.dtype == dtype && a.layout.sizes == b.layout.sizes) {
    const Tensor z = empty_tensor(a.layout.sizes, dtype, function);
    kernels::binary(op, dtype, a.layout.sizes, out(z), in(x), in(y));
    return z;
  }
  const Dims sizes = broadcast_sizes(a.layout.sizes, b.layout.sizes, function);
  const Tensor z = empty_tensor(sizes, dtype, function);
  kernels::binary(op, dtype, sizes, out(z), Operand(x, dtype, sizes), Operand(y, dtype, sizes));
  return z;
}

Tensor binary(kernels::Binary op, const Tensor& x, const Scalar& y, std::string_view function) {
  const Dtype dtype = operand_dtype(op, common_dtype(x, y, function));
  const Dims& sizes = x.layout().sizes;
  const Tensor z = empty_tensor(sizes, dtype, function);
  kernels::binary(op, dtype, sizes, out(z), Operand(x, dtype, sizes), ScalarOperand(y, dtype).in(sizes));
  return z;
}

Tensor binary(kernels::Binary op, const Scalar& x, const Tensor& y, std::string_view function) {
  check_defined(y, function);
  const Dims& sizes = y.layout().sizes;
  const Dtype dtype = operand_dtype(op, result_type(y, x));
  const Tensor z = empty_tensor(sizes, dtype, function);
  kernels::binary(op, dtype, sizes, out(z), ScalarOperand(x, dtype).in(sizes), Operand(y, dtype, sizes));
  return z;
}

Tensor unary(kernels::Unary op, const Tensor& x, std::string_view function) {
  check_defined(x, function);
  const TensorImpl& impl = *x.impl();
  const Dims& sizes = impl.layout.sizes;
  const Dtype dtype = op >= kernels::Unary::reciprocal ? floating_dtype(impl.dtype) : impl.dtype;
  const Tensor y = empty_tensor(sizes, dtype, function);
  kernels::unary(op, dtype, sizes, out(y), Operand(x, dtype, sizes));
  return y;
}

bool is_recorded(const Tensor& x, const Tensor& y) {
  return GradMode::is_enabled() && (x.requires_grad() || (y.defined() && y.requires_grad()));
}

void check_fits(const Scalar& value, Dtype dtype, std::string_view function) {
  visit(dtype, [&value, function]<class T>() { value.to<T>(function); });
}

Tensor make(IntArrayRef sizes, Dtype dtype, const TensorOptions& options, std::string_view function) {
  check(!options.requires_grad() || is_floating_point(dtype), function,
        "Only Tensors of floating point and complex dtype can require gradients, this one is ", dtype);
  const Tensor x = empty_tensor(sizes, dtype, function);
  if (options.requires_grad()) x.set_requires_grad(true);
  return x;
}

Dtype dtype_like(const Tensor& x, const TensorOptions& options, std::string_view function) {
  check_defined(x, function);
  return options.dtype_opt().value_or(x.scalar_type());
}

void check_result_fits(const Tensor& x, Dtype result, std::string_view function) {
  const Dtype own = x.scalar_type();
  const bool loses_kind =
      (is_floating_point(result) && !is_floating_point(own)) || (own == kBool && result != kBool);
  check(!loses_kind, function, "result type ", result, " can't be cast to the desired output type ", own);
}

void check_implemented(bool is_implemented, Dtype dtype, std::string_view function) {
  check(is_implemented, function, "not implemented for '", dtype, "'");
}

namespace {

// How far a layout reaches: one more than the largest place, counted from its first.
int64_t extent(const Layout& layout) {
  int64_t last = 0;
  for (size_t i = 0; i < layout.rank(); ++i) last += (layout.sizes[i] - 1) * layout.strides[i];
  return last + 1;
}

bool is_same_layout(const Layout& a, const Layout& b) {
  return a.offset == b.offset && a.sizes == b.sizes && a.strides == b.strides;
}

// Whether both fill the memory that they reach over, and share some of it without being the same.
bool overlaps_partly(const Tensor& x, const Tensor& y) {
  if (!(x.impl()->storage == y.impl()->storage) || x.numel() == 0 || y.numel() == 0) return false;
  const Layout &a = x.layout(), &b = y.layout();
  const int64_t a_extent = extent(a), b_extent = extent(b);
  const bool are_apart = a.offset + a_extent <= b.offset || b.offset + b_extent <= a.offset;
  const bool are_dense =
      a_extent == x.numel() && b_extent == y.numel() && !a.overlaps_itself() && !b.overlaps_itself();
  return are_dense && !are_apart && !is_same_layout(a, b);
}

}  // namespace

void check_in_place(const Tensor& x, Dtype result, std::string_view function) {
  frost::check_in_place(x, function, is_recorded(x));
  check_result_fits(x, result, function);
}

void check_in_place(const Tensor& x, const Tensor& y, Dtype result, std::string_view function) {
  frost::check_in_place(x, function, is_recorded(x, y));
  check_result_fits(x, result, function);
  const Dims& sizes = x.layout().sizes;
  if (!(y.layout().sizes == sizes)) {
    const Dims broadcast = broadcast_sizes(x.sizes(), y.sizes(), function);
    check(broadcast == sizes, function, "output with shape ", sizes, " doesn't match the broadcast shape ",
          broadcast);
  }
  check(!overlaps_partly(x, y), function,
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
        "single memory location. Please clone() the tensor before performing the operation.");
}

Tensor& written(const Tensor& x) {
  x.impl()->storage->bump_version();
  return const_cast<Tensor&>(x);
}

Tensor& write_recorded(const Tensor& x, const Tensor& result, std::string_view function) {
  if (result.scalar_type() == x.scalar_type()) {
    write_in_place(x, result, function);
  } else {  // the op's own node gives x in x's dtype, with no conversion after it
    const Tensor y = converted(result, x.scalar_type());
    detail::replace_output(result, y);
    write_in_place(x, y, function);
  }
  return const_cast<Tensor&>(x);
}

bool interlock(const Tensor& x, const Tensor& y) {
  return x.impl()->storage == y.impl()->storage && !is_same_layout(x.layout(), y.layout());
}
}  // namespace frost::ops
