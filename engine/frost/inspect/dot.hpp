// Traces as pictures, through Graphviz: dot -Tsvg.
#pragma once

#include <frost/inspect/trace.hpp>

#include <string>

namespace frost::inspect {

// The graph, gradients flowing downwards. Ops are boxes; trainable leaves ellipses with a thick rim; frozen
// inputs boxes with cut corners and a dashed rim; constants plain text. An edge says what flowed along it: a
// line with the values, "zero" on a line with an empty arrowhead, "absent" on a dashed one that ends in a
// bar, "pending" on a dotted one.
std::string to_dot(const Trace& trace);

}  // namespace frost::inspect
