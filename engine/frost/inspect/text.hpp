// Traces as text for a terminal: lines of at most 80 columns.
#pragma once

#include <frost/inspect/stepper.hpp>
#include <frost/inspect/trace.hpp>

#include <string>

namespace frost::inspect {

// The whole graph: a summary, then each node with its rule, its output, the gradient that came, and one line
// for each input, dropped edges among them.
std::string to_text(const Trace& trace);

// Where the stepper stands: the node that just ran, the gradient that came in, each that went out, worked out
// element by element where they are few, and the grads of the leaves.
std::string to_text(const Stepper& stepper);

}  // namespace frost::inspect
