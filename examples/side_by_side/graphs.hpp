// The graphs of the two methods, with names.
#pragma once

#include "common/table.hpp"
#include "measure.hpp"

#include <frost/inspect/trace.hpp>

#include <vector>

namespace side_by_side {

// The graph of a method, with every value and the gradients of a pass, each as the stepper met it.
frost::inspect::Trace traced(const Muting& muting, const Model& model, const Batch& batch);

// What is equal in method 1, which has one graph for the batch, and in method 2, which has one for each
// example, what differs, and what exists in one only: of each name three cells, the name, what there is to
// say of its values, and what of its gradients.
std::vector<examples::Cells> compared_by_name(const Muting& whole, const Muting& by_example,
                                              const Model& model, const Batch& batch);

}  // namespace side_by_side
