// The ways a gradient takes through a graph, as text for messages.
#pragma once

#include <frost/tensor.hpp>

#include <string>
#include <vector>

namespace frost::testing {

// The ways from root back to x, the shortest first and at most `limit` of them, as the names of their nodes:
//
//   scores <- MaskedFillBackward0 <- SoftmaxBackward0 <- SumBackward0
//
// The first is x, by its name() if it has one; the last is the node that made root. A node whose output was
// named says that too: "SoftmaxBackward0 (weights)". Of a long way the middle is left out. Empty where no
// gradient of root can reach x. The graph may have been freed by a backward pass. Errors: root or x
// undefined.
std::vector<std::string> gradient_paths(const Tensor& root, const Tensor& x, size_t limit = 1);

// One line on the ways from root to x, or why there are none:
//   "gradient path: scores <- SumBackward0"
//   "gradient paths: x <- MulBackward0; x <- ExpBackward0 <- MulBackward0"   (at most three, then "; …")
//   "no gradient path leads from SumBackward0 to scores, which is frozen (requires_grad is false)"
std::string describe_gradient_paths(const Tensor& root, const Tensor& x);

}  // namespace frost::testing
