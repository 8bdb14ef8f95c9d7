#include <frost/testing/catch.hpp>

#include "common/markup.hpp"
#include "common/table.hpp"
#include "examples/program.hpp"
#include "translate_dates/asked.hpp"
#include "translate_dates/dates.hpp"
#include "translate_dates/evaluation.hpp"
#include "translate_dates/heat_map.hpp"
#include "translate_dates/model.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

using namespace translate_dates;
using Catch::Contains;
using examples::escaped;
using examples::tests::check;
using examples::tests::Ran;
using examples::tests::TemporaryFile;
using examples::tests::unwrapped;

namespace {

Date date(int year, unsigned month, unsigned day) {
  return std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
}

// 0 is Sunday. T. Sakamoto's method.
int weekday_of(int year, int month, int day) {
  static constexpr int kShift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  if (month < 3) --year;
  return (year + year / 4 - year / 100 + year / 400 + kShift[month - 1] + day) % 7;
}

struct Parsed {
  int year = 0, month = 0, day = 0, weekday = -1;
};

// Reads a date with nothing but the rules in the headers and --help.
Parsed parse(std::string text) {
  static const std::string kMonths = "janfebmaraprmayjunjulaugsepoctnovdec", kDays = "sunmontuewedthufrisat";
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  Parsed parsed;
  std::vector<std::string> numbers;
  for (size_t i = 0; i < text.size();) {
    const auto is_digit = [&](size_t at) {
      return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]));
    };
    const auto is_letter = [&](size_t at) {
      return at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]));
    };
    size_t end = i + 1;
    if (is_digit(i)) {
      while (is_digit(end)) ++end;
      numbers.push_back(text.substr(i, end - i));
    } else if (is_letter(i)) {
      while (is_letter(end)) ++end;
      const std::string word = text.substr(i, end - i);
      const size_t month = kMonths.find(word.substr(0, 3)), day = kDays.find(word.substr(0, 3));
      if (word.size() > 2 && month != std::string::npos && month % 3 == 0)
        parsed.month = static_cast<int>(month / 3 + 1);
      if (word.size() > 2 && day != std::string::npos && day % 3 == 0)
        parsed.weekday = static_cast<int>(day / 3);
    }
    i = end;
  }
  const auto number = [&](size_t i) { return std::stoi(numbers.at(i)); };
  if (numbers.size() == 1) return {number(0) / 10000, number(0) / 100 % 100, number(0) % 100};
  if (parsed.month == 0) {
    const bool month_first = text.find('/') != std::string::npos;
    parsed.month = number(month_first ? 0 : 1);
    parsed.day = number(month_first ? 1 : 0);
    parsed.year = number(2);
  } else {
    const bool year_first = numbers.at(0).size() == 4;
    parsed.year = number(year_first ? 0 : 1);
    parsed.day = number(year_first ? 1 : 0);
  }
  if (parsed.year < 100) parsed.year += parsed.year < 50 ? 2000 : 1900;
  return parsed;
}

Ran run(const std::string& arguments) { return examples::tests::run(TRANSLATE_DATES " " + arguments); }

// Little enough to train in a moment.
const std::string kSmall = "--dates 72 --hidden 4 --batch 16 ";

TranslatorImpl::Output output_of(Translator& model, const std::vector<std::string>& texts, int64_t extra) {
  const frost::NoGradGuard guard;
  return model(make_batch(texts, extra));
}

}  // namespace

