// The ways a gradient took, and what came along each. For explain.
#pragma once

#include <frost/inspect/explain.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace frost::inspect {

// An input of a node: where a gradient leaves it.
struct Use {
  size_t node;
  size_t input;
};

// Which nodes use each output, by node and output_nr.
class Uses {
 public:
  explicit Uses(const Trace& trace);
  const std::vector<Use>& of(const Trace::Place& place) const { return uses_[place.node][place.output_nr]; }

 private:
  std::vector<std::vector<std::vector<Use>>> uses_;
};

// Runs a pass through the trace, of which none was taken, asking each rule, without hooks or changes to any
// leaf. The roots have one element each.
void run_quietly(Trace& trace);

// The paths of a complete trace to the place: each use of it begins one, and they fork as long as there are
// at most `limit`, and are followed for 65536 steps in all; fractions are not worked out yet. The
// rules are linear in the gradients that come in, so each path's share is the root's gradient passed along it
// alone.
std::vector<Path> paths_to(const Trace& trace, const Uses& uses, const Trace::Place& place, size_t limit);

}  // namespace frost::inspect
