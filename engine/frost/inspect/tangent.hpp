// How a change of x spreads forward through the graph. For explain.
#pragma once

#include <frost/inspect/trace.hpp>

#include <unordered_map>
#include <vector>

namespace frost::inspect {

// The gradients of the outputs that the root depends on, made up of generic().
std::vector<Tensor> generic_grad_outs(const TracedNode& node);

// How the node's outputs change where its inputs change along `directions` (undefined: not at all): Σ J·v
// over the inputs. A rule g ↦ Jᵀg is linear in g, so J v is the gradient of (Jᵀg)·v for g: the rule is asked
// with any g, the `grad_outs` (undefined: the output is not asked about), and its answer differentiated.
std::vector<Tensor> changes_along(Node& node, const std::vector<Tensor>& grad_outs,
                                  const std::vector<Tensor>& directions);
inline std::vector<Tensor> changes_along(const TracedNode& node, const std::vector<Tensor>& directions) {
  return changes_along(*node.node, generic_grad_outs(node), directions);
}

// The derivatives of every op's outputs along one direction of x (a Jacobian times a vector), worked out
// forward from x, a node at a time, as far as it is asked for.
class Tangents {
 public:
  // `direction` has the sizes of the tensor at `place`.
  Tangents(const Trace& trace, const Trace::Place& place, const Tensor& direction);

  // Of each output of the node; undefined: 0. All nodes between x and it must have been asked for before.
  const std::vector<Tensor>& of(size_t node);
  // Of each of the node's inputs; undefined: 0.
  std::vector<Tensor> arriving_at(size_t node) const;

 private:
  const Trace& trace_;
  std::unordered_map<size_t, std::vector<Tensor>> tangents_;
};

}  // namespace frost::inspect
