// What a pass knows that runs only what leads to some inputs. For the tape's own files.
#pragma once

#include <frost/backward.hpp>

#include <unordered_set>
#include <vector>

namespace frost {

class Backward::Restriction {
 public:
  // Errors: an undefined input, or one that does not require grad.
  Restriction(TensorList roots, TensorList inputs, Into into);

  // The gradients are kept, and no grad changes.
  bool is_capturing() const { return is_capturing_; }
  bool leads_to_input(const Edge& edge) const {
    return edge.is_valid() && reaches_input_.contains(edge.function.get());
  }
  // Keeps what has arrived at a node of one of the inputs.
  void capture(const Node& node, ArrayRef<Tensor> grad_outs);

  size_t size() const { return captured_.size(); }  // how many inputs there are
  bool is_reached(size_t i) const { return reached_[i]; }
  const Tensor& captured(size_t i) const { return captured_[i]; }

 private:
  struct Capture {
    const Node* node;
    uint32_t input_nr;
    size_t input;
  };
  // Adds those of the nodes behind `root` that reach an input.
  void explore(const Node* root, std::unordered_set<const Node*>& visited);

  bool is_capturing_;
  std::unordered_set<const Node*> reaches_input_;
  std::vector<Capture> captures_;  // sorted by node
  std::vector<bool> reached_;
  std::vector<Tensor> captured_;
};

}  // namespace frost
