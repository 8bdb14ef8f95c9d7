// Where NaN and infinite gradients come from. For explain.
#pragma once

#include <frost/inspect/explain.hpp>
#include <frost/inspect/paths.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace frost::inspect {

// The ops that made gradients which are not finite from gradients that are, and whose mark the gradient of
// the place (or of one element of it) bears; the one that ran last first. The trace is complete.
std::vector<Birth> births_behind(const Trace& trace, const Uses& uses, const Trace::Place& place,
                                 std::optional<int64_t> element);

}  // namespace frost::inspect
