#include <frost/inspect/words.hpp>

#include <frost/inspect/columns.hpp>
#include <frost/ops.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace frost::inspect {

namespace {

constexpr size_t kColumns = 80;

const double* numbers_of(Tensor& holder) {
  holder = holder.detach().to(kDouble).contiguous();
  return holder.data_ptr<double>();
}

const double* append_values(std::string& text, IntArrayRef sizes, const double* value, bool is_bool) {
  if (sizes.empty()) {
    text += is_bool ? (*value != 0 ? "true" : "false") : number_text(*value);
    return value + 1;
  }
  text += '[';
  for (int64_t i = 0; i < sizes[0]; ++i) {
    if (i > 0) text += ", ";
    value = append_values(text, sizes.slice(1), value, is_bool);
  }
  text += ']';
  return value;
}

std::string sizes_text(IntArrayRef sizes) {
  std::string text = frost::to_text(sizes);
  text.front() = '(';
  text.back() = ')';
  return text;
}

}  // namespace

std::string without_markup(std::string_view json) {
  std::string text;
  for (const char c : json) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  char text[32];
  const bool is_whole = std::abs(value) < 1e6 && value == std::round(value);
  const auto end = is_whole ? std::to_chars(text, std::end(text), value, std::chars_format::fixed, 0)
                            : std::to_chars(text, std::end(text), value, std::chars_format::general, 4);
  return std::string(text, end.ptr);
}

std::string factor_text(double value) {
  const std::string number = number_text(value);
  return number.front() == '-' ? "(" + number + ")" : number;
}

Summary summary(const Tensor& x) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Summary found{infinity, -infinity, 0, 0, 0};
  Tensor holder = x;
  const double* const values = numbers_of(holder);
  for (int64_t i = 0; i < x.numel(); ++i) {
    found.zeros += values[i] == 0;
    found.nans += std::isnan(values[i]);
    found.infinities += std::isinf(values[i]);
    if (values[i] < found.min) found.min = values[i];
    if (values[i] > found.max) found.max = values[i];
  }
  return found;
}

std::string values_text(const Tensor& x, int64_t max_elements) {
  if (x.numel() > max_elements) {
    const Summary found = summary(x);
    std::string text = std::to_string(x.numel()) + " elements";
    if (found.min <= found.max) text += " from " + number_text(found.min) + " to " + number_text(found.max);
    if (found.zeros > 0) text += ", " + std::to_string(found.zeros) + " of them 0";
    if (found.nans > 0) text += ", " + std::to_string(found.nans) + " of them nan";
    if (found.infinities > 0) text += ", " + std::to_string(found.infinities) + " of them infinite";
    return text;
  }
  std::string text;
  Tensor holder = x;
  append_values(text, x.sizes(), numbers_of(holder), x.scalar_type() == kBool);
  return text;
}

std::string dtype_text(Dtype dtype) {
  return dtype == kBool ? "bool" : dtype == kLong ? "int64" : dtype == kFloat ? "float32" : "float64";
}

std::string gradient_text(const TracedGradient& gradient, int64_t max_elements) {
  if (gradient.state == GradientState::number) return values_text(gradient.value, max_elements);
  const std::string state(to_text(gradient.state));
  if (gradient.state != GradientState::zero || gradient.value.dim() == 0) return state;
  if (gradient.value.numel() > max_elements) return state + ", all " + std::to_string(gradient.value.numel());
  return state + " " + values_text(gradient.value, max_elements);
}

std::string tensor_text(const TracedTensor& tensor) {
  const std::string name = tensor.name.empty() ? "" : "\"" + printable(tensor.name) + "\" ";
  return name + sizes_text(tensor.sizes) + " " + dtype_text(tensor.dtype);
}

std::string element_text(const std::string& name, IntArrayRef sizes, int64_t element) {
  if (sizes.empty()) return name;
  std::string index;
  for (size_t d = sizes.size(); d-- > 0; element /= sizes[d])
    index = std::to_string(element % sizes[d]) + (index.empty() ? "" : ", ") + index;
  return name + "[" + index + "]";
}

int64_t element_at(IntArrayRef index, IntArrayRef sizes, std::string_view function) {
  check(index.size() == sizes.size(), function, "the index ", index, " does not fit the sizes ", sizes);
  int64_t element = 0;
  for (size_t d = 0; d < sizes.size(); ++d) {
    check(-sizes[d] <= index[d] && index[d] < sizes[d], function, "the index ", index,
          " is out of bounds for the sizes ", sizes);
    element = element * sizes[d] + (index[d] < 0 ? index[d] + sizes[d] : index[d]);
  }
  return element;
}

std::string short_name(const std::string& grad_fn) {
  const size_t scope = grad_fn.rfind(':');
  return printable(scope == std::string::npos ? grad_fn : grad_fn.substr(scope + 1));
}

std::string count_text(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string end_of(const Trace& trace, const TracedInput& input) {
  if (input.node) return printable(trace.label({*input.node, input.output_nr}));
  if (!input.dropped) return "a constant";
  return input.dropped->name.empty() ? std::string(frozen_text(input.unrecorded)) + " input"
                                     : printable(input.dropped->name);
}

std::string_view frozen_text(Unrecorded unrecorded) {
  return unrecorded == Unrecorded::no         ? "frozen"
         : unrecorded == Unrecorded::detached ? "detached"
         : unrecorded == Unrecorded::discrete ? "discrete"
                                              : "no-grad";
}

std::string wrapped(const std::string& start, size_t indent, std::string_view text) {
  std::string lines = start;
  size_t column = columns(start);
  const auto break_line = [&lines, &column, indent] {
    lines += "\n";
    lines.append(indent, ' ');
    column = indent;
  };
  while (!text.empty()) {
    const size_t space = text.find(' ', 1);
    std::string_view word = text.substr(0, space);  // with the space before it
    text = space == std::string_view::npos ? std::string_view() : text.substr(space);
    if (column + columns(word) > kColumns && column > indent) {
      if (word.front() == ' ') word.remove_prefix(1);
      break_line();
    }
    while (!word.empty()) {
      const size_t count = std::max<size_t>(character_bytes(word), 1);
      const size_t width = columns(word.substr(0, count));
      if (column + width > kColumns) break_line();
      lines += word.substr(0, count);
      word.remove_prefix(count);
      column += width;
    }
  }
  return lines + "\n";
}

}  // namespace frost::inspect
