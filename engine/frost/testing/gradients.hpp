// Checks of gradients that a backward pass left in grad(). A gradient has three states, which every message
// tells apart:
//
//   absent      grad() is undefined: the tensor is frozen, or no pass has reached it. Optimisers pass it by.
//   zero        a pass has reached it, and what it brought is exactly 0. Optimisers may still move it.
//   a number    anything else, NaN and infinities included
//
// `root`, where it is given, is what backward() was called on: messages then name the nodes that lead from it
// to x. Its graph may have been freed meanwhile.
//
//   loss.backward();
//   const Result result = grad_zero_at(scores, padded, loss);
//   // gradient of scores at [2]: expected zero, found a number, 0.25; 1 of 2 elements of the mask …;
//   // gradient path: scores <- SoftmaxBackward0 <- SumBackward0
//
// Masks are bool and broadcast to x; where they are true is what is checked. Errors: x undefined, a mask of
// another dtype or that does not broadcast.
#pragma once

#include <frost/tensor.hpp>
#include <frost/testing/gradcheck.hpp>
#include <frost/testing/result.hpp>

#include <functional>
#include <string>
#include <vector>

namespace frost::testing {

enum class GradState { absent, zero, number };
// Of the element of `grad` at this row-major place; or of all of it: zero where every element is.
GradState grad_state(const Tensor& grad, int64_t place);
GradState grad_state(const Tensor& grad);
// "absent", "zero" or "a number, 0.25".
std::string grad_text(const Tensor& grad, int64_t place);

// x.grad() is absent.
Result grad_absent(const Tensor& x, const Tensor& root = {});
// x.grad() is there and exactly 0 where mask is true, by default everywhere.
Result grad_zero_at(const Tensor& x, const Tensor& mask = {}, const Tensor& root = {});
// x.grad() is there and a finite number other than 0 where mask is true, by default everywhere.
Result grad_non_zero_at(const Tensor& x, const Tensor& mask = {}, const Tensor& root = {});

// The gradients of a and b are in the same state at every element, and where they are numbers
// |grad a - grad b| ≤ atol + rtol·|grad b|: by default the same numbers (NaN is NaN). Lists are compared
// tensor by tensor. Messages call b's gradient the expected one. Errors: lists of different lengths.
Result same_gradients(const Tensor& a, const Tensor& b, double rtol = 0, double atol = 0);
Result same_gradients(TensorList a, TensorList b, double rtol = 0, double atol = 0);

// x.grad(), as it is, against central differences of function(x), one number, with the tolerances and where
// there is one the mask (masks[0]) of the options. x is Double. The function is called with x itself, whose
// elements are moved one by one and put back, so it may use x by other handles too.
Result grad_matches(const Tensor& x, const std::function<Tensor(const Tensor&)>& function,
                    const GradcheckOptions& options = {});

}  // namespace frost::testing
