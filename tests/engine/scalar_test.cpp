#include <frost/engine.hpp>
#include <frost/testing/catch.hpp>

#include <cmath>
#include <limits>

using namespace frost;
using Catch::Contains;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

template <class T>
void check_refused(const Scalar& value, const std::string& type) {
  INFO(type);
  CHECK_THROWS_WITH(value.to<T>(),
                    Contains("value cannot be converted to type " + type + " without overflow"));
}

}  // namespace

TEST_CASE("Scalar: a value that the type can't hold is an error", "[scalar]") {
  check_refused<uint8_t>(300, "uint8_t");
  check_refused<uint8_t>(-300, "uint8_t");
  check_refused<uint8_t>(255.5, "uint8_t");
  check_refused<uint8_t>(-0.5, "uint8_t");
  check_refused<int8_t>(200, "int8_t");
  check_refused<int8_t>(-129, "int8_t");
  check_refused<int16_t>(70000, "int16_t");
  check_refused<int>(int64_t{3000000000}, "int");
  check_refused<int>(2147483647.5, "int");
  check_refused<int>(-2147483648.5, "int");
  check_refused<int>(inf, "int");
  check_refused<int>(-inf, "int");
  check_refused<int>(NAN, "int");
  check_refused<int64_t>(9.3e18, "int64_t");
  check_refused<int64_t>(0x1p63, "int64_t");
  check_refused<int64_t>(NAN, "int64_t");
  check_refused<uint32_t>(int64_t{1} << 32, "uint32_t");
  check_refused<uint64_t>(0x1p64, "uint64_t");
  check_refused<float>(1e300, "float");
  check_refused<float>(-3.5e38, "float");
  CHECK_THROWS_WITH(Scalar(inf).toLong(), Contains("integers can't hold it, use a floating-point dtype"));
}

TEST_CASE("Scalar: a value that the type can hold is converted", "[scalar]") {
  CHECK(Scalar(255).to<uint8_t>() == 255);
  CHECK(Scalar(-5).to<uint8_t>() == 251);  // as a - b + 256
  CHECK(Scalar(-255).to<uint8_t>() == 1);
  CHECK(Scalar(-128).to<int8_t>() == -128);
  CHECK(Scalar(254.9).to<uint8_t>() == 254);
  CHECK(Scalar(INT64_MIN).to<int64_t>() == INT64_MIN);
  CHECK(Scalar(-0x1p63).to<int64_t>() == INT64_MIN);
  CHECK(Scalar(-1).to<uint64_t>() == UINT64_MAX);
  CHECK(Scalar(INT64_MAX).to<float>() == 0x1p63f);
  CHECK(Scalar(inf).to<float>() == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(Scalar(NAN).to<float>()));
  CHECK(std::isnan(Scalar(NAN).to<double>()));
  CHECK(Scalar(1e300).toDouble() == 1e300);
  CHECK(Scalar(NAN).to<bool>());
  CHECK(Scalar(inf).to<bool>());
  CHECK(Scalar(true).to<int8_t>() == 1);
}

TEST_CASE("Scalar: the error names the function that converts", "[scalar]") {
  CHECK_THROWS_WITH(tensor(300).item<uint8_t>(),
                    Contains("[item]") && Contains("uint8_t") && Contains(": 300"));
  CHECK_THROWS_WITH(tensor(INFINITY).item<int>(), Contains("[item]"));
  CHECK_THROWS_WITH(tensor(1e300, kDouble).item<float>(), Contains("[item]"));
  CHECK_THROWS_WITH(full({1}, 1e300), Contains("[full]"));
  CHECK_THROWS_WITH(tensor({1.0, 1e300}), Contains("[tensor]"));
  CHECK_THROWS_WITH(ones({1}).scatter(0, tensor({0}), 1e300), Contains("[scatter]"));
  CHECK_THROWS_WITH(1e300 - ones({1}), Contains("[sub]"));
  CHECK_THROWS_WITH(
      ones({1}, kLong).masked_fill(tensor({true}), -INFINITY),
      Contains("[masked_fill] value cannot be converted to type int64_t without overflow: -inf") &&
          Contains("use a floating-point dtype"));
  CHECK_THROWS_WITH(Tensor().item(), Contains("[item]"));
}

TEST_CASE("Scalar: beside a tensor of floats a number may be too large for one", "[scalar]") {
  CHECK((ones({1}) + 1e300).item<double>() == inf);
  CHECK((ones({1}) * -1e300).item<double>() == -inf);
  CHECK((ones({1}) < 1e300).item<bool>());
}

TEST_CASE("scalar: the least integer is its own opposite", "[scalar]") {
  CHECK((-Scalar(INT64_MIN)).toLong() == INT64_MIN);
  CHECK((-Scalar(INT64_MAX)).toLong() == -INT64_MAX);
}

TEST_CASE("Scalar: a bool has no opposite", "[scalar]") {
  CHECK_THROWS_WITH(-Scalar(true), "[neg] torch boolean negative, the `-` operator, is not supported.");
}
