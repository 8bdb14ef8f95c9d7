// Replaying the tape. <frost/tape.hpp> tells the story.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/node.hpp>

#include <memory>
#include <unordered_map>
#include <vector>

namespace frost {

// One backward pass: loss.backward() is
//
//   Backward pass(loss);
//   while (pass.step()) {}
//
// Each step runs one node, in falling order of sequence number, so that a node runs when all that flows into
// it has arrived. Gradients that meet at a node are added up; each is checked against its input's shape,
// summed over the dimensions that broadcasting stretched, and converted to its dtype. A leaf that was frozen
// since it was recorded gets nothing, and its hooks are not called.
//
// A pass may be left half-way. Several may be under way over one graph, if they retain it.
class Backward {
 public:
  struct Options {
    bool retain_graph = false;  // keep what the nodes saved, which is else freed as they run
    bool create_graph = false;  // record the pass itself, so that its gradients can be differentiated
  };

  // From a root that holds one element; from any root with a gradient that sums to its shape; or from several
  // roots.
  explicit Backward(const Tensor& root, const Tensor& gradient, Options options);
  explicit Backward(const Tensor& root, const Tensor& gradient = {}) : Backward(root, gradient, Options()) {}
  Backward(TensorList roots, TensorList gradients, Options options);
  // Only what leads to `inputs` runs. Their gradients are kept for captured(), as they are before the hooks
  // of `inputs`, and no leaf's grad changes; or, with Into::grads, they are added to the grads of `inputs`
  // (those that are not leaves must retain theirs). Tensors on the way that retain their grad get it in
  // either case.
  enum class Into { captured, grads };
  Backward(TensorList roots, TensorList gradients, Options options, TensorList inputs,
           Into into = Into::captured);
  ~Backward();
  Backward(const Backward&) = delete;
  Backward& operator=(const Backward&) = delete;

  // Runs one node; false where none is left.
  bool step();
  // The node that step() would run now; null at the end.
  const Node* next() const;

  // After a step: the node that ran, the gradients that came into it (after its hooks), and those that left
  // it, in the order of its next_edges(); undefined: none. They stay as they are when later passes run.
  const Node* node() const { return ran_; }
  ArrayRef<Tensor> grad_outs();
  Tensor grad_input(size_t i) const;

  // What the node's rule alone makes of these gradients of its outputs: one per input; undefined: none. No
  // hook is called, nothing is freed, and no grad changes. An AccumulateGrad has no inputs.
  static std::vector<Tensor> apply(Node& node, ArrayRef<Tensor> grad_outs);

  // Whether the i-th of `inputs` is part of the graph at all.
  bool is_reached(size_t i) const;
  // The gradient of the i-th of `inputs`; undefined if none came.
  const Tensor& captured(size_t i) const;

 private:
  struct Waiting {
    Node* node;
    uint64_t number;   // the node's sequence number
    uint64_t arrival;  // in which order the nodes began to wait
  };
  // For the heap: whether b runs first.
  static constexpr auto runs_after = [](const Waiting& a, const Waiting& b) {
    return a.number != b.number ? a.number < b.number : a.arrival > b.arrival;
  };
  class Restriction;
  struct Unstarted {};
  Backward(Options options, Unstarted);
  void start(TensorList roots, TensorList gradients);
  bool leads_to_input(const Edge& edge) const;
  // A gradient that flows along an edge: all of it, or with a region the part of it that is not zero.
  static void fit(const Edge& edge, Tensor& gradient, const Layout* region, const Node* from, size_t index);
  static Tensor whole(const Edge& edge, const Tensor& gradient, const Layout* region);
  void add(const Edge& edge, Tensor& gradient, const Layout* region, const Node* from, size_t index);
  Arrived& arrived_at(Node* node);
  void let_go(Node* node, Arrived& arrived);
  void run_next();
  void collect(const Node& node, Arrived& arrived);
  void call_hooks(Node& node);
  AutoGradMode recording() const;  // the mode that the rules run in
  void check_for_nan(const Node& node) const;
  bool mark_wanted(const Node& node);

  Options options_;
  InlineVector<Ref<Node>, 1> roots_;  // with them the pass holds all nodes: edges stay as they are
  InlineVector<Waiting, 4> waiting_;  // a heap: the node to run next is in front
  // What has arrived for nodes that wait in another pass at the same time; null until there is one.
  std::unique_ptr<std::unordered_map<Node*, Arrived>> elsewhere_;
  uint64_t arrivals_ = 0;
  bool has_failed_ = false;
  std::unique_ptr<Restriction> restriction_;  // to what leads to some inputs; null: none

  Node* ran_ = nullptr;
  InlineVector<Tensor, 2> grad_outs_;
  Gradients grads_;
};

namespace autograd {

using frost::Edge;
using frost::Node;
using variable_list = std::vector<Tensor>;

// The gradients of Σ grad_outputs·outputs, added to the grad of the leaves (or of `inputs` alone, if there
// are any).
void backward(TensorList outputs, TensorList grad_outputs = {}, optional<bool> retain_graph = nullopt,
              bool create_graph = false, TensorList inputs = {});

// The gradients of Σ grad_outputs·outputs with respect to inputs, as they are before the hooks of inputs. No
// leaf's grad changes; a tensor on the way to inputs that retains its grad gets it. Those of unused inputs
// are an error, or with allow_unused undefined. retain_graph is create_graph unless given.
variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs = {},
                   optional<bool> retain_graph = nullopt, bool create_graph = false,
                   bool allow_unused = false);

}  // namespace autograd

}  // namespace frost
