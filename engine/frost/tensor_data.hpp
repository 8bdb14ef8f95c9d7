// The numbers in tensor({{1, 2}, {3, 4}}).
#pragma once

#include <frost/array_ref.hpp>
#include <frost/dtype.hpp>
#include <frost/scalar.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace frost::detail {

// Nested braces, a vector or a number, with its shape. `dtype` is that of the numbers as they were written.
struct TensorData {
  Dtype dtype = kFloat;
  std::vector<int64_t> sizes;
  std::vector<Scalar> values;  // row-major

  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  TensorData(T value) : dtype(written_as<T>()), values{Scalar(value)} {}
  TensorData(std::initializer_list<TensorData> rows);
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  TensorData(ArrayRef<T> list) : dtype(written_as<T>()), sizes{static_cast<int64_t>(list.size())} {
    for (const T& value : list) values.emplace_back(value);
  }
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  TensorData(const std::vector<T>& list) : dtype(written_as<T>()), sizes{static_cast<int64_t>(list.size())} {
    for (const T value : list) values.emplace_back(value);
  }

 private:
  // A double literal is meant as "a real number": it makes the default dtype, Float.
  template <class T>
  static constexpr Dtype written_as() {
    return std::is_floating_point_v<T> ? kFloat : dtype_of<T>;
  }
};

}  // namespace frost::detail
