// What the tape consists of: nodes, the edges between them, and the tensors they save. <frost/tape.hpp> tells
// the story.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/inline_vector.hpp>
#include <frost/memory.hpp>
#include <frost/shape.hpp>
#include <frost/storage.hpp>
#include <frost/tensor.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace frost {

class Backward;

namespace detail {
void replace_output(const Tensor& result, const Tensor& output);
}

// ---- what a rule says ----

// A gradient that is zero but for the elements that `region` picks out of the contiguous input; those have
// `value`. Views into a part of a tensor return it, so that T slices of one tensor cost as much as the
// tensor, not T times it.
struct GradientSlice {
  Tensor value;
  Layout region;
};
static_assert(std::is_nothrow_move_constructible_v<GradientSlice>);

// The gradients that a node returns, one per input.
class Gradients {
 public:
  // Whether anyone asks for the gradient of input i; one that is not wanted need not be computed.
  bool wanted(size_t i) const {
    check_index(i);
    return entries_[i].wanted;
  }
  void set(size_t i, Tensor gradient) {
    check_index(i);
    entries_[i].value = std::move(gradient);
    entries_[i].is_slice = false;
  }
  void set(size_t i, GradientSlice slice) {
    check_index(i);
    entries_[i].value = std::move(slice.value);
    entries_[i].is_slice = true;
    if (regions_.size() <= i) regions_.resize(i + 1);
    regions_[i] = slice.region;
  }
  size_t size() const { return entries_.size(); }

 private:
  friend class Backward;
  struct Entry {
    Tensor value;  // undefined: zero, or not wanted
    bool wanted = false, is_slice = false;
  };
  void check_index(size_t i) const {
    check(i < size(), "Gradients", "there is no input ", i, " of ", size());
  }
  // Of a slice; null of a whole gradient.
  const Layout* region(size_t i) const { return entries_[i].is_slice ? &regions_[i] : nullptr; }

  InlineVector<Entry, 3> entries_;
  PooledVector<Layout> regions_;  // of the slices, by input; few rules return one
};

// A tensor that a rule needs again in backward: the capture [y = Saved(y)], read as *y. While the rule is
// only on its way to the tape this borrows `y`; when it is recorded, it takes hold of the values and
// remembers their version. Reading it is an error where they were written to since, or where the graph was
// freed. What is saved may be undefined.
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
  bool is_as_saved() const;

  enum class State : uint8_t { borrowed, held, freed };

  const Tensor* borrowed_ = nullptr;
  Tensor value_;
  Ref<Storage> storage_;  // where the values lay: set_data() may have given the tensor others since
  uint32_t version_ = 0;
  State state_ = State::borrowed;
  Saved* next_ = nullptr;  // the next one that the same node saves
};

// ---- nodes ----

// The gradients that have arrived at a node that is yet to run: the sum for the op's first output, and, which
// few nodes get, those for its other outputs, and slices.
struct Arrived {
  struct More {
    PooledVector<Tensor> totals;  // from the second output on
    PooledVector<std::pair<uint32_t, GradientSlice>>
        slices;  // by output; put in their places when the node runs
  };
  Tensor total;
  std::unique_ptr<More> more;

