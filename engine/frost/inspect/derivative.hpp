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

// Whether it is an op of which each element of the output depends on that element of the inputs alone, which
// broadcast to it, as exp and x·y; false of ops that frost has not.
bool acts_on_each_element(const Node& node);
// The same, and this input is as large as the output.
bool acts_on_each_element(const Node& node, size_t input);
// Of such an op, and of a softmax: true at the elements of the output that depend on none of those elements
// of the input at which `moved` is not 0; or the other way around, which is the same. Undefined of other ops.
// What a rule says of them is 0, or 0·inf = NaN.
Tensor untouched_by(const Node& node, size_t input, const Tensor& moved);

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
