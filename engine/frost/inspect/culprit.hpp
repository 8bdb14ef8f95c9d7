// The values that made a gradient NaN or infinite, where the tape holds them. For explain.
#pragma once

#include <frost/inspect/explain.hpp>

#include <optional>

namespace frost::inspect {

// Of a birth whose node, cause and origin are known. `answer` is what the rule of its node made of gradients
// that are finite, recorded: the values that it depends on are in the graph behind it.
std::optional<Birth::Culprit> culprit_of(const Trace& trace, const Birth& birth, const Tensor& answer);

}  // namespace frost::inspect