  More& make_more() {
    if (!more) more = std::make_unique<More>();
    return *more;
  }
  Tensor& total_of(uint32_t output_nr) {
    if (output_nr == 0) return total;
    PooledVector<Tensor>& totals = make_more().totals;
    if (totals.size() < output_nr) totals.resize(output_nr);
    return totals[output_nr - 1];
  }
};

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
  const Output& output(size_t i) const {
    check(i < num_inputs(), "Node::output", "there is no output ", i, " of ", num_inputs());
    return i == 0 ? output_ : more_outputs_[i - 1];
  }

  // The name that set_name() gave the op's i-th output; "" if none.
  const std::string& output_name(size_t i) const;
  // What is remembered of an input to which no gradient flows: nothing but this, and only if it had a name,
  // or was made from what requires grad.
  struct FrozenInput {
    std::string name;
    Output shape;
    Unrecorded unrecorded;
    std::optional<DetachedFrom> detached_from;  // where it is what detach() returned
  };
  const FrozenInput* frozen_input(size_t i) const;  // null: nothing

  // The outputs that retain their grad.
  std::vector<Tensor> retained_outputs() const;
  // How many hooks are called with the gradient of the op's i-th output, and whether that is retained.
  size_t num_hooks(size_t i) const;
  bool retains_grad(size_t i) const;

  // Where the program called the op, innermost frame first: known of nodes that were recorded while
  // AnomalyMode was enabled.
  ArrayRef<void*> call_stack() const;

  // The tensors that the node keeps for backward, the last of them its output if it keeps that; none once
  // they are freed.
  std::vector<Tensor> saved_tensors() const;
  // Whether the i-th of them holds what was saved: false where it was written to since.
  bool is_as_saved(size_t i) const;
  // The values of the op's only output; undefined unless the node keeps them.
  virtual Tensor saved_output() const { return {}; }
  // The number with which the op was called, of some of those whose gradients leave it open: the value of
  // masked_fill and of where, the dim of a softmax.
  virtual std::optional<double> argument() const { return std::nullopt; }
  // Bytes of the node itself; neither the memory of its saved tensors nor vectors that a rule captures are
  // counted.
  virtual size_t bytes() const = 0;

  // The gradients of the inputs from those of the outputs (undefined: zero). Backward::step() calls it.
  virtual void apply(ArrayRef<Tensor> grad_outs, Gradients& grads) = 0;

 protected:
  explicit Node(const char* name) : name_(name) {}
  virtual void free_saved();
  virtual bool is_output_as_saved() const { return true; }

  // What must be told to the base before the node is used.
  void set_edges(ArrayRef<Edge> edges) { edges_ = edges; }
  Edge edge_to(const Tensor& input, size_t i);  // gradient_edge(input), the node's i-th
  void set_output(size_t i, const Tensor& output);
  void take_number();  // after the edges are known
  void save(Saved& saved);

  TensorImpl* leaf_ = nullptr;  // of an AccumulateGrad: the leaf that it is a part of

 private:
  friend class Backward;
  friend class Saved;
  friend class Tensor;
  friend struct TensorImpl;
  friend void detail::replace_output(const Tensor& result, const Tensor& output);
  friend void retain(Node* node);
  friend void release(Node* node);

  // Called in the order of registration. One that is removed does nothing from then on, but keeps its place,
  // so that a pass may go through them meanwhile.
  struct Hook {
    uint32_t input_nr;
    unsigned number = 0;  // among those of this input
    std::shared_ptr<const std::function<Tensor(const Tensor&)>> call = nullptr;
    TensorImpl* retaining = nullptr;  // instead of a call: the output that keeps its grad
  };
  // What only some nodes have.
  struct Extras {
    std::vector<Hook> hooks;
    std::vector<std::pair<size_t, std::string>> output_names;
    std::vector<std::pair<size_t, FrozenInput>> frozen_inputs;
    std::vector<void*> call_stack;
  };
  Extras& make_extras();
  void set_output_name(size_t i, const std::string& name);
  // Makes `pass` the one in which this node waits; false where it waits in another.
  bool claim(Backward* pass);
  unsigned add_hook(Hook hook);  // returns its number
  bool remove_hook(uint32_t input_nr, unsigned number);
  void stop_retaining(const TensorImpl* output);

  RefCount count_;
  const char* name_;
  uint64_t sequence_nr_ = 0;
  ArrayRef<Edge> edges_;
  Saved* saved_ = nullptr;
  std::unique_ptr<Extras> extras_;
  std::atomic<Backward*> pass_{nullptr};  // the pass in which this node waits …
  Arrived arrived_;                       // … and what has arrived there for it
  Node* doomed_next_ = nullptr;           // the next node to be destroyed
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
}  // namespace frost
