// Every way of keeping attention off the padding, on one batch of real text, side by side.
#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/file.hpp"
#include "common/progress.hpp"
#include "measure.hpp"
#include "page.hpp"
#include "report.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

namespace side_by_side {

using namespace examples;

namespace {

// Padded positions beyond which a batch is not tried: some gigabytes for the slowest way.
constexpr int64_t kLargestBatch = 4'000'000;

struct Options {
  std::string input = SIDE_BY_SIDE_SENTENCES;
  std::string tokens = "words";
  uint64_t seed = 0;
  size_t batch = 16;
  int64_t features = 16;
  int threads = 1;
  std::string json, html;
};

Report run(const Options& options, const Text& text) {
  Progress progress;
  const size_t count = std::min(options.batch, text.sequences.size());
  const Batch batch = make_batch(text.sequences, count);
  if (batch.positions() > kLargestBatch)
    throw InputError(
        fmt::format("{} sequences padded to {} tokens are {} positions, more than the {} that are measured; "
                    "take fewer with --batch",
                    batch.size(), batch.longest(), batch.positions(), kLargestBatch));
  Report report;
  report.input = options.input == "-" ? "standard input" : options.input;
  report.token_kind = options.tokens;
  report.seed = options.seed;
  report.threads = options.threads;
  report.empty_lines = text.empty_lines;
  report.batch_asked_for = options.batch;
  report.features = options.features;
  report.largest_batch = kLargestBatch;
  report.sequences_in_input = text.sequences.size();
  report.batch_size = batch.size();
  report.longest = batch.longest();
  report.shortest = batch.lengths.min().item<int64_t>();
  report.real_tokens = batch.real_tokens();
  report.positions = batch.positions();
  report.vocabulary = batch.vocabulary;

  const Model model(batch.vocabulary, options.features, options.seed);
  const std::vector<frost::Tensor> truth = true_gradients(model, batch);
  for (const auto& muting : frost::nn::all_mutings()) {
    progress.show(muting->name());
    report.rows.push_back(measure(muting, model, batch, truth));
  }
  for (const size_t size : {1, 4, 16, 64, 256}) {
    progress.show(fmt::format("B = {}", size));
    GrowthRow row;
    row.batch_size = static_cast<int64_t>(size);
    const Batch grown = make_batch(text.sequences, size);
    row.is_measured = grown.positions() <= kLargestBatch;
    if (row.is_measured) {
      const Model grown_model(grown.vocabulary, options.features, options.seed);
      const Comparison compared =
          compare(std::make_shared<frost::nn::Masked>(), std::make_shared<frost::nn::FrozenPads>(-INFINITY),
                  grown_model, grown);
      row.masked = compared.first;
      row.frozen = compared.second;
      row.lowest_ratio = compared.lowest_ratio;
      row.highest_ratio = compared.highest_ratio;
    }
    report.growth.push_back(row);
  }
  return report;
}

std::string page_of(const Options& options, const Text& text, const Report& report) {
  const Batch batch = make_batch(text.sequences, std::min(options.batch, text.sequences.size()));
  return to_html(report, Model(batch.vocabulary, options.features, options.seed), batch, text.sequences);
}

// "-" is standard output; "" is nowhere.
void write_output(const std::string& path, const std::string& content) {
  if (path == "-")
    std::cout << content;
  else if (!path.empty())
    write_file(path, content);
}

// Files that would be written over one another, or over the input.
void check_paths(const Options& options) {
  const auto same = [](const std::string& a, const std::string& b) {
    std::error_code ignored;
    return !a.empty() && !b.empty() && (a == b || std::filesystem::equivalent(a, b, ignored));
  };
  for (const std::string* const output : {&options.json, &options.html})
    if (same(*output, options.input) && *output != "-")
      throw InputError(fmt::format("{} is the input, and is not written over", *output));
  if (same(options.json, options.html))
    throw InputError(fmt::format("--json and --html both say {}", options.json));
}

int run_with(const Options& options) {
  check_paths(options);
  frost::set_num_threads(options.threads);
  const TokenKind kind = options.tokens == "words" ? TokenKind::words : TokenKind::chars;
  const Text text = read_text(options.input, kind);
  const size_t sequences = std::min(options.batch, text.sequences.size());
  if (!options.html.empty() && sequences > kLargestPage)
    throw InputError(
        fmt::format("a page shows a batch of at most {} sequences, and this one has {}; take fewer "
                    "with --batch, or leave out --html",
                    kLargestPage, sequences));
  const Report report = run(options, text);
  const std::string html = options.html.empty() ? "" : page_of(options, text, report);
  write_output(options.json, to_json(report));
  write_output(options.html, html);
  if (options.json == "-" || options.html == "-") return 0;
  std::cout << to_text(report);
  for (const std::string& path : {options.json, options.html}) {
    if (!path.empty()) std::cout << "written: " << path << '\n';
  }
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Puts the ways of muting attention on padded tokens side by side, on one batch of your text:\n"
      "what each does to the weights and the gradients, and what it costs on the tape.",
      "side_by_side"};
  app.option_defaults()->always_capture_default();
  app.add_option("-i,--input", options.input, "a text, one sequence a line; - is standard input")
      ->type_name("FILE");
  app.add_option("--tokens", options.tokens, "words: what whitespace separates; chars: Unicode code points")
      ->check(CLI::IsMember({"words", "chars"}))
      ->option_text("words|chars=words");
  app.add_option("--batch", options.batch, "how many sequences, from the first, make the batch")
      ->check(whole_number(1, 1'000'000));
  app.add_option("--features", options.features, "size of embeddings and hidden layer")
      ->check(whole_number(1, 4096));
  app.add_option("--seed", options.seed, "of the model's random weights")
      ->check(whole_number(0, kLargestSeed));
  app.add_option("--threads", options.threads, "that a large op may use")->check(whole_number(1, 1024));
  app.add_option("--json", options.json, "write what was measured to FILE, as JSON")->type_name("FILE");
  app.add_option("--html", options.html,
                 fmt::format("write a page to FILE, for a browser: both methods to step through, and the\n"
                             "tables, for a batch of at most {} sequences;\n"
                             "with - as FILE, either goes to standard output instead of the tables",
                             kLargestPage))
      ->type_name("FILE");
  app.footer(
      "The model embeds each token, scores it by v . tanh(W h + b), and sums the embeddings up by softmax of "
      "the scores;\n"
      "the loss is the mean over the sequences of that sum times a random vector.\n\n"
      "Exit status: 0; 1 where the input can't be used; 2 for wrong options.");
  return run_program(app, argc, argv, [&options] { return run_with(options); });
}

}  // namespace

}  // namespace side_by_side

int main(int argc, char** argv) { return side_by_side::main(argc, argv); }
