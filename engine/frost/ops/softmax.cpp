// softmax and log_softmax. The backward of each is fused into one kernel and is an op itself, with its own
// backward.
#include <frost/ops/common.hpp>
#include <frost/ops/softmax.hpp>

namespace frost {

kernels::Softmax softmax_shape(const Tensor& x, int64_t dim) {
  kernels::Softmax shape{1, 1, 1};
  const Dims& sizes = x.layout().sizes;
  for (int64_t i = 0; i < static_cast<int64_t>(sizes.size()); ++i)
    (i < dim ? shape.outer : i == dim ? shape.n : shape.inner) *= sizes[static_cast<size_t>(i)];
  return shape;
}

namespace {

using ForwardKernel = void (*)(Dtype dtype, const kernels::Softmax& shape, void* y, const void* x);
using BackwardKernel = void (*)(Dtype dtype, const kernels::Softmax& shape, void* grad_x,
                                const void* grad_out, const void* y);

// y from x along dim, and grad_x from grad_out and y, as plain numbers.
Tensor values(ForwardKernel kernel, const Tensor& x, int64_t dim, std::string_view function) {
  const Dtype dtype = x.scalar_type();
  check(is_floating_point(dtype), function, "\"", function, "_lastdim_kernel_impl\" not implemented for '",
        dtype, "'; name a floating-point dtype to compute in");
  const ops::PackedOperand source(x);
  const Tensor y = empty_tensor(x.sizes(), dtype);
  kernel(dtype, softmax_shape(x, dim), y.data_ptr(), source.data());
  return y;
}

Tensor gradients(BackwardKernel kernel, const Tensor& grad_out, const Tensor& y, int64_t dim) {
  const ops::PackedOperand g(grad_out), source(y);
  const Tensor grad_x = empty_tensor(y.sizes(), y.scalar_type());
  kernel(y.scalar_type(), softmax_shape(y, dim), grad_x.data_ptr(), g.data(), source.data());
  return grad_x;
}

}  // namespace

// z_i = y_i (g_i - Σ_j g_j y_j), the gradient of softmax, whose Jacobian is symmetric:
//   grad_g = the same of grad_out;   grad_y_i = grad_out_i (g_i - Σ_j g_j y_j) - g_i Σ_j grad_out_j y_j
Tensor softmax_backward(const Tensor& g, const Tensor& y, int64_t dim) {
  return record(
      "SoftmaxBackwardDataBackward0", gradients(kernels::softmax_backward, g, y, dim),
      wrt(g, [y = Saved(y), dim](const Tensor& grad_out) { return softmax_backward(grad_out, *y, dim); }),
      wrt(y, [g = Saved(g), y = Saved(y), dim](const Tensor& grad_out) {
        const Tensor centered = *g - sum(*g * *y, dim, /*keepdim=*/true);
        return grad_out * centered - *g * sum(grad_out * *y, dim, /*keepdim=*/true);
      }));
}

namespace {

// z_i = g_i - exp(y_i) Σ_j g_j, the gradient of log_softmax:
//   grad_g = grad_out - Σ_i grad_out_i exp(y_i);   grad_y_i = -grad_out_i exp(y_i) Σ_j g_j
Tensor log_softmax_backward(const Tensor& g, const Tensor& y, int64_t dim) {
  return record("LogSoftmaxBackwardDataBackward0", gradients(kernels::log_softmax_backward, g, y, dim),
                wrt(g,
                    [y = Saved(y), dim](const Tensor& grad_out) {
                      return grad_out - sum(grad_out * exp(*y), dim, /*keepdim=*/true);
                    }),
                wrt(y, [g = Saved(g), y = Saved(y), dim](const Tensor& grad_out) {
                  return -(grad_out * exp(*y) * sum(*g, dim, /*keepdim=*/true));
                }));
}

}  // namespace

// y_i = exp(x_i) / Σ_j exp(x_j):   grad_x_i = y_i (grad_out_i - Σ_j grad_out_j y_j)
Tensor softmax(const Tensor& x, int64_t dim, optional<Dtype> dtype) {
  check_defined(x, "softmax");
  if (dtype && *dtype != x.scalar_type()) return softmax(to(x, *dtype), dim);
  dim = wrap_dim(dim, x.layout().rank(), "softmax");
  return record("SoftmaxBackward0", values(kernels::softmax, x, dim, "softmax"),
                wrt(x, Told{[dim](const Tensor& grad_out, const Tensor& y) {
                              return softmax_backward(grad_out, y, dim);
                            },
                            static_cast<double>(dim)}));
}

// y_i = x_i - log Σ_j exp(x_j):   grad_x_i = grad_out_i - exp(y_i) Σ_j grad_out_j
Tensor log_softmax(const Tensor& x, int64_t dim, optional<Dtype> dtype) {
  check_defined(x, "log_softmax");
  if (dtype && *dtype != x.scalar_type()) return log_softmax(to(x, *dtype), dim);
  dim = wrap_dim(dim, x.layout().rank(), "log_softmax");
  return record("LogSoftmaxBackward0", values(kernels::log_softmax, x, dim, "log_softmax"),
                wrt(x, Told{[dim](const Tensor& grad_out, const Tensor& y) {
                              return log_softmax_backward(grad_out, y, dim);
                            },
                            static_cast<double>(dim)}));
}

}  // namespace frost
