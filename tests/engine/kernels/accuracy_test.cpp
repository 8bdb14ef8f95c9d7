// How exact the functions are: the largest error of each on every instruction set that the machine has,
// against long double. The whole table is printed where it is asked for:
//
//   FROST_ACCURACY_TABLE=1 engine_tests "[accuracy]"
#include <frost/kernels/rows.hpp>

#include "engine/kernels/geometry.hpp"

#include <frost/testing/catch.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace frost::kernels {
namespace {

// The largest error met, in units in the last place, and where.
struct Worst {
  double ulps = 0;
  long double x = 0, got = 0, want = 0;
};

// Counts the error of `got`. The unit is that of the result as T rounds it, down to the smallest denormal;
// but no smaller than that of `least`.
template <class T>
void note_error(Worst& worst, long double x, T got, long double want, long double least = 0) {
  using Limits = std::numeric_limits<T>;
  const T rounded = static_cast<T>(want);
  double ulps;
  if (std::isnan(got) || std::isnan(rounded)) {
    ulps = std::isnan(got) == std::isnan(rounded) ? 0 : INFINITY;
  } else if (std::isinf(got) || std::isinf(rounded)) {
    ulps = got == rounded ? 0 : INFINITY;
  } else if (got == 0 && rounded == 0) {
    ulps = std::signbit(got) == std::signbit(rounded) ? 0 : INFINITY;
  } else {
    int exponent;
    std::frexp(std::max({std::abs(want), least, static_cast<long double>(Limits::min())}), &exponent);
    ulps = static_cast<double>(std::ldexp(std::abs(got - want), Limits::digits - exponent));
  }
  if (ulps > worst.ulps) worst = {ulps, x, got, want};
}

// A function, and the error that it may have in either dtype.
struct Function {
  const char* name;
  Unary op;
  double bound;
  long double (*precise)(long double x);
};

const Function kFunctions[] = {
    {"reciprocal", Unary::reciprocal, 0.5, [](long double x) { return 1 / x; }},
    {"sqrt", Unary::sqrt, 0.5, [](long double x) { return std::sqrt(x); }},
    {"rsqrt", Unary::rsqrt, 1.5, [](long double x) { return 1 / std::sqrt(x); }},
    {"exp", Unary::exp, 1, [](long double x) { return std::exp(x); }},
    {"expm1", Unary::expm1, 2, [](long double x) { return std::expm1(x); }},
    {"log", Unary::log, 1, [](long double x) { return std::log(x); }},
    {"log1p", Unary::log1p, 1, [](long double x) { return std::log1p(x); }},
    {"sin", Unary::sin, 1.5, [](long double x) { return std::sin(x); }},
    {"cos", Unary::cos, 1.5, [](long double x) { return std::cos(x); }},
    {"tanh", Unary::tanh, 1.5, [](long double x) { return std::tanh(x); }},
    {"sigmoid", Unary::sigmoid, 2.5,
     [](long double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }},
    {"gelu", Unary::gelu, 5, [](long double x) { return 0.5L * x * std::erfc(-x / std::sqrt(2.0L)); }},
    {"erf", Unary::erf, 2.5, [](long double x) { return std::erf(x); }},
    {"softplus", Unary::softplus, 2, [](long double x) { return x > 20 ? x : std::log1p(std::exp(x)); }},
};

// Bit patterns spread over the whole range, the range where functions bend, and the edges.
template <class T>
std::vector<T> make_inputs() {
  using Limits = std::numeric_limits<T>;
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  std::vector<T> x = {0,
                      T(-0.0),
                      Limits::infinity(),
                      -Limits::infinity(),
                      Limits::quiet_NaN(),
                      Limits::denorm_min(),
                      -Limits::denorm_min(),
                      Limits::min(),
                      -Limits::min(),
                      Limits::max(),
                      Limits::lowest(),
                      T(-1)};
  constexpr int count = 40000;
  constexpr T reach = sizeof(T) == 4 ? T(110) : T(760);
  for (int i = 0; i < count; ++i) {
    const Bits bits = static_cast<Bits>(i) * (~Bits{0} / count | 1);
    T value;
    std::memcpy(&value, &bits, sizeof(T));
    x.push_back(value);
    x.push_back(T(-20) + T(40) * static_cast<T>(i) / count);
    x.push_back(-reach + 2 * reach * static_cast<T>(i) / count);
  }
  return x;
}

// gelu(x) = x·Φ(x) rounds Φ, which may be denormal where the product is not: no unit is finer than x times
// that of Φ.
template <class T>
long double least_of(Unary op, T x) {
  return op == Unary::gelu ? std::abs(static_cast<long double>(x)) * std::numeric_limits<T>::min() : 0;
}

template <class T>
Worst error_of(const Rows& table, const Function& function, const std::vector<T>& x,
               const std::vector<long double>& want) {
  std::vector<T> y(x.size());
  const RowIn in{x.data(), 1};
  table.unary[index_of(function.op)][index_of(dtype_of<T>)](static_cast<int64_t>(x.size()), y.data(), &in);
  Worst worst;
  for (size_t i = 0; i < x.size(); ++i) note_error(worst, x[i], y[i], want[i], least_of(function.op, x[i]));
  return worst;
}

// ---- softmax ----

// Rows of scores, narrowly and widely spread, some of them masked.
template <class T>
std::vector<std::vector<T>> make_rows() {
  Generator random(5);
  std::vector<std::vector<T>> rows;
  for (const size_t n : {1, 2, 3, 4, 7, 16, 33, 100, 300})
    for (int i = 0; i < 60; ++i) {
      std::normal_distribution<T> score(0, T(i % 3 == 0 ? 1 : i % 3 == 1 ? 8 : 60));
      std::vector<T> row(n);
      for (T& x : row) x = i % 4 == 0 && pick(random, 0, 3) == 0 ? -INFINITY : score(random);
      row[n / 2] = score(random);
      rows.push_back(std::move(row));
    }
  return rows;
}

template <class T>
Worst error_of_softmax(const Rows& table, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  table.softmax_row[index_of(dtype_of<T>)](static_cast<int64_t>(x.size()), y.data(), x.data(), nullptr,
                                           nullptr);
  const T most = *std::max_element(x.begin(), x.end());
  // e^x / Σ e^x is computed from differences, which T rounds: what comes after that is measured.
  const auto power = [most](T score) { return std::exp(static_cast<long double>(T(score - most))); };
  long double sum = 0;
  for (const T score : x) sum += power(score);
  Worst worst;
  for (size_t i = 0; i < x.size(); ++i) {
    const long double want = power(x[i]) / sum;
    // What would be denormal is 0.
    if (want < 1.1L * std::numeric_limits<T>::min() && y[i] == 0) continue;
    note_error(worst, x[i], y[i], want);
  }
  return worst;
}

// Beside a score that takes all, log_softmax is nearly 0: no unit is finer than that of 1.
template <class T>
Worst error_of_log_softmax(const Rows& table, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  table.log_softmax_row[index_of(dtype_of<T>)](static_cast<int64_t>(x.size()), y.data(), x.data(), nullptr,
                                               nullptr);
  long double sum = 0;
  const long double most = *std::max_element(x.begin(), x.end());
  for (const T score : x) sum += std::exp(score - most);
  Worst worst;
  for (size_t i = 0; i < x.size(); ++i)
    note_error(worst, x[i], y[i], (x[i] - most) - std::log(sum), /*least=*/1);
  return worst;
}

// ---- the table ----

std::vector<const Rows*> instruction_sets() {
  std::vector<const Rows*> tables;
  for (const char* name : {"sse2", "avx2", "avx512", "baseline"})
    if (const Rows* table = find_rows(name)) tables.push_back(table);
  return tables;
}

// One line: the error on each instruction set, of float and then of double.
struct Line {
  std::string name;
  double bound;
  std::vector<Worst> errors;
};

template <class T, class Measure>
void measure_softmax(std::vector<Worst>& errors, const Measure& measure) {
  const std::vector<std::vector<T>> rows = make_rows<T>();
  for (const Rows* const table : instruction_sets()) {
    Worst& worst = errors.emplace_back();
    for (const std::vector<T>& row : rows)
      if (const Worst of_row = measure(*table, row); of_row.ulps > worst.ulps) worst = of_row;
  }
}

template <class T>
void measure_functions(std::vector<Line>& lines) {
  const std::vector<T> x = make_inputs<T>();
  std::vector<long double> want(x.size());
  for (size_t f = 0; f < std::size(kFunctions); ++f) {
    for (size_t i = 0; i < x.size(); ++i) want[i] = kFunctions[f].precise(x[i]);
    for (const Rows* const table : instruction_sets())
      lines[f].errors.push_back(error_of(*table, kFunctions[f], x, want));
  }
}

void print(const std::vector<Line>& lines) {
  const std::vector<const Rows*> tables = instruction_sets();
  std::printf("The largest error, in units in the last place, of float and of double:\n\n%-12s", "");
  for (int dtype = 0; dtype < 2; ++dtype) {
    for (const Rows* const table : tables) std::printf("%8s", table->name);
    std::printf(dtype == 0 ? "   " : "  at most\n");
  }
  for (const Line& line : lines) {
    std::printf("%-12s", line.name.c_str());
    for (size_t i = 0; i < line.errors.size(); ++i)
      std::printf("%s%8.2f", i == tables.size() ? "   " : "", line.errors[i].ulps);
    std::printf("%9.1f\n", line.bound);
  }
}

}  // namespace

TEST_CASE("accuracy: functions are within a few units in the last place", "[kernels][accuracy]") {
  std::vector<Line> lines;
  for (const Function& function : kFunctions) lines.push_back({function.name, function.bound, {}});
  measure_functions<float>(lines);
  measure_functions<double>(lines);
  lines.push_back({"softmax", 7, {}});
  measure_softmax<float>(lines.back().errors, error_of_softmax<float>);
  measure_softmax<double>(lines.back().errors, error_of_softmax<double>);
  lines.push_back({"log_softmax", 3, {}});
  measure_softmax<float>(lines.back().errors, error_of_log_softmax<float>);
  measure_softmax<double>(lines.back().errors, error_of_log_softmax<double>);
  if (std::getenv("FROST_ACCURACY_TABLE") != nullptr) print(lines);
  for (const Line& line : lines)
    for (const Worst& worst : line.errors) {
      INFO(line.name << " of " << worst.x << ": got " << worst.got << ", want " << worst.want);
      CHECK(worst.ulps <= line.bound);
    }
}

}  // namespace frost::kernels
