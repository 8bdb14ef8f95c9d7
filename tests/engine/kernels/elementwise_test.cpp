#include "engine/kernels/geometry.hpp"

#include <frost/kernels/parallel.hpp>

#include <limits>

namespace frost::kernels {
namespace {

double reference(Unary op, double x) {
  switch (op) {
    case Unary::neg:
      return -x;
    case Unary::abs:
      return std::abs(x);
    case Unary::square:
      return x * x;
    case Unary::relu:
      return x <= 0 ? 0 : x;
    case Unary::reciprocal:
      return 1 / x;
    case Unary::sqrt:
      return std::sqrt(x);
    case Unary::rsqrt:
      return 1 / std::sqrt(x);
    case Unary::exp:
      return std::exp(x);
    case Unary::expm1:
      return std::expm1(x);
    case Unary::log:
      return std::log(x);
    case Unary::log1p:
      return std::log1p(x);
    case Unary::sin:
      return std::sin(x);
    case Unary::cos:
      return std::cos(x);
    case Unary::tanh:
      return std::tanh(x);
    case Unary::sigmoid:
      return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
    case Unary::gelu:
      return static_cast<double>(0.5L * x * std::erfc(-x / std::sqrt(2.0L)));
    case Unary::erf:
      return std::erf(x);
    case Unary::softplus:
      return x > 20 ? x : std::log1p(std::exp(x));
    default:
      return 0;
  }
}

int64_t reference(Unary op, int64_t x) {
  const uint64_t u = static_cast<uint64_t>(x);
  switch (op) {
    case Unary::neg:
      return static_cast<int64_t>(0 - u);
    case Unary::abs:
      return x < 0 ? static_cast<int64_t>(0 - u) : x;
    case Unary::square:
      return static_cast<int64_t>(u * u);
    default:
      return x > 0 ? x : 0;
  }
}

double normal_density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.)); }

double reference(Binary op, double x, double y) {
  switch (op) {
    case Binary::add:
      return x + y;
    case Binary::sub:
      return x - y;
    case Binary::mul:
      return x * y;
    case Binary::maximum:
      return std::isnan(x) || std::isnan(y) ? NAN : std::max(x, y);
    case Binary::minimum:
      return std::isnan(x) || std::isnan(y) ? NAN : std::min(x, y);
    case Binary::pow:
      return std::pow(x, y);
    case Binary::div:
      return x / y;
    case Binary::tanh_backward:
      return x * (1 - y * y);
    case Binary::sigmoid_backward:
      return x * y * (1 - y);
    case Binary::relu_backward:
      return y <= 0 ? 0 : x;
    case Binary::softplus_backward:
      return y > 20 ? x : x * reference(Unary::sigmoid, y);
    case Binary::gelu_backward:
      return x * (0.5 * std::erfc(-y / std::sqrt(2.)) + (std::isinf(y) ? 0 : y * normal_density(y)));
    default:
      return 0;
  }
}

int64_t reference(Binary op, int64_t x, int64_t y) {
  const uint64_t a = static_cast<uint64_t>(x), b = static_cast<uint64_t>(y);
  switch (op) {
    case Binary::add:
      return static_cast<int64_t>(a + b);
    case Binary::sub:
      return static_cast<int64_t>(a - b);
    case Binary::mul:
      return static_cast<int64_t>(a * b);
    case Binary::maximum:
      return std::max(x, y);
    case Binary::minimum:
      return std::min(x, y);
    case Binary::bitwise_and:
      return x & y;
    case Binary::bitwise_or:
      return x | y;
    case Binary::bitwise_xor:
      return x ^ y;
    default: {
      if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
      uint64_t result = 1;  // from the highest bit down
      for (int bit = 62; bit >= 0; --bit) result = result * result * ((y >> bit & 1) != 0 ? a : 1);
      return static_cast<int64_t>(result);
    }
  }
}

bool reference(Binary op, bool x, bool y) {
  switch (op) {
    case Binary::mul:
    case Binary::minimum:
    case Binary::bitwise_and:
      return x && y;
    case Binary::sub:
    case Binary::bitwise_xor:
      return x != y;
    default:
      return x || y;
  }
}

