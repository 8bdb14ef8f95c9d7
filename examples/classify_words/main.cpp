// Which language is this word? Attention over padded batches of letters, with every way of muting the
// padding.
#include "evaluation.hpp"
#include "model.hpp"
#include "words.hpp"

#include "common/cli.hpp"
#include "common/progress.hpp"
#include "common/table.hpp"
#include "common/training.hpp"

#include <fmt/format.h>
#include <frost/inspect/graph_size.hpp>

#include <iostream>
#include <optional>

namespace classify_words {

using namespace frost;
using namespace examples;

namespace {

constexpr double kLearningRate = 2e-3;
// What a training can't change on its way.
const std::vector<std::string> kSettings = {"method", "hidden", "words", "synthetic",
                                            "lists",  "batch",  "seed"};

struct Options {
  std::string method = "masked";
  int64_t hidden = 64, words = 10000;
  bool synthetic = false, compare = false;
  std::string lists = "/usr/share/dict";
  TrainingOptions training;
  std::vector<std::string> asked;
};

Words words_of(const Options& options) {
  return options.synthetic ? make_words(options.words, options.training.seed)
                           : read_words(options.lists, options.words);
}

// A model, its optimiser and its training, all from the same seed.
struct Classifier {
  Classifier(const Options& options, const Words& words, const Method& method)
      : data(words),
        alphabet(Alphabet::of(words.train)),
        model(build(options, words, alphabet, method)),
        optimizer(model->parameters(), optim::AdamOptions(kLearningRate)),
        training(*model, optimizer, options.training, static_cast<int64_t>(words.train.size())) {}

  static WordClassifier build(const Options& options, const Words& words, const Alphabet& alphabet,
                              const Method& method) {
    manual_seed(options.training.seed);
    WordClassifier built(alphabet.size(), options.hidden, static_cast<int64_t>(words.languages.size()));
    built->attention->set_muting(method.muting);
    return built;
  }

  Batch batch_of(const std::vector<int64_t>& numbers) const {
    std::vector<const Word*> part;
    for (const int64_t number : numbers) part.push_back(&data.train[static_cast<size_t>(number)]);
    return make_batch(part, alphabet);
  }
  Tensor loss(const std::vector<int64_t>& numbers) const {
    const Batch batch = batch_of(numbers);
    return nn::functional::cross_entropy(model(batch).logits, batch.languages);
  }
  Evaluation evaluate() {
    return classify_words::evaluate(model, data.test, alphabet, static_cast<int64_t>(data.languages.size()));
  }

