#include "session.hpp"

#include "common/error.hpp"
#include "common/table.hpp"
#include "words.hpp"

#include <fmt/format.h>
#include <frost/inspect/recording.hpp>
#include <frost/inspect/text.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>

namespace step {

using examples::InputError;
using frost::inspect::Stepper;
using frost::inspect::wrapped;

Session::Session(const Subject& subject) : subject_(subject) {
  {
    const frost::inspect::Recording recording;
    programs_ = subject.make();
    outputs_ = recording.outputs();
  }
  if (programs_.size() == 2)
    twin_ = std::make_unique<frost::inspect::Twin>(programs_[0].loss, programs_[1].loss,
                                                   frost::inspect::Trace::Options{.outputs = outputs_});
  else
    stepper_ = std::make_unique<Stepper>(programs_[0].loss);
}

const Stepper& Session::stepper(size_t program) const {
  if (!is_twin()) return *stepper_;
  return program == 0 ? twin_->first() : twin_->second();
}

std::string Session::greeting() const {
  std::string text;
  for (const Program& program : programs_) text += (text.empty() ? "" : ", and ") + program.title;
  return text + "\n" + examples::wrapped(subject_.story) + "help says what there is to do.\n";
}

Answer Session::run(const std::string& line) {
  const std::string words = without_comment(line);
  if (words.empty()) return {};
  const size_t space = words.find_first_of(" \t");
  const std::string name = words.substr(0, space);
  const std::string argument = space == std::string::npos ? "" : trimmed(words.substr(space));
  try {
    const Command& command = command_of(name);
    last_ = words;
    std::string text = (this->*command.run)(argument);
    return {std::move(text), false, is_over_};
  } catch (const InputError& error) {
    return {wrapped("", 2, error.what()), true, false};
  } catch (const frost::Error& error) {
    return {wrapped("", 2, error.what()), true, false};
  }
}

// ---- the commands ----

const std::vector<Session::Command>& Session::commands() {
  static const std::vector<Command> all = {
      {"next", "[N]", "one step of backward, or N",
       "Runs the next node, or N. With two methods, goes to the next name in both.", &Session::next},
      {"back", "[N]", "one step back, or N",
       "Takes steps back. What was worked out is shown again, not worked out anew.", &Session::back},
      {"continue", "", "on to the next breakpoint, or to the end", "Goes on until a breakpoint fits.",
       &Session::go_on},
      {"break", "[NAME | NAME[I, J] | OP | #N | nan | diff | off [N]]", "where continue is to stop",
       "Sets a breakpoint: where the gradient of a tensor is known; where that of one of its elements is "
       "known, if it is not 0; at an op, such as softmax; at node N; at a NaN or an infinity; with two "
       "methods, in either of them, or with diff where their values or gradients differ. Alone, it lists the "
       "breakpoints; off removes them.",
       &Session::set_break},
      {"print", "[NAME | NAME[I, J] | #N]", "a tensor and its gradient; alone, all names",
       "Shows a tensor, or what node N made: its values, and its gradient until now; with an index, a part "
       "or "
       "an element of it. Alone, it lists all names.",
       &Session::print},
      {"graph", "[long | dot FILE]", "the nodes in the order in which they run",
       "Shows the nodes; long, with rules, values and gradients; dot writes a picture for Graphviz.",
       &Session::graph},
      {"explain", "NAME | NAME[I, J] | #N", "why a gradient is what it is",
       "Says why a gradient is absent, or what makes it 0, or along which paths it comes and how much along "
       "each, or where a NaN was born and what would have prevented it. It looks at the whole pass, wherever "
       "the session stands.",
       &Session::explain},
      {"twin", "[NAME]", "both sides of a name, of two methods",
       "With two methods: shows the name that was just reached, or NAME, in both.", &Session::twin},
      {"diff", "", "what is equal and what differs, of two methods",
       "With two methods: what is equal until now, what differs, and what exists in one only.",
       &Session::diff},
      {"list", "", "the program, and how far backward has come",
       "Lists the program. > stands at the line whose backward ran last, * at those where it ran before.",
       &Session::list},
      {"help", "[COMMAND]", "the commands; with one, more of it", "Lists the commands, or says more of one.",
       &Session::help},
      {"quit", "", "ends the session", "Ends the session. So does the end of the input.", &Session::quit},
  };
  return all;
}

const Session::Command& Session::command_of(const std::string& word) {
  std::vector<const Command*> fitting;
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.emplace_back(command.name);
    if (command.name == word) return command;
    if (command.name.starts_with(word)) fitting.push_back(&command);
  }
  // As in gdb, b is break, and d no command that could be meant instead.
  if (word == "b")
    return **std::find_if(fitting.begin(), fitting.end(),
                          [](const Command* c) { return c->name == "break"; });
  if (fitting.size() == 1) return *fitting[0];
  throw InputError(fmt::format("there is no command \"{}\"{}", frost::inspect::printable(word),
                               suggestion(word, names, "; help lists them")));
}

