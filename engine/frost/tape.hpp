// THE TAPE: how gradients are recorded and replayed.
//
// An op computes its output, then records how a gradient flows back through it:
//
//   Tensor mul(const Tensor& x, const Tensor& y) {
//     const Tensor z = …;                                                          // plain numbers
//     return record("MulBackward0", z,
//                   wrt(x, [y = Saved(y)](const Tensor& grad_out) { return grad_out * *y; }),
//                   wrt(y, [x = Saved(x)](const Tensor& grad_out) { return grad_out * *x; }));
//   }
//
// wrt(x, rule) is an input and the rule for its gradient; what the rule captures is what the tape saves. For
// a frozen input the rule is dropped with its captures: its gradient is not computed and nothing is kept for
// it. Under NoGradGuard, or where no input requires grad, all of them are dropped and nothing is recorded.
//
// Rules work on tensors with the public ops, so that a backward pass can itself be recorded (create_graph).
//
// The graph belongs to the tensors that need it: a tensor holds the Node that made it (grad_fn), a node holds
// the nodes of its inputs (next_edges). There is no global tape. Building, running and destroying a graph
// take no recursion, so a graph may be millions of nodes deep.
//
// Threads: threads may build and run graphs at once, sharing leaves that are frozen, or whose grads are not
// accumulated at the same time. One graph belongs to one thread at a time.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/memory.hpp>
#include <frost/shape.hpp>
#include <frost/tensor.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace frost {

class Backward;

// ---- what a rule says ----

// A gradient that is zero but for the elements that `region` picks out of the contiguous input; those have
// `value`. Views into a part of a tensor return it, so that T slices of one tensor cost as much as the
// tensor, not T times it.
struct GradientSlice {
  Tensor value;
  Layout region;
};

// The gradients that a node returns, one per input.
class Gradients {
 public:
  // Whether anyone asks for the gradient of input i; one that is not wanted need not be computed.
  bool wanted(size_t i) const { return entries_[i].wanted; }
  void set(size_t i, Tensor gradient) { entries_[i].value = std::move(gradient); }
  void set(size_t i, GradientSlice slice) {
    entries_[i].value = std::move(slice.value);
    entries_[i].region = slice.region;
    entries_[i].is_slice = true;
  }
  size_t size() const { return entries_.size(); }

 private:
  friend class Backward;
  struct Entry {
    Tensor value;  // undefined: zero, or not wanted
    bool wanted = false;
    bool is_slice = false;
    Layout region;
  };
  std::vector<Entry> entries_;
};

// A tensor that a rule needs again in backward: the capture [y = Saved(y)], read as *y. While the rule is
// only on its way to the tape this borrows `y`; when it is recorded, it takes hold of the values and
// remembers their version. Reading it is an error where they were written to since, or where the graph was
// freed.
class Saved {
 public:
  explicit Saved(const Tensor& tensor) : borrowed_(&tensor) {}
  explicit Saved(Tensor&&) = delete;  // a temporary is gone before the tape could take hold of it
  Saved(Saved&& other) noexcept(false);
  Saved& operator=(Saved&&) = delete;

  const Tensor& operator*() const;
  const Tensor* operator->() const { return &**this; }

 private:
  friend class Node;
  void take(const Tensor& tensor);

  const Tensor* borrowed_ = nullptr;
  Tensor value_;
  uint32_t version_ = 0;
  bool freed_ = false;
  Saved* next_ = nullptr;  // the next one that the same node saves
};

// ---- nodes ----

struct Edge {
  Ref<Node> function;     // null: the input is frozen, and no gradient flows there
  uint32_t input_nr = 0;  // which output of that node the input was
  bool is_valid() const { return static_cast<bool>(function); }
};

// A recorded op: what grad_fn() returns. Its inputs, seen backward, are the gradients of the op's outputs.
class Node : public Pooled {
 public:
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::string name() const { return name_; }             // "SoftmaxBackward0", as in libtorch
  uint64_t sequence_nr() const { return sequence_nr_; }  // larger than that of every node it leads to
  size_t num_inputs() const { return 1 + more_outputs_.size(); }
  size_t num_outputs() const { return edges_.size(); }
  ArrayRef<Edge> next_edges() const { return edges_; }
  const Edge& next_edge(size_t i) const { return edges_.at(i); }

  // The shape and dtype of the op's i-th output, and so of the i-th gradient that comes in.
  struct Output {
    Dims sizes;
    Dtype dtype;
  };
  const Output& output(size_t i) const { return i == 0 ? output_ : more_outputs_[i - 1]; }

  // The tensors that the node keeps for backward; none once they are freed.
  virtual std::vector<Tensor> saved_tensors() const;
  // Bytes of the node itself; its saved tensors are not counted.
  virtual size_t bytes() const = 0;

