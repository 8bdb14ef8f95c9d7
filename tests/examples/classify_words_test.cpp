#include <frost/testing/catch.hpp>

#include "classify_words/evaluation.hpp"
#include "classify_words/model.hpp"
#include "classify_words/words.hpp"
#include "common/error.hpp"
#include "examples/program.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

using namespace classify_words;
using Catch::Contains;
using examples::InputError;
using examples::tests::check;
using examples::tests::Ran;
using examples::tests::TemporaryFile;
using examples::tests::unwrapped;

namespace {

// A folder of five word lists; those that a test doesn't name hold words of their own.
class Lists {
 public:
  using Content = std::map<std::string, std::string>;
  explicit Lists(const Content& content = {}) {
    std::filesystem::create_directory(path_);
    for (const std::string file : {"american-english", "french", "ngerman", "italian", "spanish"}) {
      std::ofstream list(path_ / file);
      for (char c = 'a'; c < 'a' + 20; ++c) list << file.substr(0, 3) << c << "\n";
      if (content.contains(file)) list << content.at(file);
    }
  }
  ~Lists() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }
  void remove(const std::string& file) const { std::filesystem::remove(path_ / file); }
  void overwrite(const std::string& file, const std::string& content) const {
    std::ofstream(path_ / file) << content;
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("frost_lists_" + std::to_string(getpid()));
};

std::set<std::u32string> all_letters(const Words& words) {
  std::set<std::u32string> all;
  for (const auto* const part : {&words.train, &words.test})
    for (const Word& word : *part) all.insert(word.letters);
  return all;
}

Ran run(const std::string& arguments) { return examples::tests::run(CLASSIFY_WORDS " " + arguments); }

// Little enough to train in a moment.
const std::string kSmall = "--synthetic --words 60 --hidden 8 --batch 16 ";

std::vector<const Word*> pointers(const std::vector<Word>& words) {
  std::vector<const Word*> result;
  for (const Word& word : words) result.push_back(&word);
  return result;
}

}  // namespace

TEST_CASE("lower_case: Latin letters with and without marks", "[classify_words]") {
  CHECK(lower_case(U"AZaz ÀÉÖÞß×÷ ĀāŁłŹźŸ") == U"azaz àéöþß×÷ āāłłźźŸ");
  CHECK(from_utf8("né") == U"né");
  CHECK(to_utf8(U"né") == "né");
  CHECK_THROWS_AS(from_utf8("n\xE9"), InputError);
}

TEST_CASE("read_words: lower case, letters alone, and in one list alone", "[classify_words]") {
  const Lists lists(
      Lists::Content{{"american-english", "Shared\nO'Clock\nx-ray\nTEA\n\n"}, {"french", "shared\nthé\n"}});
  const Words words = read_words(lists.path(), 1000);
  CHECK(words.languages == std::vector<std::string>{"English", "French", "German", "Italian", "Spanish"});
  const std::set<std::u32string> all = all_letters(words);
  CHECK(!all.contains(U"shared"));
  CHECK(!all.contains(U"o'clock"));
  CHECK(!all.contains(U"x-ray"));
  CHECK(all.contains(U"tea"));
}

TEST_CASE("read_words: as many words of each language, a tenth of them for the test, none in both",
          "[classify_words]") {
  const Lists lists;
  for (const int64_t wanted : {10, 20, 1000}) {
    const Words words = read_words(lists.path(), wanted);
    const size_t each = std::min<size_t>(20, static_cast<size_t>(wanted));
    CHECK(words.test.size() == 5 * (each / 10));
    CHECK(words.train.size() == 5 * (each - each / 10));
    CHECK(all_letters(words).size() == 5 * each);
    std::map<int64_t, size_t> counts;
    for (const Word& word : words.train) ++counts[word.language];
    for (const auto& [language, count] : counts) CHECK(count == each - each / 10);
  }
  // What is tested with fewer words is tested with more words too.
  const Words few = read_words(lists.path(), 10), more = read_words(lists.path(), 20);
  for (const Word& word : few.test)
    CHECK(std::any_of(more.test.begin(), more.test.end(),
                      [&](const Word& other) { return other.letters == word.letters; }));
}

