// Functions that layers are made of.
#pragma once

#include <frost/nn/masks.hpp>
#include <frost/tensor.hpp>

namespace frost::nn::functional {

// x weightᵀ + bias; bias may be undefined. x: [*, in], weight: [out, in], bias: [out] → [*, out]
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace frost::nn::functional
