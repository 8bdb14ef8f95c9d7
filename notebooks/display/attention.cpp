// Attention over tokens, as tables.
#include "html.hpp"

#include <frost/error.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/notebook.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace frost::notebook {
namespace {

constexpr const char* kTable = "<table style=\"border-collapse:collapse;font-size:13px\"><tbody>";

// Three digits after the point; "0" is exactly 0.
std::string weight_text(double weight) {
  if (weight == 0 || !std::isfinite(weight)) return number(weight);
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", weight);
  return text;
}

// Deep blue is all of the attention, whatever else is in the picture.
std::string cell(double weight, const std::string& token, bool is_padding) {
  return std::string("<td style=\"padding:3px 8px;min-width:48px;text-align:center;") +
         "border:1px solid #ccc;" + colour(weight, 1) + (is_padding ? ";color:#b0413e" : "") + "\">" +
         (token.empty() ? ""
                        : (is_padding ? "<i>" + token + "</i>" : "<b>" + escape(token) + "</b>") + "<br>") +
         "<span style=\"font-family:monospace\">" + weight_text(weight) + "</span></td>";
}

}  // namespace

AttentionRows attention(const Tensor& weights, std::vector<std::vector<std::string>> tokens) {
  check(weights.defined() && (weights.dim() == 1 || weights.dim() == 2), "attention",
        "weights must be [B, T], or [T] for one sequence");
  const Tensor rows = weights.dim() == 1 ? weights.unsqueeze(0) : weights;
  check(rows.size(0) == static_cast<int64_t>(tokens.size()), "attention", "weights of ", rows.size(0),
        " sequences, but tokens of ", tokens.size());
  for (const std::vector<std::string>& row : tokens)
    check(static_cast<int64_t>(row.size()) <= rows.size(1), "attention", row.size(), " tokens, but ",
          rows.size(1), " weights");
  return {rows, std::move(tokens)};
}

Json mime_bundle_repr(const AttentionRows& attention) {
  const std::vector<double> weights = inspect::numbers(attention.weights);
  const auto columns = static_cast<size_t>(attention.weights.size(1));
  std::string picture = kTable, text;
  for (size_t b = 0; b < attention.tokens.size(); ++b) {
    const std::vector<std::string>& tokens = attention.tokens[b];
    picture += "<tr style=\"background:none\">";
    double sum = 0;
    for (size_t t = 0; t < columns; ++t) {
      const double weight = weights[b * columns + t];
      const bool is_padding = t >= tokens.size();
      sum += weight;
      picture += cell(weight, is_padding ? "pad" : tokens[t], is_padding);
      text += (is_padding ? "pad" : tokens[t]) + " " + weight_text(weight) + "  ";
    }
    picture += "<td style=\"border:none;color:#999;white-space:nowrap\">sum " + number(sum) + "</td></tr>";
    text += "sum " + number(sum) + (b + 1 < attention.tokens.size() ? "\n" : "");
  }
  return html(picture + "</tbody></table>", text);
}

AttentionMatrix attention(const Tensor& weights, std::vector<std::string> queries,
                          std::vector<std::string> keys) {
  check(weights.defined() && weights.dim() == 2 && weights.size(0) == static_cast<int64_t>(queries.size()) &&
            weights.size(1) == static_cast<int64_t>(keys.size()),
        "attention", "weights must be [", queries.size(), ", ", keys.size(), "], a row for each query");
  return {weights, std::move(queries), std::move(keys)};
}

Json mime_bundle_repr(const AttentionMatrix& attention) {
  const std::vector<double> weights = inspect::numbers(attention.weights);
  std::string picture = std::string(kTable) + "<tr style=\"background:none\"><td style=\"border:none\"></td>",
              text;
  for (const std::string& key : attention.keys)
    picture += "<td style=\"border:none;text-align:center\"><b>" + escape(key) + "</b></td>";
  picture += "</tr>";
  for (size_t q = 0; q < attention.queries.size(); ++q) {
    picture += "<tr style=\"background:none\"><td style=\"border:none;text-align:right\"><b>" +
               escape(attention.queries[q]) + "</b></td>";
    text += (q ? "\n" : "") + attention.queries[q] + ":";
    for (size_t k = 0; k < attention.keys.size(); ++k) {
      const double weight = weights[q * attention.keys.size() + k];
      picture += cell(weight, "", false);
      text += " " + weight_text(weight);
    }
    picture += "</tr>";
  }
  return html(picture + "</tbody></table>", text);
}

}  // namespace frost::notebook
