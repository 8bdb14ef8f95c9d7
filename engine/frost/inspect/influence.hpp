// Whether x could reach the root, were the leaves' values others. For explain.
#pragma once

#include <frost/inspect/explain.hpp>
#include <frost/inspect/paths.hpp>

#include <vector>

namespace frost::inspect {

struct Influence {
  bool reaches_root;
  std::vector<Cut> chances;  // where part of it comes to nothing, but at these values alone
};

// Of the elements of the place at which `direction` is not 0. What is not known to be 0 whatever the leaves
// hold may be a number: a matrix may hold other zeros, a choice fall on others. It errs on that side.
Influence influence_of(const Trace& trace, const Uses& uses, const Trace::Place& place,
                       const Tensor& direction);

}  // namespace frost::inspect
