// Sums, means, products, all, any; and running sums.
#include <frost/ops/reduction.hpp>

#include <algorithm>

namespace frost {

using kernels::Reduce;
using ops::reduced;
using ops::restored;

// ---- sum, mean ----

namespace {

Dtype sum_dtype(const Tensor& x, optional<Dtype> dtype) {
  return dtype.value_or(is_floating_point(x.scalar_type()) ? x.scalar_type() : kLong);
}

// y = Σ x:   grad_x = grad_out, at every element that was summed
Tensor sum_over(const char* name, const Tensor& x, uint32_t dims, bool keepdim, Dtype dtype) {
  const Tensor y =
      reduced(dtype == kBool ? Reduce::any : Reduce::sum, ops::converted(x, dtype), dims, keepdim);
  return record(name, y, wrt(x, [dims, sizes = x.layout().sizes](const Tensor& grad_out) {
                  return restored(grad_out, sizes, dims).expand(sizes);
                }));
}

// y = Σ x / n:   grad_x = grad_out / n, at every element
Tensor mean_over(const char* name, const Tensor& x, uint32_t dims, bool keepdim, optional<Dtype> dtype) {
  check(is_floating_point(dtype.value_or(x.scalar_type())), "mean", "mean(): could not infer output dtype. ",
        dtype ? "Optional" : "Input",
        " dtype must be either a floating point or complex dtype. Got: ", dtype.value_or(x.scalar_type()));
  const Dtype y_dtype = dtype.value_or(x.scalar_type());
  const Tensor y = reduced(Reduce::sum, ops::converted(x, y_dtype), dims, keepdim);
  const Dims& sizes = y.layout().sizes;
  const int64_t n = ops::reduced_count(x.layout().sizes, dims);
  kernels::binary(kernels::Binary::div, y_dtype, sizes, ops::out(y), ops::in(y),
                  ops::ScalarOperand(n, y_dtype).in(sizes));
  // A mean of nothing is NaN, but its gradient is none, and the slope of that 0.
  return record(
      name, y,
      wrt(x, [n = std::max<int64_t>(n, 1), dims, sizes_x = x.layout().sizes](const Tensor& grad_out) {
        return restored(grad_out / n, sizes_x, dims).expand(sizes_x);
      }));
}

}  // namespace

Tensor sum(const Tensor& x, optional<Dtype> dtype) {
  const uint32_t dims = ops::reduced_dims(x, {}, "sum");
  return sum_over("SumBackward0", x, dims, false, sum_dtype(x, dtype));
}

Tensor sum(const Tensor& x, IntArrayRef dim, bool keepdim, optional<Dtype> dtype) {
  const uint32_t dims = ops::reduced_dims(x, dim, "sum");
  return sum_over("SumBackward1", x, dims, keepdim, sum_dtype(x, dtype));
}

Tensor mean(const Tensor& x, optional<Dtype> dtype) {
  const uint32_t dims = ops::reduced_dims(x, {}, "mean");
  return mean_over("MeanBackward0", x, dims, false, dtype);
}

Tensor mean(const Tensor& x, IntArrayRef dim, bool keepdim, optional<Dtype> dtype) {
  const uint32_t dims = ops::reduced_dims(x, dim, "mean");
  return mean_over("MeanBackward1", x, dims, keepdim, dtype);
}

// ---- prod ----

namespace {

// x moved by `distance` towards the end of dim, with ones coming in.
Tensor shifted(const Tensor& x, int64_t dim, int64_t distance) {
  Dims lead = x.layout().sizes;
  lead[static_cast<size_t>(dim)] = distance;
  const Tensor kept = narrow(x, dim, 0, x.size(dim) - distance);
  return cat({ones(lead, x.scalar_type()), kept}, dim);
}

// y_i = Π_{j < i} x_j, by doubling the reach: after round r, y_i is the product of the 2ʳ elements before i.
Tensor product_before(const Tensor& x, int64_t dim) {
  Tensor y = shifted(x, dim, 1);
  for (int64_t reach = 1; reach < x.size(dim); reach *= 2) y = y * shifted(y, dim, reach);
  return y;
}

// d y / d x_i = Π_{j ≠ i} x_j along dim: y / x_i, but where an element is 0. There the products before and
// after i are multiplied, which is right to every order. A number alone has no others, be it NaN or infinite.
Tensor product_of_others(const Tensor& x, const Tensor& y, int64_t dim) {
  if (x.dim() == 0) return ones_like(x);
  if (!any(x == 0).item<bool>()) return y / x;
  return product_before(x, dim) * flip(product_before(flip(x, dim), dim), dim);
}

}  // namespace

// y = Π x:   grad_x_i = grad_out · Π_{j ≠ i} x_j
Tensor prod(const Tensor& x, optional<Dtype> dtype) {
  const uint32_t dims = ops::reduced_dims(x, {}, "prod");
  const Dtype y_dtype = sum_dtype(x, dtype);
  const Tensor y =
      reduced(y_dtype == kBool ? Reduce::all : Reduce::prod, ops::converted(x, y_dtype), dims, false);
  return record("ProdBackward0", y,
                wrt(x, [x = Saved(x), y_dtype](const Tensor& grad_out, const Tensor& y_out) {
                  const Tensor factors = to(*x, y_dtype), flat = x->dim() > 1 ? flatten(factors) : factors;
                  return reshape(grad_out * product_of_others(flat, y_out, 0), x->sizes());
                }));
}

Tensor prod(const Tensor& x, int64_t dim, bool keepdim, optional<Dtype> dtype) {
  const uint32_t dims = ops::reduced_dims(x, dim, "prod");
  dim = wrap_dim(dim, x.layout().rank(), "prod");
  const Dtype y_dtype = sum_dtype(x, dtype);
  const Tensor y =
      reduced(y_dtype == kBool ? Reduce::all : Reduce::prod, ops::converted(x, y_dtype), dims, keepdim);
  return record("ProdBackward1", y,
                wrt(x, [x = Saved(x), y_dtype, dim, dims](const Tensor& grad_out, const Tensor& y_out) {
                  const Dims& sizes = x->layout().sizes;
                  const Tensor others = product_of_others(to(*x, y_dtype), restored(y_out, sizes, dims), dim);
                  return restored(grad_out, sizes, dims) * others;
                }));
}

// ---- all, any: of what is not 0 ----

namespace {

Tensor test_over(Reduce op, const Tensor& x, uint32_t dims, bool keepdim) {
  return ops::marked(reduced(op, ops::converted(x, kBool), dims, keepdim), x);
}

}  // namespace

Tensor all(const Tensor& x) { return test_over(Reduce::all, x, ops::reduced_dims(x, {}, "all"), false); }
Tensor all(const Tensor& x, int64_t dim, bool keepdim) {
  return test_over(Reduce::all, x, ops::reduced_dims(x, dim, "all"), keepdim);
}
Tensor any(const Tensor& x) { return test_over(Reduce::any, x, ops::reduced_dims(x, {}, "any"), false); }
Tensor any(const Tensor& x, int64_t dim, bool keepdim) {
  return test_over(Reduce::any, x, ops::reduced_dims(x, dim, "any"), keepdim);
}

// ---- cumsum ----

// y_i = Σ_{j ≤ i} x_j:   grad_x_i = Σ_{j ≥ i} grad_out_j
Tensor cumsum(const Tensor& x, int64_t dim, optional<Dtype> dtype) {
  check_defined(x, "cumsum");
  dim = wrap_dim(dim, x.layout().rank(), "cumsum");
  const Dtype y_dtype = sum_dtype(x, dtype);
  check(y_dtype != kBool, "cumsum", "\"cumsum_out_cpu\" not implemented for 'Bool'");
  const Tensor source = ops::converted(x, y_dtype);
  const Tensor y = empty_tensor(x.sizes(), y_dtype);
  kernels::cumsum(y_dtype, x.sizes(), ops::in(source), dim, y.data_ptr());
  return record("CumsumBackward0", y, wrt(x, [dim](const Tensor& grad_out) {
                  return flip(cumsum(flip(grad_out, dim), dim), dim);
                }));
}

}  // namespace frost
