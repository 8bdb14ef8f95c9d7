#include <frost/testing/catch.hpp>
#include <nlohmann/json.hpp>

#include "examples/program.hpp"
#include "side_by_side/text.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace side_by_side;
using Catch::Contains;
using examples::tests::Ran;
using examples::tests::TemporaryFile;
using examples::tests::unwrapped;

namespace {

Ran run(const std::string& arguments) { return examples::tests::run(SIDE_BY_SIDE " " + arguments); }

std::string output_of(const std::string& arguments) { return unwrapped(run(arguments).output); }

Text read(const std::string& content, TokenKind kind = TokenKind::words) {
  return read_text(TemporaryFile(content).path(), kind);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("read_text: words are what whitespace separates, a sequence a line", "[side_by_side]") {
  const Text text = read("one two\n\n  \nthree\tfour  five\r\nsix");
  CHECK(text.sequences == std::vector<Words>{{"one", "two"}, {"three", "four", "five"}, {"six"}});
  CHECK(text.empty_lines == 2);
}

TEST_CASE("read_text: chars are code points", "[side_by_side]") {
  CHECK(read("né à\n", TokenKind::chars).sequences == std::vector<Words>{{"n", "é", "à"}});
  CHECK(read("\xEF\xBB\xBFtea\n").sequences == std::vector<Words>{{"tea"}});  // a byte order mark is no token
  CHECK(read("a\u3000b\n").sequences == std::vector<Words>{{"a", "b"}});  // an ideographic space is a space
}

TEST_CASE("read_text: says what is wrong with the input, and where", "[side_by_side]") {
  CHECK_THROWS_WITH(read(""), Contains("holds no tokens: it is empty"));
  CHECK_THROWS_WITH(read("\n \n"), Contains("every line of it is blank"));
  CHECK_THROWS_WITH(read("fine\nbad \xFF here\n"), Contains("line 2: byte 5 is not valid UTF-8 (0xff)"));
  CHECK_THROWS_WITH(read_text("/no/such/file", TokenKind::words), Contains("can't open /no/such/file"));
  CHECK_THROWS_WITH(read_text("/", TokenKind::words), Contains("can't read /: it is a folder"));
}

TEST_CASE("side_by_side: on the sentences that come with it", "[side_by_side]") {
  const Ran ran = run("");
  CHECK(ran.status == 0);
  CHECK_THAT(unwrapped(ran.output), Contains("The two methods agree when the frozen pads' scores are -inf"));
  CHECK_THAT(unwrapped(ran.output), Contains("It is cat, not freezing, that needs a graph per example"));
  std::istringstream lines(ran.output);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    CHECK(line.size() - static_cast<size_t>(std::count_if(line.begin(), line.end(), continues)) <= 80);
  }
}

TEST_CASE("side_by_side: the JSON holds the numbers of the tables", "[side_by_side]") {
  const TemporaryFile json;
  REQUIRE(run("--json " + json.path()).status == 0);
  const nlohmann::json report = nlohmann::json::parse(json.content());
  CHECK(report["version"] == 1);
  CHECK(report["methods"].size() == 10);
  CHECK(report["growth"].size() == 5);
  CHECK(report["growth"][4]["batch_size"] == 256);
  CHECK(report["methods"][0]["attention_on_pads"].get<double>() > 0.1);
}

#if FROST_HAS_PAGE

namespace {

nlohmann::json document_of(const std::string& html) {
  const std::string start = "<script id=\"document\" type=\"application/json\">";
  const size_t from = html.find(start) + start.size();
  return nlohmann::json::parse(html.substr(from, html.find("</script", from) - from));
}

}  // namespace

TEST_CASE("side_by_side: the page holds both graphs with their gradients, and the batch", "[side_by_side]") {
  const TemporaryFile text("a b c\nd\n"), page;
  const Ran ran = run("--input " + text.path() + " --html " + page.path());
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.output, Catch::EndsWith("\nwritten: " + page.path() + "\n"));
  const nlohmann::json document = document_of(page.content());
  REQUIRE(document["graphs"].size() == 2);
  for (const nlohmann::json& graph : document["graphs"]) CHECK(graph["trace"]["complete"] == true);
  const nlohmann::json& lesson = document["lesson"];
  CHECK(lesson["batch"]["tokens"] == nlohmann::json({{"a", "b", "c"}, {"d"}}));
  CHECK(lesson["batch"]["weights"][0]["rows"][1] == nlohmann::json({1.0, 0.0, 0.0}));
  CHECK(lesson["rows"]["methods"].size() == 10);
  CHECK(lesson["table"]["rows"].size() == 10);
  CHECK(lesson["costs"]["growth"].size() == 5);

