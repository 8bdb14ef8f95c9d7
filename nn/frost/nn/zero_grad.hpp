// What Module::zero_grad and Optimizer::zero_grad do.
#pragma once

#include <frost/tensor.hpp>

#include <vector>

namespace frost::nn {

// Zeroes the parameters' grads, or with set_to_none makes them absent. A zeroed grad is off the tape.
void zero_grad(const std::vector<Tensor>& parameters, bool set_to_none);

}  // namespace frost::nn