  const Words& data;
  Alphabet alphabet;
  WordClassifier model;
  optim::Adam optimizer;
  Training training;
};

std::string epoch_line(const Epoch& epoch, const Evaluation& evaluation) {
  return fmt::format("epoch {}: loss {:.4f}, test accuracy {}, {:.0f} words/s, {}\n", epoch.number,
                     epoch.loss, percent(evaluation.accuracy), epoch.per_second, duration(epoch.seconds));
}

void show_attention(Classifier& classifier, const std::vector<Word>& words, bool truth_is_known) {
  for (const Word& word : words)
    std::cout << attention_lines(word, ask(classifier.model, word, classifier.alphabet),
                                 classifier.data.languages, truth_is_known);
}

int train(CLI::App& app, Options& options) {
  settle(app, options.training, kSettings);
  const Words words = words_of(options);
  Classifier classifier(options, words, method(options.method));

  std::cout << wrapped(
      fmt::format("{} words to train on and {} to test on, as many of each of {} languages; method {}, {}.",
                  words.train.size(), words.test.size(), words.languages.size(), options.method,
                  counted(options.training.epochs, "epoch", "epochs")));
  std::optional<Evaluation> last;  // of the last epoch; none where there was none to train
  const bool finished = classifier.training.run(
      "", [&](const std::vector<int64_t>& batch) { return classifier.loss(batch); },
      [&](const Epoch& epoch) {
        last = classifier.evaluate();
        std::cout << epoch_line(epoch, *last) << std::flush;
      });
  if (!finished) return stop_with_checkpoint(app, options.training, classifier.training);

  const Evaluation evaluation = last ? *last : classifier.evaluate();
  std::cout << fmt::format("\nTest accuracy {}, loss {:.4f}; {} of the attention falls on padding.\n\n",
                           percent(evaluation.accuracy), evaluation.loss, percent(evaluation.on_pads))
            << confusion_table(evaluation, words.languages) << "\n";
  std::vector<Word> shown;
  if (options.asked.empty()) {  // two words of each language
    for (size_t i = 0; i < words.test.size(); ++i)
      if (i % (words.test.size() / words.languages.size()) < 2) shown.push_back(words.test[i]);
  } else {
    for (const std::string& word : options.asked) {
      shown.push_back({lower_case(from_utf8(word)), 0});
    }
  }
  show_attention(classifier, shown, options.asked.empty());
  return 0;
}

int compare(const Options& options) {
  const Words words = words_of(options);
  Table table;
  table.header = {{"", "test", "test", "on", "answers", "", "", "", "epoch"},
                  {"method", "accuracy", "loss", "pads", "flipped", "nodes", "graphs", "tape", "time"}};
  for (const Method& method : methods()) {
    Classifier classifier(options, words, method);
    double seconds = 0;
    const auto loss = [&](const std::vector<int64_t>& batch) { return classifier.loss(batch); };
    const bool finished = classifier.training.run(method.name + ": ", loss,
                                                  [&](const Epoch& epoch) { seconds += epoch.seconds; });
    if (!finished) {
      std::cout << to_text(table);
      std::cerr << "interrupted while training " << method.name << "\n";
      return Interrupt::exit_status();
    }
    std::vector<int64_t> first;
    for (int64_t i = 0;
         i < std::min<int64_t>(options.training.batch, static_cast<int64_t>(words.train.size())); ++i)
      first.push_back(i);
    const Batch batch = classifier.batch_of(first);
    const WordClassifierImpl::Output output = classifier.model(batch);
    const inspect::GraphSize size = inspect::graph_size({output.logits});
    const Evaluation evaluation = classifier.evaluate();
    table.rows.push_back(
        {method.name, percent(evaluation.accuracy), fmt::format("{:.4f}", evaluation.loss),
         percent(evaluation.on_pads), percent(evaluation.flipped), fmt::format("{}", size.nodes),
         fmt::format("{}", output.attended.graphs), bytes(size.bytes()),
         duration(seconds / static_cast<double>(std::max<int64_t>(options.training.epochs, 1)))});
  }
  std::cout << to_text(table) << "\n";
  for (const char* const line : {
           "on pads: attention given to padding, mean over the test words",
           "answers flipped: share of the test words whose answer changes when they are padded by 20 more "
           "positions",
           "nodes, graphs, tape: recorded ops, separate graphs of attention, and bytes held for backward, of "
           "one batch",
       })
    std::cout << wrapped(line);
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Learns which language a word is of, from its letters: a bidirectional GRU with attention on top,\n"
      "trained on padded batches with one of the ways of muting the padding.",
      "classify_words"};
  app.option_defaults()->always_capture_default();
  std::vector<std::string> names;
  for (const Method& method : methods()) names.push_back(method.name);
  app.add_option("--method", options.method, "how padding is kept out of attention")
      ->check(CLI::IsMember(names))
      ->option_text(fmt::format("{}={}", fmt::join(names, "|"), options.method));
  app.add_option("--hidden", options.hidden,
                 "size of the GRU's state in each direction; embeddings are half as large")
      ->check(whole_number(2, 4096));
  app.add_option("--words", options.words,
                 "at most so many words of each language, a tenth of them for the test")
      ->check(whole_number(10, 10'000'000));
  app.add_option("--lists", options.lists, "folder of the word lists")->type_name("FOLDER");
  app.add_flag("--synthetic", options.synthetic, "made-up words, for which no lists are needed");
  add_training_options(app, options.training);
  CLI::Option* const compare_flag = app.add_flag(
      "--compare", options.compare, "train every method on the same batches, and put them side by side");
  for (const char* const other : {"--method", "--save", "--load", "--curve"})
    compare_flag->excludes(app.get_option(other));
  app.add_option("word", options.asked, "words to show the attention on, instead of test words")
      ->option_text(" ")
      ->check([](const std::string& word) {
        return word.empty() ? "a word must have a letter" : is_utf8(word) ? "" : "a word must be UTF-8";
      });
  app.footer(
      "Exit status: 0; 1 for a file that can't be used; 2 for wrong options; 128 and a\nsignal's number, as "
      "130 after Ctrl-C, where it was interrupted.");
  return run_program(app, argc, argv, [&] {
    set_num_threads(options.training.threads);
    return options.compare ? compare(options) : train(app, options);
  });
}

}  // namespace

}  // namespace classify_words

int main(int argc, char** argv) { return classify_words::main(argc, argv); }
