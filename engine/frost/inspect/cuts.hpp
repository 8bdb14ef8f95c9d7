// Where what the zeros among a gradient could have come along ends. For explain.
#pragma once

#include <frost/inspect/explain.hpp>
#include <frost/inspect/paths.hpp>
#include <frost/inspect/tangent.hpp>

#include <vector>

namespace frost::inspect {

// The elements of the node's inputs that change along these directions (undefined: not at all), and from
// which nothing comes: by input and by cause. `node` is an index.
std::vector<Cut> cut_elements(const Trace& trace, size_t node, const std::vector<Tensor>& directions);

// The ops between the place and the root that end the direction in which `tangents` goes, or a part of it,
// and why; the one next to the place first.
std::vector<Cut> cuts_behind(const Trace& trace, const Uses& uses, Tangents& tangents,
                             const Trace::Place& place);

}  // namespace frost::inspect
