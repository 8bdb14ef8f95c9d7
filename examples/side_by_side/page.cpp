#include "page.hpp"

#include "graphs.hpp"
#include "text.hpp"

#include <frost/inspect/html.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace side_by_side {

using namespace frost;
using Json = nlohmann::ordered_json;

namespace {

constexpr size_t kTokenWidth = 40;            // characters of a token
constexpr int64_t kRows = 64, kColumns = 64;  // of the batch
constexpr int64_t kPositions = 8;             // of the sequence that is taken to be of any length

// As they are printed: six digits, which is what a float32 holds.
Json number(double value) {
  if (std::isfinite(value)) return std::stod(fmt::format("{:.6g}", value));
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

// The first `columns` elements of each of the first `rows` of x [B, T].
Json numbers(const Tensor& x, int64_t rows, int64_t columns) {
  Json json = Json::array();
  for (int64_t b = 0; b < rows; ++b) {
    json.push_back(Json::array());
    for (int64_t t = 0; t < columns; ++t) json.back().push_back(number(x[b][t].item<double>()));
  }
  return json;
}

Json token_list(const std::vector<std::string>& tokens, int64_t count) {
  Json json = Json::array();
  for (size_t t = 0; t < std::min(tokens.size(), static_cast<size_t>(count)); ++t)
    json.push_back(shortened(tokens[t], kTokenWidth));
  return json;
}

// ---- the batch ----

Json batch_grid(const Model& model, const Batch& batch,
                const std::vector<std::vector<std::string>>& sequences) {
  const int64_t rows = std::min(batch.size(), kRows), columns = std::min(batch.longest(), kColumns);
  Json tokens = Json::array(), weights = Json::array();
  for (int64_t b = 0; b < rows; ++b) tokens.push_back(token_list(sequences[static_cast<size_t>(b)], columns));
  const std::vector<Muting> mutings{std::make_shared<nn::Masked>(),
                                    std::make_shared<nn::FrozenPads>(-INFINITY),
                                    std::make_shared<nn::FrozenPads>(0), std::make_shared<nn::NoMuting>()};
  for (const Muting& muting : mutings) {
    const NoGradGuard guard;
    weights.push_back({{"name", muting->name()},
                       {"rows", numbers(model.forward(muting, batch).attended.weights, rows, columns)}});
  }
  return {{"tokens", tokens},
          {"longest", columns},
          {"left_out", {{"sequences", batch.size() - rows}, {"positions", batch.longest() - columns}}},
          {"weights", weights}};
}

// ---- row by row ----

// Each position of the one sequence of `batch`, whose length the batch says.
Json rows_of(const Muting& muting, const Model& model, const Batch& batch) {
  const int64_t length = batch.real_tokens();
  Tensor scored;
  const nn::Attended attended = muting->attend(
      [&model, &scored](const Tensor& tokens) {
        scored = model.pooling->scores(tokens);
        scored.retain_grad();
        return scored;
      },
      model.embedding.index_select(0, batch.tokens.flatten()).unsqueeze(0), batch.lengths);
  (attended.context * model.target).sum().backward();
  const bool pads_have_scores = attended.scores.defined();
  const Tensor scores = scored.detach().flatten(), grads = scored.grad().flatten();
  Json rows = Json::array();
  for (int64_t t = 0; t < batch.longest(); ++t) {
    Json row{{"score", nullptr},
             {"weight", number(attended.weights[0][t].item<double>())},
             {"state", "none"},
             {"gradient", nullptr}};
    if (t < length || pads_have_scores) {
      const double grad = grads[t].item<double>();
      row["score"] = number(scores[t].item<double>());
      row["state"] = grad == 0 ? "zero" : "number";
      row["gradient"] = number(grad);
    } else if (!attended.frozen_pads.empty()) {
      row["score"] = number(attended.frozen_pads[0][t - length].item<double>());
      row["state"] = "absent";
    }
    rows.push_back(row);
  }
  for (const Tensor& parameter : model.parameters()) parameter.mutable_grad().reset();
  return rows;
}

// The longest sequence of the batch, or its first tokens, taken to be of every length in turn.
Json row_by_row(const Model& model, const Batch& batch,
                const std::vector<std::vector<std::string>>& sequences) {
  const int64_t longest = batch.lengths.argmax().item<int64_t>();
  const int64_t positions = std::min(batch.longest(), kPositions);
  Json methods = Json::array();
  for (const Muting& muting : nn::all_mutings()) {
    Json lengths = Json::array();
    for (int64_t length = 1; length <= positions; ++length) {
      const Batch one{batch.tokens.narrow(0, longest, 1).narrow(1, 0, positions), tensor({length}),
                      batch.vocabulary};
      lengths.push_back(rows_of(muting, model, one));
    }
    methods.push_back({{"name", muting->name()}, {"lengths", lengths}});
  }
  return {{"tokens", token_list(sequences[static_cast<size_t>(longest)], positions)}, {"methods", methods}};
}

// ---- costs and tables ----

Json costs(const Report& report) {
  Json growth = Json::array();
  const auto cost = [](const Cost& c) {
    return Json{{"nodes", c.nodes}, {"bytes", c.bytes}, {"seconds", number(c.seconds)}};
  };
  for (const GrowthRow& row : report.growth)
    if (row.is_measured)
      growth.push_back({{"batch", row.batch_size}, {"costs", {cost(row.masked), cost(row.frozen)}}});
  return {{"methods", {"1: masked with -inf", "2: pads frozen at -inf"}},
          {"growth", growth},
          {"note", growth_note(report)}};
}

Json table(const Report& report) {
  const examples::Table methods = method_table(report);
  Json header = Json::array();
  for (size_t i = 0; i < methods.header.back().size(); ++i) {
    std::string title;
    for (const examples::Cells& line : methods.header)
      if (!line[i].empty()) title += (title.empty() ? "" : " ") + line[i];
    header.push_back(title);
  }
  return {{"header", header}, {"rows", methods.rows}, {"notes", legend(report)}};
}

Json names(const Model& model, const Batch& batch) {
  return {{"header", {"", "values", "gradients"}},
          {"rows", compared_by_name(std::make_shared<nn::Masked>(),
                                    std::make_shared<nn::FrozenPads>(-INFINITY), model, batch)},
          {"notes",
           {"Each tensor of method 1 beside those of method 2, of all examples; equal is equal but for "
            "rounding."}}};
}

}  // namespace

std::string to_html(const Report& report, const Model& model, const Batch& batch,
                    const std::vector<std::vector<std::string>>& sequences) {
  const inspect::Trace masked = traced(std::make_shared<nn::Masked>(), model, batch);
  const inspect::Trace frozen = traced(std::make_shared<nn::FrozenPads>(-INFINITY), model, batch);
  const Json ops{
      {"IndexSelectBackward0",
       "looks the tokens' rows up. Backward, each row's gradient goes back to its place, and adds up there."},
      {"BmmBackward0", "multiplies matrices, one pair for each sequence: the weighted sum of its tokens."},
      {"MaskedFillBackward0",
       "puts −∞ in the pads' place. Backward, the pads get a gradient of exactly zero."},
      {"CatBackward0",
       "joins the real scores and the frozen pads. Backward, only the real scores are sent a gradient; the "
       "pads' part is dropped."},
      {"SoftmaxBackward0",
       "makes weights of the scores, which sum to 1; −∞ becomes 0. Backward, weights of 0 pass nothing on."},
      {"StackBackward0",
       "puts the examples' results together. Backward, each example gets its own row of the gradient."},
      {"SelectBackward0", "takes one example out of the batch: from here on it has a graph of its own."},
      {"SliceBackward0", "keeps the real tokens only."}};
  const Json lesson{{"batch", batch_grid(model, batch, sequences)},
                    {"rows", row_by_row(model, batch, sequences)},
                    {"costs", costs(report)},
                    {"names", names(model, batch)},
                    {"table", table(report)},
                    {"conclusions", conclusions(report)},
                    {"ops", ops}};
  inspect::Page page;
  page.title = "Attention over a padded batch, side by side";
  page.about = description(report);
  page.graphs = {{"Method 1: masking", "The pads' scores become −∞: one graph for all.", &masked},
                 {"Method 2: freezing", "Frozen −∞ stand for the pads: a graph per example.", &frozen}};
  page.lesson = lesson.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  return inspect::to_html(page);
}

}  // namespace side_by_side
