// The four element types, and how they promote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

namespace frost {

// In the order of promotion: of two types the later one holds the result.
enum class ScalarType : int8_t { Bool, Long, Float, Double };
using Dtype = ScalarType;

constexpr Dtype kBool = Dtype::Bool;
constexpr Dtype kLong = Dtype::Long, kInt64 = Dtype::Long;
constexpr Dtype kFloat = Dtype::Float, kFloat32 = Dtype::Float;
constexpr Dtype kDouble = Dtype::Double, kFloat64 = Dtype::Double;

constexpr size_t element_size(Dtype dtype) { return dtype == kBool ? 1 : dtype == kFloat ? 4 : 8; }

// Only floating-point tensors can require grad.
constexpr bool is_floating_point(Dtype dtype) { return dtype >= kFloat; }

constexpr Dtype promote_types(Dtype a, Dtype b) { return a < b ? b : a; }

// "Float", "Double", "Long", "Bool": libtorch's names.
const char* to_text(Dtype dtype);
std::ostream& operator<<(std::ostream& out, Dtype dtype);

// What Tensor::dtype() returns; it converts to Dtype and prints as the C++ type ("float", "double", "long
// int", "bool"), as libtorch's does.
class TypeMeta {
 public:
  constexpr TypeMeta(Dtype dtype) : dtype_(dtype) {}
  constexpr operator Dtype() const { return dtype_; }
  constexpr Dtype toScalarType() const { return dtype_; }
  std::string_view name() const;
  constexpr size_t itemsize() const { return element_size(dtype_); }
  friend constexpr bool operator==(TypeMeta a, TypeMeta b) { return a.dtype_ == b.dtype_; }
  friend constexpr bool operator==(TypeMeta a, Dtype b) { return a.dtype_ == b; }

 private:
  Dtype dtype_;
};
std::ostream& operator<<(std::ostream& out, TypeMeta dtype);

inline TypeMeta scalarTypeToTypeMeta(Dtype dtype) { return dtype; }
inline Dtype typeMetaToScalarType(TypeMeta dtype) { return dtype; }

// The dtype that holds a C++ type's values: dtype_of<float> == kFloat.
template <class T>
constexpr Dtype dtype_of = std::is_same_v<T, bool>       ? kBool
                           : std::is_same_v<T, float>    ? kFloat
                           : std::is_floating_point_v<T> ? kDouble
                                                         : kLong;

// Calls f.template operator()<T>() with the C++ type of `dtype`:
//   visit(dtype, [&]<class T>() { fill(static_cast<T*>(data), n); });
template <class F>
decltype(auto) visit(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::Bool:
      return f.template operator()<bool>();
    case Dtype::Long:
      return f.template operator()<int64_t>();
    case Dtype::Float:
      return f.template operator()<float>();
    default:
      return f.template operator()<double>();
  }
}

// As visit, for dtypes known to be floating point.
template <class F>
decltype(auto) visit_floating(Dtype dtype, F&& f) {
  if (dtype == Dtype::Float) return f.template operator()<float>();
  return f.template operator()<double>();
}

}  // namespace frost
