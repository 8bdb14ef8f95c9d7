#include <frost/tensor_data.hpp>

#include <frost/error.hpp>

#include <sstream>

namespace frost::detail {

namespace {

std::string spaced(const std::vector<int64_t>& sizes) {
  std::string text;
  for (const int64_t size : sizes) text.append(text.empty() ? "" : " ").append(std::to_string(size));
  return text;
}

// The numbers as they were written: {{1, 2}, {3, 4}}.
void write_braces(std::ostream& out, const TensorData& data, size_t dim, size_t& next) {
  if (dim == data.sizes.size()) {
    const Scalar& value = data.values[next++];
    if (value.isFloatingPoint())
      out << value.toDouble();
    else if (value.isBoolean())
      out << to_text(value.toBool());
    else
      out << value.toLong();
    return;
  }
  out << '{';
  for (int64_t i = 0; i < data.sizes[dim]; ++i) {
    if (i > 0) out << ", ";
    write_braces(out, data, dim + 1, next);
  }
  out << '}';
}

std::string braces(const TensorData& data) {
  std::ostringstream text;
  size_t next = 0;
  write_braces(text, data, 0, next);
  return text.str();
}

}  // namespace

TensorData::TensorData(std::initializer_list<TensorData> rows) : sizes{static_cast<int64_t>(rows.size())} {
  if (rows.size() == 0) return;
  const TensorData& first = *rows.begin();
  dtype = first.dtype;
  sizes.insert(sizes.end(), first.sizes.begin(), first.sizes.end());
  for (const TensorData& row : rows) {
    check(row.sizes == first.sizes, "tensor", "Expected all sub-lists to have sizes: ", spaced(first.sizes),
          " (e.g. ", braces(first), "), but got sub-list ", braces(row), " with sizes: ", spaced(row.sizes));
    check(row.dtype == first.dtype, "tensor",
          "Expected all elements of the tensor to have the same scalar type: ", first.dtype,
          ", but got element of scalar type: ", row.dtype);
    values.insert(values.end(), row.values.begin(), row.values.end());
  }
}

}  // namespace frost::detail