  // The gradients of the inputs from those of the outputs (undefined: zero). Backward::step() calls it.
  virtual void apply(ArrayRef<Tensor> grad_outs, Gradients& grads) = 0;

 protected:
  explicit Node(const char* name) : name_(name) {}
  virtual void free_saved();

  // What must be told to the base before the node is used.
  void set_edges(ArrayRef<Edge> edges) { edges_ = edges; }
  void set_output(size_t i, const Tensor& output);
  void take_number();  // after the edges are known
  void save(Saved& saved);

  TensorImpl* leaf_ = nullptr;  // of an AccumulateGrad: the leaf that it is a part of

 private:
  friend class Backward;
  friend class Saved;
  friend class Tensor;
  friend struct TensorImpl;
  friend void retain(Node* node);
  friend void release(Node* node);

  // Called in the order of registration. Retaining the grad of an output is one of them.
  struct Hook {
    unsigned number;
    uint32_t input_nr;
    std::function<Tensor(const Tensor&)> call;
    TensorImpl* retaining =
        nullptr;  // instead of a call: the output that keeps its grad; it leaves when it is destroyed
  };
  struct Hooks {
    unsigned next_number = 0;
    std::vector<Hook> list;
    unsigned add(Hook hook);
  };

  Hooks& make_hooks();

  std::atomic<uint32_t> count_{1};
  const char* name_;
  uint64_t sequence_nr_ = 0;
  ArrayRef<Edge> edges_;
  Saved* saved_ = nullptr;
  std::unique_ptr<Hooks> hooks_;
  std::atomic<Backward*> pass_{nullptr};  // the pass that holds gradients for this node …
  void* pending_ = nullptr;               // … and where it holds them
  std::vector<Output> more_outputs_;      // after the first: most ops have one
  Output output_;
};

// The last node on every way: adds what arrives to the grad of a leaf.
class AccumulateGrad final : public Node {
 public:
  explicit AccumulateGrad(TensorImpl* leaf);
  Tensor variable() const;
  void describe_leaf();  // what it expects has the leaf's shape and dtype as they are now
  size_t bytes() const override { return sizeof *this; }
  void apply(ArrayRef<Tensor> grad_outs, Gradients& grads) override;
};

// ---- recording ----

// The edge along which the gradient of x flows: to the node that made it, to its accumulator if it is a
// trainable leaf, to nowhere if it is frozen.
Edge gradient_edge(const Tensor& x);

// Says that `output` is output `output_nr` of `node`. Where output was written in place and is a view, the
// tensor that it is a view of follows.
void set_history(const Tensor& output, Ref<Node> node, uint32_t output_nr = 0);

// The values of x now hold those of `result`, which op `function` computed from it: what every in-place op
// ends with. Checks that x may be written to, copies the values, and puts x in result's place on the tape.
void write_in_place(const Tensor& x, const Tensor& result, std::string_view function);
// An error unless x may be written to in place; is_recorded: whether the tape will have to know.
void check_in_place(const Tensor& x, std::string_view function, bool is_recorded);

template <class Rule>
struct Wrt {
  const Tensor& tensor;
  Rule rule;
};

// An input and the rule for its gradient: rule(grad_out) or rule(grad_out, output), returning a Tensor or a
// GradientSlice.
template <class Rule>
Wrt<Rule> wrt(const Tensor& input, Rule rule) {
  return {input, std::move(rule)};
}

namespace detail {

// While one of these lives, closures are being moved into `node`, and the Saved among their captures take
// hold.
class Placing {
 public:
  explicit Placing(Node* node);
  ~Placing();

 private:
  Node* before_;
};

template <class Rule>
constexpr bool uses_output = std::is_invocable_v<Rule&, const Tensor&, const Tensor&>;

// Gives `output` as the rules of its own node see it: without a handle on the node, which would be a cycle.
class SavedOutput {
 public:
  void save(const Tensor& output);
  Tensor get(const Node& node) const;
  const Tensor& values() const { return values_; }
  void free() {
    values_ = Tensor();
    freed_ = true;
  }

 private:
  Tensor values_;
  uint32_t version_ = 0;
  bool freed_ = false;
};

struct NoSavedOutput {
  void free() {}
};

template <class... Rules>
class RuleNode final : public Node {
 public:
  RuleNode(const char* name, const Tensor& output, Wrt<Rules>&... inputs) : Node(name) {
    place(std::index_sequence_for<Rules...>(), inputs...);
    if constexpr (kUsesOutput) {
      if (needs_output(std::index_sequence_for<Rules...>())) output_.save(output);
    }
    set_output(0, output);
    take_number();
  }

  size_t bytes() const override { return sizeof *this; }

