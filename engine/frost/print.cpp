// How tensors print: as PyTorch prints them in Python, with its default options.
#include <frost/tape.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace frost {

namespace {

constexpr int kPrecision = 4;         // digits after the point
constexpr int64_t kThreshold = 1000;  // a tensor of more elements is summarised:
constexpr int64_t kEdgeItems = 3;     // of each dimension only so many at either end are shown
constexpr size_t kLineWidth = 80;

// ---- which elements are shown ----

struct Shown {
  explicit Shown(const Tensor& x) : layout(x.layout()), is_summarised(x.numel() > kThreshold) {}

  bool is_cut(size_t dim) const { return is_summarised && layout.sizes[dim] > 2 * kEdgeItems; }

  // Calls show(i) with each index of `dim` that is shown, and skip() where some are left out.
  template <class Show, class Skip>
  void along(size_t dim, const Show& show, const Skip& skip) const {
    const int64_t size = layout.sizes[dim];
    for (int64_t i = 0; i < size; ++i) {
      if (is_cut(dim) && i == kEdgeItems) {
        skip();
        i = size - kEdgeItems;
      }
      show(i);
    }
  }

  const Layout& layout;
  bool is_summarised;
};

// The values that are shown, in the order in which they are written.
template <class T>
void collect(const Shown& shown, size_t dim, const T* data, std::vector<Scalar>& values) {
  if (dim == shown.layout.rank()) {
    values.emplace_back(*data);
    return;
  }
  const int64_t stride = shown.layout.strides[dim];
  shown.along(
      dim, [&](int64_t i) { collect(shown, dim + 1, data + i * stride, values); }, [] {});
}

// ---- how one element is written ----

std::string decimal(double value, std::chars_format notation, int precision) {
  char text[400];  // the longest double has 309 digits before the point
  return std::string(text, std::to_chars(text, std::end(text), value, notation, precision).ptr);
}

enum class Style {
  exact,       // integers and bools
  whole,       // floating-point numbers that are all integers: 1.
  fixed,       // 1.5000
  scientific,  // 1.5000e+00
};

std::string text_of(const Scalar& value, Style style) {
  if (value.isBoolean()) return value.toBool() ? "True" : "False";
  if (style == Style::exact) return std::to_string(value.toLong());
  const double number = value.toDouble();
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  if (style == Style::whole) return decimal(number, std::chars_format::fixed, 0) + ".";
  return decimal(number, style == Style::fixed ? std::chars_format::fixed : std::chars_format::scientific,
                 kPrecision);
}

// Zeros, infinities and NaN have no say in how wide the elements are and in which style.
bool decides(const Scalar& value) {
  return !value.isFloatingPoint() || (std::isfinite(value.toDouble()) && value.toDouble() != 0);
}

Style style_of(const std::vector<Scalar>& values) {
  if (!values.front().isFloatingPoint()) return Style::exact;
  bool all_whole = true;
  double smallest = INFINITY, largest = 0;
  for (const Scalar& value : values) {
    if (!decides(value)) continue;
    const double number = std::abs(value.toDouble());
    all_whole &= number == std::ceil(number);
    smallest = std::min(smallest, number);
    largest = std::max(largest, number);
  }
  const bool is_wide =
      largest > 0 && (largest / smallest > 1000 || largest > 1e8 || (!all_whole && smallest < 1e-4));
  return is_wide ? Style::scientific : all_whole ? Style::whole : Style::fixed;
}

// ---- the whole ----

class Writer {
 public:
  explicit Writer(const Tensor& x) : shown_(x) {
    visit(x.scalar_type(), [&]<class T>() { collect(shown_, 0, x.data_ptr<T>(), values_); });
    style_ = style_of(values_);
    for (const Scalar& value : values_)
      if (decides(value)) width_ = std::max(width_, text_of(value, style_).size());
    next_ = values_.begin();
  }

  // Appends the elements from dimension `dim` on; the first bracket stands in column `indent`.
  void write(std::string& text, size_t dim, size_t indent) {
    const size_t rank = shown_.layout.rank();
    if (rank == 0) return write_element(text);
    if (dim == rank - 1) return write_row(text, dim, indent);
    const std::string separator = std::string(",").append(rank - 1 - dim, '\n').append(indent + 1, ' ');
    bool is_first = true;
    const auto separate = [&] { text += std::exchange(is_first, false) ? "" : separator; };
    const auto show = [&](int64_t) {
      separate();
      write(text, dim + 1, indent + 1);
    };
    const auto skip = [&] {
      separate();
      text += "...";
    };
    text += '[';
    shown_.along(dim, show, skip);
    text += ']';
  }

 private:
  void write_element(std::string& text) {
    const std::string element = text_of(*next_++, style_);
    if (element.size() < width_) text.append(width_ - element.size(), ' ');
    text += element;
  }

  void write_row(std::string& text, size_t dim, size_t indent) {
    const size_t per_line = std::max<size_t>(1, (kLineWidth - indent) / (width_ + 2));
    const std::string new_line = std::string(",\n").append(indent + 1, ' ');
    size_t count = 0;
    const auto separate = [&] {
      if (count > 0) text += count % per_line == 0 ? new_line : ", ";
      ++count;
    };
    const auto show = [&](int64_t) {
      separate();
      write_element(text);
    };
    const auto skip = [&] {
      separate();
      text += " ...";
    };
    text += '[';
    shown_.along(dim, show, skip);
    text += ']';
  }

  Shown shown_;
  std::vector<Scalar> values_;
  std::vector<Scalar>::const_iterator next_;
  Style style_;
  size_t width_ = 1;
};

const char* torch_name(Dtype dtype) {
  return dtype == kBool    ? "torch.bool"
         : dtype == kLong  ? "torch.int64"
         : dtype == kFloat ? "torch.float32"
                           : "torch.float64";
}

// What stands after the elements: what they don't show themselves.
std::vector<std::string> suffixes(const Tensor& x) {
  std::vector<std::string> list;
  if (x.numel() == 0 && x.dim() != 1) {
    std::string sizes = to_text(x.sizes());
    sizes.front() = '(';
    sizes.back() = ')';
    list.push_back("size=" + sizes);
  }
  const bool tells_dtype = x.numel() > 0 && x.scalar_type() != kDouble;
  if (!tells_dtype && x.scalar_type() != kFloat)
    list.push_back(std::string("dtype=") + torch_name(x.scalar_type()));
  if (const Ref<Node> grad_fn = x.grad_fn()) {
    const std::string name = grad_fn->name();
    const size_t scope = name.rfind(':');
    list.push_back("grad_fn=<" + (scope == std::string::npos ? name : name.substr(scope + 1)) + ">");
  } else if (x.requires_grad()) {
    list.push_back("requires_grad=True");
  }
  return list;
}

std::string to_string(const Tensor& x) {
  if (!x.defined()) return "[ Tensor (undefined) ]";
  const size_t indent = std::string_view("tensor(").size();
  std::string text = "tensor(";
  if (x.numel() == 0)
    text += "[]";
  else
    Writer(x).write(text, 0, indent);

  const size_t line_start = text.rfind('\n');
  size_t column = line_start == std::string::npos ? text.size() + 2 : text.size() - line_start + 1;
  const std::string new_line = std::string(",\n").append(indent, ' ');
  for (const std::string& suffix : suffixes(x)) {
    const bool fits = column + suffix.size() + 2 <= kLineWidth;
    text.append(fits ? ", " : new_line).append(suffix);
    column = (fits ? column + 2 : indent) + suffix.size();
  }
  return text + ")";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << to_string(tensor); }

}  // namespace frost
