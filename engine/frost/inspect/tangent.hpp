// How a change of x spreads forward through the graph, and where it ends. For explain.
#pragma once

#include <frost/inspect/explain.hpp>

#include <optional>
#include <unordered_map>
#include <vector>

namespace frost::inspect {

// The derivatives of every op's outputs along one direction of x (a Jacobian times a vector). A rule g ↦ Jᵀg
// is linear in g, so J v is the gradient of (Jᵀg)·v for g: the rule is asked with any g, and its answer
// differentiated. Worked out forward from x, a node at a time, as far as it is asked for.
class Tangents {
 public:
  // `direction` has the sizes of the tensor at `place`.
  Tangents(const Trace& trace, const Trace::Place& place, const Tensor& direction);

  // Of each output of the node; undefined: 0. All nodes between x and it must have been asked for before.
  const std::vector<Tensor>& of(size_t node);

  // The ops between x and the root that end the direction, or a part of it, and why.
  std::vector<Cut> cuts();

 private:
  std::vector<Tensor> along(const TracedNode& node, size_t input, const Tensor& direction) const;
  Tensor arriving_at(const TracedInput& input) const;
  void find_cuts(size_t node, std::vector<Cut>& cuts);
  bool is_same(const Cut& a, const Cut& b) const;
  bool is_structural(const Cut& cut, const Tensor& answer) const;

  const Trace& trace_;
  Trace::Place place_;
  std::unordered_map<size_t, std::vector<Tensor>> tangents_;
};

// Numbers of which no product or sum is 0 by chance: a gradient that tells what flows from what does not.
Tensor generic(IntArrayRef sizes, Dtype dtype);

}  // namespace frost::inspect