TEST_CASE("written: every format, in all letters", "[translate_dates]") {
  const Date day = date(2021, 3, 3);
  std::vector<std::string> all;
  for (size_t format = 0; format < kFormats; ++format) all.push_back(written(day, format));
  CHECK(all == std::vector<std::string>{
                   "3 March 2021", "3 Mar 21", "03-Mar-2021", "3rd of March 2021", "3rd Mar '21",
                   "March 3, 2021", "Mar 3rd, '21", "Mar 3 2021", "2021, March 3rd", "2021 Mar 03",
                   "Wed, 3 Mar 2021", "Wednesday, 3rd of Mar '21", "Wednesday the 3rd of March, 2021",
                   "Wednesday, March 3, 2021", "03/03/2021", "Wed 3/3/21", "3.3.21", "20210303"});
  CHECK(written(day, 3, Letters::lower) == "3rd of march 2021");
  CHECK(written(day, 3, Letters::upper) == "3RD OF MARCH 2021");
  CHECK(iso(day) == "2021-03-03");
  const std::map<unsigned, std::string> ordinals{
      {1, "1st"},   {2, "2nd"},   {3, "3rd"},   {4, "4th"},   {11, "11th"}, {12, "12th"}, {13, "13th"},
      {20, "20th"}, {21, "21st"}, {22, "22nd"}, {23, "23rd"}, {30, "30th"}, {31, "31st"}};
  for (const auto& [number, ordinal] : ordinals)
    CHECK(written(date(2000, 1, number), 3) == ordinal + " of January 2000");
  CHECK(written(date(2005, 12, 25), 16) == "25.12.05");
  CHECK_THROWS(written(day, kFormats));
}

TEST_CASE("make_examples: each text means its date, and names its weekday", "[translate_dates]") {
  size_t weekdays = 0;
  std::set<char> characters;
  std::set<int> years;
  for (const Example& example : make_examples(20000, false, 5)) {
    const Parsed parsed = parse(example.text);
    INFO(example.text << " is " << iso(example.date));
    REQUIRE(example.date ==
            date(parsed.year, static_cast<unsigned>(parsed.month), static_cast<unsigned>(parsed.day)));
    if (parsed.weekday >= 0) {
      ++weekdays;
      REQUIRE(parsed.weekday == weekday_of(parsed.year, parsed.month, parsed.day));
    }
    REQUIRE(example.date.ok());
    years.insert(parsed.year);
    characters.insert(example.text.begin(), example.text.end());
  }
  CHECK(weekdays > 20000 / kFormats * 4);
  CHECK(*years.begin() == kFirstYear);
  CHECK(*years.rbegin() == kLastYear);
  CHECK(years.size() == 100);
  CHECK(std::string(characters.begin(), characters.end()) == kCharacters);
}

TEST_CASE("make_examples: held-out dates are never trained on", "[translate_dates]") {
  std::set<std::string> trained, held_out;
  for (const Example& example : make_examples(30000, false, 0)) trained.insert(iso(example.date));
  for (const Example& example : make_examples(5000, true, 0)) {
    held_out.insert(iso(example.date));
    CHECK(is_held_out(example.date));
  }
  CHECK(std::none_of(held_out.begin(), held_out.end(),
                     [&](const std::string& day) { return trained.contains(day); }));
  size_t count = 0;
  const std::chrono::sys_days first = date(kFirstYear, 1, 1), last = date(kLastYear, 12, 31);
  for (std::chrono::sys_days day = first; day <= last; day += std::chrono::days(1)) count += is_held_out(day);
  CHECK(static_cast<double>(count) / 36525 == Approx(0.1).margin(0.01));
}

TEST_CASE("make_examples: the seed decides, and formats take turns", "[translate_dates]") {
  const auto texts = [](uint64_t seed) { return texts_of(make_examples(50, false, seed)); };
  CHECK(texts(1) == texts(1));
  CHECK(texts(1) != texts(2));
  const std::vector<Example> examples = make_examples(2 * kFormats, false, 1);
  for (size_t i = 0; i < examples.size(); ++i) CHECK(examples[i].format == i % kFormats);
}

TEST_CASE("make_batch: characters by their numbers, padded with 0", "[translate_dates]") {
  const Batch batch = make_batch({" '", "y"}, 1);
  CHECK(frost::equal(batch.characters,
                     frost::tensor({{1, 2, 0}, {static_cast<int>(kCharacters.size()), 0, 0}})));
  CHECK(frost::equal(batch.lengths, frost::tensor({2, 1})));
  CHECK(frost::equal(make_targets({date(1999, 10, 8)}), frost::tensor({{2, 10, 10, 10, 0, 2, 1, 0, 1, 9}})));
  CHECK_THROWS_WITH(make_batch({"é"}), Contains("no number"));
}

