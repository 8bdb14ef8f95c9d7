#include "terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <iostream>
#include <utility>

#ifdef STEP_HAS_LIBEDIT
#include <editline/readline.h>
#endif

namespace step {

namespace {

volatile std::sig_atomic_t is_interrupted = 0;

// While it lives, an interrupt (Ctrl-C) ends the line that is being read, and not the program.
class InterruptsLine {
 public:
  InterruptsLine() {
    is_interrupted = 0;
    struct sigaction mine {};
    mine.sa_handler = [](int) { is_interrupted = 1; };  // without SA_RESTART: read() returns
    sigaction(SIGINT, &mine, &before_);
  }
  ~InterruptsLine() { sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

#ifdef STEP_HAS_LIBEDIT

// A character from the terminal, and the end of the line where an interrupt came instead.
int read_character(FILE* in) {
  std::mbstate_t state{};
  wchar_t character = 0;
  for (char byte = 0; is_interrupted == 0 && read(fileno(in), &byte, 1) == 1;) {
    const size_t used = std::mbrtowc(&character, &byte, 1, &state);
    if (used == static_cast<size_t>(-1)) return static_cast<unsigned char>(byte);
    if (used != static_cast<size_t>(-2)) return static_cast<int>(character);
  }
  return -1;
}

// readline's completion is a plain function without an argument of its own.
Completer& completer_in_use() {
  static Completer completer;
  return completer;
}

char* copy_of(const std::string& text) { return strdup(text.c_str()); }

char** complete(const char*, int, int) {
  // What readline wants: what all words have in common, then the words, then null, all of them to be freed.
  rl_attempted_completion_over = 1;
  const std::string line = std::string(rl_line_buffer).substr(0, static_cast<size_t>(rl_point));
  const std::vector<std::string> words = completer_in_use()(line);
  if (words.empty()) return nullptr;
  std::string common = words[0];
  for (const std::string& word : words)
    common.resize(static_cast<size_t>(
        std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first - common.begin()));
  auto** const matches = static_cast<char**>(std::calloc(words.size() + 2, sizeof(char*)));
  matches[0] = copy_of(common);
  for (size_t i = 0; i < words.size(); ++i) matches[i + 1] = copy_of(words[i]);
  return matches;
}

class EditedInput final : public Input {
 public:
  explicit EditedInput(Completer completer) {
    completer_in_use() = std::move(completer);
    rl_readline_name = "step";
    rl_attempted_completion_function = complete;
    static char breaks[] = " \t";
    rl_completer_word_break_characters = breaks;
    rl_catch_signals = 0;
    rl_getc_function = read_character;
    using_history();
  }

  std::optional<std::string> line(const std::string& prompt) override {
    const InterruptsLine guard;
    const std::unique_ptr<char, decltype(&std::free)> read(readline(prompt.c_str()), &std::free);
    if (read == nullptr) {
      std::cout << "\n" << std::flush;
      if (is_interrupted != 0) return this->line(prompt);
      return std::nullopt;
    }
    if (read.get()[0] != '\0') add_history(read.get());
    return std::string(read.get());
  }
};

#endif

class PlainInput final : public Input {
 public:
  std::optional<std::string> line(const std::string& prompt) override {
    const InterruptsLine guard;
    std::cout << prompt << std::flush;
    std::string line;
    if (std::getline(std::cin, line)) return line;
    std::cout << "\n";
    if (is_interrupted == 0) return std::nullopt;
    std::cin.clear();
    return this->line(prompt);
  }
};

class ScriptInput final : public Input {
 public:
  explicit ScriptInput(std::istream& script) : script_(script) {}

  std::optional<std::string> line(const std::string& prompt) override {
    for (std::string line; std::getline(script_, line);) {
      line.erase(line.find_last_not_of(" \t\r") + 1);
      if (line.empty()) continue;
      std::cout << prompt << line << "\n";
      return line;
    }
    return std::nullopt;
  }

 private:
  std::istream& script_;
};

constexpr std::string_view kPlain = "\033[0m", kNumber = "\033[36m", kName = "\033[1m";

std::string_view colour_of(std::string_view word) {
  if (word == "nan" || word == "inf" || word == "-inf") return "\033[1;31m";
  if (word == "zero") return "\033[33m";
  if (word == "absent") return "\033[34m";
  if (word == "pending") return "\033[2m";
  if (word == "equal") return "\033[32m";
  if (word == "different") return "\033[35m";
  return "";
}

}  // namespace

std::unique_ptr<Input> terminal_input(Completer completer) {
#ifdef STEP_HAS_LIBEDIT
  if (isatty(STDIN_FILENO) != 0) return std::make_unique<EditedInput>(std::move(completer));
#else
  (void)completer;
#endif
  return std::make_unique<PlainInput>();
}

std::unique_ptr<Input> script_input(std::istream& script) { return std::make_unique<ScriptInput>(script); }

bool has_colours() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

std::string coloured(std::string_view answer) {
  std::string text;
  const auto paint = [&text](std::string_view colour, std::string_view words) {
    text.append(colour).append(words).append(kPlain);
  };
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const auto taken = [&answer](size_t from, const auto& fits) {
    while (from < answer.size() && fits(answer[from])) ++from;
    return from;
  };
  for (size_t i = 0; i < answer.size();) {
    if (answer[i] == '#') {
      const size_t end = taken(i + 1, is_digit);
      paint(kNumber, answer.substr(i, end - i));
      i = end;
    } else if (answer[i] == '"') {
      const size_t end = answer.find('"', i + 1);
      if (end == std::string_view::npos) return text.append(answer.substr(i));
      paint(kName, answer.substr(i, end + 1 - i));
      i = end + 1;
    } else if (is_letter(answer[i]) || answer.substr(i).starts_with("-inf")) {
      const size_t end = taken(i + 1, is_letter);
      const std::string_view word = answer.substr(i, end - i), colour = colour_of(word);
      if (colour.empty())
        text.append(word);
      else
        paint(colour, word);
      i = end;
    } else {
      text += answer[i++];
    }
  }
  return text;
}

}  // namespace step
