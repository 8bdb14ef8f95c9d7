#include <frost/nn/functional/activation.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <cmath>
#include <numbers>

namespace frost::nn::functional {

Tensor softmax(const Tensor& x, const SoftmaxFuncOptions& options) {
  return frost::softmax(x, options.dim(), options.dtype());
}

Tensor log_softmax(const Tensor& x, const LogSoftmaxFuncOptions& options) {
  return frost::log_softmax(x, options.dim(), options.dtype());
}

Tensor relu(const Tensor& x) { return frost::relu(x); }

Tensor gelu(const Tensor& x, const GELUFuncOptions& options) {
  if (options.approximate() == "none") return frost::gelu(x);
  check(options.approximate() == "tanh", "gelu", "approximate argument must be either none or tanh, got ",
        options.approximate());
  check_defined(x, "gelu");
  check(x.is_floating_point(), "gelu", "not implemented for '", x.scalar_type(), "'");
  const double scale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // √(2/π)
  return x * 0.5 * (tanh((x + pow(x, 3) * 0.044715) * scale) + 1);
}

}  // namespace frost::nn::functional
