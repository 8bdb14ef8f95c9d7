// How the gradient of each op is worked out, in one line.
#pragma once

#include <string_view>

namespace frost::inspect {

// The rule of the nodes of this name (Node::name()), written with x, y, … for the op's inputs, `out` for its
// output and g for the gradient of the output: "grad_x = g·y, grad_y = g·x" for "MulBackward0". "" where the
// name is unknown: an op of the program's own.
std::string_view formula(std::string_view grad_fn);

}  // namespace frost::inspect
