#include <frost/testing/catch.hpp>

#include <frost/engine.hpp>

#include "common/table.hpp"
#include "examples/program.hpp"
#include "step/session.hpp"
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
  CHECK_THAT(error("print #99"), Contains("there is no node #99"));
  CHECK_THAT(error("print #1", "both"), Contains("with two methods #N may mean either"));
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
  CHECK_THAT(stop("1", "scores[1, 1]"), Contains("#7 UnsafeViewBackward0"));
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

TEST_CASE("step: a breakpoint at an element stops once, where its gradient is known", "[step]") {
  const std::vector<std::string> stopped{"break scores[0, 2]", "continue"};
  const auto then = [&stopped](const std::string& command) {
    std::vector<std::string> commands = stopped;
    commands.push_back(command);
    return answer("1", commands).text;
  };
  CHECK_THAT(then("print scores[0, 2]"), Contains("gradient  0.1741"));
  CHECK_THAT(then("continue"), Contains("the pass is over"));
}

TEST_CASE("step: at the end, continue says which breakpoints were not hit", "[step]") {
  const auto end = [](const std::string& name, const std::vector<std::string>& commands) {
    return answer(name, commands).text;
  };
  CHECK_THAT(end("both", {"break diff", "continue"}),
             Contains("the passes are over") &&
                 Contains("not hit: breakpoint 1, where values or gradients differ\n"));
  CHECK_THAT(end("1", {"break nan", "break softmax", "continue", "continue"}),
             Contains("the pass is over\nnot hit: breakpoint 1, a NaN or an infinity\n") &&
                 !Contains("breakpoint 2"));
  CHECK_THAT(end("1", {"continue"}), !Contains("not hit"));
}

TEST_CASE("step: with two methods, shows what a breakpoint is about", "[step]") {
  const auto stop = [](const std::string& breakpoint) {
    return answer("both", {"break " + breakpoint, "continue"}).text;
  };
  CHECK_THAT(stop("weights[1]"),
             Contains("breakpoint 1: the gradient of weights[1]\n"
                      "  second: #12 SoftmaxBackward0 \"weights[1]\", gradient [0, -0.8333, 0]\n"
                      "\"context\" after"));
  CHECK_THAT(stop("scores[0, 2]"), Contains("at scores[0, 2]\n\"scores\" after"));  // it is among those shown
}

TEST_CASE("step: the padding of method 2 stands apart, and is found", "[step]") {
  const auto said = [](const std::string& name, const std::string& command) {
    const Answer last = answer(name, {command});
    CHECK_FALSE(last.is_error);
    return examples::tests::unwrapped(last.text);
  };
  for (const char* const name : {"2", "both"})
    for (const char* const command : {"explain scores[1, 2]", "print scores[1, 2]"})
      CHECK_THAT(
          said(name, command),
          Contains("scores[1] has no element [2]: its sizes are [2]. At that place, muted[1][2], stands "
                   "pads[1][0], which is frozen: its gradient is absent."));
  CHECK_THAT(said("2", "explain pads[1]"),
             Contains("cat(scores[1], pads[1]) made muted[1]: pads[1][0] is muted[1][2]."));
  CHECK_THAT(said("2", "explain pads[2]"), Contains("pads[2][0] to [1] are muted[2][1] to [2]."));
  CHECK_THAT(said("2", "explain pads[0]"), !Contains("made muted"));
  CHECK_THAT(said("2", "explain query"), !Contains("made muted"));
  CHECK(answer("2", {"explain scores[1, 3]"}).is_error);  // there is no padding there, either
}

TEST_CASE("step: twin takes the name of a part", "[step]") {
  CHECK(answer("both", {"next 5", "twin weights[1]"}).text ==
        "\"weights[1]\" after 8 steps of the first and 21 of the second\n"
        "  first   #5 SoftmaxBackward0, gradient [[-0.1667, -0.5, 0.6667], [0, -0.8333,\n"
        "          0], [1, 0, 0]]\n"
        "  second  weights[1]: #12 SoftmaxBackward0, gradient [0, -0.8333, 0]\n"
        "          values equal; gradients equal\n");
}

TEST_CASE("step: print and explain take numbers of nodes, and print a part of a tensor", "[step]") {
  const auto said = [](const std::string& command) { return answer("1", {"continue", command}).text; };
  CHECK_THAT(said("print #5"), Contains("\"weights\" (3, 3) float64, made by #5 SoftmaxBackward0"));
  CHECK_THAT(said("explain #9"), Contains("∂loss/∂query is [0.4438, -0.3459]."));
  CHECK_THAT(said("print #4"), Contains("\"#4\" (3, 3, 1) float64, made by #4 UnsqueezeBackward0"));
  CHECK_THAT(said("explain #4[0, 2, 0]"), Contains("∂loss/∂#4[0, 2, 0] is 0.6667."));
  CHECK(said("print scores[1]") ==
        "\"scores[1]\" (3) float64, made by #7 UnsafeViewBackward0\n"
        "  values    [0.4, -1.2, 0.1]\n"
        "  gradient  [0.1165, -0.1165, 0]\n");
  CHECK_THAT(said("print scores[3]"), Contains("the index [3] is out of bounds for the sizes [3]"));
  CHECK_THAT(said("print scores[1, 2, 3]"), Contains("does not fit"));
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