TEST_CASE("Translator: with the mask, padding changes nothing; without, it does", "[translate_dates]") {
  const std::vector<std::string> texts{"3.3.21", "Wednesday the 3rd of March, 2021"};
  for (const bool masked : {true, false}) {
    frost::manual_seed(0);
    Translator model = masked ? Translator(8, std::make_shared<frost::nn::MaskedInOneOp>())
                              : Translator(8, std::make_shared<frost::nn::NoMuting>());
    const TranslatorImpl::Output alone = output_of(model, {texts[0]}, 0),
                                 together = output_of(model, texts, 3);
    REQUIRE(together.weights.sizes() == frost::IntArrayRef({2, kIsoLength, 35}));
    CHECK(frost::allclose(together.weights.sum(2), frost::ones({2, kIsoLength})));
    const double on_padding = together.weights[0].narrow(1, 6, 29).sum().item<double>();
    CHECK((on_padding == 0) == masked);
    CHECK(frost::allclose(alone.logits[0], together.logits[0], 1e-4, 1e-5) == masked);
    const std::vector<Translation> translations = translate(model, texts, 3);
    CHECK(translations[0].on_padding == Approx(on_padding / kIsoLength).margin(1e-9));
    CHECK(translations[0].weights.size() == kIsoLength);
    CHECK(translations[0].weights[4].size() == texts[0].size());
    CHECK(translations[1].weights[4][7] == Approx(together.weights[1][4][7].item<double>()));
  }
}

TEST_CASE("Translator: targets lead the decoder, and only those before each character", "[translate_dates]") {
  frost::manual_seed(0);
  Translator model(8, std::make_shared<frost::nn::MaskedInOneOp>());
  const Batch batch = make_batch({"3.3.21", "3 Mar 21"});
  const frost::Tensor greedy = model(batch).logits, own = model(batch).answer;
  CHECK(frost::equal(model(batch, own).logits, greedy));
  frost::Tensor other = own.clone();
  other.select(1, 4).add_(1).clamp_(0, 9);
  other.select(1, 4).masked_fill_(other.select(1, 4) == own.select(1, 4), 0);
  const frost::Tensor led = model(batch, other).logits;
  CHECK(frost::equal(led.narrow(1, 0, 5), greedy.narrow(1, 0, 5)));
  CHECK(!frost::equal(led.select(1, 5), greedy.select(1, 5)));
}

TEST_CASE("evaluation_of: counts answers with every character right, by format", "[translate_dates]") {
  const Date day = date(2021, 3, 3);
  const std::vector<Example> examples{{day, 0, "one"}, {day, 1, "two"}, {day, 1, "three"}, {day, 1, "four"}};
  const std::vector<Translation> translations{{"one", "2021-03-03", {}, 0.25},
                                              {"two", "2021-03-04", {}, 0.5},
                                              {"three", "2021-03-03", {}, 0},
                                              {"four", "2021-03-03", {}, 0}};
  const Evaluation evaluation = evaluation_of(examples, translations);
  CHECK(evaluation.exact == 0.75);
  CHECK(evaluation.by_format[0] == 1);
  CHECK(evaluation.by_format[1] == Approx(2.0 / 3));
  CHECK(evaluation.on_padding == 0.1875);
  CHECK_THAT(format_table(evaluation), Contains("\n3 Mar 21 ") && Contains(" 8       66.7%\n"));
  CHECK_THAT(translation_lines(examples, translations),
             Contains("one   → 2021-03-03\ntwo   → 2021-03-04, but it is 2021-03-03\nthree → "));
}

