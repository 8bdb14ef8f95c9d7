// Where commands come from, and how answers look.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace step {

// Lines of commands, one after the other.
class Input {
 public:
  virtual ~Input() = default;
  virtual std::optional<std::string> line(const std::string& prompt) = 0;  // none: there are no more
};

// The words that could stand where the last word of this line stands.
using Completer = std::function<std::vector<std::string>(const std::string& line)>;

// From a person at a terminal: with history and completion where libedit was there at the build.
std::unique_ptr<Input> terminal_input(Completer completer);
// From a file or a pipe, without its blank lines. The prompt and each line are printed too, so that what
// comes out reads as a session.
std::unique_ptr<Input> script_input(std::istream& script);

// Whether answers are coloured: standard output is a terminal that can, and NO_COLOR is not set.
bool has_colours();
// Numbers of nodes, names in quotes, and the states of gradients in colours.
std::string coloured(std::string_view answer);

}  // namespace step
