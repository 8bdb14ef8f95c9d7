// What the tests of elementwise ops share.
#pragma once

#include "gradients.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace frost::tests {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

inline Tensor leaf(const Tensor& values) { return values.detach().requires_grad_(); }
inline std::string name_of(const Tensor& x) { return x.grad_fn() ? x.grad_fn()->name() : "none"; }

// The gradients of f(x, …) for its arguments, made leaves, given that of the output (ones).
inline std::vector<Tensor> gradients_of(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                                        std::vector<Tensor> xs, const Tensor& grad_out = {}) {
  for (Tensor& x : xs) x = leaf(x);
  const Tensor y = f(xs);
  return autograd::grad({y}, xs, {grad_out.defined() ? grad_out : ones_like(y)});
}

inline std::vector<Tensor> gradients_of(Tensor (*f)(const Tensor&, const Tensor&), const Tensor& x,
                                        const Tensor& y, const Tensor& grad_out = {}) {
  return gradients_of([f](const std::vector<Tensor>& xs) { return f(xs[0], xs[1]); }, {x, y}, grad_out);
}

template <class F>
Tensor gradient_of(const F& f, const Tensor& x, const Tensor& grad_out = {}) {
  return gradients_of([&f](const std::vector<Tensor>& xs) { return f(xs[0]); }, {x}, grad_out)[0];
}

// Of an overloaded name.
inline Tensor gradient_of(Tensor (*f)(const Tensor&), const Tensor& x, const Tensor& grad_out = {}) {
  return gradient_of([f](const Tensor& a) { return f(a); }, x, grad_out);
}

}  // namespace frost::tests