  std::vector<Tensor> saved_tensors() const override {
    std::vector<Tensor> tensors = Node::saved_tensors();
    if constexpr (kUsesOutput)
      if (output_.values().defined()) tensors.push_back(output_.values());
    return tensors;
  }

  void apply(ArrayRef<Tensor> grad_outs, Gradients& grads) override {
    if (!grad_outs[0].defined()) return;
    Tensor output;
    if constexpr (kUsesOutput) {
      if (needs_output(std::index_sequence_for<Rules...>())) output = output_.get(*this);
    }
    apply_each(std::index_sequence_for<Rules...>(), grad_outs[0], output, grads);
  }

 protected:
  void free_saved() override {
    Node::free_saved();
    output_.free();
  }

 private:
  static constexpr bool kUsesOutput = (uses_output<Rules> || ...);

  template <size_t... I>
  void place(std::index_sequence<I...>, Wrt<Rules>&... inputs) {
    const Placing placing(this);
    (place_one(edges_[I], std::get<I>(rules_), inputs), ...);
    set_edges({edges_, sizeof...(Rules)});
  }

  template <class Rule>
  void place_one(Edge& edge, std::optional<Rule>& rule, Wrt<Rule>& input) {
    edge = gradient_edge(input.tensor);
    if (edge.is_valid()) rule.emplace(std::move(input.rule));
  }

  // Whether a rule that was not dropped reads the output: otherwise it need not be kept.
  template <size_t... I>
  bool needs_output(std::index_sequence<I...>) const {
    return ((uses_output<Rules> && std::get<I>(rules_).has_value()) || ...);
  }

  template <size_t... I>
  void apply_each(std::index_sequence<I...>, const Tensor& grad_out, const Tensor& output, Gradients& grads) {
    (apply_one(I, std::get<I>(rules_), grad_out, output, grads), ...);
  }

  template <class Rule>
  void apply_one(size_t i, std::optional<Rule>& rule, const Tensor& grad_out, const Tensor& output,
                 Gradients& grads) {
    if (!grads.wanted(i)) return;
    if constexpr (uses_output<Rule>)
      grads.set(i, (*rule)(grad_out, output));
    else
      grads.set(i, (*rule)(grad_out));
  }

  Edge edges_[sizeof...(Rules)];
  std::tuple<std::optional<Rules>...> rules_;
  std::conditional_t<kUsesOutput, SavedOutput, NoSavedOutput> output_;
};

template <class Closure>
class JointNode final : public Node {
 public:
  JointNode(const char* name, TensorList inputs, TensorList outputs, Closure&& closure)
      : Node(name), edges_(inputs.size()), closure_(place(std::move(closure))) {
    for (size_t i = 0; i < inputs.size(); ++i) edges_[i] = gradient_edge(inputs[i]);
    set_edges(edges_);
    for (size_t i = 0; i < outputs.size(); ++i) set_output(i, outputs[i]);
    take_number();
  }

  size_t bytes() const override { return sizeof *this + edges_.size() * sizeof(Edge); }
  void apply(ArrayRef<Tensor> grad_outs, Gradients& grads) override { closure_(grad_outs, grads); }

 private:
  Closure place(Closure&& closure) {
    const Placing placing(this);
    return std::move(closure);
  }

  std::vector<Edge> edges_;
  Closure closure_;
};

}  // namespace detail

// Records how output came from the inputs, and returns it. An undefined input is frozen. Integers and bools
// have no gradient: nothing is recorded.
template <class... Rules>
Tensor record(const char* name, Tensor output, Wrt<Rules>... inputs) {
  if (GradMode::is_enabled() && ((inputs.tensor.defined() && inputs.tensor.requires_grad()) || ...) &&
      output.is_floating_point())
    set_history(output, Ref<Node>::adopt(new detail::RuleNode<Rules...>(name, output, inputs...)));
  return output;
}

// For an op on a list of inputs, with several outputs, or whose gradients are computed together. The closure
// is
//   void(ArrayRef<Tensor> grad_outs, Gradients& grads)
// where grad_outs[i] may be undefined (zero), and it sets those of the gradients that are wanted.
template <class Closure>
void record_joint(const char* name, TensorList inputs, TensorList outputs, Closure closure) {
  bool required = false;
  for (const Tensor& input : inputs) required |= input.defined() && input.requires_grad();
  if (!required || !GradMode::is_enabled()) return;
  const auto node =
      Ref<Node>::adopt(new detail::JointNode<Closure>(name, inputs, outputs, std::move(closure)));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].is_floating_point()) set_history(outputs[i], node, static_cast<uint32_t>(i));
}

// ---- replaying ----