TEST_CASE("read_words: says which packages hold the lists that are missing", "[classify_words]") {
  const Lists lists;
  lists.remove("french");
  lists.remove("spanish");
  CHECK_THROWS_WITH(read_words(lists.path(), 10), Contains("apt-get install wfrench wspanish\n") &&
                                                      Contains("--with-words") && Contains("--synthetic"));
  const Lists others;
  others.overwrite("italian", "uno\ndue\n");
  CHECK_THROWS_WITH(read_words(others.path(), 10), Contains("italian holds 2 words"));
  others.overwrite("italian", "uno\nn\xE9\n");
  CHECK_THROWS_AS(read_words(others.path(), 10), InputError);
}

TEST_CASE("make_words: the same words from the same seed, balanced and different", "[classify_words]") {
  const Words words = make_words(50, 3), same = make_words(50, 3), other = make_words(50, 4);
  CHECK(words.train.size() == 225);
  CHECK(words.test.size() == 25);
  CHECK(all_letters(words).size() == 250);
  CHECK(all_letters(words) == all_letters(same));
  CHECK(all_letters(words) != all_letters(other));
}

TEST_CASE("make_batch: letters by their numbers, padded with 0, strange letters 1", "[classify_words]") {
  const Alphabet alphabet = Alphabet::of({{U"abc", 0}});
  CHECK(alphabet.size() == 5);
  const Word first{U"cab", 4}, second{U"a?", 2};
  const Batch batch = make_batch({&first, &second}, alphabet, 1);
  CHECK(frost::equal(batch.letters, frost::tensor({{4, 2, 3, 0}, {2, 1, 0, 0}})));
  CHECK(frost::equal(batch.lengths, frost::tensor({3, 2})));
  CHECK(frost::equal(batch.languages, frost::tensor({4, 2})));
}

TEST_CASE("WordClassifier: padding changes nothing where it is muted, and something where it is not",
          "[classify_words]") {
  const Words words = make_words(12, 0);
  const Alphabet alphabet = Alphabet::of(words.train);
  frost::manual_seed(0);
  WordClassifier model(alphabet.size(), 8, 5);
  const auto logits = [&](const std::string& name, int64_t extra) {
    model->attention->set_muting(method(name).muting);
    return model(make_batch(pointers(words.test), alphabet, extra)).logits.detach();
  };
  const frost::Tensor truth = logits("packed", 0);
  for (const std::string name : {"masked", "frozen-inf"}) {
    CHECK(frost::allclose(logits(name, 0), truth, 1e-4, 1e-5));
    CHECK(frost::allclose(logits(name, 20), truth, 1e-4, 1e-5));
  }
  for (const std::string name : {"none", "zeroed", "where", "frozen"})
    CHECK(!frost::allclose(logits(name, 20), logits(name, 0), 1e-4, 1e-5));
}

TEST_CASE("evaluate: counts every word once, and what padding changes", "[classify_words]") {
  const Words words = make_words(40, 0);
  const Alphabet alphabet = Alphabet::of(words.train);
  frost::manual_seed(0);
  WordClassifier model(alphabet.size(), 8, 5);
  const Evaluation muted = evaluate(model, words.train, alphabet, 5);
  int64_t total = 0, right = 0;
  for (size_t i = 0; i < 5; ++i) {
    for (const int64_t count : muted.confusion[i]) total += count;
    right += muted.confusion[i][i];
  }
  CHECK(total == static_cast<int64_t>(words.train.size()));
  CHECK(muted.accuracy == Approx(static_cast<double>(right) / static_cast<double>(total)));
  CHECK(muted.on_pads == 0);
  CHECK(muted.flipped == 0);
  CHECK(muted.loss == Approx(std::log(5)).margin(0.2));  // an untrained model knows nothing
  model->attention->set_muting(method("none").muting);
  CHECK(evaluate(model, words.train, alphabet, 5).on_pads > 0.1);
}

