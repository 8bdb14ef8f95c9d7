// Stepper: a backward pass, one node at a time, forwards and back.
//
//   Stepper stepper(loss);
//   stepper.run_to("SoftmaxBackward0");
//   std::cout << stepper;
//   stepper.back();
#pragma once

#include <frost/inspect/trace.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

namespace frost::inspect {

// What runs is Backward::step(), once for each node, with retain_graph, so that loss.backward() may follow.
// Going back works nothing out again: what each step did is remembered, and next() shows it once more until
// it is past the last step that ran. So the values are always those that the pass worked out, and hooks are
// called once. All of the pass's gradients are kept as long as the stepper is.
//
// It is a rehearsal: no grad changes, of a leaf or of a tensor that retains its grad, whatever is stepped
// through, so that loss.backward() after it does what it does without it. trace() knows what the grads of the
// leaves would be, and commit() makes the pass the real one. Hooks are called, once, as a node runs for the
// first time: what they do besides is not taken back. A hook that looks at a grad sees another than in
// backward(): of a tensor that retains its grad that of this pass alone, and only while its node runs; of a
// leaf a copy of it while its node runs, and otherwise that from before the pass.
class Stepper {
 public:
  struct Options {
    std::vector<Tensor> gradients = {};  // of the roots, in their shapes; none: 1 for roots of one element
    Trace::Options trace = {};
  };

  // From one root or several, as of Backward: Stepper(loss), Stepper({a, b}), Stepper(y, {.gradients = {g}}).
  explicit Stepper(TensorList roots) : Stepper(roots, Options()) {}
  Stepper(TensorList roots, const Options& options);

  // The graph and all that has flowed until now: what the steps that were taken back did is not in it.
  const Trace& trace() const { return trace_; }
  // How many steps have been taken, and not taken back.
  size_t position() const { return trace_.steps().size(); }
  // The node that the last of them ran; null at the start.
  const TracedNode* node() const;
  // The node that next() will run; none at the end.
  std::optional<size_t> next_node() const;

  // What next_node() threw when it ran: a pass can't go on after that. Null: nothing, or it is not next.
  std::exception_ptr failure() const { return undone_.empty() ? failure_ : nullptr; }

  // One step on, or back; false, and nothing is done, where there is none. next() throws what backward()
  // would: what a hook throws, too. The stepper then stays where it is, and can still go back; next() from
  // there throws the same again, and calls no hook.
  bool next();
  bool back();
  // All that is left, and back to before the first step.
  void run();
  void rewind();

  // These go on from here until the step that was just taken fits, and then return true. If none does they
  // end at the end, and return false.
  //
  // To the node with this index in trace().nodes().
  bool run_to(size_t node);
  // To where the gradient of the tensor with this name is known (the step of the node that made it, or of
  // the leaf), or to the next node with this grad_fn name. An error where there is neither.
  bool run_to(std::string_view name);
  // To the first step into which, or out of which, a NaN or an infinity came.
  bool run_to_nonfinite();
  // To the first step that sends a gradient other than 0 to this element of a tensor, or where its own node
  // has such a one. False is an answer: nothing ever touches the element, as nothing does where it is masked.
  // An error where the graph does not lead to the tensor, or it has no such element.
  bool run_to_element(const Tensor& x, IntArrayRef index);
  bool run_to_element(std::string_view name, IntArrayRef index);

  // The gradient of a tensor until now: of a leaf its grad with all that the steps added, of others what has
  // flowed to it; undefined while it is pending, and where it is absent. An error where the graph does not
  // lead to x.
  Tensor grad(const Tensor& x) const;

  // Runs what is left, and adds the gradients to the grads of leaves that are trainable now and of tensors
  // that retain theirs, as loss.backward() does. Only once; if it throws, nothing was added.
  void commit();

 private:
  bool advance();
  Trace::Place place_of(const Tensor& x, std::string_view function) const;
  bool run_to_element(const Trace::Place& place, IntArrayRef index);

  Trace trace_;
  Backward pass_;
  std::vector<Trace::Step> undone_;  // the next one last
  // What each tensor that retains its grad would have got.
  struct Retained {
    Tensor tensor, gradient;
  };
  std::vector<Retained> retained_;
  std::exception_ptr failure_;
  std::optional<size_t> failed_node_;
  bool is_committed_ = false;
};

}  // namespace frost::inspect