// One backward pass: loss.backward() is
//
//   Backward pass(loss);
//   while (pass.step()) {}
//
// Each step runs one node, in falling order of sequence number, so that a node runs when all that flows into
// it has arrived. Gradients that meet at a node are added up; each is checked against its input's shape,
// summed over the dimensions that broadcasting stretched, and converted to its dtype. What nodes saved is
// freed as they run, unless retain_graph. With create_graph the pass is recorded itself.
//
// A pass may be left half-way. Several may be under way over one graph, if they retain it.
class Backward {
 public:
  struct Options {
    bool retain_graph = false;
    bool create_graph = false;
  };

  // From a root that holds one element; from any root with a gradient of its shape; or from several roots.
  explicit Backward(const Tensor& root, const Tensor& gradient, Options options);
  explicit Backward(const Tensor& root, const Tensor& gradient = {}) : Backward(root, gradient, Options()) {}
  Backward(TensorList roots, TensorList gradients, Options options);
  // Only what leads to `inputs` runs; their gradients are kept for captured(), and nobody's grad changes.
  Backward(TensorList roots, TensorList gradients, Options options, TensorList inputs);
  ~Backward();
  Backward(const Backward&) = delete;
  Backward& operator=(const Backward&) = delete;

  // Runs one node; false where none is left.
  bool step();
  // The node that step() would run now; null at the end.
  const Node* next() const;

  // After a step: the node that ran, the gradients that came into it (after its hooks), and those that left
  // it, in the order of its next_edges(); undefined: none.
  const Node* node() const { return ran_.get(); }
  ArrayRef<Tensor> grad_outs() const { return grad_outs_; }
  Tensor grad_input(size_t i) const;

  // The gradient of the i-th of `inputs`; undefined if it was not reached.
  const Tensor& captured(size_t i) const { return captured_[i]; }

 private:
  struct Pending;
  struct Capture {
    Node* node;
    uint32_t input_nr;
    size_t input;
  };

  void start(TensorList roots, TensorList gradients);
  void restrict_to(TensorList roots, TensorList inputs);
  bool reaches_input(const Node* node) const;
  void add(const Edge& edge, Gradients::Entry& gradient, const Node* from, size_t index);
  Pending& pending_of(const Ref<Node>& node);
  Pending* find(Node* node) const;
  void forget(Pending* pending);
  void collect(Pending& pending);
  void call_hooks(Node& node);
  bool mark_wanted(const Node& node);

  Options options_;
  std::vector<Pending*> waiting_;  // a heap: the node to run next is in front
  std::vector<std::unique_ptr<Pending>> all_;
  std::vector<Pending*> unused_;
  std::unordered_map<Node*, Pending*>
      elsewhere_;  // for nodes that another pass holds gradients for at the same time
  uint64_t arrivals_ = 0;

  bool is_restricted_ = false;  // to what leads to the inputs
  std::unordered_map<const Node*, bool> reaches_;
  std::vector<Capture> captures_;
  std::vector<Tensor> captured_;

  Ref<Node> ran_;
  std::vector<Tensor> grad_outs_;
  Gradients grads_;
};

// ---- what the tape needs of the ops, which define it ----

// total + gradient, in total's own memory where nobody else can see it.
void accumulate(Tensor& total, const Tensor& gradient);
// A tensor of the given sizes that holds total (undefined: zeros) plus the slices.
Tensor assemble(const Tensor& total, const Dims& sizes, Dtype dtype, ArrayRef<GradientSlice> slices);
// x summed over the dimensions in which `sizes` was broadcast to it, and converted to dtype.
Tensor reduce_to(const Tensor& x, const Dims& sizes, Dtype dtype);
// The elements of contiguous x at `region`, and x with zeros there: what a write through a view replaces and
// leaves.
Tensor inside(const Tensor& x, const Layout& region);
Tensor outside(const Tensor& x, const Layout& region);
// x in contiguous memory of its own.
Tensor copy_of(const Tensor& x);
// x's values written over those of y, which has the same sizes and dtype. Not recorded.
void copy_values(const Tensor& y, const Tensor& x);
// The gradient of a scalar with respect to itself.
Tensor ones_of(const Dims& sizes, Dtype dtype);

namespace autograd {

using frost::Edge;
using frost::Node;
using variable_list = std::vector<Tensor>;

// The gradients of Σ grad_outputs·outputs, added to the grad of the leaves (or of `inputs` alone, if there
// are any).
void backward(TensorList outputs, TensorList grad_outputs = {}, optional<bool> retain_graph = nullopt,
              bool create_graph = false, TensorList inputs = {});

// The gradients of Σ grad_outputs·outputs with respect to inputs; nobody's grad changes. Those of unused
// inputs are an error, or with allow_unused undefined. retain_graph is create_graph unless given.
variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs = {},
                   optional<bool> retain_graph = nullopt, bool create_graph = false,
                   bool allow_unused = false);

}  // namespace autograd

}  // namespace frost