TEST_CASE("asked: what dates are not written in is left out, and told", "[translate_dates]") {
  const Asked plain = asked("  3 march\t2021\r");
  CHECK(plain.text == "3 march 2021");
  CHECK(plain.left_out.empty());
  CHECK(trouble_with(plain).empty());
  const Asked strange = asked("3 märz\x07 2021?ä \xFF");
  CHECK(strange.text == "3 mr 2021");
  CHECK(strange.left_out == "'ä', 'z', 0x07, '?', '\uFFFD'");
  CHECK_THAT(trouble_with(asked("???")), Contains("no character"));
  CHECK_THAT(trouble_with(asked("")), Contains("no character"));
  CHECK(trouble_with(asked(std::string(70, '1'))).empty());
  CHECK_THAT(trouble_with(asked(std::string(71, '1'))), Contains("71 characters"));
}

TEST_CASE("heat map: a cell for each weight worth one, and text escaped", "[translate_dates]") {
  const Translation translation{"a <&", "\">", {{1, 0, 0.5, 0.001}, {0, 0.3, 0.15, 0}}};
  const std::string svg = to_svg(translation);
  CHECK_THAT(svg, Contains("a &lt;&amp; → &quot;&gt;") && !Contains("a <&"));
  size_t cells = 0;
  for (size_t at = 0; (at = svg.find("class=\"mark\"", at)) != std::string::npos; ++at) ++cells;
  CHECK(cells == 4);
  CHECK_THAT(svg, Contains("fill-opacity=\"0.30\"><title>␣ → &gt;: 0.30</title>") &&
                      Contains("prefers-color-scheme"));
  CHECK(to_text(translation) == "    a <&\n  \" █ ▓\n  >  ▒░\n");
  CHECK(escaped("<a href=\"x\">&</a> ") == "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt; ");
}

TEST_CASE("translate_dates: learns the dates, and shows what it learned", "[translate_dates]") {
  const TemporaryFile checkpoint, picture;
  const Ran ran = run("--dates 3600 --hidden 32 --batch 32 --epochs 3 --save " + checkpoint.path());
  CHECK(ran.status == 0);
  CHECK_THAT(unwrapped(ran.output), Contains("3600 dates to train on and 2016 held-out ones") &&
                                        Contains("epoch 3: loss ") && Contains("Wednesday, 3rd of Mar '21") &&
                                        Contains(", with the padding masked.") && Contains("--compare"));
  std::istringstream lines(ran.output);
  for (std::string line; std::getline(lines, line);) CHECK(examples::width_of(line) <= 80);
  const std::string at_end = "Exact match on held-out dates: ";
  const size_t at = ran.output.find(at_end);
  REQUIRE(at != std::string::npos);
  CHECK(std::atof(ran.output.c_str() + at + at_end.size()) > 60);  // guessing gives 0

  const std::string loaded = "--epochs 3 --load " + checkpoint.path() + " ";
  const Ran given = run(loaded + "--attention " + picture.path() + " '3 march 2021' '4 märz 2021'");
  CHECK(given.status == 0);
  CHECK_THAT(given.output, Contains("3 march 2021 → ") && Contains("    3 march 2021\n  ") &&
                               Contains("'ä', 'z'") && !Contains("epoch 1"));
  CHECK_THAT(picture.content(), Contains("<svg ") && Contains("3 march 2021 → "));
  REQUIRE(run(loaded + "--attention " + picture.path()).status == 0);
  CHECK_THAT(picture.content(), Contains(" the ") || Contains(" THE "));

  const Ran typed = examples::tests::run(
      "printf '3 march 2021\\n#\\n\\n4 march 2021\\n' | " TRANSLATE_DATES " " + loaded + "--interactive");
  CHECK(typed.status == 0);
  CHECK_THAT(typed.output, Contains("3 march 2021 → ") && Contains("'#'") &&
                               Contains("can't be translated: ") && Contains("4 march 2021 → ") &&
                               !Contains("date: "));
  CHECK(run(loaded + "--interactive < /dev/null").status == 0);
}

