// Passes through what was just recorded, rules of ops above all: without hooks, and no further than asked.
// For explain.
#pragma once

#include <frost/tape.hpp>

#include <functional>
#include <vector>

namespace frost::inspect {

// The gradients of Σ cotangents·outputs, node by node, the one that was recorded last first. `visit` is told
// what arrives at each node's outputs (undefined: nothing), and says whether to go on to its inputs.
using Visit = std::function<bool(Node& node, ArrayRef<Tensor> arrived)>;
void differentiate(TensorList outputs, TensorList cotangents, const Visit& visit);

// Numbers of which no product or sum is 0 by chance: a gradient that tells what flows from what does not.
Tensor generic(IntArrayRef sizes, Dtype dtype);

// Whether something stands there that is not 0.
bool has_any(const Tensor& x);

}  // namespace frost::inspect
