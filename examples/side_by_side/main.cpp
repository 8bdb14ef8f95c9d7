// Every way of keeping attention off the padding, on one batch of real text, side by side.
#include "common/error.hpp"
#include "common/progress.hpp"
#include "measure.hpp"
#include "report.hpp"
#include "text.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>

namespace side_by_side {

using namespace examples;

namespace {

// Padded positions beyond which a batch is not tried: some gigabytes for the slowest way.
constexpr int64_t kLargestBatch = 4'000'000;

struct Options {
  std::string input = SIDE_BY_SIDE_SENTENCES;
  TokenKind kind = TokenKind::words;
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
  report.token_kind = options.kind == TokenKind::words ? "words" : "chars";
  report.seed = options.seed;
  report.threads = options.threads;
  report.empty_lines = text.empty_lines;
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
      row.masked = measure_cost(std::make_shared<frost::nn::Masked>(), grown_model, grown);
      row.frozen = measure_cost(std::make_shared<frost::nn::FrozenPads>(-INFINITY), grown_model, grown);
    }
    report.growth.push_back(row);
  }
  return report;
}

void write_file(const std::string& path, const std::string& content) {
  if (path.empty()) return;
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw InputError(fmt::format("can't write {}", path));
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Puts the ways of muting attention on padded tokens side by side, on one batch of your text:\n"
      "what each does to the weights and the gradients, and what it costs on the tape."};
  app.option_defaults()->always_capture_default();
  app.add_option("-i,--input", options.input, "a text, one sequence a line; - is standard input")
      ->type_name("FILE");
  app.add_option("--tokens", options.kind, "what a token is")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, TokenKind>{{"words", TokenKind::words}, {"chars", TokenKind::chars}}))
      ->option_text("words|chars=words")
      ->default_str("words");
  app.add_option("--batch", options.batch, "how many sequences, from the first, make the batch")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--features", options.features, "size of embeddings and hidden layer")
      ->check(CLI::Range(1, 4096));
  app.add_option("--seed", options.seed, "of the model's random weights");
  app.add_option("--threads", options.threads, "that a large op may use")->check(CLI::Range(1, 1024));
  app.add_option("--json", options.json, "write what was measured to FILE, as JSON")->type_name("FILE");
  app.add_option("--html", options.html, "write a page with the tables to FILE")->type_name("FILE");
  app.footer("Exit status: 0; 1 where the input can't be used; 2 for wrong options.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kUsageError;
  }
  try {
    frost::set_num_threads(options.threads);
    const Report report = run(options, read_text(options.input, options.kind));
    write_file(options.json, to_json(report));
    write_file(options.html, to_html(report));
    std::cout << to_text(report) << std::flush;
    if (!std::cout) throw InputError("can't write to standard output");
  } catch (const InputError& error) {
    std::cerr << "side_by_side: " << error.what() << "\n";
    return kInputError;
  } catch (const frost::Error& error) {
    std::cerr << "side_by_side: " << error.what() << "\n";
    return kInputError;
  }
  return 0;
}

}  // namespace

}  // namespace side_by_side

int main(int argc, char** argv) { return side_by_side::main(argc, argv); }
