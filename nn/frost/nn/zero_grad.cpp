#include <frost/nn/zero_grad.hpp>

#include <frost/ops.hpp>

namespace frost::nn {

void zero_grad(const std::vector<Tensor>& parameters, bool set_to_none) {
  for (const Tensor& parameter : parameters) {
    Tensor& grad = parameter.mutable_grad();
    if (!grad.defined()) continue;
    if (set_to_none)
      grad.reset();
    else
      grad = grad.detach().zero_();
  }
}

}  // namespace frost::nn
