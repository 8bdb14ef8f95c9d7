#include <frost/nn/functional.hpp>

#include <frost/ops.hpp>

namespace frost::nn::functional {

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor y = matmul(x, t(weight));
  return bias.defined() ? y + bias : y;
}

}  // namespace frost::nn::functional
