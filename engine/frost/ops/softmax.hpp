// Pieces of softmax that other layers build on.
#pragma once

#include <frost/kernels/reduce.hpp>
#include <frost/tensor.hpp>

namespace frost {

// [outer, n, inner]: the product of x's sizes before dim, of dim, and after it.
kernels::Softmax softmax_shape(const Tensor& x, int64_t dim);

// The gradient of softmax's input from that of its output y: y (grad_out - Σ_j grad_out_j y_j). An op of its
// own, so that it can be differentiated again.
Tensor softmax_backward(const Tensor& grad_out, const Tensor& y, int64_t dim);

}  // namespace frost
