// Traces as text for a terminal: lines of at most 80 columns.
#pragma once

#include <frost/inspect/stepper.hpp>
#include <frost/inspect/trace.hpp>

#include <iosfwd>
#include <string>

namespace frost::inspect {

// The whole graph: a summary, then each node with its rule, its output, the gradient that came, and one line
// for each input, dropped edges among them.
std::string to_text(const Trace& trace);
std::ostream& operator<<(std::ostream& out, const Trace& trace);  // the same

// Where the stepper stands: the node that just ran, the gradient that came in, each that went out, worked out
// element by element where they are few, and the grads of the leaves.
std::string to_text(const Stepper& stepper);
std::ostream& operator<<(std::ostream& out, const Stepper& stepper);  // the same

}  // namespace frost::inspect
