// Why a gradient is what it is: absent, zero, a number, or not a number.
//
//   std::cout << explain(loss, scores);          // the whole gradient
//   std::cout << explain(loss, scores, {0, 2});  // one element of it
//
// The question is that of autograd::grad({loss}, {scores}), so it takes the same two tensors.
#pragma once

#include <frost/inspect/trace.hpp>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frost::inspect {

// One way of the gradient from the root to x; or, where there are too many, all the ways whose end is the
// same. The gradient is the sum of the paths' shares, and 1 that of their fractions.
struct Path {
  std::vector<size_t> nodes;  // of the trace, from x's side to the root's
  bool is_whole = true;       // whether it is one way that reaches the root
  Tensor share;               // what came along it: of x's sizes, or of the element alone, 0-dim
  double fraction = 0;        // Σ share·gradient / Σ gradient²; NaN where the gradient is not finite
};

// An op that ends what the zeros among x's gradient could have come along.
struct Cut {
  enum class Cause : uint8_t {
    masked,        // masked_fill, a masked softmax, tril, …
    not_selected,  // not in the slice, not picked by the index or the condition, not looked up
    replaced,      // written over
    zero_factor,   // multiplied by exactly 0
    alone,         // the only score of its row that is not masked: its weight is 1, whatever it is
    saturated,     // a score of a softmax whose weight is 0 or 1 because others are so much larger or smaller
    flat,          // the op's slope is 0 at this value: relu of a negative number, clamp, max of others
    cancelled,     // what arrives is not 0, but sums to 0
    elsewhere,     // the op leads it elsewhere, by a choice that depends on values
  };
  size_t node;
  size_t input;  // of the node: the one that is cut
  Cause cause;
  bool is_structural;             // whether it is so whatever the values of the leaves
  std::vector<int64_t> elements;  // of that input, counted row by row; all of those that matter to x
};
std::string_view to_text(Cut::Cause cause);  // "masked", "not selected", …

// Where a NaN or an infinity came out of finite gradients.
struct Birth {
  enum class Cause : uint8_t {
    empty_row,            // softmax of a row in which everything is masked
    nan_row,              // softmax of a row of nothing but -inf, or with a NaN or +inf in it
    forward_value,        // the forward pass had made a NaN before
    forward_infinity,     // the forward pass had made an infinity before; of one, others and 0 come NaN
    zero_times_infinity,  // no gradient comes in, but the slope is infinite
    infinite_slope,       // a gradient comes in, and the slope is infinite
    nan_slope,            // the slope is NaN, made of finite numbers by the op itself
    overflow,             // the product is too large for the dtype, or something else
  };
  size_t node;
  std::optional<size_t> input;  // of the node; none: gradients of several ops, each finite, had such a sum
  int64_t element = 0;          // of that input: the first one
  Cause cause = Cause::overflow;
  size_t origin;  // of what the forward pass had made: the node whose output it was first; else `node`
  std::optional<double> value;    // of that element in the forward pass, where the node saved it
  std::optional<double> grad_in;  // of the causes with such a slope: what came in for that element
  // Where that is 0: the op after the node that lets no gradient through to it, a mask or a choice.
  std::optional<size_t> muted_by;
  // What makes it so, where the tape holds it: of an infinite slope the divisor, of what the forward pass had
  // made an element of the leaf `origin`, or of what requires no grad and the op `origin` saved, or a row of
  // the softmax `origin`.
  struct Culprit {
    std::optional<Trace::Place> place;  // none: it requires no grad
    std::string name;                   // of what requires no grad; "" if it has none
    Dims sizes;
    int64_t element;             // the first one
    int64_t others;              // how many more there are in the same tensor
    std::optional<int64_t> dim;  // of rows: the one along which they lie; `others` counts rows
    double value;
  };
  std::optional<Culprit> culprit;
};

// One product of which an element's gradient is the sum.
struct Product {
  size_t node;
  uint32_t output_nr;
  int64_t element;    // of that output
  double grad_out;    // ∂root/∂(that element)
  double derivative;  // ∂(that element)/∂x[index]
};

struct Explanation {
  enum class Kind : uint8_t {
    // Absent: nobody works the gradient out, and no optimiser moves x.
    no_graph,      // the root does not require grad
    frozen,        // x does not require grad
    detached,      // x does not: it came from detach()
    without_grad,  // x does not: it was made under NoGradGuard from what does
    discrete,      // x does not: it was made, from what does, by way of integers or bools
    frozen_since,  // x did when it was recorded, and does not now
    unreached,     // x does, but the graph of the root does not lead to it
    no_gradient,   // it does, but the rules on the way return none
    // Worked out.
    zero,       // every element that was asked about is 0
    number,     // some are not, and all are finite
    nonfinite,  // some are NaN or infinite
  };

  Trace trace;  // the graph and the pass that was taken through it: the graph lives as long
  Kind kind = Kind::number;
  std::string name = "";                             // of x, with the index: "scores[0, 2]"
  std::string root = "";                             // the name of the root, or "root"
  std::optional<Trace::Place> place = std::nullopt;  // of x in the trace; none: it is not there
  std::optional<int64_t> element = std::nullopt;     // that was asked about, counted row by row
  Tensor gradient = Tensor();                        // of x, or of the element, 0-dim; undefined where absent

  // Of a gradient that is there, the greatest fraction first.
  std::vector<Path> paths = {};
  // Of one element that is not 0: where its gradient first becomes a sum, on the way from x to the root.
  std::vector<Product> products = {};
  // How many elements are 0, of those that were asked about; where the ways to these end; and whether all of
  // them are 0 whatever the values of the leaves are.
  int64_t zeros = 0;
  std::vector<Cut> cuts = {};
  bool is_zero_by_structure = false;
  // Of a gradient that is not finite.
  std::vector<Birth> births = {};
  // Whether backward() would leave it in x.grad(): x is a trainable leaf, or retains its grad.
  bool is_kept = false;
  // The tensors from x to the root that have hooks, which backward() calls and explain() does not.
  std::vector<Trace::Place> hooked = {};

  // Of a detached x, if it is what detach() returned: what it was called on.
  std::optional<DetachedFrom> detached_from = std::nullopt;
  // Of an unreached x: the ops that took its values and not its graph; and whether it was written in place,
  // so that the root may come from what it held before.
  std::vector<size_t> taken_without_graph = {};
  bool is_written = false;
};

// The gradient of the root, a tensor of one element, with respect to x, or to one element of it. A name
// stands for what the graph knows by it (set_name()), outputs of ops and frozen inputs among them.
//
// Nothing changes: a pass of its own asks the ops' rules, without hooks, and no grad is touched. So it needs
// the graph as it was recorded: before backward(), or after one that retained it. Where x's gradient is
// absent, the graph may have been freed. Time: that of a pass for each path and a few more for zeros.
//
// Errors: root or x undefined; a root of more than one element; an index that does not fit; a name that the
// graph does not know; a freed graph, where the gradient is not absent.
Explanation explain(const Tensor& root, const Tensor& x);
Explanation explain(const Tensor& root, const Tensor& x, IntArrayRef index);
Explanation explain(const Tensor& root, std::string_view name);
Explanation explain(const Tensor& root, std::string_view name, IntArrayRef index);

// In sentences, in lines of at most 80 columns.
std::string to_text(const Explanation& explanation);
std::ostream& operator<<(std::ostream& out, const Explanation& explanation);  // the same

}  // namespace frost::inspect
