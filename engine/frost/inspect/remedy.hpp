// What made a NaN or an infinity, and what would have prevented it, in words. For explain.
#pragma once

#include <frost/inspect/explain.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace frost::inspect {

// Sentences. `origin` and `muted_by` stand for those ops of the birth, "#2 ExpBackward0", and `name` is the
// name of the origin's node.
std::vector<std::string> remedy(const Birth& birth, const std::string& origin, std::string_view name,
                                const std::string& muted_by);

}  // namespace frost::inspect
