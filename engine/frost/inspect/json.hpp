// Traces as JSON: what a page, or any other program, shows them from.
#pragma once

#include <frost/inspect/trace.hpp>

#include <string>

namespace frost::inspect {

struct JsonOptions {
  // Work out the derivatives of small ops, which runs their rules; where the graph was freed there are none.
  bool derivatives = true;
  bool saved = true;  // else "saved" is empty
};

// One line, in which no "<" stands, so that it may be put into a page's <script>:
//
//   {"frost_trace": 1,
//    "roots": [{tensor…, "node": 0, "output": 0}],       "node" is null where the root does not require grad
//    "nodes": [node…],                                   in the order in which a pass runs them
//    "steps": [0, 1, …],                                 the nodes that ran, in the order in which they did
//    "complete": true}                                   whether the pass is over
//
//   node:     {"grad_fn": "MulBackward0", "formula": "grad_x = …", "sequence": 7, "step": 2 or null,
//              "outputs": [{tensor…, "gradient": gradient}], "inputs": [input…],
//              "saved": [{tensor…, "written": false}],     or true: written to since, so that nothing is held
//              "leaf": null, or {"trainable": true, "grad_before": gradient, "grad": gradient}}
//   input:    {"kind": "op", "trainable", "frozen" or "constant", "gradient": gradient,
//              "node": 4 and "output": 0, both null where the edge was dropped,
//              "tensor": of a dropped edge what is known of its input, or null,
//              "unrecorded": "detached", "no-grad" or "discrete" (made of integers or bools) where that
//              input was made from what requires grad, or null,
//              "derivative": null, or a row for each element of the outputs, of ∂output/∂(each element)}
//   tensor:   {"name": "scores" or "", "sizes": [2, 2], "dtype": "float32", "held": true, "values": values}
//   gradient: {"state": "pending", "absent", "zero" or "number", "values": values}
//   values:   nested lists as the sizes say, each number with as many digits as its dtype needs to be read
//             back; "nan", "inf" and "-inf" are strings; null where there are none, and
//             {"elements": 5000, "min": …, "max": …, "zeros": …, "nans": …, "infinities": …} for a gradient
//             of more elements than the trace's max_elements.
std::string to_json(const Trace& trace, JsonOptions options);
std::string to_json(const Trace& trace);

}  // namespace frost::inspect
