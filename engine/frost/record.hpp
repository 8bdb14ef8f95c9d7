// Recording: what an op says to the tape. <frost/tape.hpp> tells the story.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/node.hpp>

#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace frost {

// The edge along which the gradient of x flows: to the node that made it, to its accumulator if it is a
// trainable leaf, to nowhere if it is frozen.
Edge gradient_edge(const Tensor& x);

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

// A rule that remembers a number with which the op was called, for Node::argument(): wrt(x, Told{rule,
// number}).
template <class Rule>
struct Told : Rule {
  std::optional<double> argument;
};
template <class Rule>
Told(Rule, std::optional<double>) -> Told<Rule>;

namespace detail {

// Makes `output` the output_nr-th output of `node`, and no more: write_in_place is what a write needs.
void set_grad_fn(const Tensor& output, Ref<Node> node, uint32_t output_nr = 0);
// Puts `output` in the place of `result`, which an op just made: the same values in another dtype, in which
// their gradients will come.
void replace_output(const Tensor& result, const Tensor& output);

// Whether x stands on the tape, or will once it has followed its base there; which, where a view can't, is an
// error only for those who need its place. An undefined one does not.
inline bool leads_to_tape(const Tensor& x);
// Marks an output that is not recorded, if the input stands on the tape, or is marked itself.
inline void mark_unrecorded(const Tensor& output, const Tensor& input);

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
  bool is_as_saved() const;
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
  Tensor values() const { return {}; }
  bool is_as_saved() const { return true; }
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

  Tensor saved_output() const override { return output_.values(); }

  std::optional<double> argument() const override { return argument_of(std::index_sequence_for<Rules...>()); }

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
  bool is_output_as_saved() const override { return output_.is_as_saved(); }

 private:
  static constexpr bool kUsesOutput = (uses_output<Rules> || ...);

  template <size_t... I>
  void place(std::index_sequence<I...>, Wrt<Rules>&... inputs) {
    const Placing placing(this);
    (place_one(I, std::get<I>(rules_), inputs), ...);
    set_edges({edges_, sizeof...(Rules)});
  }

  template <class Rule>
  void place_one(size_t i, std::optional<Rule>& rule, Wrt<Rule>& input) {
    edges_[i] = edge_to(input.tensor, i);
    if (edges_[i].is_valid()) rule.emplace(std::move(input.rule));
  }

  // Whether a rule that was not dropped reads the output: otherwise it need not be kept.
  template <size_t... I>
  bool needs_output(std::index_sequence<I...>) const {
    return ((uses_output<Rules> && std::get<I>(rules_).has_value()) || ...);
  }

  template <size_t... I>
  std::optional<double> argument_of(std::index_sequence<I...>) const {
    std::optional<double> argument;
    const auto look_at = [&argument]<class Rule>(const std::optional<Rule>& rule) {
      if constexpr (requires { rule->argument; })
        if (rule) argument = rule->argument;
    };
    (look_at(std::get<I>(rules_)), ...);
    return argument;
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
    for (size_t i = 0; i < inputs.size(); ++i) edges_[i] = edge_to(inputs[i], i);
    set_edges(edges_);
    for (size_t i = 0; i < outputs.size(); ++i) set_output(i, outputs[i]);
    take_number();
  }

  size_t bytes() const override {
    return sizeof *this + edges_.size() * sizeof(Edge) + (num_inputs() - 1) * sizeof(Output);
  }
  void apply(ArrayRef<Tensor> grad_outs, Gradients& grads) override { closure_(grad_outs, grads); }

 private:
  Closure place(Closure&& closure) {
    const Placing placing(this);
    return std::move(closure);
  }

  PooledVector<Edge> edges_;
  Closure closure_;
};

}  // namespace detail

// Records how output came from the inputs, and returns it. An undefined input is frozen. Integers and bools
// have no gradient: nothing is recorded.
template <class... Rules>
Tensor record(const char* name, Tensor output, Wrt<Rules>... inputs) {
  const bool is_enabled = GradMode::is_enabled();
  if (is_enabled && ((inputs.tensor.defined() && inputs.tensor.requires_grad()) || ...) &&
      output.is_floating_point()) {
    check(((inputs.tensor.impl() != output.impl()) && ...), name,
          "the output is one of the inputs, and would come from itself; record an alias of it");
    detail::set_grad_fn(output, Ref<Node>::adopt(new detail::RuleNode<Rules...>(name, output, inputs...)));
    return output;
  }
  if (is_enabled || GradMode::is_marking()) (detail::mark_unrecorded(output, inputs.tensor), ...);
  return output;
}

// For an op on a list of inputs, with several outputs, or whose gradients are computed together. The closure
// is
//   void(ArrayRef<Tensor> grad_outs, Gradients& grads)
// where grad_outs[i] may be undefined (zero), and it sets those of the gradients that are wanted.
template <class Closure>
void record_joint(const char* name, TensorList inputs, TensorList outputs, Closure closure) {
  for (const Tensor& output : outputs) check(output.defined(), name, "an output is undefined");
  const bool is_enabled = GradMode::is_enabled();
  bool required = false;
  if (is_enabled)
    for (const Tensor& input : inputs) required |= input.defined() && input.requires_grad();
  if (is_enabled || GradMode::is_marking())
    for (const Tensor& output : outputs)
      if (!required || !output.is_floating_point())
        for (const Tensor& input : inputs) detail::mark_unrecorded(output, input);
  if (!required) return;
  const auto node =
      Ref<Node>::adopt(new detail::JointNode<Closure>(name, inputs, outputs, std::move(closure)));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].is_floating_point()) detail::set_grad_fn(outputs[i], node, static_cast<uint32_t>(i));
}
}  // namespace frost
