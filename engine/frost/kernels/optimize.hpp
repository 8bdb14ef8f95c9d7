// The steps of optimisers, over contiguous floating-point parameters of n elements in place. Plain numbers:
// no tensors, no tape, no checks. Results do not depend on the number of threads.
#pragma once

#include <frost/dtype.hpp>

namespace frost::kernels {

// g ← grad + weight_decay·p
// v ← g where it is the first step, else momentum·v + gain·g
// p ← p - lr·d, where d is g without v (null), else v, or with nesterov g + momentum·v
struct SgdStep {
  double lr, weight_decay, momentum, gain;
  bool nesterov, is_first;
};
void sgd(Dtype dtype, int64_t n, const SgdStep& step, void* p, const void* grad, void* v);

// g ← grad + weight_decay·p;  p ← shrink·p
// m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²;  largest_v, if it is not null: ← max(largest_v, v)
// p ← p - rate·m / (√(v or largest_v) / correction + eps)
struct AdamStep {
  double rate, beta1, beta2, eps, weight_decay, shrink, correction;
};
void adam(Dtype dtype, int64_t n, const AdamStep& step, void* p, const void* grad, void* m, void* v,
          void* largest_v);

}  // namespace frost::kernels
