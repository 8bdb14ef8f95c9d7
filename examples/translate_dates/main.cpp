// Turns dates that people write into year-month-day, character by character: an encoder and a decoder with
// attention, trained on padded batches.
#include "asked.hpp"
#include "dates.hpp"
#include "evaluation.hpp"
#include "heat_map.hpp"
#include "model.hpp"

#include "common/cli.hpp"
#include "common/file.hpp"
#include "common/progress.hpp"
#include "common/table.hpp"
#include "common/training.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <optional>

namespace translate_dates {

using namespace frost;
using namespace examples;

namespace {

constexpr double kLearningRate = 2e-3;
constexpr int64_t kHeldOut = 112 * kFormats;
constexpr uint64_t kHeldOutSeed = 1;  // whatever --seed says, so that all models are tested on the same dates
constexpr size_t kLongestFormat = 12;
constexpr int64_t kExtraPads = 100;
// What a training can't change on its way.
const std::vector<std::string> kSettings = {"mask", "hidden", "dates", "batch", "seed"};

struct Options {
  std::string mask = "on";
  int64_t hidden = 64, dates = 20000;
  bool compare = false, interactive = false;
  std::string attention;
  TrainingOptions training;
  std::vector<std::string> asked;
};

// A model, its optimiser and its training, all from the same seed.
struct Trainer {
  Trainer(const Options& options, bool masked)
      : train(make_examples(options.dates, /*held_out=*/false, options.training.seed)),
        held_out(make_examples(kHeldOut, /*held_out=*/true, kHeldOutSeed)),
        model(build(options, masked)),
        optimizer(model->parameters(), optim::AdamOptions(kLearningRate)),
        training(*model, optimizer, options.training, options.dates) {}

  static Translator build(const Options& options, bool masked) {
    manual_seed(options.training.seed);
    if (masked) return Translator(options.hidden, std::make_shared<nn::MaskedInOneOp>());
    return Translator(options.hidden, std::make_shared<nn::NoMuting>());
  }

  Tensor loss(const std::vector<int64_t>& numbers) {
    std::vector<std::string> texts;
    std::vector<Date> dates;
    for (const int64_t number : numbers) {
      texts.push_back(train[static_cast<size_t>(number)].text);
      dates.push_back(train[static_cast<size_t>(number)].date);
    }
    const Tensor targets = make_targets(dates);
    const Tensor logits = model(make_batch(texts), targets).logits;
    return nn::functional::cross_entropy(logits.flatten(0, 1), targets.flatten());
  }

  // False where it was interrupted.
  bool run(const std::string& name, const std::function<void(const Epoch&)>& at_epoch_end) {
    return training.run(
        name, [this](const std::vector<int64_t>& batch) { return loss(batch); }, at_epoch_end);
  }

  Evaluation evaluate(int64_t extra = 0) { return translate_dates::evaluate(model, held_out, extra); }

