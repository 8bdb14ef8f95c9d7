#include <frost/testing/elements.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <charconv>
#include <cmath>

namespace frost::testing::detail {

std::vector<long double> elements(const Tensor& x) {
  const Tensor packed = x.detach().contiguous();
  std::vector<long double> values;
  values.reserve(static_cast<size_t>(packed.numel()));
  visit(packed.scalar_type(), [&packed, &values]<class T>() {
    const T* const data = packed.data_ptr<T>();
    for (int64_t i = 0; i < packed.numel(); ++i) values.push_back(static_cast<long double>(data[i]));
  });
  return values;
}

std::vector<bool> mask_elements(const Tensor& mask, IntArrayRef sizes, const char* function) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  if (!mask.defined()) return std::vector<bool>(static_cast<size_t>(count), true);
  check(mask.scalar_type() == kBool, function, "expected mask dtype to be Bool but got ", mask.scalar_type());
  check(is_broadcastable_to(mask.sizes(), sizes), function, "the mask ", mask.sizes(),
        " does not broadcast to ", sizes);
  const Tensor spread = mask.expand(sizes).contiguous();
  return std::vector<bool>(spread.data_ptr<bool>(), spread.data_ptr<bool>() + count);
}

bool same_bits(long double a, long double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

std::string index_text(int64_t place, IntArrayRef sizes) {
  std::vector<int64_t> indices(sizes.size());
  for (size_t dim = sizes.size(); dim-- > 0;) {
    indices[dim] = place % sizes[dim];
    place /= sizes[dim];
  }
  return to_text(IntArrayRef(indices));
}

std::string number_text(long double value, Dtype dtype) {
  if (dtype == kBool) return value != 0 ? "true" : "false";
  if (std::isnan(value)) return "nan";
  char text[64];
  char* const end = text + sizeof text;
  const std::to_chars_result written = dtype == kLong ? std::to_chars(text, end, static_cast<int64_t>(value))
                                       : dtype == kFloat
                                           ? std::to_chars(text, end, static_cast<float>(value))
                                           : std::to_chars(text, end, static_cast<double>(value));
  return std::string(text, written.ptr);
}

std::string count_text(int64_t count, int64_t of, const char* what) {
  return to_text(count) + " of " + to_text(of) + " elements " + what;
}

std::string name_of(const Tensor& x, const char* otherwise) {
  return x.defined() && !x.name().empty() ? x.name() : otherwise;
}

std::string shape_text(const Tensor& x) {
  return std::string("sizes ") + to_text(x.sizes()) + " and dtype " + to_text(x.scalar_type());
}

}  // namespace frost::testing::detail
