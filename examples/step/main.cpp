// A gradient debugger for the terminal: steps through a backward pass, forwards and back.
#include "common/cli.hpp"
#include "common/error.hpp"
#include "session.hpp"
#include "terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>

namespace step {

namespace {

const Subject& subject_called(const std::string& name) {
  const std::vector<Subject>& all = subjects();
  return *std::find_if(all.begin(), all.end(), [&name](const Subject& one) { return one.name == name; });
}

int converse(Session& session, Input& input, bool is_script) {
  const bool is_coloured = has_colours();
  const auto say = [is_coloured](const std::string& text) {
    std::cout << (is_coloured ? coloured(text) : text) << std::flush;
  };
  say(session.greeting());
  bool has_failed = false;
  while (const std::optional<std::string> line = input.line("(step) ")) {
    const Answer answer = line->empty() && !is_script ? session.repeat() : session.run(*line);
    say(answer.text);
    has_failed = has_failed || answer.is_error;
    if (answer.is_end) break;
  }
  return is_script && has_failed ? examples::kInputError : 0;
}

int debug(const std::string& subject, const std::string& script) {
  Session session(subject_called(subject));
  if (!script.empty() && script != "-") {
    std::ifstream file(script);
    if (!file) throw examples::InputError("can't open " + script);
    return converse(session, *script_input(file), /*is_script=*/true);
  }
  if (script == "-" || isatty(STDIN_FILENO) == 0)
    return converse(session, *script_input(std::cin), /*is_script=*/true);
  return converse(session,
                  *terminal_input([&session](const std::string& line) { return session.completions(line); }),
                  /*is_script=*/false);
}

int main(int argc, char** argv) {
  std::string subject = "1", script;
  std::vector<std::string> names;
  std::string list = "What it can be started on:\n";
  for (const Subject& one : subjects()) {
    names.push_back(one.name);
    list += fmt::format("  {:<11}{}\n", one.name, one.summary);
  }
  CLI::App app{
      "A debugger for gradients: steps through a backward pass, forwards and back, and says why each\n"
      "gradient is absent, zero, a number or NaN. Its command help says what there is to do.",
      "step"};
  app.add_option("on", subject, "what to step through; see below")
      ->check(CLI::IsMember(names))
      ->option_text("1|2|both|LESSON");
  app.add_option("--script", script,
                 "read the commands from FILE, where # starts a comment; - is standard input")
      ->type_name("FILE");
  app.footer(
      list +
      "\nColours are for terminals; NO_COLOR=1 turns them off.\n\n"
      "Exit status: 0; 1 where a command of a script or of a pipe can't be done; 2 for wrong options.");
  return examples::run_program(app, argc, argv, [&subject, &script] { return debug(subject, script); });
}

}  // namespace

}  // namespace step

int main(int argc, char** argv) { return step::main(argc, argv); }