  // Of the three positions one is real: what stands at the others tells the methods apart.
  const auto states = [&lesson](size_t method) {
    std::string all;
    for (const nlohmann::json& row : lesson["rows"]["methods"][method]["lengths"][0])
      all += row["state"].get<std::string>() + " ";
    return all;
  };
  CHECK(states(0) == "number number number ");  // no mask
  CHECK(states(3) == "number absent absent ");  // pads frozen at 0
  CHECK(states(7) == "zero zero zero ");  // masked: a token that takes all attention learns nothing either
  CHECK(states(9) == "zero none none ");  // packed
}

TEST_CASE("side_by_side: a page does not run what the input says", "[side_by_side]") {
  const TemporaryFile page;
  const std::string named = page.path() + "<script>";
  std::ofstream(named) << "</script><script>alert(1)</script> b\nc\n";
  CHECK(run("--input '" + named + "' --html " + page.path()).status == 0);
  std::filesystem::remove(named);
  const nlohmann::json document = document_of(page.content());
  CHECK_THAT(document["about"].get<std::string>(), Contains("<script>"));
  CHECK(document["lesson"]["batch"]["tokens"][0][0] == "</script><script>alert(1)</script>");
}

TEST_CASE("side_by_side: a page leaves out what would make it large, and says so", "[side_by_side]") {
  std::string line;
  for (int i = 0; i < 200; ++i) line += std::string(10000, 'x') + " ";
  const TemporaryFile text(line + "\nb\n"), page;
  REQUIRE(run("--input " + text.path() + " --html " + page.path()).status == 0);
  CHECK(page.content().size() < 1'000'000);
  const nlohmann::json batch = document_of(page.content())["lesson"]["batch"];
  CHECK(batch["left_out"]["positions"] == 136);
  CHECK(batch["tokens"][0][0].get<std::string>().size() < 50);
}

TEST_CASE("side_by_side: a page of too large a batch is refused before anything is measured",
          "[side_by_side]") {
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "a b\n";
  const TemporaryFile text(lines), page;
  const std::string arguments = "--input " + text.path() + " --html " + page.path();
  const Ran ran = run(arguments + " --batch 257");
  CHECK(ran.status == 1);
  CHECK_THAT(
      unwrapped(ran.output),
      Contains(
          "a page shows a batch of at most 256 sequences, and this one has 257; take fewer with --batch"));
  CHECK(page.content().empty());
  REQUIRE(run(arguments + " --batch 256").status == 0);
  const nlohmann::json frozen = document_of(page.content())["graphs"][1]["trace"];
  for (const char* name : {"weights", "scores", "muted scores"}) {
    size_t count = 0;
    for (const nlohmann::json& node : frozen["nodes"]) count += node["outputs"][0]["name"] == name;
    CHECK(count == 256);
  }
  CHECK_THAT(output_of("--help"), Contains("a batch of at most 256 sequences"));
}

TEST_CASE("side_by_side: - sends the page to standard output, and nothing else", "[side_by_side]") {
  const TemporaryFile text("a b\nc\n");
  CHECK_THAT(run("--html - --input " + text.path()).output,
             Catch::StartsWith("<!doctype html>") && Catch::EndsWith("</html>\n"));
}

#else

TEST_CASE("side_by_side: without the page, --html says what is missing and writes nothing",
          "[side_by_side]") {
  const TemporaryFile text("a b\nc\n"), json, page;
  const Ran ran = run("--input " + text.path() + " --json " + json.path() + " --html " + page.path());
  CHECK(ran.status == 1);
  CHECK_THAT(unwrapped(ran.output), Contains("frost was built without its page"));
  CHECK(json.content().empty());
  CHECK(page.content().empty());
}

