// Parameters as one vector, and back.
#pragma once

#include <frost/tensor.hpp>

#include <vector>

namespace frost::nn::utils {

// The elements of all parameters, one after the other.
Tensor parameters_to_vector(const std::vector<Tensor>& parameters);
// Gives the parameters the values of such a vector, in whose memory they then lie.
void vector_to_parameters(const Tensor& vector, const std::vector<Tensor>& parameters);

}  // namespace frost::nn::utils
