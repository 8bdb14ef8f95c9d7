#include "engine/kernels/geometry.hpp"

#include <frost/kernels/gemm.hpp>

namespace frost::kernels {
namespace {

Matrix matrix_of(const void* data, const Dims& strides) { return {data, strides[0], strides[1], strides[2]}; }

template <class T>
void test_product(Generator& random, int64_t batch, int64_t m, int64_t n, int64_t k, bool special) {
  Array<T> x = make_array<T>(random, Dims{batch, m, k}, any_kind(random));
  Array<T> y = make_array<T>(random, Dims{batch, k, n}, any_kind(random));
  if (special) {
    fill_with_anything(random, x);
    fill_with_anything(random, y);
  } else {
    fill_with_numbers(random, x);
    fill_with_numbers(random, y);
  }
  std::vector<T> c(static_cast<size_t>(batch * m * n) + 1);
  for (T& value : c) value = std::is_floating_point_v<T> ? T(NAN) : T(7);  // never read
  matmul(dtype_of<T>, batch, m, n, k, c.data(), matrix_of(x.data(), x.strides),
         matrix_of(y.data(), y.strides));
  INFO(batch << " times " << m << "x" << k << " by " << k << "x" << n << " strides " << x.strides << ", "
             << y.strides);
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        using Sum = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
        Sum want = 0;
        double magnitude = 0;
        for (int64_t p = 0; p < k; ++p) {
          const Sum term =
              static_cast<Sum>(x.data()[b * x.strides[0] + i * x.strides[1] + p * x.strides[2]]) *
              static_cast<Sum>(y.data()[b * y.strides[0] + p * y.strides[1] + j * y.strides[2]]);
          want += term;
          if constexpr (std::is_floating_point_v<T>) magnitude += std::abs(term);
        }
        const T got = c[static_cast<size_t>((b * m + i) * n + j)];
        INFO("at " << b << ", " << i << ", " << j << " got " << got << " want " << want);
        if constexpr (std::is_floating_point_v<T>) {
          const double tolerance =
              std::isfinite(want) ? magnitude * std::numeric_limits<T>::epsilon() * (2 + 0.2 * double(k)) : 0;
          if (!is_close(got, want, 2, tolerance)) REQUIRE(false);
        } else {
          if (got != static_cast<int64_t>(want)) REQUIRE(false);
        }
      }
}

}  // namespace

TEST_CASE("matmul: products of any size and layout agree with plain loops", "[kernels][gemm]") {
  for_each_instruction_set([] {
    Generator random(11);
    for (int round = 0; round < 300; ++round) {
      const auto any_size = [&] {
        const int64_t choice = pick(random, 0, 9);
        return choice == 0 ? 0 : choice < 3 ? 1 : choice < 8 ? pick(random, 2, 12) : pick(random, 13, 60);
      };
      const int64_t batch = pick(random, 0, 3), m = any_size(), n = any_size(), k = any_size();
      test_product<int64_t>(random, batch, m, n, k, true);
      test_product<float>(random, batch, m, n, k, round % 2 == 0);
      test_product<double>(random, batch, m, n, k, round % 2 == 0);
    }
    for (const auto& [m, n, k] : {std::array<int64_t, 3>{300, 20, 90},
                                  {20, 300, 90},
                                  {150, 170, 190},
                                  {1, 5000, 40},
                                  {5000, 1, 40},
                                  {1, 3, 9000},
                                  {260, 1, 513},
                                  {13, 33, 700},
                                  {25, 1100, 20},
                                  {40, 30, 1100}})
      for (int round = 0; round < 4; ++round) {
        test_product<float>(random, 1, m, n, k, false);
        test_product<double>(random, 2, m, n, k, false);
      }
  });
}

}  // namespace frost::kernels
