// What made a NaN or an infinity, and what would have prevented it, in words. For explain.
#pragma once

#include <frost/inspect/sentences.hpp>

#include <string>
#include <vector>

namespace frost::inspect {

// Sentences about a birth at an op of the trace; `words` has the trace's names.
std::vector<std::string> remedy(const Birth& birth, const Trace& trace, const Sentences& words);

}  // namespace frost::inspect
