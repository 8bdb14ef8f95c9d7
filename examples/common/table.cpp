#include "table.hpp"

#include <fmt/format.h>
#include <frost/inspect/columns.hpp>

#include <algorithm>
#include <cmath>

namespace examples {

std::string to_text(const Table& table) {
  std::vector<Cells> lines = table.header;
  lines.insert(lines.end(), table.rows.begin(), table.rows.end());
  std::vector<size_t> widths(lines.front().size(), 0);
  for (const Cells& cells : lines)
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  std::string text;
  for (size_t n = 0; n < lines.size(); ++n) {
    std::string line;
    for (size_t i = 0; i < lines[n].size(); ++i) {
      const std::string gap(widths[i] - width_of(lines[n][i]), ' ');
      if (i > 0) line += ' ';
      line += i == 0 ? lines[n][i] + gap : gap + lines[n][i];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (n + 1 == table.header.size()) {
      size_t total = widths.size() - 1;
      for (const size_t width : widths) total += width;
      text += std::string(total, '-') + "\n";
    }
  }
  return text;
}

size_t width_of(const std::string& text) { return frost::inspect::columns(text); }

std::string wrapped(const std::string& text, size_t width) {
  std::string result, line;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    start = end + 1;
    if (!line.empty() && width_of(line) + 1 + width_of(word) > width) {
      result += line + "\n";
      line = "  ";
      line += word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
  }
  return result + line + "\n";
}

std::string percent(double share) {
  if (std::isnan(share)) return "NaN";
  if (share == 0) return "0%";
  return share < 0.0001 ? "<0.01%" : fmt::format("{:.{}f}%", 100 * share, share < 0.01 ? 2 : 1);
}

std::string small_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (value == 0) return "0";
  return value < 1e-4 ? fmt::format("{:.0e}", value) : fmt::format("{:.2g}", value);
}

std::string bytes(int64_t count) {
  if (count < 10000) return fmt::format("{} B", count);
  if (count < 10'000'000) return fmt::format("{:.0f} kB", static_cast<double>(count) / 1e3);
  return fmt::format("{:.0f} MB", static_cast<double>(count) / 1e6);
}

std::string duration(double seconds) {
  if (seconds < 9.995e-3) return fmt::format("{:.0f} µs", seconds * 1e6);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::string counted(int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace examples
