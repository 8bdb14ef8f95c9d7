// What made a NaN or an infinity, and what would have prevented it, in words. For explain.
#pragma once

#include <frost/inspect/explain.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace frost::inspect {

// Sentences. `origin` stands for the op whose output was it first, "#2 ExpBackward0", and `name` is the name
// of its node.
std::vector<std::string> remedy(Birth::Cause cause, const std::string& origin, std::string_view name);

}  // namespace frost::inspect