TEST_CASE("ask: attention on each letter of the word, 1 in all", "[classify_words]") {
  const Words words = make_words(12, 0);
  const Alphabet alphabet = Alphabet::of(words.train);
  WordClassifier model(alphabet.size(), 8, 5);
  const Answer answer = ask(model, {U"abcd", 0}, alphabet);
  CHECK(answer.attention.size() == 4);
  double sum = 0;
  for (const double weight : answer.attention) sum += weight;
  CHECK(sum == Approx(1));
  const Word word{U"ré", 1};
  CHECK(attention_lines(word, {0, 0.75, {0.0, 1.0}}, {"One", "Two"}, true) ==
        "ré                              One (75.0%), but it is Two\n▁█\n");
}

TEST_CASE("classify_words: learns made-up languages, and shows what it learned", "[classify_words]") {
  const Ran ran = run("--synthetic --words 400 --hidden 16 --batch 32 --epochs 4");
  CHECK(ran.status == 0);
  CHECK_THAT(unwrapped(ran.output), Contains("1800 words to train on and 200 to test on") &&
                                        Contains("epoch 4: loss ") && Contains("is \\ said to be Asha") &&
                                        Contains("0% of the attention falls on padding") && Contains("▁"));
  const size_t at = ran.output.find("Test accuracy ");
  REQUIRE(at != std::string::npos);
  CHECK(std::atof(ran.output.c_str() + at + 14) > 60);  // guessing gives 20
}

TEST_CASE("classify_words: goes on from a checkpoint as if there had been no break", "[classify_words]") {
  const TemporaryFile whole, first, second, checkpoint;
  REQUIRE(run(kSmall + "--epochs 3 --curve " + whole.path()).status == 0);
  REQUIRE(run(kSmall + "--epochs 1 --curve " + first.path() + " --save " + checkpoint.path()).status == 0);
  const Ran ran = run("--epochs 3 --load " + checkpoint.path() + " --curve " + first.path());
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, Contains("epoch 2: ") && !Contains("epoch 1: "));
  CHECK(first.content() == whole.content());
  CHECK_THAT(whole.content(), Contains("epoch,batch,loss\n1,1,1.") && Contains("\n3,17,"));
}

TEST_CASE("classify_words: Ctrl-C leaves a checkpoint to go on from, bit for bit", "[classify_words]") {
  const TemporaryFile whole, broken, checkpoint;
  // Without end, were it not for the signal after 30 batches.
  const Ran ran =
      examples::tests::run(CLASSIFY_WORDS " " + kSmall + "--epochs 1000000 --curve " + broken.path() +
                           " --save " + checkpoint.path() + " & until [ $(wc -l < " + broken.path() +
                           ") -gt 30 ]; do sleep 0.01; done; kill -INT $!; wait $!");
  CHECK(ran.status == 130);
  CHECK_THAT(ran.output, Contains("interrupted; go on with") && Contains("--load " + checkpoint.path()));
  // To the end of the epoch that it was interrupted in, or after.
  const std::string curve = broken.content();
  const std::string epochs =
      std::to_string(std::atoi(curve.c_str() + curve.rfind('\n', curve.size() - 2) + 1) + 1);
  CHECK(run("--load " + checkpoint.path() + " --epochs " + epochs + " --curve " + broken.path()).status == 0);
  REQUIRE(run(kSmall + "--epochs " + epochs + " --curve " + whole.path()).status == 0);
  CHECK(broken.content() == whole.content());
}