bool Session::step_on() {
  for (size_t p = 0; p < programs_.size(); ++p) before_[p] = stepper(p).position();
  return is_twin() ? twin_->next() : stepper_->next();
}
bool Session::step_back() { return is_twin() ? twin_->back() : stepper_->back(); }

std::string Session::stop() const {
  if (!is_twin()) return frost::inspect::to_text(*stepper_);
  std::string text = frost::inspect::to_text(*twin_);
  if (twin_->position() == twin_->stops().size()) text += "the passes are over; diff sums them up\n";
  return text;
}

std::string Session::next(const std::string& count) {
  const int64_t steps = count_of(count, "next");
  for (int64_t i = 0; i < steps; ++i)
    if (!step_on()) return i == 0 ? "the pass is over; back goes back\n" : stop();
  return stop();
}

std::string Session::back(const std::string& count) {
  const int64_t steps = count_of(count, "back");
  for (int64_t i = 0; i < steps; ++i)
    if (!step_back()) return i == 0 ? "at the start: there is no step to take back\n" : stop();
  return stop();
}

std::string Session::go_on(const std::string& argument) {
  expect_none(argument, "continue");
  bool has_moved = false;
  while (step_on()) {
    has_moved = true;
    Breakpoint* hit = nullptr;
    for (Breakpoint& breakpoint : breakpoints_)
      if (fits(breakpoint)) {
        breakpoint.was_hit = true;
        if (hit == nullptr) hit = &breakpoint;
      }
    if (hit != nullptr) return stop_at(*hit);
  }
  return (has_moved ? stop() : "the pass is over; back goes back\n") + not_hit();
}

std::string Session::help(const std::string& command) {
  std::string text;
  if (!command.empty()) {
    const Command& one = command_of(command);
    text = fmt::format("{}{}{}\n", one.name, one.arguments.empty() ? "" : " ", one.arguments);
    return text + wrapped("  ", 2, one.help);
  }
  for (const Command& one : commands())
    text += "  " + padded(std::string(one.name), 10) + std::string(one.brief) + "\n";
  return text +
         "help COMMAND says more. The start of a command is enough (b is break). At a\n"
         "terminal, an empty line repeats the last command. # starts a comment.\n";
}

std::string Session::quit(const std::string& argument) {
  expect_none(argument, "quit");
  is_over_ = true;
  return "";
}

std::vector<std::string> Session::completions(const std::string& line) const {
  const size_t space = line.find_last_of(" \t");
  const std::string start = space == std::string::npos ? line : line.substr(space + 1);
  std::string command = trimmed(line).substr(0, trimmed(line).find_first_of(" \t"));
  try {
    command = command_of(command).name;
  } catch (const InputError&) {
    // No such command, or not known yet which.
  }
  std::vector<std::string> all;
  const auto add = [&all](const std::vector<std::string>& words) {
    all.insert(all.end(), words.begin(), words.end());
  };
  if (space == std::string::npos || command == "help")
    for (const Command& one : commands()) all.emplace_back(one.name);
  else if (command == "graph")
    add({"long", "dot"});
  else
    add(names());
  if (space != std::string::npos && command == "break") {
    add(ops());
    add({"nan", "off"});
    if (is_twin()) add({"diff"});
  }
  std::erase_if(all, [&start](const std::string& word) { return !word.starts_with(start); });
  return all;
}

}  // namespace step
