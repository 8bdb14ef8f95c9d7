// A debugging session: one command in, one answer out.
#pragma once

#include "programs.hpp"

#include <frost/inspect/stepper.hpp>
#include <frost/inspect/twin.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace step {

struct Answer {
  std::string text;
  bool is_error = false;  // the command was not understood, or could not be done
  bool is_end = false;    // the session is over
};

class Session {
 public:
  explicit Session(const Subject& subject);

  std::string greeting() const;
  // Nothing is done for an empty line, or one that starts with #: a comment.
  Answer run(const std::string& line);
  // Runs the last command again: what an empty line means to a person at a terminal.
  Answer repeat() { return run(last_); }
  // The words that can stand where the last word of this line stands.
  std::vector<std::string> completions(const std::string& line) const;

 private:
  // "scores[1, 2]": a name, and the index of an element of it; or "#5", what a node made.
  struct Asked {
    const frost::Tensor* tensor;
    std::optional<std::vector<int64_t>> index;
    size_t program;
    std::string name;  // the tensor's own, or "#5"
  };
  // A tensor of a program, or an element of it; or a node.
  struct Target {
    size_t program;
    frost::inspect::Trace::Place place;
    int64_t element = 0;
  };
  struct Breakpoint {
    enum class Kind { target, element, op, nonfinite, stop, difference };
    size_t number;
    Kind kind;
    std::string text;  // what it is at
    std::string name = "";
    std::vector<Target> targets = {};
    bool was_hit = false;
  };
  // A node that a step ran.
  struct Hit {
    size_t program, node;
  };
  struct Command {
    std::string_view name, arguments, brief, help;
    std::string (Session::*run)(const std::string& argument);
  };
  static const std::vector<Command>& commands();
  static const Command& command_of(const std::string& word);

  std::string next(const std::string& count);
  std::string back(const std::string& count);
  std::string go_on(const std::string& argument);
  std::string set_break(const std::string& what);
  std::string print(const std::string& what);
  std::string graph(const std::string& how);
  std::string explain(const std::string& what);
  std::string twin(const std::string& name);
  std::string diff(const std::string& argument);
  std::string list(const std::string& argument);
  std::string help(const std::string& command);
  std::string quit(const std::string& argument);

  bool is_twin() const { return twin_ != nullptr; }
  const frost::inspect::Stepper& stepper(size_t program = 0) const;
  bool step_on();
  bool step_back();
  std::string stop() const;
  std::vector<Asked> asked(const std::string& text) const;
  std::string of_each(const std::vector<Asked>& asked,
                      const std::function<std::string(const Asked&)>& tell) const;
  std::vector<Asked> asked_by_number(const std::string& text) const;
  std::optional<std::string> missing_text(const Asked& asked) const;
  std::vector<std::string> names() const;
  Breakpoint breakpoint(const std::string& what) const;
  Breakpoint breakpoint_at_node(const std::string& number) const;
  Breakpoint breakpoint_at_tensor(const std::string& what) const;
  bool fits(const Breakpoint& breakpoint) const;
  bool fits(const Breakpoint& breakpoint, size_t program, size_t node) const;
  std::vector<Hit> hits(const Breakpoint& breakpoint) const;
  std::string stop_at(const Breakpoint& breakpoint) const;
  std::string not_hit() const;
  std::vector<std::string> ops() const;
  std::string printed(const Asked& asked) const;
  std::string printed_names(size_t program) const;

  const Subject& subject_;
  std::vector<frost::Tensor> outputs_;  // of all ops of the programs
  std::vector<Program> programs_;
  std::unique_ptr<frost::inspect::Stepper> stepper_;  // of one program …
  std::unique_ptr<frost::inspect::Twin> twin_;        // … or of two
  std::vector<Breakpoint> breakpoints_;
  size_t next_breakpoint_ = 1;
  size_t before_[2] = {};  // how far the programs were before the last step forward
  std::string last_ = "help";
  bool is_over_ = false;
};

}  // namespace step
