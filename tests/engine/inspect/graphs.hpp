// The graphs that the debugger is tested on, the article's two among them.
#pragma once

#include "gradients.hpp"

#include <limits>
#include <vector>

namespace frost::tests {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline Tensor doubles(std::initializer_list<double> values) {
  return tensor(std::vector<double>(values), dtype(kDouble));
}
inline Tensor leaf(std::initializer_list<double> values, const char* name) {
  return doubles(values).requires_grad_().set_name(name);
}

// Method 1: two of four scores are padding, masked before the softmax.
struct Masked {
  Tensor scores = leaf({1, 2, 3, 4}, "scores");
  Tensor values = doubles({1, 2, 3, 4}).set_name("values");
  Tensor masked = scores.masked_fill(tensor({false, false, true, true}), -kInfinity);
  Tensor weights = masked.softmax(0).set_name("weights");
  Tensor loss = (weights * values).sum().set_name("loss");
};

// Method 2: the real scores, and frozen ones for the padding.
struct Frozen {
  Tensor real = leaf({1, 2}, "real");
  Tensor pads = doubles({0.5, 0.5}).set_name("pads");
  Tensor scores = cat({real, pads}).set_name("scores");
  Tensor weights = scores.softmax(0);
  Tensor loss = (weights * doubles({1, 2, 3, 4})).sum();
};

}  // namespace frost::tests
