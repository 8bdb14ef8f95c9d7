// Powers, of tensors and numbers.
#include <frost/ops/common.hpp>

#include <cmath>

namespace frost {

using kernels::Binary;
using ops::binary;

// z = xʸ:   grad_x = grad_out·y·xʸ⁻¹, and 0 where y = 0
Tensor pow(const Tensor& x, const Scalar& exponent) {
  const Dtype result = ops::common_dtype(x, exponent, "pow");
  ops::check_implemented(result != kBool, result, "pow");
  if (!is_floating_point(result) && exponent.toLong() < 0)  // an infinite exponent is no long
    fail("pow", "Integers to negative integer powers are not allowed, got the exponent ", exponent.toLong());
  return record("PowBackward0", binary(Binary::pow, x, exponent, "pow"),
                wrt(x, [x = Saved(x), y = exponent.toDouble()](const Tensor& grad_out) {
                  if (y == 0) return zeros_like(grad_out);
                  return grad_out * (y == 2 ? *x * y : pow(*x, y - 1) * y);
                }));
}

// z = xʸ:   grad_x = grad_out·y·xʸ⁻¹, and 0 where y = 0
//           grad_y = grad_out·z·log x, and 0 where x = 0 and y ≥ 0
Tensor pow(const Tensor& x, const Tensor& exponent) {
  const Dtype result = ops::common_dtype(x, exponent, "pow");
  ops::check_implemented(result != kBool, result, "pow");
  return record("PowBackward1", binary(Binary::pow, x, exponent, "pow"),
                wrt(x,
                    [x = Saved(x), exponent = Saved(exponent)](const Tensor& grad_out) {
                      const Tensor y = to(*exponent, grad_out.scalar_type());
                      return masked_fill(grad_out * (y * pow(*x, y - 1)), y == 0, 0);
                    }),
                wrt(exponent, [x = Saved(x), y = Saved(exponent)](const Tensor& grad_out, const Tensor& z) {
                  // log 1 = 0 in place of log 0, so that the slope has slopes itself
                  return grad_out * (z * log(masked_fill(*x, logical_and(*x == 0, *y >= 0), 1)));
                }));
}

// z = xʸ:   grad_y = grad_out·z·log x, and 0 where x = 0 and y ≥ 0
Tensor pow(const Scalar& x, const Tensor& exponent) {
  const Dtype result = ops::common_dtype(exponent, x, "pow");
  ops::check_implemented(result != kBool, result, "pow");
  return record(
      "PowBackward2", binary(Binary::pow, x, exponent, "pow"),
      wrt(exponent, [x = x.toDouble(), y = Saved(exponent)](const Tensor& grad_out, const Tensor& z) {
        return grad_out * (x == 0 ? z * where(*y >= 0, 0., std::log(x)) : z * std::log(x));
      }));
}

}  // namespace frost
