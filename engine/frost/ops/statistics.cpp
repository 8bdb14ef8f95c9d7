// Variance, standard deviation, norms and logsumexp.
#include <frost/ops/reduction.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace frost {

using kernels::Binary;
using kernels::Reduce;
using kernels::Unary;
using ops::reduced;
using ops::restored;

// ---- var, std ----

namespace {

// What Σ (x - mean)² is divided by; 0 where there are too few elements, so that the result is NaN.
int64_t degrees_of_freedom(const Dims& sizes, uint32_t dims, bool unbiased) {
  return std::max<int64_t>(ops::reduced_count(sizes, dims) - (unbiased ? 1 : 0), 0);
}

// Σ (x - mean)² / n as plain numbers.
Tensor variance(const Tensor& x, uint32_t dims, bool unbiased, bool keepdim, std::string_view function) {
  const Dtype dtype = x.scalar_type();
  check(is_floating_point(dtype), function,
        "std and var only support floating point and complex dtypes, got ", dtype);
  const Tensor y = empty_tensor(ops::reduced_sizes(x.layout().sizes, dims, keepdim), dtype);
  const Dims& sizes = y.layout().sizes;
  kernels::sum_of_squared_deviations(dtype, x.sizes(), ops::in(x), dims, y.data_ptr());
  const ops::ScalarOperand n(degrees_of_freedom(x.layout().sizes, dims, unbiased), dtype);
  kernels::binary(Binary::div, dtype, sizes, ops::out(y), ops::in(y), n.in(sizes));
  return y;
}

Tensor variance_backward(const Tensor& grad_out, const Tensor& x, uint32_t dims, bool unbiased) {
  const Dims& sizes = x.layout().sizes;
  const double factor = 2.0 / static_cast<double>(degrees_of_freedom(sizes, dims, unbiased));
  return restored(grad_out, sizes, dims) * factor * (x - mean(x, ops::listed(dims), /*keepdim=*/true));
}

// y = Σ (x - mean)² / n:   grad_x = grad_out · 2 (x - mean) / n
Tensor var_over(const Tensor& x, uint32_t dims, bool unbiased, bool keepdim) {
  return record("VarBackward0", variance(x, dims, unbiased, keepdim, "var"),
                wrt(x, [x = Saved(x), dims, unbiased](const Tensor& grad_out) {
                  return variance_backward(grad_out, *x, dims, unbiased);
                }));
}

// y = √var:   grad_var = grad_out / 2y, 0 where y = 0
Tensor std_over(const Tensor& x, uint32_t dims, bool unbiased, bool keepdim) {
  const Tensor y = ops::unary(Unary::sqrt, variance(x, dims, unbiased, keepdim, "std"), "std");
  return record("StdBackward0", y,
                wrt(x, [x = Saved(x), dims, unbiased](const Tensor& grad_out, const Tensor& y_out) {
                  const Tensor grad_var = masked_fill(grad_out / (y_out * 2), y_out == 0, 0);
                  return variance_backward(grad_var, *x, dims, unbiased);
                }));
}

}  // namespace

Tensor var(const Tensor& x, bool unbiased) {
  return var_over(x, ops::reduced_dims(x, {}, "var"), unbiased, false);
}
Tensor var(const Tensor& x, int dim) { return var(x, IntArrayRef(int64_t{dim})); }
Tensor var(const Tensor& x, IntArrayRef dim, bool unbiased, bool keepdim) {
  return var_over(x, ops::reduced_dims(x, dim, "var"), unbiased, keepdim);
}
Tensor std(const Tensor& x, bool unbiased) {
  return std_over(x, ops::reduced_dims(x, {}, "std"), unbiased, false);
}
Tensor std(const Tensor& x, int dim) { return std(x, IntArrayRef(int64_t{dim})); }
Tensor std(const Tensor& x, IntArrayRef dim, bool unbiased, bool keepdim) {
  return std_over(x, ops::reduced_dims(x, dim, "std"), unbiased, keepdim);
}

// ---- norm ----