// Float results are held against the same function in double.
template <class T>
bool agrees(T got, double want, double magnitude) {
  if constexpr (std::is_same_v<T, float>)
    return is_close(got, want, 6, magnitude * 1e-7 + 2e-44);
  else
    return is_close(got, want, 8, magnitude * 4e-16 + 3e-322);
}
inline bool agrees(int64_t got, int64_t want, double) { return got == want; }
inline bool agrees(bool got, bool want, double) { return got == want; }

template <class T>
constexpr int unary_count = std::is_floating_point_v<T> ? static_cast<int>(Unary::count)
                                                        : static_cast<int>(Unary::relu) + 1;

template <class T>
void test_unary(Generator& random) {
  for (int i = 0; i < unary_count<T>; ++i) {
    const Unary op = static_cast<Unary>(i);
    const Dims sizes = any_sizes(random);
    Array<T> x = make_array<T>(random, sizes, any_kind(random));
    fill_with_anything(random, x);
    Array<T> y = make_array<T>(random, sizes, any_kind(random, false));
    fill_with_anything(random, y);
    const bool in_place = !x.strides.empty() && pick(random, 0, 3) == 0;
    if (in_place) x = y;
    const Array<T> before = x;
    const std::vector<unsigned char> between = bytes_between(y);
    unary(op, dtype_of<T>, sizes, y.out(), in_place ? In{y.data(), y.strides} : x.in());
    INFO("unary " << i << " of " << sizes << " strides " << x.strides << " to " << y.strides);
    for (int64_t e = 0; e < y.numel(); ++e) {
      INFO("of " << before[e] << " got " << y[e] << " want " << reference(op, before[e]));
      if (!agrees(y[e], reference(op, before[e]), 0)) REQUIRE(false);
    }
    REQUIRE(between == bytes_between(y));
  }
}

template <class T>
bool has(Binary op) {
  if constexpr (std::is_same_v<T, bool>)
    return op < Binary::pow || op >= Binary::bitwise_and;
  else if constexpr (std::is_same_v<T, int64_t>)
    return op <= Binary::pow || op >= Binary::bitwise_and;
  else
    return op < Binary::bitwise_and;
}

template <class T>
void test_binary(Generator& random) {
  for (int i = 0; i < static_cast<int>(Binary::count); ++i) {
    const Binary op = static_cast<Binary>(i);
    if (!has<T>(op)) continue;
    const Dims sizes = any_sizes(random);
    Array<T> x = make_array<T>(random, sizes, any_kind(random)),
             y = make_array<T>(random, sizes, any_kind(random));
    fill_with_anything(random, x);
    fill_with_anything(random, y);
    Array<T> z = make_array<T>(random, sizes, any_kind(random, false));
    fill_with_anything(random, z);
    const int64_t place = pick(random, 0, 5);  // 0: z is x, 1: z is y
    if (place == 0) x = z;
    if (place == 1) y = z;
    const Array<T> x_before = x, y_before = y;
    const std::vector<unsigned char> between = bytes_between(z);
    const In own{z.data(), z.strides};
    binary(op, dtype_of<T>, sizes, z.out(), place == 0 ? own : x.in(), place == 1 ? own : y.in());
    INFO("binary " << i << " of " << sizes << " strides " << x.strides << ", " << y.strides << " to "
                   << z.strides);
    for (int64_t e = 0; e < z.numel(); ++e) {
      const T a = x_before[e], b = y_before[e];
      double magnitude = 0;  // of what a sum inside the formula may cancel
      if constexpr (std::is_floating_point_v<T>)
        if (op >= Binary::tanh_backward && std::isfinite(a) && std::isfinite(b))
          magnitude = std::abs(a) * (1 + double(b) * b);
      INFO("of " << a << " and " << b << " got " << z[e] << " want " << reference(op, a, b));
      if constexpr (std::is_floating_point_v<T>) {
        // Roots are taken as roots: sqrt(-inf) is NaN, and sqrt(-0) keeps its sign.
        if (op == Binary::pow && std::abs(b) == T(0.5) && std::isinf(a)) continue;
        if (!agrees(z[e], reference(op, double(a), double(b)), magnitude)) REQUIRE(false);
      } else {
        if (!agrees(z[e], reference(op, a, b), 0)) REQUIRE(false);
      }
    }
    REQUIRE(between == bytes_between(z));
  }
}

