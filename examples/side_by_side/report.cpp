#include "report.hpp"

#include "common/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace side_by_side {

using namespace examples;

namespace {

std::string sums(const Measured& row) {
  if (std::isnan(row.smallest_sum)) return "NaN";
  return row.sums_to_one() ? "yes" : small_number(row.smallest_sum);
}

std::string pad_gradient(const Measured& row) {
  switch (row.pad_gradient) {
    case PadGradient::no_pads:
      return "-";
    case PadGradient::absent:
      return "absent";
    case PadGradient::zero:
      return "zero";
    case PadGradient::nan:
      return "NaN";
    case PadGradient::number:
      return small_number(row.largest_pad_gradient);
  }
  return "";
}

const char* json_name(PadGradient gradient) {
  switch (gradient) {
    case PadGradient::no_pads:
      return "no pads";
    case PadGradient::absent:
      return "absent";
    case PadGradient::zero:
      return "zero";
    case PadGradient::number:
      return "number";
    case PadGradient::nan:
      return "nan";
  }
  return "";
}

}  // namespace

// ---- tables ----

Table method_table(const Report& report) {
  Table table;
  table.header = {{"", "sum", "on", "gradient", "gradient", "", "", "", ""},
                  {"", "to 1", "pads", "at pads", "off by", "nodes", "graphs", "tape", "step"}};
  for (const Measured& row : report.rows)
    table.rows.push_back({row.name, sums(row), percent(row.leak), pad_gradient(row),
                          small_number(row.difference), fmt::format("{}", row.nodes),
                          fmt::format("{}", row.graphs), bytes(row.bytes), duration(row.seconds)});
  return table;
}

namespace {

// How many times the time of a step under the mask the frozen one's is: one number only if what was measured
// agrees on it.
std::string ratio(const GrowthRow& row, const char* to) {
  constexpr double kAgreed = 1.25;
  const auto number = [](double value) { return fmt::format("{:.{}f}", value, value < 10 ? 1 : 0); };
  if (row.highest_ratio <= kAgreed * row.lowest_ratio) return number(row.frozen.seconds / row.masked.seconds);
  return number(row.lowest_ratio) + to + number(row.highest_ratio);
}

Table growth_table(const Report& report) {
  Table table;
  table.header = {{"", "nodes", "nodes", "tape", "tape", "step", "step", "step"},
                  {"B", "masked", "frozen", "masked", "frozen", "masked", "frozen", "ratio"}};
  for (const GrowthRow& row : report.growth) {
    Cells cells{fmt::format("{}", row.batch_size)};
    if (!row.is_measured)
      cells.insert(cells.end(), {"too large", "", "", "", "", "", ""});
    else
      cells.insert(cells.end(),
                   {fmt::format("{}", row.masked.nodes), fmt::format("{}", row.frozen.nodes),
                    bytes(row.masked.bytes), bytes(row.frozen.bytes), duration(row.masked.seconds),
                    duration(row.frozen.seconds), ratio(row, "-")});
    table.rows.push_back(cells);
  }
  return table;
}

}  // namespace

std::string description(const Report& report) {
  const int64_t padding = report.positions - report.real_tokens;
  std::string text = fmt::format(
      "{} of {} from {}, {} long. Padded to {}, {} of {} ({}) {} padding.",
      counted(report.batch_size, "sequence", "sequences"), report.token_kind, report.input,
      report.shortest == report.longest ? counted(report.longest, "token", "tokens")
                                        : fmt::format("{} to {} tokens", report.shortest, report.longest),
      report.longest, padding, counted(report.positions, "position", "positions"),
      percent(static_cast<double>(padding) / static_cast<double>(report.positions)),
      padding == 1 || report.positions == 1 ? "is" : "are");
  if (report.sequences_in_input > static_cast<size_t>(report.batch_size))
    text += fmt::format(" The input has {} sequences; the batch is the first {}.", report.sequences_in_input,
                        report.batch_size);
  if (report.sequences_in_input < report.batch_asked_for)
    text += fmt::format(" The input has no more sequences.");
  if (report.empty_lines > 0)
    text += fmt::format(" {} left out.", counted(static_cast<int64_t>(report.empty_lines), "empty line was",
                                                 "empty lines were"));
  return text;
}

