// Functions that layers are made of: the contents page. Names, options and defaults are libtorch's.
#pragma once

#include <frost/nn/functional/activation.hpp>  // softmax, log_softmax, relu, gelu
#include <frost/nn/functional/attention.hpp>   // masked_attention
#include <frost/nn/functional/dropout.hpp>     // dropout
#include <frost/nn/functional/embedding.hpp>   // embedding
#include <frost/nn/functional/layer_norm.hpp>  // layer_norm
#include <frost/nn/functional/loss.hpp>        // cross_entropy, nll_loss, mse_loss, l1_loss, …
#include <frost/nn/masks.hpp>                  // masked_softmax
#include <frost/tensor.hpp>

namespace frost::nn::functional {

// x weightᵀ + bias; bias may be undefined. x: [*, in], weight: [out, in], bias: [out] → [*, out]
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace frost::nn::functional
