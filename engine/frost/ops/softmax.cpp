// softmax and log_softmax.
#include <frost/ops/common.hpp>
#include <frost/ops/softmax.hpp>

namespace frost {

kernels::Softmax softmax_shape(const Tensor& x, int64_t dim) {
  kernels::Softmax shape{1, 1, 1};
  for (int64_t i = 0; i < x.dim(); ++i)
    (i < dim ? shape.outer : i == dim ? shape.n : shape.inner) *= x.size(i);
  return shape;
}

// y_i = exp(x_i) / Σ_j exp(x_j):   grad_x = y (grad_out - Σ_j grad_out_j y_j)
Tensor softmax_backward(const Tensor& grad_out, const Tensor& y, int64_t dim) {
  const Tensor g = grad_out.contiguous();
  const Tensor grad_x = empty_tensor(y.sizes(), y.scalar_type());
  kernels::softmax_backward(y.scalar_type(), softmax_shape(y, dim), grad_x.data_ptr(), g.data_ptr(),
                            y.data_ptr());
  return grad_x;
}

Tensor softmax(const Tensor& x, int64_t dim, optional<Dtype>) {
  check_defined(x, "softmax");
  dim = wrap_dim(dim, x.layout().rank(), "softmax");
  const Tensor source = x.contiguous();
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type());
  kernels::softmax(x.scalar_type(), softmax_shape(x, dim), y.data_ptr(), source.data_ptr());
  return record("SoftmaxBackward0", y, wrt(x, [dim](const Tensor& grad_out, const Tensor& y_out) {
                  return softmax_backward(grad_out, y_out, dim);
                }));
}

}  // namespace frost
