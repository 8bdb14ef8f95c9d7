// Text for a terminal: tables, wrapped lines, and numbers as people read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace examples {

using Cells = std::vector<std::string>;

// The first column stands to the left, the others to the right.
struct Table {
  std::vector<Cells> header;  // one or more lines
  std::vector<Cells> rows;    // each as long as a line of the header
};

// With a rule under the header. Each line ends in \n.
std::string to_text(const Table& table);

// The columns that it takes on a terminal: two for a wide character.
size_t width_of(const std::string& text);

// Breaks `text` at spaces into lines of at most `width` characters; those after the first start with two
// spaces.
std::string wrapped(const std::string& text, size_t width = 78);

std::string percent(double share);                                      // 0.686 → 68.6%, and 0% for 0 alone
std::string small_number(double value);                                 // 0.00096
std::string bytes(int64_t count);                                       // 98 kB
std::string duration(double seconds);                                   // 41 µs, 12 ms, 31 s, 2 min 5 s
std::string counted(int64_t count, const char* one, const char* many);  // 1 epoch, 3 epochs

}  // namespace examples