TEST_CASE("classify_words: a signal in any training of --compare ends it, with the rows so far",
          "[classify_words]") {
  for (const std::string signal : {"INT", "TERM"}) {
    const TemporaryFile output;
    // A second signal would end it at once; the first is waited for.
    const Ran ran =
        examples::tests::run(CLASSIFY_WORDS " --synthetic --words 2000 --epochs 200 --compare > " +
                             output.path() + " & sleep 0.5; kill -" + signal + " $!; wait $!");
    CHECK(ran.status == (signal == "INT" ? 130 : 143));
    CHECK_THAT(ran.output, Contains("interrupted while training "));
    CHECK_THAT(output.content(), Contains("method"));
  }
}

TEST_CASE("classify_words: a signal while testing is not forgotten", "[classify_words]") {
  const TemporaryFile output, checkpoint;
  // The test of an epoch takes longer than its training; the signal comes when the first epoch's is going on,
  // or after.
  const Ran ran =
      examples::tests::run(CLASSIFY_WORDS " --synthetic --words 100 --hidden 8 --epochs 100000 --save " +
                           checkpoint.path() + " > " + output.path() + " & until grep -q 'epoch 1' " +
                           output.path() + "; do sleep 0.01; done; kill -INT $!; wait $!");
  CHECK(ran.status == 130);
  CHECK_THAT(ran.output, Contains("go on with\n    " CLASSIFY_WORDS " --load " + checkpoint.path()));
}

TEST_CASE("classify_words: a curve begun late has its header too", "[classify_words]") {
  const TemporaryFile checkpoint, curve;
  REQUIRE(run(kSmall + "--epochs 1 --save " + checkpoint.path()).status == 0);
  REQUIRE(run("--load " + checkpoint.path() + " --epochs 2 --curve " + curve.path()).status == 0);
  CHECK_THAT(curve.content(), Catch::StartsWith("epoch,batch,loss\n2,1,"));
}

TEST_CASE("classify_words: --compare puts every method on one line", "[classify_words]") {
  const Ran ran = run(kSmall + "--epochs 1 --compare");
  CHECK(ran.status == 0);
  for (const Method& method : methods()) CHECK_THAT(ran.output, Contains("\n" + method.name + " "));
}

TEST_CASE("classify_words: errors have a sentence and a status", "[classify_words]") {
  const TemporaryFile empty, checkpoint;
  check(run("--method mask"), 2, "mask not in {none,zeroed");
  check(run("--epochs -1"), 2,
        "classify_words: --epochs: must be a whole number from 0 to 1000000, not '-1'");
  check(run("--hidden many"), 2, "whole number from 2 to 4096, not 'many'");
  check(run("--nonsense"), 2, "--nonsense");
  check(run(kSmall + "--epochs 1000000 ''"), 2, "a word must have a letter");
  check(run("--batch 064"), 2, "whole number from 1 to 100000, not '064'");
  check(run("--lists /no/such/folder"), 1, "apt-get install wamerican wfrench");
  check(run(kSmall + "--load /no/such/file"), 1, "/no/such/file");
  check(run(kSmall + "--load " + empty.path()), 1, empty.path());
  check(run(kSmall + "--epochs 1000000 --save /tmp"), 1, "can't write /tmp: it is not a regular file");
  check(run(kSmall + "--epochs 1000000 --save /no/such/folder/file"), 1, "can't write /no/such/folder/file");
  check(run(kSmall + "--epochs 1 --curve /no/such/folder/file"), 1, "can't write /no/such/folder/file");
  check(run(kSmall + "--compare --save " + empty.path()), 2, "--save excludes --compare");
  REQUIRE(run(kSmall + "--epochs 1 --save " + checkpoint.path()).status == 0);
  check(run("--load " + checkpoint.path() + " --hidden 16"), 1,
        "was started with --hidden 8, and goes on with that");
  CHECK(run("--load " + checkpoint.path() + " --hidden 8 --epochs 1").status == 0);
}
