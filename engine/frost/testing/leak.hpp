// Does what stands in padded positions leak into results?
#pragma once

#include <frost/tensor.hpp>
#include <frost/testing/result.hpp>

#include <functional>
#include <string>
#include <vector>

namespace frost::testing {

// What the padded positions are filled with, one after the other: 0, 1, -1, ±1e30, ±inf, NaN.
const std::vector<double>& all_fills();
// Those that are finite. A layer may be right for finite padding alone: a weight of 0 keeps 5 out of a sum,
// but not NaN, 0 · NaN being NaN.
const std::vector<double>& finite_fills();

struct LeakOptions {
  std::vector<Tensor> leaves = {};           // what else the function uses: the parameters of a module, say
  std::vector<std::string> leaf_names = {};  // what messages call them; one without, by its Tensor::name()
  std::vector<double> fills = all_fills();
};

// Whether function(x) and its gradients are the same, bit for bit, whatever x holds where mask is true
// (true = padded). Checked, for each of the fills:
//   - every element of the output. Where the function gives outputs for padded positions too, let it mute
//     them itself, by masked_fill, before it returns them;
//   - the gradient of x where mask is false, the same as with the values that x holds;
//   - the gradient of x where mask is true: zero, or absent;
//   - the gradients of the leaves that require grad.
// Gradients are those of an uneven sum of the output. NaN equals NaN, and 0 equals -0, which 0 · (-1) is; no
// grad() changes.
//
//   no_leak_from(padded, [&](const Tensor& x) { return model->forward(x, lengths); }, input,
//                {.leaves = model->parameters()})
//   // with nan at the padded positions, gradient of leaf 1 at [0, 3]: expected a number, 0.5, as with
//   // the values that were there, found a number, nan
//
// Errors: x not of floating point, a mask that does not broadcast to it, a function that gives other results
// when called again with the same x.
Result no_leak_from(const Tensor& mask, const std::function<Tensor(const Tensor&)>& function, const Tensor& x,
                    const LeakOptions& options = {});

}  // namespace frost::testing
