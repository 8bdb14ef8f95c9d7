// A C++ number that stands for a 0-dim value in an op: x + 2, masked_fill(x, mask, -INFINITY).
#pragma once

#include <frost/dtype.hpp>

#include <type_traits>

namespace frost {

class Scalar {
 public:
  Scalar() : Scalar(int64_t{0}) {}
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Scalar(T value) : dtype_(std::is_floating_point_v<T> ? kDouble : dtype_of<T>) {
    if constexpr (std::is_floating_point_v<T>)
      floating_ = static_cast<double>(value);
    else
      integer_ = static_cast<int64_t>(value);
  }

  // The value as T, converted as static_cast does.
  template <class T>
  T to() const {
    return is_floating_point() ? static_cast<T>(floating_) : static_cast<T>(integer_);
  }
  double toDouble() const { return to<double>(); }
  float toFloat() const { return to<float>(); }
  int64_t toLong() const { return to<int64_t>(); }
  int toInt() const { return to<int>(); }
  bool toBool() const { return is_floating_point() ? floating_ != 0 : integer_ != 0; }

  Dtype type() const { return dtype_; }  // Bool, Long or Double
  bool isFloatingPoint() const { return is_floating_point(); }
  bool isIntegral(bool include_bool) const { return dtype_ == kLong || (include_bool && dtype_ == kBool); }
  bool isBoolean() const { return dtype_ == kBool; }
  Scalar operator-() const { return is_floating_point() ? Scalar(-floating_) : Scalar(-integer_); }

 private:
  bool is_floating_point() const { return dtype_ == kDouble; }

  Dtype dtype_;
  union {
    int64_t integer_;
    double floating_;
  };
};

template <>
inline bool Scalar::to<bool>() const {
  return toBool();
}

}  // namespace frost
