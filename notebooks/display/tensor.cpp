// Tensors and gradients as tables.
#include "html.hpp"

#include <frost/inspect/numbers.hpp>
#include <frost/notebook.hpp>
#include <frost/testing/gradients.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

namespace frost {

namespace notebook {
namespace {

constexpr int64_t kRows = 16, kColumns = 16, kTables = 4;  // what is shown of a large tensor
constexpr const char* kCell = "padding:2px 7px;min-width:52px;text-align:right;border:1px solid #ccc;";
constexpr const char* kHead =
    "padding:2px 7px;text-align:right;border:none;background:none;color:#999;font-weight:normal";

std::string printed(const Tensor& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

std::string sizes_text(const Tensor& x) {
  std::string text = "[";
  for (int64_t dim = 0; dim < x.dim(); ++dim) text += (dim ? ", " : "") + std::to_string(x.size(dim));
  return text + "]";
}

std::string dtype_text(const Tensor& x) {
  switch (x.scalar_type()) {
    case kFloat:
      return "float32";
    case kDouble:
      return "float64";
    case kLong:
      return "int64";
    case kBool:
      return "bool";
  }
  return "";
}

std::string name_of(const Tensor& x) { return x.name().empty() ? "a tensor" : x.name(); }

using Cell = std::function<std::string(int64_t element)>;  // the <td> of an element, counted row by row

std::string row_of_cells(int64_t first, int64_t columns, const Cell& cell) {
  std::string row;
  for (int64_t j = 0; j < std::min(columns, kColumns); ++j) row += cell(first + j);
  if (columns > kColumns)
    row += "<td style=\"border:none\">… " + std::to_string(columns - kColumns) + " more</td>";
  return row;
}

// The elements from `first` on, [rows, columns] of them.
std::string table(int64_t first, int64_t rows, int64_t columns, bool numbered, const Cell& cell) {
  std::string text =
      "<table style=\"border-collapse:collapse;margin:2px 0;font-family:monospace;font-size:13px\"><tbody>";
  if (numbered && columns > 0) {
    text += "<tr style=\"background:none\">";
    if (rows > 1) text += std::string("<td style=\"") + kHead + "\"></td>";
    for (int64_t j = 0; j < std::min(columns, kColumns); ++j)
      text += std::string("<td style=\"") + kHead + "\">" + std::to_string(j) + "</td>";
    text += "</tr>";
  }
  for (int64_t i = 0; i < std::min(rows, kRows); ++i) {
    text += "<tr style=\"background:none\">";
    if (numbered && rows > 1)
      text += std::string("<td style=\"") + kHead + "\">" + std::to_string(i) + "</td>";
    text += row_of_cells(first + i * columns, columns, cell) + "</tr>";
  }
  if (rows > kRows)
    text += "<tr style=\"background:none\"><td style=\"border:none\">… " + std::to_string(rows - kRows) +
            " more</td></tr>";
  return text + "</tbody></table>";
}

// Tables of the last two dims, one for each index of those before.
std::string tables(const Tensor& x, const Cell& cell) {
  if (x.numel() == 0) return "<div style=\"color:#999\">no elements</div>";
  const int64_t columns = x.dim() > 0 ? x.size(-1) : 1, rows = x.dim() > 1 ? x.size(-2) : 1;
  const int64_t count = x.numel() / (rows * columns);
  if (x.dim() <= 2) return table(0, rows, columns, x.dim() > 0, cell);
  std::string text = "<div style=\"display:flex;flex-wrap:wrap;gap:18px\">";
  for (int64_t i = 0; i < std::min(count, kTables); ++i) {
    std::string index = "[";
    int64_t rest = i, below = count;
    for (int64_t dim = 0; dim + 2 < x.dim(); ++dim) {
      below /= x.size(dim);
      index += std::to_string(rest / below) + ", ";
      rest %= below;
    }
    text += "<div><span style=\"color:#999\">" + index + ":, :]</span>" +
            table(i * rows * columns, rows, columns, true, cell) + "</div>";
  }
  if (count > kTables)
    text += "<div style=\"color:#999\">… " + std::to_string(count - kTables) + " more</div>";
  return text + "</div>";
}

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  return largest;
}

std::string value_cell(double value, const std::string& style, const std::string& text) {
  return std::string("<td style=\"") + kCell + style + "\" title=\"" + number(value) + "\">" + text + "</td>";
}

// ---- gradients ----

// Why there is none.
std::string why_absent(const Tensor& x) {
  if (!x.requires_grad()) return "frozen: requires_grad is false";
  if (!x.is_leaf() && !x.retains_grad())
    return "an op made it, and grads of those are kept after retain_grad() alone";
  return "no backward pass has reached it";
}

std::string one_gradient(const Tensor& x) {
  const Tensor& grad = x.grad();
  std::string text = "<div><div>gradient of <b>" + escape(name_of(x)) + "</b>";
  if (!grad.defined()) {
    text += chip("absent", "#b0413e") + " <span style=\"color:#999;font-size:85%\">" + why_absent(x) +
            "</span></div>";
    return text +
           tables(x,
                  [](int64_t) {
                    return std::string("<td style=\"") + kCell +
                           "border:1px dashed "
                           "#b0413e;color:#b0413e;background:none;text-align:center\">absent</td>";
                  }) +
           "</div>";
  }
  const std::vector<double> values = inspect::numbers(grad);
  const double largest = largest_of(values);
  const auto zeros = std::count(values.begin(), values.end(), 0.);
  if (zeros == static_cast<int64_t>(values.size())) {
    text += chip("zero", "#777");
  } else {
    text += chip("a number", "#2f6fb0");
    if (zeros > 0)
      text += chip("zero at " + std::to_string(zeros) + " of " + std::to_string(values.size()), "#777");
  }
  text += "</div>" + tables(grad, [&values, largest](int64_t element) {
            const double value = values[static_cast<size_t>(element)];
            if (value != 0) return value_cell(value, colour(value, largest), number(value));
            return std::string("<td style=\"") + kCell +
                   "background:#ececec;color:#777;text-align:center\">zero</td>";
          });
  return text + "</div>";
}

std::string gradient_text(const Tensor& x) {
  const std::string start = "gradient of " + name_of(x) + ": ";
  if (!x.grad().defined()) return start + "absent (" + why_absent(x) + ")";
  const bool is_zero = testing::grad_state(x.grad()) == testing::GradState::zero;
  return start + (is_zero ? "zero, " : "") + printed(x.grad());
}

}  // namespace

Gradients gradients(TensorList of) {
  for (const Tensor& x : of) check(x.defined(), "gradients", "a tensor is undefined");
  return {std::vector<Tensor>(of.begin(), of.end())};
}

Json mime_bundle_repr(const Gradients& gradients) {
  std::string picture = "<div style=\"display:flex;flex-wrap:wrap;gap:24px\">", text;
  for (const Tensor& x : gradients.of) {
    picture += one_gradient(x);
    text += (text.empty() ? "" : "\n") + gradient_text(x);
  }
  return html(picture + "</div>", text);
}

}  // namespace notebook

nlohmann::json mime_bundle_repr(const Tensor& x) {
  using namespace notebook;
  if (!x.defined()) return html("<i>an undefined tensor</i>", "an undefined tensor");
  std::string picture = "<div><div>";
  if (!x.name().empty()) picture += "<b>" + escape(x.name()) + "</b> ";
  picture += "<span style=\"color:#999\">" + dtype_text(x) + " " + sizes_text(x) + "</span>";
  if (!x.is_leaf())
    picture += chip("made by " + (x.grad_fn() ? x.grad_fn()->name() : std::string("an op")), "#2f6fb0");
  else if (x.is_floating_point())
    picture += x.requires_grad() ? chip("leaf, requires grad", "#2e7d32") : chip("no grad");
  if (x.is_view()) picture += chip("view");
  const std::vector<double> values = inspect::numbers(x);
  const double largest = largest_of(values);
  const Dtype dtype = x.scalar_type();
  picture +=
      "</div>" + tables(x, [&values, largest, dtype](int64_t element) {
        const double value = values[static_cast<size_t>(element)];
        if (dtype == kBool)
          return value_cell(value, value != 0 ? "background:#555;color:#fff" : "background:#fff;color:#111",
                            value != 0 ? "true" : "false");
        return value_cell(value, dtype == kLong ? "" : colour(value, largest), number(value));
      });
  return html(picture + "</div>", printed(x));
}

}  // namespace frost
