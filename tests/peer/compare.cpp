// peer_compare: runs two programs and compares what they print, word for word but for rounding.
//
//   peer_compare [--relative R] [--absolute A] [--scaled] FIRST SECOND [arguments for both …]
//
// Two numbers agree within A + R·|number|; whole numbers, written without a point, only where they are equal;
// NaN and infinities only with their like. With --scaled, A is multiplied by the largest number in the line
// (at least 1): for values that come out of long sums of larger ones. A line that holds "!!" is a failure in
// itself. Lines that begin with "== " start a section; each is compared on its own, so that one which is out
// of step leaves the others alone.
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Lines = std::vector<std::string>;

struct Tolerance {
  double relative = 1e-5;
  double absolute = 1e-6;
  bool scaled = false;
};

struct Output {
  std::vector<std::string> order;
  std::map<std::string, Lines> sections;
};

std::string quoted(const std::string& argument) {
  std::string text = "'";
  for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

Output run(const std::string& program, const Lines& arguments) {
  std::string command = quoted(program);
  for (const std::string& argument : arguments) command.append(" ").append(quoted(argument));
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("can't run " + command);
  Output output;
  std::string section = "(before the first section)";
  char* buffer = nullptr;
  size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&buffer, &capacity, pipe)) >= 0) {
    std::string line(buffer, static_cast<size_t>(length));
    if (!line.empty() && line.back() == '\n') line.pop_back();
    if (line.compare(0, 3, "== ") == 0) {
      section = line.substr(3);
      output.order.push_back(section);
      output.sections[section];
    } else {
      if (output.order.empty()) output.order.push_back(section);
      output.sections[section].push_back(line);
    }
  }
  std::free(buffer);
  const int status = pclose(pipe);
  if (status == 0) return output;
  const std::string how = WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                            : "signal " + std::to_string(WTERMSIG(status));
  output.sections[section].push_back("!! " + program + " ended here with " + how);
  return output;
}

// The number that starts at `at`, if one does: the position after it, else null.
const char* number_at(const char* line, const char* at, double& value) {
  if (at > line && (std::isalnum(static_cast<unsigned char>(at[-1])) || at[-1] == '_' || at[-1] == '.'))
    return nullptr;
  const char* first = *at == '-' ? at + 1 : at;
  const bool is_word = std::strncmp(first, "inf", 3) == 0 || std::strncmp(first, "nan", 3) == 0;
  if (is_word ? std::isalnum(static_cast<unsigned char>(first[3])) != 0
              : std::isdigit(static_cast<unsigned char>(*first)) == 0)
    return nullptr;
  char* end;
  value = std::strtod(at, &end);
  return end;
}

double largest_in(const std::string& line) {
  double largest = 1;
  for (const char* at = line.c_str(); *at != 0;) {
    double value;
    const char* end = number_at(line.c_str(), at, value);
    if (end != nullptr && std::isfinite(value)) largest = std::max(largest, std::fabs(value));
    at = end != nullptr ? end : at + 1;
  }
  return largest;
}

bool is_whole(const char* begin, const char* end) {
  return std::all_of(begin, end,
                     [](char c) { return c == '-' || std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

struct Counts {
  size_t lines = 0, numbers = 0, failures = 0;
};

bool agree(const std::string& a, const std::string& b, const Tolerance& tolerance, Counts& counts) {
  const double scale = tolerance.scaled ? std::max(largest_in(a), largest_in(b)) : 1;
  const char *p = a.c_str(), *q = b.c_str();
  while (*p != 0 || *q != 0) {
    double x, y;
    const char* p_end = number_at(a.c_str(), p, x);
    const char* q_end = number_at(b.c_str(), q, y);
    if (p_end == nullptr || q_end == nullptr) {
      if (*p != *q || *p == 0) return false;
      ++p, ++q;
      continue;
    }
    ++counts.numbers;
    if (is_whole(p, p_end) && is_whole(q, q_end)) {
      if (std::string(p, p_end) != std::string(q, q_end)) return false;
    } else if (std::isfinite(x) && std::isfinite(y)) {
      if (std::fabs(x - y) >
          tolerance.absolute * scale + tolerance.relative * std::max(std::fabs(x), std::fabs(y)))
        return false;
    } else if (!(x == y) && !(std::isnan(x) && std::isnan(y))) {
      return false;
    }
    p = p_end;
    q = q_end;
  }
  return true;
}

std::string shortened(const std::string& line) {
  return line.size() <= 400 ? line : line.substr(0, 400) + " …";
}

void compare(const std::string& section, const Lines& a, const Lines& b, const Tolerance& tolerance,
             Counts& counts) {
  size_t shown = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) && shown < 8; ++i) {
    const std::string x = i < a.size() ? a[i] : "!! (no such line)",
                      y = i < b.size() ? b[i] : "!! (no such line)";
    ++counts.lines;
    const bool is_failure = x.find("!!") != std::string::npos || y.find("!!") != std::string::npos;
    if (!is_failure && agree(x, y, tolerance, counts)) continue;
    ++counts.failures;
    ++shown;
    std::cout << section << ", line " << i + 1 << "\n  first:  " << shortened(x)
              << "\n  second: " << shortened(y) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) try {
  Tolerance tolerance;
  Lines words(argv + 1, argv + argc);
  while (!words.empty() && words[0].compare(0, 2, "--") == 0) {
    const size_t taken = words[0] == "--scaled" ? 1 : 2;
    if (words.size() < taken) throw std::runtime_error(words[0] + " needs a number");
    if (words[0] == "--scaled")
      tolerance.scaled = true;
    else if (words[0] == "--relative")
      tolerance.relative = std::stod(words[1]);
    else if (words[0] == "--absolute")
      tolerance.absolute = std::stod(words[1]);
    else
      throw std::runtime_error("there is no option " + words[0]);
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  if (words.size() < 2) throw std::runtime_error("two programs are needed");
  const Lines arguments(words.begin() + 2, words.end());
  const Output a = run(words[0], arguments), b = run(words[1], arguments);
  Counts counts;
  for (const std::string& section : a.order) {
    const auto found = b.sections.find(section);
    compare(section, a.sections.at(section), found == b.sections.end() ? Lines() : found->second, tolerance,
            counts);
  }
  for (const std::string& section : b.order)
    if (a.sections.count(section) == 0) compare(section, {}, b.sections.at(section), tolerance, counts);
  std::cout << counts.lines << " lines and the " << counts.numbers << " numbers in them compared, "
            << counts.failures << " lines differ\n";
  if (counts.lines == 0) std::cout << "nothing was printed\n";
  return counts.failures == 0 && counts.lines > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "peer_compare: " << error.what() << '\n';
  return 2;
}
