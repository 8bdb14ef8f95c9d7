// Trace: the graph behind some tensors as data, with the gradients that a pass sent through it. What the
// exporters (text, dot, json) write, and what a Stepper moves through.
//
//   Trace trace(loss);
//   Backward pass(loss);
//   while (pass.step()) trace.record(pass);
//   std::cout << trace;
#pragma once

#include <frost/tape.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace frost::inspect {

// What a gradient is, in one place of the graph at one time of a pass. Absent and zero are not the same:
// where it is absent nobody worked it out and no optimiser moves the leaf; a zero was worked out.
enum class GradientState : uint8_t {
  pending,  // the pass has not come by yet
  absent,   // none: an edge to a frozen or constant input, a rule that returned none, or a node never reached
  zero,     // every element is 0
  number,   // some element is not 0: a number, an infinity or a NaN
};
std::string_view to_text(GradientState state);  // "pending", "absent", "zero", "number"

struct TracedGradient {
  GradientState state = GradientState::pending;
  Tensor value;  // undefined while pending, and where absent
};

// A tensor as the tape knows it.
struct TracedTensor {
  std::string name;  // "": it has none
  Dims sizes;
  Dtype dtype = kFloat;
  // Whether its values are known: the tape holds them, or Trace::Options::outputs did. They are a copy from
  // when the trace was made, or left out (undefined) where there are more than Trace::Options::max_elements.
  bool is_held = false;
  Tensor values;
  // Of a saved tensor: whether it was written to since, so that the values that were saved are lost, and
  // backward is an error.
  bool was_written = false;
};

// One output of an op, or a leaf. Its gradient is the sum of what flows to it, after hooks.
struct TracedOutput {
  TracedTensor tensor;
  TracedGradient gradient;
};

// Where a gradient of a node's goes: the edge to what was its i-th input.
struct TracedInput {
  enum class Kind : uint8_t {
    op,         // an output of another op
    trainable,  // a leaf that requires grad
    frozen,  // a tensor that does not: a leaf frozen since, or one that had a name when the op was recorded,
             // or was made from what requires grad
    constant,  // of which the tape knows nothing: a tensor without a name that did not require grad, or none
  };
  Kind kind = Kind::constant;
  // The node the edge leads to, and which of its outputs; none where the edge was dropped, so that no
  // gradient can flow.
  std::optional<size_t> node;
  uint32_t output_nr = 0;
  std::optional<TracedTensor> dropped;  // of a dropped edge: what is known of the input
  // Of a dropped edge: whether the input was made from what requires grad, and why it does not itself.
  Unrecorded unrecorded = Unrecorded::no;
  TracedGradient gradient;  // what flowed along this edge alone
};
std::string_view to_text(TracedInput::Kind kind);

// Of a leaf's AccumulateGrad.
struct TracedLeaf {
  bool is_trainable;
  TracedGradient grad_before;  // the leaf's grad when it was traced
  TracedGradient grad;         // the same, and from the node's step on, as it was after that
};

struct TracedNode {
  Ref<Node> node;
  std::string name;  // "SoftmaxBackward0"
  std::vector<TracedOutput> outputs;
  std::vector<TracedInput> inputs;
  std::vector<TracedTensor> saved;
  std::optional<TracedLeaf> leaf;
  std::optional<size_t> step;  // when it ran, counted from 0

  bool is_leaf() const { return leaf.has_value(); }
};

// Whether a NaN or an infinity came into the node, went out of it, or stands in its leaf's grad.
bool has_nonfinite(const TracedNode& node);

class Trace {
 public:
  struct Options {
    int64_t max_elements = 64;  // the values of larger tensors are left out
    // Outputs of ops whose values are shown though the tape does not hold them: see Recording.
    std::vector<Tensor> outputs = {};
  };

  struct Root {
    TracedTensor tensor;
    std::optional<size_t> node;  // none: it does not require grad, so that there is no graph behind it
    uint32_t output_nr = 0;
  };

  // The graph behind the roots, before any pass. It is kept alive as long as the trace is. An error where a
  // root is undefined; one that does not require grad has no nodes.
  explicit Trace(TensorList roots, Options options);
  explicit Trace(TensorList roots) : Trace(roots, Options()) {}
  explicit Trace(const Tensor& root) : Trace(TensorList(root)) {}

  const std::vector<Root>& roots() const { return roots_; }
  // In falling order of sequence number: the order in which a pass runs them. Edges lead to nodes further
  // on.
  const std::vector<TracedNode>& nodes() const { return nodes_; }
  const TracedNode& node(size_t i) const;
  // The nodes that ran, in the order in which they did.
  const std::vector<size_t>& steps() const { return steps_; }
  // Whether the pass is over: what is not reached now is absent.
  bool is_complete() const { return is_complete_; }
  const Options& options() const { return options_; }

  // The i-th output of a node, or a leaf.
  struct Place {
    size_t node;
    uint32_t output_nr;
  };
  std::optional<Place> find(const Tensor& x) const;         // none: the graph does not lead to it
  std::optional<Place> find(std::string_view name) const;   // of several, the first in order
  std::optional<size_t> find_node(const Node* node) const;  // none: not of this graph
  // The name of what stands there, or else "#3" or "#3.1" for the second output.
  std::string label(const Place& place) const;

  // Notes what the step did that the pass just took. An error where it has not taken one, and for a node
  // that is not of this graph or that ran before: a trace is of one pass.
  void record(Backward& pass);

  // What one step changed.
  struct Step {
    size_t node;
    std::vector<Tensor> grad_outs;
    std::vector<Tensor> grad_inputs;
    Tensor grad;  // of a leaf, after the step
    bool is_last;
  };
  // Takes the last step back, so that the trace is as it was before it; and puts such a step forth again.
  Step undo();
  void redo(Step step);

 private:
  TracedTensor describe(const Tensor& x) const;
  void collect_nodes(ArrayRef<Edge> roots);
  void describe_node(TracedNode& node) const;
  void find_values_of_outputs();
  void set_complete(bool is_complete);

  Options options_;
  std::vector<Root> roots_;
  std::vector<TracedNode> nodes_;
  std::unordered_map<const Node*, size_t> index_;
  std::vector<size_t> steps_;
  bool is_complete_ = false;
};

// Whether the node, which ran, sent a gradient other than 0 to this element of a tensor, counted row by row;
// or is the tensor's own, and got such a one.
bool touches(const Trace& trace, size_t node, const Trace::Place& place, int64_t element);

}  // namespace frost::inspect