template <class T>
void test_add_scaled(Generator& random) {
  const Dims sizes = any_sizes(random);
  Array<T> x = make_array<T>(random, sizes, any_kind(random)),
           y = make_array<T>(random, sizes, any_kind(random));
  Array<T> z = make_array<T>(random, sizes, any_kind(random, false));
  fill_with_anything(random, x);
  fill_with_anything(random, y);
  const T alpha = T(3);
  const std::vector<unsigned char> between = bytes_between(z);
  add_scaled(dtype_of<T>, sizes, z.out(), x.in(), y.in(), alpha);
  for (int64_t e = 0; e < z.numel(); ++e) {
    const T a = x[e], b = y[e];
    INFO("of " << a << " and " << b << " got " << z[e]);
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(alpha * b)) continue;  // the product alone may overflow where it is not fused
      const double want = double(a) + 3 * double(b);
      if (!agrees(z[e], want, std::isfinite(a) ? std::abs(double(a)) + 3 * std::abs(double(b)) : 0))
        REQUIRE(false);
    } else {
      if (z[e] != reference(Binary::add, a, reference(Binary::mul, alpha, b))) REQUIRE(false);
    }
  }
  REQUIRE(between == bytes_between(z));
}

template <class T>
void test_comparisons(Generator& random) {
  for (int i = 0; i < static_cast<int>(Compare::count); ++i) {
    const Dims sizes = any_sizes(random);
    Array<T> x = make_array<T>(random, sizes, any_kind(random)),
             y = make_array<T>(random, sizes, any_kind(random));
    fill_with_anything(random, x);
    fill_with_anything(random, y);
    Array<bool> z = make_array<bool>(random, sizes, any_kind(random, false));
    const std::vector<unsigned char> between = bytes_between(z);
    compare(static_cast<Compare>(i), dtype_of<T>, sizes, z.out(), x.in(), y.in());
    bool right = true;
    for (int64_t e = 0; e < z.numel(); ++e) {
      const T a = x[e], b = y[e];
      const bool want[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
      right = right && z[e] == want[i];
    }
    REQUIRE(right);
    REQUIRE(between == bytes_between(z));
  }
  for (int i = 0; i < static_cast<int>(Predicate::count); ++i) {
    const Dims sizes = any_sizes(random);
    Array<T> x = make_array<T>(random, sizes, any_kind(random));
    fill_with_anything(random, x);
    Array<bool> y = make_array<bool>(random, sizes, any_kind(random, false));
    predicate(static_cast<Predicate>(i), dtype_of<T>, sizes, y.out(), x.in());
    bool right = true;
    for (int64_t e = 0; e < y.numel(); ++e) {
      const double a = static_cast<double>(x[e]);
      const bool want[] = {std::isnan(a), std::isinf(a), std::isfinite(a), a == 0};
      right = right && y[e] == want[i];
    }
    REQUIRE(right);
  }
}

template <class T>
bool same(T a, T b) {
  return a == b || (a != a && b != b);
}

template <class T>
void test_where_clamp_fill(Generator& random) {
  const Dims sizes = any_sizes(random);
  Array<T> x = make_array<T>(random, sizes, any_kind(random)),
           y = make_array<T>(random, sizes, any_kind(random));
  Array<T> z = make_array<T>(random, sizes, any_kind(random, false));
  Array<bool> condition = make_array<bool>(random, sizes, any_kind(random));
  fill_with_anything(random, x);
  fill_with_anything(random, y);
  fill_with_anything(random, z);
  fill_with_anything(random, condition);
  const std::vector<unsigned char> between = bytes_between(z);
  where(dtype_of<T>, sizes, z.out(), condition.in(), x.in(), y.in());
  bool right = true;
  for (int64_t e = 0; e < z.numel(); ++e) right = right && same<T>(z[e], condition[e] ? x[e] : y[e]);
  REQUIRE(right);

  const T low = T(-1), high = T(2);
  clamp(dtype_of<T>, sizes, z.out(), x.in(), low, high);
  for (int64_t e = 0; e < z.numel(); ++e)
    right = right && same<T>(z[e], x[e] < low ? low : x[e] > high ? high : x[e]);
  REQUIRE(right);

  fill(dtype_of<T>, sizes, z.out(), 1.0);
  for (int64_t e = 0; e < z.numel(); ++e) right = right && z[e] == T(1);
  REQUIRE(right);
  REQUIRE(between == bytes_between(z));
}

template <class To, class From>
To converted(From x) {
  if constexpr (std::is_same_v<To, int64_t> && std::is_floating_point_v<From>)
    if (!(x >= From(-9223372036854775808.) && x < From(9223372036854775808.))) return INT64_MIN;
  return static_cast<To>(x);
}

template <class From, class To>
void test_copy(Generator& random) {
  const Dims sizes = any_sizes(random);
  Array<From> x = make_array<From>(random, sizes, any_kind(random));
  fill_with_anything(random, x);
  Array<To> y = make_array<To>(random, sizes, any_kind(random, false));
  const std::vector<unsigned char> between = bytes_between(y);
  copy(sizes, dtype_of<To>, y.out(), dtype_of<From>, x.in());
  bool right = true;
  for (int64_t e = 0; e < y.numel(); ++e) right = right && same<To>(y[e], converted<To>(x[e]));
  REQUIRE(right);
  REQUIRE(between == bytes_between(y));
}

template <class F>
void for_each_dtype(const F& f) {
  f.template operator()<bool>();
  f.template operator()<int64_t>();
  f.template operator()<float>();
  f.template operator()<double>();
}

}  // namespace

