// How large the graph behind some tensors is.
#pragma once

#include <frost/tape.hpp>

#include <cstdint>

namespace frost::inspect {

struct GraphSize {
  int64_t nodes = 0;   // recorded ops
  int64_t leaves = 0;  // trainable leaves that the graph leads to
  int64_t edges = 0;   // ways for a gradient to flow, those to leaves among them
  // What the graph keeps in memory: the nodes with their handles on saved tensors, and the memory of those.
  // Memory that several nodes save counts once; that of the trainable leaves, which would be there anyway,
  // does not count. Lists that a rule captures, such as the lengths of what was concatenated, are left out.
  int64_t node_bytes = 0;
  int64_t saved_bytes = 0;

  int64_t bytes() const { return node_bytes + saved_bytes; }
};

GraphSize graph_size(TensorList roots);

}  // namespace frost::inspect
