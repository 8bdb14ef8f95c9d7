#include <frost/nn/utils/convert_parameters.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

namespace frost::nn::utils {

Tensor parameters_to_vector(const std::vector<Tensor>& parameters) {
  std::vector<Tensor> parts;
  for (const Tensor& parameter : parameters) parts.push_back(parameter.view(-1));
  return cat(parts);
}

void vector_to_parameters(const Tensor& vector, const std::vector<Tensor>& parameters) {
  check_defined(vector, "vector_to_parameters", "vector");
  int64_t count = 0;
  for (const Tensor& parameter : parameters) {
    count += parameter.numel();
    check(!parameter.requires_grad() || vector.is_floating_point(), "vector_to_parameters",
          "a parameter requires grad, and can't be given values of dtype ", vector.scalar_type());
  }
  check(vector.dim() == 1 && vector.numel() >= count, "vector_to_parameters", "expected a vector of ", count,
        " elements, got sizes ", vector.sizes());
  int64_t start = 0;
  for (const Tensor& parameter : parameters) {
    parameter.set_data(vector.detach().narrow(0, start, parameter.numel()).view_as(parameter));
    start += parameter.numel();
  }
}

}  // namespace frost::nn::utils
