// What was measured, as tables and sentences for a terminal, and as JSON.
#pragma once

#include "common/table.hpp"
#include "measure.hpp"

#include <string>
#include <vector>

namespace side_by_side {

struct GrowthRow {
  int64_t batch_size = 0;
  bool is_measured = true;  // false: the padded batch would be too large
  Cost masked, frozen;
  double lowest_ratio = 0, highest_ratio = 0;  // of the time of a step, frozen over masked, as measured
};

struct Report {
  std::string input;
  std::string token_kind;  // "words", "chars"
  uint64_t seed = 0;
  int threads = 1;
  size_t empty_lines = 0, sequences_in_input = 0, batch_asked_for = 0;
  int64_t features = 0;       // of the model
  int64_t largest_batch = 0;  // padded positions beyond which a batch is not measured
  int64_t batch_size = 0, longest = 0, shortest = 0, real_tokens = 0, positions = 0, vocabulary = 0;
  std::vector<Measured> rows;
  std::vector<GrowthRow> growth;
};

// At most 80 columns wide.
std::string to_text(const Report& report);
std::string to_json(const Report& report);

// The parts that a page shows, too: the ways of muting with what was measured of each; in a sentence what
// they were tried on; what the columns mean; and what is to be said of the costs of larger batches, "" if
// nothing.
examples::Table method_table(const Report& report);
std::string description(const Report& report);
std::vector<std::string> legend(const Report& report);
std::string growth_note(const Report& report);

// What the tables show, in sentences. Each is chosen by, and filled with, the numbers of this report.
std::vector<std::string> conclusions(const Report& report);

}  // namespace side_by_side
