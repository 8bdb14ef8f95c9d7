// A C++ number that stands for a 0-dim value in an op: x + 2, masked_fill(x, mask, -INFINITY).
#pragma once

#include <frost/dtype.hpp>

#include <frost/error.hpp>

#include <cmath>
#include <limits>
#include <string_view>
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

  // The value as T, rounded towards zero where T is an integer. An error, which names `function`, where T
  // can't hold it: what lies beyond T's range, and NaN and infinity as an integer. As in libtorch, a negative
  // integer wraps around in an unsigned T that can hold its size. As a bool everything but 0 is true.
  template <class T>
  T to(std::string_view function = "to") const {
    if (!fits<T>()) [[unlikely]]
      fail_to_convert(name_of<T>(), function);
    if constexpr (std::is_same_v<T, bool>)
      return toBool();
    else
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
  // The least integer has no opposite: as in tensors of integers, it is its own. An error of a bool.
  Scalar operator-() const {
    check(dtype_ != kBool, "neg", "torch boolean negative, the `-` operator, is not supported.");
    return is_floating_point() ? Scalar(-floating_)
                               : Scalar(static_cast<int64_t>(0 - static_cast<uint64_t>(integer_)));
  }

 private:
  bool is_floating_point() const { return dtype_ == kDouble; }

  template <class T>
  bool fits() const {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double>) {
      return true;
    } else if constexpr (std::is_floating_point_v<T>) {
      return !is_floating_point() || std::isinf(floating_) || !(std::abs(floating_) > Limits::max());
    } else if (is_floating_point()) {
      // The largest integer of 64 bits is no double: what rounds to it is the first that is too large.
      return floating_ >= static_cast<double>(Limits::min()) &&
             floating_ <= static_cast<double>(Limits::max()) && floating_ < std::ldexp(1, Limits::digits);
    } else if constexpr (std::is_signed_v<T>) {
      return integer_ >= Limits::min() && integer_ <= Limits::max();
    } else {
      const auto bits = static_cast<uint64_t>(integer_);
      return (integer_ < 0 ? 0 - bits : bits) <= Limits::max();
    }
  }

  template <class T>
  static constexpr const char* name_of() {
    if (std::is_floating_point_v<T>) return std::is_same_v<T, float> ? "float" : "double";
    constexpr const char* const names[2][4] = {{"uint8_t", "uint16_t", "uint32_t", "uint64_t"},
                                               {"int8_t", "int16_t", "int", "int64_t"}};
    return names[std::is_signed_v<T>][sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3];
  }

  [[noreturn]] void fail_to_convert(const char* type, std::string_view function) const;

  Dtype dtype_;
  union {
    int64_t integer_;
    double floating_;
  };
};

}  // namespace frost
