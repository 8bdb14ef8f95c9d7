#include <frost/testing/catch.hpp>

#include <frost/engine.hpp>

#include "common/table.hpp"
#include "examples/program.hpp"
#include "step/session.hpp"
#include "step/terminal.hpp"
#include "step/words.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace step;
using Catch::Contains;
using examples::tests::Ran;
using examples::tests::TemporaryFile;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

const Subject& subject(const std::string& name) {
  const std::vector<Subject>& all = subjects();
  return *std::find_if(all.begin(), all.end(), [&name](const Subject& one) { return one.name == name; });
}

// What a session answers to its last command.
Answer answer(const std::string& name, const std::vector<std::string>& commands) {
  Session session(subject(name));
  Answer last;
  for (const std::string& command : commands) last = session.run(command);
  return last;
}

Ran run(const std::string& arguments) { return examples::tests::run(STEP " " + arguments); }

}  // namespace

// A stored session holds the commands, behind their prompts, and all that was printed.
TEST_CASE("step: sessions print what is stored beside this test", "[step]") {
  size_t sessions = 0;
  for (const auto& entry : std::filesystem::directory_iterator(STEP_SESSIONS)) {
    std::ifstream file(entry.path());
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    std::string script;
    for (const std::string& line : lines_of(expected))
      if (line.starts_with("(step) ")) script += line.substr(7) + "\n";
    const TemporaryFile commands(script);
    const Ran ran = run(entry.path().stem().string() + " --script " + commands.path());
    INFO(entry.path());
    CHECK(ran.output == expected);
    for (const std::string& line : lines_of(expected)) {
      INFO(line);
      CHECK(examples::width_of(line) <= 80);
    }
    ++sessions;
  }
  CHECK(sessions == subjects().size());
}

TEST_CASE("step: as much of a command as tells it from others is enough", "[step]") {
  Session session(subject("1"));
  CHECK_THAT(session.run("n").text, Contains("after 1 step: #0"));
  CHECK_THAT(session.run("ne 2").text, Contains("after 3 steps"));
  CHECK_THAT(session.repeat().text, Contains("after 5 steps"));  // the last one again
  CHECK_THAT(session.run("ba").text, Contains("after 4 steps"));
  CHECK_THAT(session.run("b softmax").text, Contains("breakpoint 1: each SoftmaxBackward0"));
  CHECK_FALSE(session.run("  q ").is_error);
}

TEST_CASE("step: says what it does not understand, and what may have been meant", "[step]") {
  const auto error = [](const std::string& command, const std::string& name = "1") {
    const Answer last = answer(name, {command});
    CHECK(last.is_error);
    return examples::tests::unwrapped(last.text);
  };
  CHECK_THAT(error("nxt"), Contains("there is no command \"nxt\"; did you mean next?"));
  CHECK_THAT(error("xyzzy"), Contains("there is no command \"xyzzy\"; help lists them"));
  CHECK_THAT(error("ba\x1b[31m"), Contains("\\x1b[31m"));
  CHECK_THAT(error("print wieghts"), Contains("no tensor is called \"wieghts\"; did you mean weights?"));
  CHECK_THAT(error("print scores[3, 0]"), Contains("out of bounds"));
  CHECK_THAT(error("print scores[1"), Contains("\"[1\" is no index"));
  CHECK_THAT(error("print scores[99999999999999999999]"), Contains("is no index"));
  CHECK_THAT(error("next -1"), Contains("next takes a whole number, and \"-1\" is none"));
  CHECK_THAT(error("next 0"), Contains("from 1"));
  CHECK_THAT(error("break #99"), Contains("there is no node #99"));
  CHECK_THAT(error("break tokens"), Contains("no gradient flows to tokens: explain tokens says why"));
  CHECK_THAT(error("break off 7"), Contains("there is no breakpoint 7"));
  CHECK_THAT(error("break diff"), Contains("step both"));
  CHECK_THAT(error("twin"), Contains("step both"));
  CHECK_THAT(error("diff"), Contains("step both"));
  CHECK_THAT(error("explain"), Contains("explain what?"));
  CHECK_THAT(error("list 3"), Contains("list takes nothing after it"));
  CHECK_THAT(error("graph dot /no/such/folder/x.dot"), Contains("/no/such/folder"));
  CHECK_THAT(error("twin wieghts", "both"), Contains("did you mean weights?"));
  CHECK_THAT(error("break #1", "both"), Contains("with two methods #N may mean either"));
  CHECK_THAT(error("break scores[9, 9]", "both"), Contains("out of bounds"));
  CHECK_THAT(error("break no\x1b[31m", "both"), Contains("\\x1b[31m"));
  CHECK_THAT(error("twin no\x1b[31m", "both"), Contains("\\x1b[31m"));
}