  std::vector<Example> train, held_out;
  Translator model;
  optim::Adam optimizer;
  Training training;
};

Translation translate(Translator& model, const Asked& asked) {
  return translate(model, std::vector{asked.text})[0];
}

void answer(Translator& model, const std::string& typed) {
  const Asked question = asked(typed);
  if (!question.left_out.empty())
    std::cout << wrapped(fmt::format("left out, being in no date of the training: {}", question.left_out));
  if (const std::string trouble = trouble_with(question); !trouble.empty()) {
    std::cout << wrapped(fmt::format("can't be translated: {}", trouble)) << "\n" << std::flush;
    return;
  }
  const Translation translation = translate(model, question);
  std::cout << fmt::format("{} → {}\n\n{}\n", translation.input, translation.answer, to_text(translation))
            << std::flush;
}

void answer_lines(Translator& model) {
  const bool is_watched = isatty(STDIN_FILENO) != 0;
  if (is_watched) std::cout << "Type a date; an empty line ends.\n";
  for (std::string line;;) {
    if (is_watched) std::cout << "date: " << std::flush;
    if (!std::getline(std::cin, line)) return;
    const bool is_blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (is_blank && is_watched) return;
    if (!is_blank) answer(model, line);
  }
}

// To the last one of kHeldOut.
std::string exact_match(double share) { return fmt::format("{:.2f}%", 100 * share); }

void report(Trainer& trainer, const Evaluation& evaluation, bool masked) {
  std::cout << "\n" << format_table(evaluation) << "\n";
  const std::vector<Example> one_of_each(trainer.held_out.begin(), trainer.held_out.begin() + kFormats);
  std::cout << translation_lines(one_of_each, translate(trainer.model, texts_of(one_of_each))) << "\n"
            << wrapped(fmt::format("Exact match on held-out dates: {}, with the padding {}.",
                                   exact_match(evaluation.exact), masked ? "masked" : "not masked"))
            << wrapped(
                   "--compare trains with the mask and without, and puts the two side by side; --interactive "
                   "translates what you type; --attention FILE.svg draws the attention.");
}

std::string epoch_line(const Epoch& epoch, const Evaluation& evaluation) {
  return fmt::format("epoch {}: loss {:.4f}, exact match {}, {:.0f} dates/s, {}\n", epoch.number, epoch.loss,
                     exact_match(evaluation.exact), epoch.per_second, duration(epoch.seconds));
}

int train(CLI::App& app, Options& options) {
  settle(app, options.training, kSettings);
  Trainer trainer(options, options.mask == "on");

  std::cout << wrapped(fmt::format(
                   "{} to train on and {} held-out ones to test on, in {} formats; padding {}, {}.",
                   counted(options.dates, "date", "dates"), kHeldOut, kFormats,
                   options.mask == "on" ? "masked" : "not masked",
                   counted(options.training.epochs, "epoch", "epochs")))
            << std::flush;
  std::optional<Evaluation> last;  // of the last epoch; none where there was none to train
  const bool finished = trainer.run("", [&](const Epoch& epoch) {
    last = trainer.evaluate();
    std::cout << epoch_line(epoch, *last) << std::flush;
  });
  if (!finished) return stop_with_checkpoint(app, options.training, trainer.training);

  if (!options.attention.empty()) {
    const Asked drawn =
        asked(options.asked.empty() ? trainer.held_out[kLongestFormat].text : options.asked[0]);
    write_file(options.attention, to_svg(translate(trainer.model, drawn)));
  }
  for (const std::string& typed : options.asked) answer(trainer.model, typed);
  if (options.interactive) answer_lines(trainer.model);
  if (options.asked.empty() && !options.interactive)
    report(trainer, last ? *last : trainer.evaluate(), options.mask == "on");
  return 0;
}

int compare(const Options& options) {
  Table table;
  table.header = {{"", "", "exact", "padded by", "attention", "epoch"},
                  {"padding", "loss", "match", fmt::format("{} more", kExtraPads), "on padding", "time"}};
  for (const bool masked : {true, false}) {
    Trainer trainer(options, masked);
    const std::string name = masked ? "masked" : "not masked";
    double loss = 0, seconds = 0;
    std::optional<Evaluation> last;  // of the last epoch; none where there was none to train
    const bool finished = trainer.run(name + ": ", [&](const Epoch& epoch) {
      loss = epoch.loss;
      seconds += epoch.seconds;
      last = trainer.evaluate();
      std::cout << name << ", " << epoch_line(epoch, *last) << std::flush;
    });
    if (!finished) {
      std::cerr << "interrupted while training " << name << "\n";
      return Interrupt::exit_status();
    }
    const Evaluation plain = last ? *last : trainer.evaluate();
    const Evaluation padded = trainer.evaluate(kExtraPads);
    table.rows.push_back(
        {name, fmt::format("{:.4f}", loss), exact_match(plain.exact), exact_match(padded.exact),
         percent(plain.on_padding),
         duration(seconds / static_cast<double>(std::max<int64_t>(options.training.epochs, 1)))});
  }
  std::cout << "\n" << to_text(table) << "\n";
  for (const std::string& line : {
           std::string("exact match: share of the held-out dates with every character right"),
           fmt::format("padded by {0} more: the same, in batches with {0} more positions of padding",
                       kExtraPads),
           std::string("attention on padding: mean over the characters of the answers"),
       })
    std::cout << wrapped(line);
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  options.training.epochs = 4;
  CLI::App app{
      "Learns to turn dates as people write them into year-month-day, character by character:\n"
      "a bidirectional GRU reads a padded batch of dates, a GRU with attention over it writes.",
      "translate_dates"};
  app.option_defaults()->always_capture_default();
  app.add_option("--hidden", options.hidden, "size of the GRUs' states; embeddings are half as large")
      ->check(whole_number(2, 4096));
  app.add_option("--dates", options.dates, "how many dates to train on")->check(whole_number(1, 10'000'000));
  app.add_option("--mask", options.mask, "whether attention is kept off the padding")
      ->check(CLI::IsMember({"on", "off"}))
      ->option_text("on|off=on");
  add_training_options(app, options.training);
  CLI::Option* const attention =
      app.add_option("--attention", options.attention,
                     "draw the attention to FILE as SVG, of the first date given or else of a held-out one")
          ->type_name("FILE");
  CLI::Option* const interactive =
      app.add_flag("--interactive", options.interactive, "then translate what is typed, line by line");
  CLI::Option* const dates =
      app.add_option("date", options.asked, "dates to translate then, such as '3 march 2021'");
  dates->option_text(" ");
  dates->check([](const std::string& typed) { return trouble_with(asked(typed)); });
  CLI::Option* const compare_flag = app.add_flag(
      "--compare", options.compare, "train with the mask and without, and put the two side by side");
  for (CLI::Option* const other : {attention, interactive, dates}) compare_flag->excludes(other);
  for (const char* const other : {"--mask", "--save", "--load", "--curve"})
    compare_flag->excludes(app.get_option(other));
  app.footer(
      "Two digits of a year, 50 to 99, are of 19..; 00 to 49 of 20... Between slashes the month stands "
      "first,\n"
      "between points the day.\n\n"
      "Exit status: 0; 1 for a file that can't be used; 2 for wrong options; 128 and a\nsignal's number, as "
      "130 after Ctrl-C, where it was interrupted.");
  return run_program(app, argc, argv, [&app, &options] {
    set_num_threads(options.training.threads);
    if (!options.attention.empty()) check_can_write(options.attention);
    return options.compare ? compare(options) : train(app, options);
  });
}

}  // namespace

}  // namespace translate_dates

int main(int argc, char** argv) { return translate_dates::main(argc, argv); }
