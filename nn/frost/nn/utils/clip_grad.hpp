// Gradients held within bounds. Parameters whose grad is absent are passed by.
#pragma once

#include <frost/tensor.hpp>

#include <initializer_list>
#include <vector>

namespace frost::nn::utils {

// Scales all grads by max_norm / (norm + 1e-6) where that is below 1, norm being that of order norm_type over
// all of them together (infinity: the largest |g|; 0: the number of grads), and returns the norm from before.
// Errors, before any grad is scaled: max_norm or norm_type negative or NaN; a grad that holds integers, or
// whose elements share memory; with error_if_nonfinite, a norm that is infinite or NaN.
double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);
double clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);
double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);

// Clamps each element of the grads to [-clip_value, clip_value]. Errors: clip_value negative or NaN; a grad
// as above.
void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value);
void clip_grad_value_(const Tensor& parameter, double clip_value);

}  // namespace frost::nn::utils