TEST_CASE("elementwise: every op agrees with a plain loop, however its operands lie",
          "[kernels][elementwise]") {
  for_each_instruction_set([] {
    Generator random(17);
    for (int round = 0; round < 60; ++round) {
      test_unary<int64_t>(random);
      test_unary<float>(random);
      test_unary<double>(random);
      for_each_dtype([&]<class T>() {
        test_binary<T>(random);
        test_add_scaled<T>(random);
        test_comparisons<T>(random);
        test_where_clamp_fill<T>(random);
        for_each_dtype([&]<class To>() { test_copy<T, To>(random); });
      });
    }
  });
}

TEST_CASE("elementwise: long strided, broadcast and transposed operands, and short rows",
          "[kernels][elementwise]") {
  for_each_instruction_set([] {
    Generator random(3);
    for (const Dims& sizes :
         {Dims{1500, 70}, Dims{40, 2000}, Dims{90000}, Dims{33, 65, 17}, Dims{3, 200, 200}, Dims{3000, 16},
          Dims{700, 127}, Dims{9, 400, 3}, Dims{20, 30, 8, 5}})
      for (int round = 0; round < 12; ++round) {
        Array<float> x = make_array<float>(random, sizes, any_kind(random));
        Array<float> y = make_array<float>(random, sizes, any_kind(random));
        Array<float> z = make_array<float>(random, sizes, any_kind(random, false));
        fill_with_numbers(random, x);
        fill_with_numbers(random, y);
        binary(Binary::sub, kFloat, sizes, z.out(), x.in(), y.in());
        bool right = true;
        for (int64_t e = 0; e < z.numel(); ++e) right = right && z[e] == x[e] - y[e];
        REQUIRE(right);
        copy(sizes, kFloat, z.out(), kFloat, x.in());
        for (int64_t e = 0; e < z.numel(); ++e) right = right && z[e] == x[e];
        REQUIRE(right);
      }
  });
}

TEST_CASE("elementwise: exp reaches both ends of the range", "[kernels][elementwise]") {
  for_each_instruction_set([] {
    const float x[5] = {-INFINITY, -104.f, -100.f, 88.72283f, 88.73f};
    float y[5];
    unary(Unary::exp, kFloat, Dims{5}, {y, Dims{1}}, {x, Dims{1}});
    REQUIRE(y[0] == 0);
    REQUIRE(y[1] == 0);
    REQUIRE(y[2] > 0);
    REQUIRE(std::isfinite(y[3]));
    REQUIRE(y[4] == INFINITY);
  });
}

}  // namespace frost::kernels