// What stands under the first table.
std::vector<std::string> legend(const Report& report) {
  return {
      "sum to 1: whether each sequence's weights sum to 1; else the smallest sum",
      "on pads: attention given to padding, mean over the sequences",
      "gradient at pads: of the loss at the padding's scores: a number, exactly zero, or absent (nothing "
      "flows there)",
      "gradient off by: largest difference of a parameter's gradient from that of the packed batch, over the "
      "largest "
      "gradient",
      "nodes, graphs, tape: recorded ops, separate graphs for the batch, and bytes held for backward",
      "step: forward and backward, the fastest of several",
      fmt::format(
          "model: additive attention over embeddings of {}, weights drawn from seed {}; loss: mean over the "
          "sequences of the attended sum times a random vector",
          counted(report.features, "feature", "features"), report.seed),
  };
}

// What stands under the second.
std::string growth_note(const Report& report) {
  std::string note;
  if (!report.growth.empty() &&
      report.growth.back().batch_size > static_cast<int64_t>(report.sequences_in_input))
    note = fmt::format("Where B is larger than the input, its {} repeated.",
                       report.sequences_in_input == 1
                           ? "sequence is"
                           : fmt::format("{} sequences are", report.sequences_in_input));
  for (const GrowthRow& row : report.growth)
    if (!row.is_measured)
      return note + fmt::format("{}Too large: more than {} padded positions.", note.empty() ? "" : " ",
                                report.largest_batch);
  return note;
}

// ---- conclusions ----

namespace {

const Measured* find(const Report& report, const std::string& name) {
  for (const Measured& row : report.rows)
    if (row.name == name) return &row;
  return nullptr;
}

constexpr double kAgrees = 1e-4;  // of gradients in Float: what rounding alone does stays below

}  // namespace

std::vector<std::string> conclusions(const Report& report) {
  using namespace frost::nn;
  std::vector<std::string> sentences;
  const Measured* const none = find(report, NoMuting().name());
  const Measured* const zeroed = find(report, ZeroedAfterSoftmax().name());
  const Measured* const masked = find(report, Masked().name());
  const Measured* const frozen_zero = find(report, FrozenPads(0).name());
  const Measured* const frozen_inf = find(report, FrozenPads(-INFINITY).name());
  const Measured* const after = find(report, FrozenAfterSoftmax().name());
  const Measured* const elements = find(report, FrozenElements().name());

  if (report.real_tokens == report.positions) {
    sentences.push_back("All sequences have the same length, so there is no padding and nothing to mute.");
    return sentences;
  }
  sentences.push_back(fmt::format(
      "Without a mask, padding takes {} of the attention, and the gradients are off by {} of the largest.",
      percent(none->leak), small_number(none->difference)));
  if (!zeroed->sums_to_one())
    sentences.push_back(fmt::format("Zeroing the weights after softmax breaks their sum: it falls to {}.",
                                    small_number(zeroed->smallest_sum)));
  if (frozen_zero->leak > 0)
    sentences.push_back(
        fmt::format("Pads frozen at 0 before softmax, as method 2 is mostly written, get no gradient but "
                    "still take {} of "
                    "the "
                    "attention, and with it they bend the gradients of the real tokens, by {} of the "
                    "largest: e⁰ is 1, not 0.",
                    percent(frozen_zero->leak), small_number(frozen_zero->difference)));
  if (after->pad_gradient == PadGradient::number)
    sentences.push_back(
        fmt::format("Freezing the pads' weights after softmax does not even keep the gradient from the pads' "
                    "scores: up to {} "
                    "reaches them through the sum that softmax divides by.",
                    small_number(after->largest_pad_gradient)));
  const bool agree =
      masked->difference < kAgrees && frozen_inf->difference < kAgrees && frozen_inf->leak == 0;
  const std::string apart =
      fmt::format("gradients are within {} (masked) and {} (frozen) of the packed batch's",
                  small_number(masked->difference), small_number(frozen_inf->difference));
  sentences.push_back(
      (agree
           ? "The two methods agree when the frozen pads' scores are -inf: no attention on pads, and " + apart
           : "The two methods do not agree in this run: " + apart) +
      fmt::format(". At the pads the gradient is {} under the mask and {} when frozen.",
                  pad_gradient(*masked), pad_gradient(*frozen_inf)));
  sentences.push_back(fmt::format(
      "It is cat, not freezing, that needs a graph per example: cat takes {} graphs and {} nodes for this "
      "batch, "
      "freezing element by element with where(mask, x.detach(), x) takes {} and {}, masking {} and {}.",
      frozen_inf->graphs, frozen_inf->nodes, elements->graphs, elements->nodes, masked->graphs,
      masked->nodes));
  const auto last = std::find_if(report.growth.rbegin(), report.growth.rend(),
                                 [](const GrowthRow& row) { return row.is_measured; });
  if (last != report.growth.rend() && last->batch_size > 1)
    sentences.push_back(
        fmt::format("At B = {} the graph per example takes {} nodes where the mask takes {}, and {} "
                    "times the time of a step.",
                    last->batch_size, last->frozen.nodes, last->masked.nodes, ratio(*last, " to ")));
  return sentences;
}

