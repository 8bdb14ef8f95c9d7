#include <frost/dtype.hpp>
#include <frost/scalar.hpp>

#include <frost/testing/catch.hpp>

#include <cstdint>
#include <sstream>
#include <type_traits>

using namespace frost;

namespace {

constexpr Dtype kAll[] = {kBool, kLong, kFloat, kDouble};

template <class T>
std::string printed(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

TEST_CASE("dtype: sizes and kinds", "[dtype]") {
  CHECK(element_size(kBool) == sizeof(bool));
  CHECK(element_size(kLong) == sizeof(int64_t));
  CHECK(element_size(kFloat) == sizeof(float));
  CHECK(element_size(kDouble) == sizeof(double));
  CHECK_FALSE(is_floating_point(kBool));
  CHECK_FALSE(is_floating_point(kLong));
  CHECK(is_floating_point(kFloat));
  CHECK(is_floating_point(kDouble));
  CHECK((kInt64 == kLong && kFloat32 == kFloat && kFloat64 == kDouble));
}

TEST_CASE("dtype: promotion", "[dtype]") {
  CHECK(promote_types(kBool, kLong) == kLong);
  CHECK(promote_types(kLong, kFloat) == kFloat);
  CHECK(promote_types(kFloat, kDouble) == kDouble);
  CHECK(promote_types(kBool, kDouble) == kDouble);
  for (const Dtype a : kAll) {
    CHECK(promote_types(a, a) == a);
    for (const Dtype b : kAll) CHECK(promote_types(a, b) == promote_types(b, a));
  }
}

TEST_CASE("dtype: names are libtorch's", "[dtype]") {
  CHECK(printed(kBool) == "Bool");
  CHECK(printed(kLong) == "Long");
  CHECK(printed(kFloat) == "Float");
  CHECK(printed(kDouble) == "Double");
  CHECK(printed(TypeMeta(kBool)) == "bool");
  CHECK(printed(TypeMeta(kLong)) == "long int");
  CHECK(printed(TypeMeta(kFloat)) == "float");
  CHECK(printed(TypeMeta(kDouble)) == "double");
}

TEST_CASE("TypeMeta: compares with and converts to dtypes", "[dtype]") {
  const TypeMeta meta = scalarTypeToTypeMeta(kLong);
  CHECK(meta == kLong);
  CHECK(kLong == meta);
  CHECK(meta == TypeMeta(kLong));
  CHECK_FALSE(meta == kFloat);
  CHECK(meta != kFloat);
  CHECK(meta.toScalarType() == kLong);
  CHECK(typeMetaToScalarType(meta) == kLong);
  CHECK(meta.itemsize() == 8);
}

TEST_CASE("dtype: visit calls with the C++ type that the dtype stands for", "[dtype]") {
  for (const Dtype dtype : kAll) {
    CHECK(visit(dtype, []<class T>() { return dtype_of<T>; }) == dtype);
    CHECK(visit(dtype, []<class T>() { return sizeof(T); }) == element_size(dtype));
  }
  CHECK(visit_floating(kFloat, []<class T>() { return dtype_of<T>; }) == kFloat);
  CHECK(visit_floating(kDouble, []<class T>() { return dtype_of<T>; }) == kDouble);
  CHECK(dtype_of<int> == kLong);
  CHECK(dtype_of<long double> == kDouble);
}

TEST_CASE("Scalar: keeps the kind of number that it is made from", "[dtype]") {
  CHECK(Scalar(true).type() == kBool);
  CHECK(Scalar(1).type() == kLong);
  CHECK(Scalar(uint8_t{1}).type() == kLong);
  CHECK(Scalar(1.0f).type() == kDouble);
  CHECK(Scalar().toLong() == 0);
  CHECK(Scalar(true).isBoolean());
  CHECK(Scalar(2).isIntegral(false));
  CHECK_FALSE(Scalar(true).isIntegral(false));
  CHECK(Scalar(true).isIntegral(true));
  CHECK(Scalar(2.0).isFloatingPoint());
  CHECK(Scalar(INT64_MAX).toLong() == INT64_MAX);  // not by way of a double
  CHECK(Scalar(2.9).toLong() == 2);
  CHECK(Scalar(2.9).to<int>() == 2);
  CHECK(Scalar(0.5).toBool());
  CHECK_FALSE(Scalar(0.0).to<bool>());
  CHECK((-Scalar(2)).toLong() == -2);
  CHECK((-Scalar(2.5)).toDouble() == -2.5);
}