TEST_CASE("translate_dates: goes on from a checkpoint as if there had been no break", "[translate_dates]") {
  const TemporaryFile whole, broken, checkpoint;
  REQUIRE(run(kSmall + "--epochs 3 --mask off --curve " + whole.path()).status == 0);
  REQUIRE(run(kSmall + "--epochs 1 --mask off --curve " + broken.path() + " --save " + checkpoint.path())
              .status == 0);
  const Ran ran = run("--epochs 3 --load " + checkpoint.path() + " --curve " + broken.path());
  CHECK(ran.status == 0);
  CHECK_THAT(unwrapped(ran.output),
             Contains("epoch 2: ") && !Contains("epoch 1: ") && Contains("padding not masked"));
  CHECK(broken.content() == whole.content());
  CHECK_THAT(whole.content(), Contains("epoch,batch,loss\n1,1,") && Contains("\n3,5,"));
}

TEST_CASE("translate_dates: Ctrl-C leaves a checkpoint to go on from, bit for bit", "[translate_dates]") {
  const TemporaryFile whole, broken, checkpoint;
  const std::string many = "--dates 2000 --hidden 8 --batch 4 --epochs 1 ";
  REQUIRE(run(many + "--curve " + whole.path()).status == 0);
  const Ran ran =
      examples::tests::run(TRANSLATE_DATES " " + many + "--curve " + broken.path() + " --save " +
                           checkpoint.path() + " & while kill -0 $! && [ $(wc -l < " + broken.path() +
                           ") -lt 4 ]; do sleep 0.02; done; kill -INT $!; wait $!");
  CHECK(ran.status == 130);
  CHECK_THAT(ran.output, Contains("interrupted; go on with"));
  REQUIRE(broken.content() != whole.content());
  CHECK(run("--epochs 1 --load " + checkpoint.path() + " --curve " + broken.path()).status == 0);
  CHECK(broken.content() == whole.content());
}

TEST_CASE("translate_dates: --compare puts the mask and its absence side by side", "[translate_dates]") {
  const Ran ran = run(kSmall + "--epochs 1 --compare");
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, Contains("\nmasked ") && Contains("\nnot masked ") && Contains("on padding"));
}

TEST_CASE("translate_dates: errors have a sentence and a status", "[translate_dates]") {
  const TemporaryFile empty, checkpoint;
  check(run("--mask maybe"), 2, "maybe not in {on,off}");
  check(run("--dates 0"), 2, "--dates");
  check(run("--hidden 1"), 2, "--hidden");
  check(run("--epochs many"), 2, "--epochs");
  check(run("--nonsense"), 2, "--nonsense");
  check(run("'###'"), 2, "no character of those that dates are written in");
  check(run("''"), 2, "no character");
  check(run("--compare --interactive"), 2, "--interactive excludes --compare");
  check(run("--compare --mask off"), 2, "--mask excludes --compare");
  check(run("--compare '3 march 2021'"), 2, "date excludes --compare");
  check(run(kSmall + "--load /no/such/file"), 1, "/no/such/file");
  check(run(kSmall + "--load " + empty.path()), 1, empty.path());
  check(run(kSmall + "--attention /no/such/folder/x.svg"), 1, "can't write /no/such/folder/x.svg");
  check(run(kSmall + "--epochs 1 --save /no/such/folder/file"), 1, "/no/such/folder/file");
  check(run(kSmall + "--curve /no/such/folder/file"), 1, "can't write /no/such/folder/file");
  const Ran unwritable = run(kSmall + "--epochs 1 --attention /no/such/folder/x.svg");
  CHECK_THAT(unwritable.output, !Contains("epoch 1"));  // it is told before the training
  REQUIRE(run(kSmall + "--epochs 1 --save " + checkpoint.path()).status == 0);
  check(run("--load " + checkpoint.path() + " --hidden 8"), 1,
        "was started with --hidden 4, and goes on with that");
  CHECK_THAT(unwrapped(run("--help").output), Contains("--attention FILE") && Contains("Exit status"));
}
