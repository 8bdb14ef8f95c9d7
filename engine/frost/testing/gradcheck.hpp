// Are the gradients of a function right? Compares what backward computes with central differences.
#pragma once

#include <frost/tensor.hpp>

#include <functional>
#include <vector>

namespace frost::testing {

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

// The defaults are those of torch.autograd.gradcheck.
struct GradcheckOptions {
  double eps = 1e-6;   // the step of the differences
  double atol = 1e-5;  // |analytic - numeric| ≤ atol + rtol·|numeric|
  double rtol = 1e-3;
};

// For each input that requires grad, each element j of it, and each element i of each output:
//   analytic d output_i / d input_j   against   (output_i(x_j + eps) - output_i(x_j - eps)) / (2 eps)
// Inputs are Double. Throws frost::Error naming output, input, element and both numbers where they differ;
// returns true.
bool gradcheck(const Function& function, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options = {});

// The same of the gradients themselves: the second derivatives, through create_graph. The gradients of the
// outputs are random, or `grad_outputs`.
bool gradgradcheck(const Function& function, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& grad_outputs = {}, const GradcheckOptions& options = {});

}  // namespace frost::testing