#endif

TEST_CASE("side_by_side: the same seed gives the same numbers", "[side_by_side]") {
  const TemporaryFile first, second, other;
  REQUIRE(run("--seed 3 --json " + first.path()).status == 0);
  REQUIRE(run("--seed 3 --json " + second.path()).status == 0);
  REQUIRE(run("--seed 4 --json " + other.path()).status == 0);
  const auto leak = [](const TemporaryFile& file) {
    return nlohmann::json::parse(file.content())["methods"][0]["attention_on_pads"];
  };
  CHECK(leak(first) == leak(second));
  CHECK(leak(first) != leak(other));
}

TEST_CASE("side_by_side: input that is odd, but right", "[side_by_side]") {
  const TemporaryFile one_token("word\n");
  CHECK_THAT(output_of("--input " + one_token.path()), Contains("there is no padding and nothing to mute"));
  const TemporaryFile gaps("\none two three\n\nfour\n");
  CHECK_THAT(output_of("--input " + gaps.path()), Contains("2 empty lines were left out"));
  CHECK_THAT(output_of("--input - < " + gaps.path()), Contains("2 sequences of words from standard input"));
  CHECK_THAT(output_of("--tokens chars --input " + gaps.path()), Contains("of chars"));
}

TEST_CASE("side_by_side: a line of 100,000 tokens", "[side_by_side]") {
  std::string line;
  for (int i = 0; i < 100000; ++i) line += "word" + std::to_string(i % 1000) + " ";
  const TemporaryFile file(line + "\nshort one\n");
  const Ran ran = run("--input " + file.path());
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output,
             Contains("100000 tokens") && Contains("The two methods agree") && Contains("too large"));
}

TEST_CASE("side_by_side: writes over neither its input nor its own output", "[side_by_side]") {
  const TemporaryFile text("a b\nc\n"), other;
  for (const std::string& arguments : {"--json " + text.path(), "--html " + text.path()}) {
    CHECK_THAT(output_of("--input " + text.path() + " " + arguments),
               Contains("is the input, and is not written over"));
    CHECK(text.content() == "a b\nc\n");
  }
  CHECK_THAT(output_of("--input " + text.path() + " --json " + other.path() + " --html " + other.path()),
             Contains("--json and --html both say"));
}

TEST_CASE("side_by_side: - sends JSON to standard output, and nothing else", "[side_by_side]") {
  const TemporaryFile text("a b\nc\n");
  const Ran json = run("--json - --input " + text.path());
  CHECK(nlohmann::json::parse(json.output).at("batch").at("sequences") == 2);
}

TEST_CASE("side_by_side: says what it measured, and where sequences are repeated", "[side_by_side]") {
  const TemporaryFile text("a b\nc\n");
  CHECK_THAT(output_of("--batch 3 --features 5 --seed 7 --input " + text.path()),
             Contains("The input has no more sequences.") &&
                 Contains("embeddings of 5 features, weights drawn from seed 7") &&
                 Contains("Where B is larger than the input, its 2 sequences are repeated."));
}

TEST_CASE("side_by_side: errors have a sentence and a status", "[side_by_side]") {
  const TemporaryFile empty, invalid("\xFF\n");
  for (const std::string& arguments :
       {std::string("--input /no/such/file"), "--input " + empty.path(), "--input " + invalid.path(),
        std::string("--json /no/such/folder/x.json"), std::string("--input - < /dev/null")}) {
    INFO(arguments);
    const Ran ran = run(arguments);
    CHECK(ran.status == 1);
    CHECK_THAT(ran.output, Catch::StartsWith("side_by_side: "));
  }
  for (const char* arguments : {"--nonsense", "--batch 0", "--tokens letters", "--tokens 1", "--seed x",
                                "--seed -1", "--seed 99999999999999999999", "--threads 0", "stray"}) {
    INFO(arguments);
    const Ran ran = run(arguments);
    CHECK(ran.status == 2);
    CHECK_THAT(ran.output, Catch::StartsWith("side_by_side: ") && Contains("--help"));
  }
  CHECK(run("--help").status == 0);
  CHECK_THAT(output_of("--help"), Contains("--tokens") && Contains("Exit status"));
}
