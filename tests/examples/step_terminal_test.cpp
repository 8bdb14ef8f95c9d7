// How examples/step reads commands, and colours what it answers.
#include <frost/testing/catch.hpp>

#include "examples/program.hpp"
#include "step/session.hpp"
#include "step/terminal.hpp"
#include "step/words.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

using namespace step;
using Catch::Contains;
using examples::tests::Ran;

namespace {

Ran run(const std::string& arguments) { return examples::tests::run(STEP " " + arguments); }

std::string answer(const std::string& command) { return Session(subjects()[0]).run(command).text; }

}  // namespace

TEST_CASE("step: reads a pipe, and ends as a program does", "[step]") {
  CHECK(examples::tests::run("echo next | " STEP).status == 0);
  CHECK(examples::tests::run("printf 'quit\\nnonsense\\n' | " STEP " 2").status == 0);
  examples::tests::check(examples::tests::run("echo nonsense | " STEP), 1, "there is no command");
  examples::tests::check(run("--script /no/such/file"), 1, "can't open /no/such/file");
  examples::tests::check(run("3"), 2, "3 not in {1,2,both,");
  examples::tests::check(run("--help"), 0, "where after log");
  CHECK(run("both < /dev/null").output.find('\x1b') == std::string::npos);
}

TEST_CASE("step: in a script, blank lines do nothing, and # starts a comment", "[step]") {
  const Ran ran = examples::tests::run("printf 'next\\n\\n  \\r\\n# one step is enough\\nlist\\n' | " STEP);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, Contains("after 1 step:") && !Contains("after 2 steps"));
  CHECK_THAT(ran.output, Contains("(step) # one step is enough\n(step) list\n") && !Contains("(step) \n"));
}

TEST_CASE("step: a comment may stand behind a command, and #5 is none", "[step]") {
  CHECK_THAT(answer("next # one step"), Contains("after 1 step:"));
  CHECK_THAT(answer("break #5# five"), Contains("\"5# five\" is none"));
  CHECK_THAT(answer("break #5 # five"), Contains("breakpoint 1: #5 SoftmaxBackward0"));
  CHECK(without_comment(" a #") == "a");
  CHECK(without_comment("#a") == "");
  CHECK(without_comment("a#b #5") == "a#b #5");
}

TEST_CASE("step: an interrupt at the prompt ends the line, not the session", "[step]") {
  int terminal = 0;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(child >= 0);
  if (child == 0) {
    execl(STEP, STEP, static_cast<char*>(nullptr));
    _exit(127);
  }
  std::string said;  // and not waited for yet
  const auto wait_for = [&](const std::string& text) {
    std::array<char, 4096> buffer;
    while (said.find(text) == std::string::npos) {
      pollfd ready{terminal, POLLIN, 0};
      if (poll(&ready, 1, 10'000) <= 0) return false;
      const ssize_t count = read(terminal, buffer.data(), buffer.size());
      if (count <= 0) return false;
      said.append(buffer.data(), static_cast<size_t>(count));
    }
    said.erase(0, said.find(text) + text.size());
    return true;
  };
  const auto type = [&](const std::string& keys) {
    CHECK(write(terminal, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  };
  CHECK(wait_for("(step) "));
  for (int i = 0; i < 2; ++i) {
    type("next\x03");
    CHECK(wait_for("(step) "));
  }
  type("next\n");
  CHECK(wait_for("after 1 step: "));
  CHECK(wait_for("(step) "));
  type("quit\n");
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  close(terminal);
}

TEST_CASE("coloured: paints what tells gradients apart, and nothing else", "[step]") {
  CHECK(coloured("a plain line\n") == "a plain line\n");
  CHECK(coloured("#12 \"x\": zero") == "\033[36m#12\033[0m \033[1m\"x\"\033[0m: \033[33mzero\033[0m");
  CHECK(coloured("are -inf before") == "are \033[1;31m-inf\033[0m before");
  CHECK(coloured("nano infer \"open") == "nano infer \"open");
}
