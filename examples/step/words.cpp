#include "words.hpp"

#include "common/error.hpp"
#include "common/table.hpp"

#include <fmt/format.h>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>
#include <optional>

namespace step {

using examples::InputError;
using frost::inspect::Stepper;
using frost::inspect::TracedNode;

namespace {

constexpr int64_t kMost = 1'000'000'000;

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// How many letters must be changed, put in or left out to make one of the other.
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

// The name of the line that a node's op stands on: that of the tensor that it was worked out for.
std::string line_of(const Stepper& stepper, size_t node) {
  for (size_t i = node + 1; i-- > 0;) {
    const std::string& name = stepper.trace().nodes()[i].outputs[0].tensor.name;
    if (!name.empty()) return name.substr(0, name.find('['));
  }
  return "";
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string without_comment(std::string_view line) {
  const auto is = [line](size_t i, int (*kind)(int)) {
    return kind(static_cast<unsigned char>(line[i])) != 0;
  };
  for (size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || is(i - 1, std::isspace)) &&
        (i + 1 == line.size() || !is(i + 1, std::isdigit)))
      return trimmed(line.substr(0, i));
  return trimmed(line);
}

std::string padded(std::string text, size_t width) {
  const size_t columns = examples::width_of(text);
  return text.append(columns < width ? width - columns : 0, ' ');
}

int64_t number_of(const std::string& text, const std::string& command) {
  int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0 ||
      value > kMost)
    throw InputError(
        fmt::format("{} takes a whole number, and \"{}\" is none", command, frost::inspect::printable(text)));
  return value;
}

int64_t count_of(const std::string& text, const std::string& command) {
  if (text.empty()) return 1;
  const int64_t count = number_of(text, command);
  if (count == 0) throw InputError(fmt::format("{} takes a number from 1", command));
  return count;
}

void expect_none(const std::string& argument, const std::string& command) {
  if (!argument.empty())
    throw InputError(fmt::format("{} takes nothing after it, and got \"{}\"", command,
                                 frost::inspect::printable(argument)));
}

std::vector<int64_t> index_of(const std::string& text) {
  const auto fail = [&text] {
    throw InputError(
        fmt::format("\"{}\" is no index; one looks like this: [1, 2]", frost::inspect::printable(text)));
  };
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') fail();
  std::vector<int64_t> index;
  const char* at = text.data() + 1;
  const char* const end = text.data() + text.size() - 1;
  while (true) {
    while (at != end && *at == ' ') ++at;
    const auto read = std::from_chars(at, end, index.emplace_back());
    if (read.ec != std::errc()) fail();
    for (at = read.ptr; at != end && *at == ' ';) ++at;
    if (at == end) return index;
    if (*at++ != ',') fail();
  }
}

std::string op_word(const std::string& grad_fn) {
  const std::string name = lowered(frost::inspect::short_name(grad_fn));
  return name.substr(0, name.find("backward"));
}

bool is_op(const std::string& grad_fn, const std::string& word) {
  const std::string asked = lowered(word);
  return lowered(grad_fn) == asked || lowered(frost::inspect::short_name(grad_fn)) == asked ||
         op_word(grad_fn) == asked;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known,
                       const std::string& otherwise) {
  std::vector<std::string> like;
  for (const std::string& other : known)
    if (!word.empty() && (other.starts_with(word) || distance(word, other) <= 1 + word.size() / 4))
      like.push_back(other);
  if (like.empty()) return otherwise;
  std::string text = "; did you mean ";
  for (size_t i = 0; i < like.size(); ++i)
    text += (i == 0 ? "" : i + 1 < like.size() ? ", " : " or ") + like[i];
  return text + "?";
}

std::string graph_text(const Stepper& stepper) {
  std::string text;
  const std::optional<size_t> next = stepper.next_node();
  const std::vector<TracedNode>& nodes = stepper.trace().nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    const TracedNode& node = nodes[i];
    const std::string mark = stepper.node() == &node ? "> " : node.step ? "* " : next == i ? "- " : "  ";
    std::string line = fmt::format("#{} {}", i, frost::inspect::short_name(node.name));
    if (!node.outputs[0].tensor.name.empty())
      line += " \"" + frost::inspect::printable(node.outputs[0].tensor.name) + "\"";
    line += fmt::format(": {}", frost::inspect::to_text(node.outputs[0].gradient.state));
    std::string ends;
    for (const frost::inspect::TracedInput& input : node.inputs) {
      if (!ends.empty()) ends += ", ";
      const bool is_named = input.dropped && !input.dropped->name.empty();
      if (is_named) ends += std::string(frost::inspect::frozen_text(input.unrecorded)) + " ";
      ends += input.node ? "#" + std::to_string(*input.node) : frost::inspect::end_of(stepper.trace(), input);
    }
    text += frost::inspect::wrapped(mark, 6, line + (ends.empty() ? "" : " -> " + ends));
  }
  return text + "> ran last, * ran before, - runs next; -> is where its gradients go\n";
}

std::string program_text(const Program& program, const Stepper& stepper) {
  const std::vector<size_t>& steps = stepper.trace().steps();
  const std::string current = steps.empty() ? "" : line_of(stepper, steps.back());
  std::vector<std::string> done;
  for (const size_t i : steps) done.push_back(line_of(stepper, i));
  std::string text = program.title + "\n";
  for (const Line& line : program.lines) {
    const bool is_done = std::find(done.begin(), done.end(), line.name) != done.end();
    text += (line.name.empty()      ? "    "
             : line.name == current ? "  > "
             : is_done              ? "  * "
                                    : "    ") +
            line.code + "\n";
  }
  return text;
}

}  // namespace step
