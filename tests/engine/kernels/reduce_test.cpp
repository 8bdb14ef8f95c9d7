#include "engine/kernels/geometry.hpp"

#include <frost/kernels/reduce.hpp>

namespace frost::kernels {
namespace {

uint32_t any_dims(Generator& random, size_t rank) {
  return static_cast<uint32_t>(pick(random, 0, (int64_t{1} << rank) - 1));
}

// The place in a contiguous output of what is at `index` of the input, reduced over `dims`.
int64_t output_of(const Dims& sizes, uint32_t dims, const std::vector<int64_t>& index) {
  int64_t place = 0;
  for (size_t d = 0; d < sizes.size(); ++d)
    if ((dims >> d & 1) == 0) place = place * sizes[d] + index[d];
  return place;
}

int64_t outputs_of(const Dims& sizes, uint32_t dims) {
  int64_t n = 1;
  for (size_t d = 0; d < sizes.size(); ++d)
    if ((dims >> d & 1) == 0) n *= sizes[d];
  return n;
}

template <class T>
const T& element(const Array<T>& array, const std::vector<int64_t>& index) {
  int64_t at = 0;
  for (size_t d = 0; d < index.size(); ++d) at += index[d] * array.strides[d];
  return array.data()[at];
}

template <class T>
void test_reduce(Generator& random, const Dims& sizes, bool plain_numbers) {
  const uint32_t dims = any_dims(random, sizes.size());
  Array<T> x = make_array<T>(random, sizes, any_kind(random));
  if (plain_numbers)
    fill_with_numbers(random, x);
  else
    fill_with_anything(random, x);
  const int64_t outputs = outputs_of(sizes, dims);
  const int64_t count = outputs == 0 ? 0 : numel(sizes) / outputs;
  const std::unique_ptr<T[]> got(new T[static_cast<size_t>(outputs) + 1]());
  for (int i = 0; i < static_cast<int>(Reduce::count); ++i) {
    const Reduce op = static_cast<Reduce>(i);
    if (std::is_same_v<T, bool> != (op == Reduce::all || op == Reduce::any)) continue;
    if (count == 0 && (op == Reduce::max || op == Reduce::min)) continue;
    INFO("reduction " << i << " of " << sizes << " strides " << x.strides << " over bits " << dims);
    reduce(op, dtype_of<T>, sizes, x.in(), dims, got.get());

    using Wide = std::conditional_t<std::is_floating_point_v<T>, double,
                                    std::conditional_t<std::is_same_v<T, bool>, bool, uint64_t>>;
    std::vector<Wide> want(static_cast<size_t>(outputs)), magnitude(static_cast<size_t>(outputs));
    std::vector<char> seen(static_cast<size_t>(outputs));
    for (size_t o = 0; o < want.size(); ++o) want[o] = op == Reduce::prod || op == Reduce::all;
    for_each_index(sizes, [&](const std::vector<int64_t>& index) {
      const size_t o = static_cast<size_t>(output_of(sizes, dims, index));
      const Wide value = static_cast<Wide>(element(x, index));
      const bool first = !seen[o];
      seen[o] = true;
      switch (op) {
        case Reduce::sum:
          want[o] = static_cast<Wide>(want[o] + value);
          break;
        case Reduce::prod:
          want[o] = static_cast<Wide>(want[o] * value);
          break;
        case Reduce::all:
          want[o] = want[o] && value;
          break;
        case Reduce::any:
          want[o] = want[o] || value;
          break;
        default: {
          const bool larger = static_cast<T>(value) > static_cast<T>(want[o]);
          if (first || value != value || (want[o] == want[o] && larger == (op == Reduce::max)))
            want[o] = value;
        }
      }
      if constexpr (std::is_floating_point_v<T>) magnitude[o] += std::abs(value);
    });
    for (size_t o = 0; o < want.size(); ++o) {
      INFO("got " << got[o] << " want " << want[o]);
      if constexpr (std::is_floating_point_v<T>) {
        const double unit = std::numeric_limits<T>::epsilon();
        const bool sum = op == Reduce::sum;
        // A product rounds once per factor; a product that leaves the range of T may do so on the way.
        if (op == Reduce::prod && (std::abs(want[o]) > 1e30 || std::abs(want[o]) < 1e-30)) continue;
        if (!is_close(got[o], want[o],
                      sum                  ? 4
                      : op == Reduce::prod ? 2. * double(count)
                                           : 0,
                      sum && std::isfinite(want[o]) ? 4 * unit * magnitude[o] : 0))
          REQUIRE(false);
      } else if constexpr (std::is_same_v<T, bool>) {
        if (got[o] != want[o]) REQUIRE(false);
      } else {
        if (got[o] != static_cast<int64_t>(want[o])) REQUIRE(false);
      }
    }
  }
}

template <class T>
void test_extremum(Generator& random) {
  const Dims sizes = any_sizes(random);
  if (numel(sizes) == 0) return;
  const int64_t dim = sizes.empty() ? 0 : pick(random, 0, static_cast<int64_t>(sizes.size()) - 1);
  const uint32_t dims = sizes.empty() ? 0 : uint32_t{1} << dim;
  Array<T> x = make_array<T>(random, sizes, any_kind(random));
  fill_with_anything(random, x);
  const size_t outputs = static_cast<size_t>(outputs_of(sizes, dims));
  const std::unique_ptr<T[]> values(new T[outputs]());
  std::vector<int64_t> indices(outputs);
  for (const Extremum op : {Extremum::max, Extremum::min}) {
    extremum(op, dtype_of<T>, sizes, x.in(), dim, values.get(), indices.data());
    std::vector<int64_t> want(outputs, -1);
    const std::unique_ptr<T[]> best(new T[outputs]());
    for_each_index(sizes, [&](const std::vector<int64_t>& index) {
      const size_t o = static_cast<size_t>(output_of(sizes, dims, index));
      const T value = element(x, index);
      const bool better = op == Extremum::max ? value > best[o] : value < best[o];
      if (want[o] < 0 || (best[o] == best[o] && (value != value || better))) {
        best[o] = value;
        want[o] = sizes.empty() ? 0 : index[static_cast<size_t>(dim)];
      }
    });
    INFO("of " << sizes << " strides " << x.strides << " along " << dim);
    REQUIRE(indices == want);
    for (size_t o = 0; o < outputs; ++o)
      REQUIRE((values[o] == best[o] || (values[o] != values[o] && best[o] != best[o])));
  }
}

template <class T>
void test_cumsum(Generator& random) {
  const Dims sizes = any_sizes(random);
  if (sizes.empty()) return;
  const int64_t dim = pick(random, 0, static_cast<int64_t>(sizes.size()) - 1);
  Array<T> x = make_array<T>(random, sizes, any_kind(random));
  fill_with_numbers(random, x);
  std::vector<T> got(static_cast<size_t>(numel(sizes)) + 1);
  cumsum(dtype_of<T>, sizes, x.in(), dim, got.data());
  bool right = true;
  int64_t place = 0;
  for_each_index(sizes, [&](const std::vector<int64_t>& index) {
    using Sum = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
    Sum sum = 0;
    std::vector<int64_t> at = index;
    for (int64_t i = 0; i <= index[static_cast<size_t>(dim)]; ++i) {
      at[static_cast<size_t>(dim)] = i;
      sum += static_cast<Sum>(element(x, at));
    }
    right = right && got[static_cast<size_t>(place++)] == static_cast<T>(sum);
  });
  INFO("of " << sizes << " strides " << x.strides << " along " << dim);
  REQUIRE(right);
}

template <class T>
void test_deviations(Generator& random, const Dims& sizes) {
  if (numel(sizes) == 0) return;
  const uint32_t dims = any_dims(random, sizes.size());
  Array<T> x = make_array<T>(random, sizes, any_kind(random));
  fill_with_numbers(random, x);
  for (size_t i = 0; i < x.bytes.size() / sizeof(T); ++i) reinterpret_cast<T*>(x.bytes.data())[i] += T(100);
  const size_t outputs = static_cast<size_t>(outputs_of(sizes, dims));
  const double count = static_cast<double>(numel(sizes)) / static_cast<double>(outputs);
  std::vector<T> got(outputs);
  sum_of_squared_deviations(dtype_of<T>, sizes, x.in(), dims, got.data());
  std::vector<double> mean(outputs), want(outputs);
  for_each_index(sizes, [&](const std::vector<int64_t>& index) {
    mean[static_cast<size_t>(output_of(sizes, dims, index))] += element(x, index) / count;
  });
  for_each_index(sizes, [&](const std::vector<int64_t>& index) {
    const size_t o = static_cast<size_t>(output_of(sizes, dims, index));
    want[o] += (element(x, index) - mean[o]) * (element(x, index) - mean[o]);
  });
  INFO("of " << sizes << " strides " << x.strides << " over bits " << dims);
  const double unit = std::numeric_limits<T>::epsilon();
  for (size_t o = 0; o < outputs; ++o)
    REQUIRE(is_close(got[o], want[o], 1000, count * 1e4 * unit * unit * 400));
}

}  // namespace

TEST_CASE("reduce: every reduction agrees with a plain loop, over any dims", "[kernels][reduce]") {
  for_each_instruction_set([] {
    Generator random(5);
    for (int round = 0; round < 400; ++round) {
      const Dims sizes = any_sizes(random);
      test_reduce<bool>(random, sizes, false);
      test_reduce<int64_t>(random, sizes, false);
      test_reduce<float>(random, sizes, round % 2 == 0);
      test_reduce<double>(random, sizes, round % 2 == 0);
      test_deviations<float>(random, sizes);
      test_deviations<double>(random, sizes);
      test_extremum<bool>(random);
      test_extremum<int64_t>(random);
      test_extremum<float>(random);
      test_extremum<double>(random);
      test_cumsum<int64_t>(random);
      test_cumsum<float>(random);
      test_cumsum<double>(random);
    }
  });
}

TEST_CASE("reduce: large inputs", "[kernels][reduce]") {
  for_each_instruction_set([] {
    Generator random(6);
    for (const Dims& sizes : {Dims{300000}, Dims{700, 300}, Dims{40, 50, 60}, Dims{5000, 3}, Dims{3, 5000}})
      for (int round = 0; round < 2; ++round) {
        test_reduce<float>(random, sizes, true);
        test_reduce<int64_t>(random, sizes, true);
        test_deviations<float>(random, sizes);
      }
  });
}

TEST_CASE("reduce: the error of a long float sum stays small", "[kernels][reduce]") {
  for_each_instruction_set([] {
    const int64_t n = 1 << 24;
    std::vector<float> x(static_cast<size_t>(n), 0.1f);
    float sum = 0;
    reduce(Reduce::sum, kFloat, Dims{n}, {x.data(), Dims{1}}, 1, &sum);
    REQUIRE(is_close(sum, static_cast<double>(n) * 0.1f, 4));
    std::vector<float> sums(4);
    reduce(Reduce::sum, kFloat, Dims{n / 4, 4}, {x.data(), Dims{4, 1}}, 1, sums.data());
    for (const float column : sums) REQUIRE(is_close(column, static_cast<double>(n / 4) * 0.1f, 4));
  });
}

}  // namespace frost::kernels
