// Layer normalisation of contiguous floating-point rows. Plain numbers: no tensors, no tape, no checks.
// Results do not depend on the number of threads.
#pragma once

#include <frost/dtype.hpp>

namespace frost::kernels {

// x is [rows, n]; weight and bias are [n], or null for 1 and 0; the statistics are [rows].
struct LayerNorm {
  Dtype dtype;
  int64_t rows, n;
};
// y = x̂ weight + bias, with x̂ = (x - mean) / std and std = √(Σ (x - mean)² / n + eps) of each row
void layer_norm(const LayerNorm& shape, double eps, void* y, void* mean, void* reciprocal_std, const void* x,
                const void* weight, const void* bias);
// grad_x = (h - mean(h) - x̂ mean(h x̂)) / std, with h = grad_out weight
void layer_norm_backward(const LayerNorm& shape, void* grad_x, const void* grad_out, const void* x,
                         const void* mean, const void* reciprocal_std, const void* weight);
// grad_weight = Σ grad_out x̂ over the rows, of which there is at least one
void layer_norm_weight_backward(const LayerNorm& shape, void* grad_weight, const void* grad_out,
                                const void* x, const void* mean, const void* reciprocal_std);

}  // namespace frost::kernels