TEST_CASE("step: stops where a breakpoint says", "[step]") {
  const auto stop = [](const std::string& name, const std::string& breakpoint) {
    return answer(name, {"break " + breakpoint, "continue"}).text;
  };
  CHECK_THAT(stop("1", "weights"),
             Contains("breakpoint 1: the gradient of weights") && Contains("SoftmaxBackward0"));
  CHECK_THAT(stop("1", "#2"), Contains("after 3 steps: #2"));
  CHECK_THAT(stop("1", "scores[1, 1]"), Contains("MaskedFillBackward0"));
  CHECK_THAT(stop("1", "scores[1, 2]"), Contains("the pass is over"));  // padding: nothing ever touches it
  CHECK_THAT(stop("where", "nan"), Contains("LogBackward0") && Contains("nan"));
  CHECK_THAT(stop("both", "weights"), Contains("\"weights\" after"));
  CHECK_THAT(answer("1", {"break softmax", "break off", "break"}).text, Contains("no breakpoints"));
  // Of several parts, at each.
  CHECK_THAT(answer("2", {"break scores", "continue"}).text, Contains("#8 MvBackward0"));
  CHECK_THAT(answer("2", {"break scores", "continue", "continue"}).text, Contains("#14 MvBackward0"));
}

TEST_CASE("step: stops in either of two methods", "[step]") {
  const auto stop = [](const std::string& breakpoint) {
    return answer("both", {"break " + breakpoint, "continue"}).text;
  };
  CHECK_THAT(stop("softmax"), Contains("breakpoint 1: each SoftmaxBackward0"));
  CHECK_THAT(stop("scores[1, 1]"), Contains("breakpoint 1: a gradient other than 0 at scores[1, 1]"));
  CHECK_THAT(stop("scores[1, 2]"), Contains("the passes are over"));  // padding, of method 1 alone
  CHECK_THAT(stop("scores[1]"), Contains("breakpoint 1: the gradient of scores[1]"));
  CHECK_THAT(stop("nan"), Contains("the passes are over"));
  CHECK_THAT(answer("both", {"break query[0]", "continue"}).text, Contains("breakpoint 1"));
}

TEST_CASE("step: an element of one output is not taken for that of another", "[step]") {
  using namespace frost;
  const Subject parts{"parts", "", "", [] {
                        Program program{"parts", {}};
                        const Tensor x = program.keep("x", tensor({1.0, 2.0, 3.0, 4.0}).requires_grad_());
                        const std::vector<Tensor> halves = x.split(2);
                        program.keep("left", halves[0]);
                        program.keep("right", halves[1]);
                        program.loss = program.keep("loss", halves[0].sum() + (halves[1] * 0).sum());
                        return std::vector<Program>{program};
                      }};
  Session session(parts);
  session.run("break right[0]");
  CHECK_THAT(session.run("continue").text, Contains("the pass is over"));
  Session other(parts);
  other.run("break left[0]");
  CHECK_THAT(other.run("continue").text, Contains("breakpoint 1: a gradient other than 0 at left[0]"));
}

TEST_CASE("step: breaks at an op by the name that graph shows, with its scopes or without", "[step]") {
  for (const char* const word : {"AccumulateGrad", "accumulategrad", "torch::autograd::AccumulateGrad"})
    CHECK(answer("1", {std::string("break ") + word}).text == "breakpoint 1: each AccumulateGrad\n");
  CHECK_THAT(answer("1", {"break AccumulateGrad", "continue"}).text, Contains("AccumulateGrad"));
  CHECK(is_op("torch::autograd::CopySlices", "CopySlices"));
  CHECK(is_op("torch::autograd::CopyBackwards", "copy"));
  CHECK_FALSE(is_op("torch::autograd::CopyBackwards", "autograd"));
}

TEST_CASE("step: completes commands and names", "[step]") {
  using Words = std::vector<std::string>;
  const Session session(subject("1"));
  CHECK(session.completions("ex") == Words{"explain"});
  CHECK(session.completions("b") == Words{"back", "break"});
  CHECK(session.completions("print we") == Words{"weights"});
  CHECK(session.completions("break na") == Words{"nan"});
  CHECK(session.completions("break so") == Words{"softmax"});
  CHECK(session.completions("b maskedf") == Words{"maskedfill"});
  CHECK(session.completions("break acc") == Words{"accumulategrad"});
  CHECK(session.completions("break di").empty());
  CHECK(Session(subject("both")).completions("break di") == Words{"diff"});
  CHECK(session.completions("back na").empty());
  CHECK(session.completions("graph l") == Words{"long"});
  CHECK(session.completions("help tw") == Words{"twin"});
  CHECK(session.completions("print xyz").empty());
}

TEST_CASE("step: writes a picture of the graph", "[step]") {
  const TemporaryFile file;
  CHECK_THAT(answer("1", {"graph dot " + file.path()}).text, Contains("dot -Tsvg"));
  CHECK_THAT(file.content(), Contains("digraph"));
}

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

TEST_CASE("coloured: paints what tells gradients apart, and nothing else", "[step]") {
  CHECK(coloured("a plain line\n") == "a plain line\n");
  CHECK(coloured("#12 \"x\": zero") == "\033[36m#12\033[0m \033[1m\"x\"\033[0m: \033[33mzero\033[0m");
  CHECK(coloured("nano infer \"open") == "nano infer \"open");
}