namespace {

// The p-norm as plain numbers; 0 of nothing.
Tensor norm_values(const Tensor& x, double p, uint32_t dims, bool keepdim) {
  const Dims& sizes = x.layout().sizes;
  if (ops::reduced_count(sizes, dims) == 0)
    return zeros(ops::reduced_sizes(sizes, dims, keepdim), x.scalar_type());
  if (p == 0)
    return reduced(Reduce::sum, ops::converted(ops::converted(x, kBool), x.scalar_type()), dims, keepdim);
  if (p == 2)
    return ops::unary(Unary::sqrt, reduced(Reduce::sum, ops::unary(Unary::square, x, "norm"), dims, keepdim),
                      "norm");
  const Tensor size = ops::unary(Unary::abs, x, "norm");
  if (p == 1) return reduced(Reduce::sum, size, dims, keepdim);
  if (std::isinf(p)) return reduced(p > 0 ? Reduce::max : Reduce::min, size, dims, keepdim);
  const Tensor powers = ops::binary(Binary::pow, size, p, "norm");
  return ops::binary(Binary::pow, reduced(Reduce::sum, powers, dims, keepdim), 1 / p, "norm");
}

// -1, 0 or 1: a constant wherever it has a derivative.
Tensor sign(const Tensor& x) { return to(x > 0, x.scalar_type()) - to(x < 0, x.scalar_type()); }

// grad_out and y broadcast against x.
Tensor norm_backward(const Tensor& grad_out, const Tensor& x, const Tensor& y, double p, uint32_t dims) {
  if (p == 0) return {};  // a count does not change with x
  if (p == 1) return grad_out * sign(x);
  // x / ∞ is 0, and so are its derivatives
  if (p == 2) return grad_out * (x / masked_fill(y, y == 0, std::numeric_limits<double>::infinity()));
  if (std::isinf(p)) {
    const Tensor tied = logical_or(abs(x) == y, isnan(x));
    const Tensor count = reduced(Reduce::sum, to(tied, x.scalar_type()), dims, /*keepdim=*/true);
    return where(tied, sign(x) * (grad_out / count), 0);
  }
  const Tensor is_zero = y == 0;
  const Tensor y_power = masked_fill(pow(masked_fill(y, is_zero, 1), 1 - p), is_zero, 0);
  return grad_out * y_power * (sign(x) * pow(masked_fill(abs(x), x == 0, 1), p - 1));
}

// y = (Σ |x|ᵖ)^(1/p):   grad_x = grad_out · sign(x) |x|ᵖ⁻¹ y¹⁻ᵖ, 0 where x or y is 0
//   p = 0: none;   p = ±∞: grad_out · sign(x), shared evenly among the elements of which |x| = y
Tensor norm_over(const char* name, const Tensor& x, double p, uint32_t dims, bool keepdim) {
  check(is_floating_point(x.scalar_type()), "norm",
        "norm(): input dtype should be either floating point or complex. Got ", x.scalar_type(), " instead.");
  return record(name, norm_values(x, p, dims, keepdim),
                wrt(x, [x = Saved(x), p, dims](const Tensor& grad_out, const Tensor& y) {
                  const Dims& sizes = x->layout().sizes;
                  return norm_backward(restored(grad_out, sizes, dims), *x, restored(y, sizes, dims), p,
                                       dims);
                }));
}

}  // namespace

Tensor norm(const Tensor& x, const Scalar& p) {
  const uint32_t dims = ops::reduced_dims(x, {}, "norm");
  return norm_over("NormBackward0", x, p.toDouble(), dims, false);
}

Tensor norm(const Tensor& x, const optional<Scalar>& p, IntArrayRef dim, bool keepdim) {
  const uint32_t dims = ops::reduced_dims(x, dim, "norm");
  return norm_over("NormBackward1", x, p.value_or(2).toDouble(), dims, keepdim);
}

// ---- logsumexp ----

namespace {

// log Σ eˣ = m + log Σ eˣ⁻ᵐ as plain numbers, m being the largest x: then no power overflows. Where that is
// infinite, m = 0.
Tensor log_sum_exp(const Tensor& x, uint32_t dims, bool keepdim) {
  const Dims sizes = ops::reduced_sizes(x.layout().sizes, dims, keepdim);
  if (ops::reduced_count(x.layout().sizes, dims) == 0)
    return full(sizes, -std::numeric_limits<double>::infinity(), x.scalar_type());
  const Tensor largest = reduced(Reduce::max, x, dims, /*keepdim=*/true);
  const Tensor m = masked_fill(largest, isinf(largest), 0);
  const Tensor powers = ops::unary(Unary::exp, ops::binary(Binary::sub, x, m, "logsumexp"), "logsumexp");
  const Tensor y = ops::unary(Unary::log, reduced(Reduce::sum, powers, dims, keepdim), "logsumexp");
  return ops::binary(Binary::add, y, alias(m, Layout::contiguous(sizes)), "logsumexp");
}

}  // namespace

// y = log Σ eˣ:   grad_x = grad_out · eˣ⁻ʸ
Tensor logsumexp(const Tensor& x, IntArrayRef dim, bool keepdim) {
  const uint32_t dims = ops::reduced_dims(x, dim, "logsumexp");
  const Tensor source = ops::converted(x, ops::floating_dtype(x.scalar_type()));
  return record("LogsumexpBackward0", log_sum_exp(source, dims, keepdim),
                wrt(x, [x = Saved(x), dims](const Tensor& grad_out, const Tensor& y) {
                  const Dims& sizes = x->layout().sizes;
                  return restored(grad_out, sizes, dims) * exp(*x - restored(y, sizes, dims));
                }));
}

}  // namespace frost
