#include "engine/kernels/geometry.hpp"

#include <frost/kernels/reduce.hpp>

namespace frost::kernels {
namespace {

template <class T>
struct Rounding;
template <>
struct Rounding<float> {
  static constexpr double relative = 8, absolute = 1e-37;
};
template <>
struct Rounding<double> {
  static constexpr double relative = 16, absolute = 1e-300;
};

Softmax any_shape(Generator& random) {
  const int64_t n = pick(random, 0, 9) == 0 ? pick(random, 100, 300) : pick(random, 1, 40);
  return {pick(random, 0, 5), n, pick(random, 0, 1) == 0 ? 1 : pick(random, 1, 150)};
}

template <class T>
std::vector<T> any_values(Generator& random, const Softmax& shape, bool plain) {
  std::vector<T> x(static_cast<size_t>(shape.outer * shape.n * shape.inner));
  for (T& value : x) {
    value = std::normal_distribution<T>(0, 5)(random);
    if (!plain && pick(random, 0, 99) == 0) value = any_value<T>(random);
    if (!plain && pick(random, 0, 3) == 0) value = -std::numeric_limits<T>::infinity();
  }
  return x;
}

// f(first place of a row); its elements are `inner` apart.
template <class F>
void for_each_row(const Softmax& shape, const F& f) {
  for (int64_t o = 0; o < shape.outer; ++o)
    for (int64_t j = 0; j < shape.inner; ++j) f(o * shape.n * shape.inner + j);
}

template <class T>
void test_softmax(Generator& random) {
  const Softmax shape = any_shape(random);
  const bool plain = pick(random, 0, 1) == 0, in_place = pick(random, 0, 2) == 0;
  const std::vector<T> x = any_values<T>(random, shape, plain), g = any_values<T>(random, shape, true);
  std::vector<T> y = x, log_y = x, grad = g, log_grad = g;
  softmax(dtype_of<T>, shape, y.data(), in_place ? y.data() : x.data());
  log_softmax(dtype_of<T>, shape, log_y.data(), in_place ? log_y.data() : x.data());
  softmax_backward(dtype_of<T>, shape, grad.data(), in_place ? grad.data() : g.data(), y.data());
  log_softmax_backward(dtype_of<T>, shape, log_grad.data(), in_place ? log_grad.data() : g.data(),
                       log_y.data());
  INFO("shape " << shape.outer << " " << shape.n << " " << shape.inner);
  const double relative = Rounding<T>::relative, unit = std::numeric_limits<T>::epsilon();
  for_each_row(shape, [&](int64_t first) {
    double largest = -INFINITY, sum = 0, grad_sum = 0, log_grad_sum = 0, magnitude = 0, log_magnitude = 0;
    const auto at = [&](const std::vector<T>& values, int64_t i) {
      return static_cast<double>(values[static_cast<size_t>(first + i * shape.inner)]);
    };
    for (int64_t i = 0; i < shape.n; ++i)
      largest = std::isnan(at(x, i)) || at(x, i) > largest ? at(x, i) : largest;
    for (int64_t i = 0; i < shape.n; ++i) {
      sum += std::exp(at(x, i) - largest);
      grad_sum += at(g, i) * at(y, i);
      magnitude += std::abs(at(g, i) * at(y, i));
      log_grad_sum += at(g, i);
      log_magnitude += std::abs(at(g, i));
    }
    for (int64_t i = 0; i < shape.n; ++i) {
      const double e = std::exp(at(x, i) - largest), log_want = at(x, i) - largest - std::log(sum);
      // The difference is rounded before exp multiplies its error.
      const double ulps = relative + (std::isfinite(at(x, i) - largest) ? largest - at(x, i) : 0);
      if (!is_close(static_cast<T>(at(y, i)), e / sum, ulps, Rounding<T>::absolute))
        REQUIRE(at(y, i) == e / sum);
      if (!is_close(static_cast<T>(at(log_y, i)), log_want, 4,
                    std::isfinite(largest) ? 4 * unit * (std::log(double(shape.n)) + std::abs(largest)) : 0))
        REQUIRE(at(log_y, i) == log_want);
      if (std::isnan(sum)) continue;
      const double want = at(y, i) * (at(g, i) - grad_sum);
      if (!is_close(static_cast<T>(at(grad, i)), want, relative, at(y, i) * magnitude * relative * unit))
        REQUIRE(at(grad, i) == want);
      const double log_grad_want = at(g, i) - std::exp(at(log_y, i)) * log_grad_sum;
      if (!is_close(static_cast<T>(at(log_grad, i)), log_grad_want, relative,
                    (log_magnitude + std::abs(at(g, i))) * relative * unit))
        REQUIRE(at(log_grad, i) == log_grad_want);
    }
  });
}

template <class T>
void test_masked(Generator& random) {
  Softmax shape = any_shape(random);
  const int64_t repeat = pick(random, 1, 3);
  shape.outer = shape.outer / repeat * repeat;
  std::vector<T> x = any_values<T>(random, shape, false);
  const size_t masks = static_cast<size_t>(shape.outer / repeat * shape.n * shape.inner);
  const std::unique_ptr<bool[]> mask(new bool[masks + 1]);
  const int64_t often = pick(random, 0, 3);
  for (size_t i = 0; i < masks; ++i) mask[i] = pick(random, 0, 3) < often;
  for (const EmptyRow policy : {EmptyRow::NaN, EmptyRow::Zeros, EmptyRow::Uniform, EmptyRow::Error}) {
    std::vector<T> y = x;
    const bool in_place = pick(random, 0, 1) == 0;
    const SoftmaxMask pads{mask.get(), Dims{shape.outer / repeat, repeat}, Dims{shape.n * shape.inner, 0}};
    const bool ok =
        masked_softmax(dtype_of<T>, shape, y.data(), in_place ? y.data() : x.data(), pads, policy);
    bool any_empty = false;
    INFO("shape " << shape.outer << " " << shape.n << " " << shape.inner << " repeat " << repeat);
    for_each_row(shape, [&](int64_t first) {
      const int64_t slice = shape.n * shape.inner;
      const int64_t mask_first = first / slice / repeat * slice + first % slice;
      double largest = -INFINITY, sum = 0;
      bool empty = true;
      for (int64_t i = 0; i < shape.n; ++i) {
        const double value = x[static_cast<size_t>(first + i * shape.inner)];
        if (mask[static_cast<size_t>(mask_first + i * shape.inner)]) continue;
        empty = false;
        largest = std::isnan(value) || value > largest ? value : largest;
      }
      any_empty = any_empty || empty;
      for (int64_t i = 0; i < shape.n; ++i)
        if (!mask[static_cast<size_t>(mask_first + i * shape.inner)])
          sum += std::exp(x[static_cast<size_t>(first + i * shape.inner)] - largest);
      for (int64_t i = 0; i < shape.n; ++i) {
        const T got = y[static_cast<size_t>(first + i * shape.inner)];
        double want = std::exp(x[static_cast<size_t>(first + i * shape.inner)] - largest) / sum;
        if (mask[static_cast<size_t>(mask_first + i * shape.inner)]) want = 0;
        if (empty)
          want = policy == EmptyRow::NaN ? NAN : policy == EmptyRow::Uniform ? 1. / double(shape.n) : 0;
        if (empty && policy == EmptyRow::Error) continue;
        const double shift = want == 0 ? 0 : largest - x[static_cast<size_t>(first + i * shape.inner)];
        if (!is_close(got, want, Rounding<T>::relative + (std::isfinite(shift) ? shift : 0),
                      want == 0 ? 0 : Rounding<T>::absolute))
          REQUIRE(got == want);
      }
    });
    REQUIRE(ok == (policy != EmptyRow::Error || !any_empty));
    if (policy == EmptyRow::Error) continue;

    // At masked places NaN in g and in y is not read, and nothing but the sum over the others.
    std::vector<T> g = any_values<T>(random, shape, true);
    const T scale = static_cast<T>(Rounding<T>::relative) * std::numeric_limits<T>::epsilon();
    std::vector<T> z = g;
    const auto masked_at = [&](int64_t i) {
      const int64_t slice = shape.n * shape.inner;
      return mask[static_cast<size_t>(i / slice / repeat * slice + i % slice)];
    };
    for (size_t i = 0; i < g.size(); ++i)
      if (masked_at(static_cast<int64_t>(i))) z[i] = g[i] = std::numeric_limits<T>::quiet_NaN();
    masked_softmax_backward(dtype_of<T>, shape, z.data(), in_place ? z.data() : g.data(), y.data(), pads);
    for_each_row(shape, [&](int64_t first) {
      double sum = 0, magnitude = 0;
      for (int64_t i = first; i < first + shape.n * shape.inner; i += shape.inner) {
        if (masked_at(i)) continue;
        const size_t at = static_cast<size_t>(i);
        sum += double(g[at]) * y[at];
        magnitude += std::abs(double(g[at]) * y[at]);
      }
      for (int64_t i = first; i < first + shape.n * shape.inner; i += shape.inner) {
        const size_t at = static_cast<size_t>(i);
        const double want = masked_at(i) ? 0 : y[at] * (g[at] - sum);
        if (std::isnan(want))
          REQUIRE(std::isnan(z[at]));
        else if (!is_close(z[at], want, Rounding<T>::relative, std::abs(y[at]) * magnitude * scale))
          REQUIRE(z[at] == want);
      }
    });
  }
}

}  // namespace

TEST_CASE("softmax: forward and backward agree with the formula", "[kernels][softmax]") {
  for_each_instruction_set([] {
    Generator random(8);
    for (int round = 0; round < 150; ++round) {
      test_softmax<float>(random);
      test_softmax<double>(random);
    }
  });
}

TEST_CASE("softmax: masked positions are exactly zero, and empty rows as asked for", "[kernels][softmax]") {
  for_each_instruction_set([] {
    Generator random(9);
    for (int round = 0; round < 150; ++round) {
      test_masked<float>(random);
      test_masked<double>(random);
    }
  });
}

}  // namespace frost::kernels
