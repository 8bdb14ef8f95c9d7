// Are the gradients of a function right? Compares what backward computes with central differences.
#pragma once

#include <frost/tensor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace frost::testing {

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

// The defaults are those of torch.autograd.gradcheck.
struct GradcheckOptions {
  double eps = 1e-6;   // the step of the differences
  double atol = 1e-5;  // |analytic - numeric| ≤ atol + rtol·|numeric|
  double rtol = 1e-3;
  // Which elements of each input are checked: a bool mask that broadcasts to it, true = checked. All, where
  // it is undefined or the list shorter than that of the inputs.
  std::vector<Tensor> masks = {};
  // What messages call the inputs; one without is called by its Tensor::name().
  std::vector<std::string> names = {};
};

// For each input that requires grad, each element j of it, and each element i of each output:
//   analytic d output_i / d input_j   against   (output_i(x_j + eps) - output_i(x_j - eps)) / (2 eps)
// Returns true. Errors: where they differ, naming output, input, element, both numbers and the nodes that the
// gradient came by:
//   Jacobian mismatch for output 0 with respect to input 1 (weight): d output[2] / d input[0, 1], numerical:
//   0.5, analytical: 0.25; gradient path: weight <- MmBackward0
// (analytical is "absent" where no gradient arrives at all, and a number where one does, be it 0); an input
// that requires grad and is not Double; a function that gives other outputs when called again.
bool gradcheck(const Function& function, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options = {});

// The same of the gradients themselves: the second derivatives, through create_graph. The gradients of the
// outputs are random, or `grad_outputs`.
bool gradgradcheck(const Function& function, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& grad_outputs = {}, const GradcheckOptions& options = {});

// The central differences of a function that gives one number, shaped like x, at the elements where mask is
// true (by default all; 0 elsewhere). x is Double; it is moved in place, and back.
Tensor numeric_gradient(const std::function<Tensor(const Tensor&)>& function, const Tensor& x,
                        const Tensor& mask = {}, double eps = 1e-6);

}  // namespace frost::testing