std::string to_text(const Report& report) {
  std::string text = wrapped(description(report)) + "\n" + to_text(method_table(report)) + "\n";
  for (const std::string& line : legend(report)) text += wrapped(line);
  text += "\nMethod 1 (masked with -inf) and method 2 (frozen at -inf) as the batch grows:\n\n";
  text += to_text(growth_table(report));
  if (const std::string note = growth_note(report); !note.empty()) text += wrapped(note);
  text += "\n";
  for (const std::string& sentence : conclusions(report)) text += wrapped("- " + sentence);
  return text;
}

std::string to_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  // JSON has no NaN: null stands for it.
  const auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  const auto cost = [](const Cost& c) {
    return Json{{"nodes", c.nodes}, {"graphs", c.graphs}, {"bytes", c.bytes}, {"seconds", c.seconds}};
  };
  Json json{{"version", 1},
            {"input", report.input},
            {"tokens", report.token_kind},
            {"seed", report.seed},
            {"threads", report.threads},
            {"features", report.features},
            {"batch",
             {{"sequences", report.batch_size},
              {"shortest", report.shortest},
              {"longest", report.longest},
              {"real_tokens", report.real_tokens},
              {"positions", report.positions},
              {"vocabulary", report.vocabulary},
              {"empty_lines", report.empty_lines}}},
            {"methods", Json::array()},
            {"growth", Json::array()},
            {"conclusions", conclusions(report)}};
  for (const Measured& row : report.rows)
    json["methods"].push_back({{"name", row.name},
                               {"sums_to_one", row.sums_to_one()},
                               {"smallest_sum", number(row.smallest_sum)},
                               {"largest_sum", number(row.largest_sum)},
                               {"attention_on_pads", number(row.leak)},
                               {"gradient_at_pads", json_name(row.pad_gradient)},
                               {"largest_gradient_at_pads", number(row.largest_pad_gradient)},
                               {"gradient_difference", number(row.difference)},
                               {"nodes", row.nodes},
                               {"graphs", row.graphs},
                               {"bytes", row.bytes},
                               {"seconds", row.seconds}});
  for (const GrowthRow& row : report.growth) {
    Json line{{"batch_size", row.batch_size}, {"measured", row.is_measured}};
    if (row.is_measured) {
      line["masked"] = cost(row.masked);
      line["frozen"] = cost(row.frozen);
      line["time_ratio"] = {{"lowest", row.lowest_ratio}, {"highest", row.highest_ratio}};
    }
    json["growth"].push_back(line);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace side_by_side
