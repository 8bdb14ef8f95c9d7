#include <frost/nn/zero_grad.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

namespace frost::nn {

void zero_grad(const std::vector<Tensor>& parameters, bool set_to_none) {
  for (const Tensor& parameter : parameters) {
    Tensor& grad = parameter.mutable_grad();
    if (!grad.defined()) continue;
    if (set_to_none)
      grad.reset();
    else if (grad.layout().overlaps_itself())  // as that of a sum does which autograd::grad returned
      grad = zeros_like(grad);
    else
      grad = grad.detach().zero_();
  }
}

}  // namespace frost::nn
