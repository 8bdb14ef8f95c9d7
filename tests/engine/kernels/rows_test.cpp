// What the instruction sets have in common: each set's kernels against those of sse2, element by element.
#include <frost/kernels/rows.hpp>

#include "engine/kernels/geometry.hpp"

#include <frost/testing/catch.hpp>

namespace frost::kernels {
namespace {

using Catch::Contains;

// How many floating-point numbers lie between x and y.
template <class T>
double ulps_between(T x, T y) {
  if (x == y || (std::isnan(x) && std::isnan(y))) return 0;
  if (!std::isfinite(x) || !std::isfinite(y)) return INFINITY;
  const T magnitude = std::max({std::abs(x), std::abs(y), std::numeric_limits<T>::min()});
  return std::abs(double(x) - double(y)) / (std::nextafter(magnitude, T(INFINITY)) - double(magnitude));
}

// Sets fuse a multiplication with an addition or do not: that is all by which they may differ. Of what is one
// correctly rounded operation nothing may differ.
double allowed_ulps(Unary op) {
  switch (op) {
    case Unary::neg:
    case Unary::abs:
    case Unary::square:
    case Unary::relu:
    case Unary::reciprocal:
    case Unary::sqrt:
      return 0;
    default:
      return 4;
  }
}

template <class T>
std::vector<T> any_numbers(Generator& random, int64_t n) {
  std::vector<T> x(static_cast<size_t>(n));
  for (T& value : x) {
    value = std::normal_distribution<T>(0, 4)(random);
    if (pick(random, 0, 19) == 0) value = any_value<T>(random);
  }
  return x;
}

template <class T>
void check_close(const char* what, int which, const std::vector<T>& got, const std::vector<T>& want,
                 double ulps, double absolute = 0) {
  INFO(what << " " << which);
  for (size_t i = 0; i < want.size(); ++i)
    if (!(ulps_between(got[i], want[i]) <= ulps || std::abs(double(got[i]) - double(want[i])) <= absolute)) {
      INFO("at " << i);
      REQUIRE(got[i] == want[i]);
    }
}

template <class T>
void compare(Generator& random, const Rows& plain, const Rows& other) {
  const int dtype = index_of(dtype_of<T>);
  const int64_t n = pick(random, 1, 150);
  const std::vector<T> x = any_numbers<T>(random, n), y = any_numbers<T>(random, n);
  std::vector<T> want(x.size()), got(x.size());
  const RowIn in[3] = {{x.data(), 1}, {y.data(), 1}, {y.data(), 0}};
  for (int op = 0; op < index_of(Unary::count); ++op) {
    plain.unary[op][dtype](n, want.data(), in);
    other.unary[op][dtype](n, got.data(), in);
    check_close("unary", op, got, want, allowed_ulps(static_cast<Unary>(op)));
  }
  for (int op = 0; op < index_of(Binary::pow); ++op) {
    if (plain.binary[op][dtype] == nullptr) continue;
    plain.binary[op][dtype](n, want.data(), in);
    other.binary[op][dtype](n, got.data(), in);
    check_close("binary", op, got, want, 0);
  }

  // Sums round in another order: by the sum of the magnitudes.
  std::vector<T> numbers(x.size());
  double magnitude = 0;
  for (T& value : numbers) magnitude += std::abs(double(value = std::normal_distribution<T>(0, 4)(random)));
  const double rounding = 4 * std::numeric_limits<T>::epsilon();
  for (const Reduce op : {Reduce::sum, Reduce::max, Reduce::min}) {
    std::vector<T> one(1), two(1);
    plain.reduce_row[index_of(op)][dtype](n, one.data(), numbers.data());
    other.reduce_row[index_of(op)][dtype](n, two.data(), numbers.data());
    check_close("reduce", index_of(op), two, one, 0, op == Reduce::sum ? rounding * magnitude : 0);
  }
  plain.softmax_row[dtype](n, want.data(), numbers.data(), nullptr, nullptr);
  other.softmax_row[dtype](n, got.data(), numbers.data(), nullptr, nullptr);
  check_close("softmax", 0, got, want, 16);
  plain.softmax_backward_row[dtype](n, want.data(), numbers.data(), numbers.data(), nullptr);
  other.softmax_backward_row[dtype](n, got.data(), numbers.data(), numbers.data(), nullptr);
  check_close("softmax backward", 0, got, want, 0, rounding * magnitude * magnitude * 16);
}

}  // namespace

TEST_CASE("rows: the instruction sets agree with the plain one", "[kernels][rows]") {
  const Rows* plain = find_rows("sse2");
  if (plain == nullptr) return;
  for (const char* name : {"avx2", "avx512"})
    if (const Rows* other = find_rows(name)) {
      INFO("instruction set " << name);
      Generator random(11);
      for (int round = 0; round < 300; ++round) {
        compare<float>(random, *plain, *other);
        compare<double>(random, *plain, *other);
      }
    }
}

TEST_CASE("rows: a set that is not there is an error that names those that are", "[kernels][rows]") {
  CHECK_THROWS_WITH(rows_of("mmx"), Contains("\"mmx\" is no instruction set") &&
                                        Contains(find_rows("sse2") != nullptr ? "sse2" : "baseline"));
  CHECK_THROWS_WITH(rows_of(""), Contains("no instruction set"));
}

}  // namespace frost::kernels
