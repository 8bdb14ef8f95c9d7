// The page: both methods' graphs to step through, the batch with its attention, and the tables.
#pragma once

#include "measure.hpp"
#include "report.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace side_by_side {

// Sequences beyond which a page is not written: method 2 has a graph for each, through all of which one
// steps.
constexpr size_t kLargestPage = 256;

// The page of --html. `batch` is made of the first of `sequences`, and `report` is about it. An error where
// frost was built without its page.
std::string to_html(const Report& report, const Model& model, const Batch& batch,
                    const std::vector<std::vector<std::string>>& sequences);

}  // namespace side_by_side
