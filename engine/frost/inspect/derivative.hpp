// The derivative of one op, in numbers: asked of its rule, with one element of its outputs at a time.
#pragma once

#include <frost/inspect/trace.hpp>

#include <cstdint>
#include <vector>

namespace frost::inspect {

// ∂out/∂x for each input x of the node: a Double tensor [elements of all outputs, elements of x], undefined
// where no gradient flows to x. The rule runs once for each element of the outputs, without hooks. An error
// where the graph was freed.
std::vector<Tensor> local_derivatives(Node& node);

// Whether that is worth looking at: at most 16 elements come out, and at most 16 go in.
bool is_small(const Node& node);

// How one element of a gradient came about: grad = Σ grad_out·derivative, over those elements of the outputs
// that depend on it.
struct WrittenOut {
  struct Term {
    uint32_t output_nr;
    int64_t element;  // of that output, counted row by row
    double grad_out, derivative;
  };
  size_t input;
  int64_t element;  // of that input
  std::vector<Term> terms;
  double grad;  // as the pass worked it out
};

// Every element of every gradient that the node sent on. Empty where the node has not run, or is not small;
// an error where the graph was freed.
std::vector<WrittenOut> written_out(const TracedNode& node);

}  // namespace frost::inspect
