#include <frost/error.hpp>
#include <frost/random.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

namespace frost {

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(uint64_t seed) {
  Generator& generator = default_generator();
  const std::lock_guard lock(generator.mutex());
  generator.set_current_seed(seed);
}

namespace {

template <class T>
struct Point {
  T cos, sin;
};

// How many words one sample in [0, 1) takes, and the sample: the lower bits, as many as T holds exactly.
template <class T>
constexpr int kWordsPerUnit = sizeof(T) / sizeof(uint32_t);

template <class T>
[[gnu::always_inline]] inline T unit(const uint32_t* words) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(static_cast<int32_t>(words[0] & 0xffffffu)) * 0x1p-24f;
  } else {
    const uint64_t bits = static_cast<uint64_t>(words[0]) << 32 | words[1];
    return static_cast<double>(static_cast<int64_t>(bits & 0x1fffffffffffffu)) * 0x1p-53;
  }
}

// libtorch's products and sums that follow each other are rounded once, as its compiler fuses them where
// there is AVX2: here std::fma says where. On machines that have the instruction, `fused<kernel>` runs a copy
// of the kernel that is compiled to use it; elsewhere std::fma computes the same, more slowly.
#if defined(__x86_64__)
template <auto kernel, class... Arguments>
[[gnu::target("avx2,fma")]] void with_fma(Arguments... arguments) {
  kernel(arguments...);
}
#endif

template <auto kernel, class... Arguments>
void fused(Arguments... arguments) {
#if defined(__x86_64__)
  static const bool has_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_fma) return with_fma<kernel>(arguments...);
#endif
  kernel(arguments...);
}

template <class T>
[[gnu::always_inline]] inline void uniform_kernel(const uint32_t* words, T* y, int64_t n, T from, T range) {
  for (int64_t i = 0; i < n; ++i) y[i] = std::fma(unit<T>(words + i * kWordsPerUnit<T>), range, from);
}

// a x^n + b x^(n-1) + … by Horner's rule.
template <class... Rest>
[[gnu::always_inline]] inline float polynomial(float x, float a, Rest... rest) {
  ((a = std::fma(a, x, rest)), ...);
  return a;
}

// log(x) for x in (0, 1], cos(x) and sin(x) for x in [0, 2π]. Of float: the polynomials of the Cephes library
// (S. L. Moshier) in the order in which libtorch evaluates them, without branches, so that loops become
// vector code.
[[gnu::always_inline]] inline float log_of(float x) {
  // x = 2^exponent m with m in [sqrt(1/2), sqrt(2)); then log(m) as a polynomial in r = m - 1.
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const float half_to_one = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f000000u);
  const bool small = half_to_one < 0.70710678118654752f;
  const float exponent = static_cast<float>(static_cast<int32_t>(bits >> 23) - 126 - (small ? 1 : 0));
  const float r = half_to_one - 1 + (small ? half_to_one : 0.0f);
  const float r2 = r * r;
  const float p =
      polynomial(r, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                 1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f);
  // log(2) is the sum of 0.693359375, whose products with exponents are exact, and a small rest.
  float y = std::fma(p * r, r2, exponent * -2.12194440e-4f);
  y = std::fma(r2, -0.5f, y);
  return std::fma(exponent, 0.693359375f, r + y);
}

[[gnu::always_inline]] inline Point<float> on_circle(float x) {
  // r = x - octant π/4 in [-π/4, π/4], octant even. π/4 is split in three, so that r keeps its precision.
  const int32_t octant = (static_cast<int32_t>(x * 1.27323954473516f) + 1) & ~1;
  const float count = static_cast<float>(octant);
  float r = std::fma(count, -0.78515625f, x);
  r = std::fma(count, -2.4187564849853515625e-4f, r);
  r = std::fma(count, -3.77489497744594108e-8f, r);
  const float r2 = r * r;
  const float p = polynomial(r2, 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f);
  const float cos = std::fma(p * r2, r2, r2 * -0.5f) + 1;
  const float q = polynomial(r2, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f);
  const float sin = std::fma(q * r2, r, r);

  // A quarter turn more makes a sine a cosine and a cosine a negative sine.
  const bool swapped = (octant & 2) != 0;
  const uint32_t sin_sign = static_cast<uint32_t>(octant & 4) << 29;
  const uint32_t cos_sign = static_cast<uint32_t>((octant + 2) & 4) << 29;
  const float sin_size = swapped ? cos : sin, cos_size = swapped ? sin : cos;
  return {std::bit_cast<float>(std::bit_cast<uint32_t>(cos_size) ^ cos_sign),
          std::bit_cast<float>(std::bit_cast<uint32_t>(sin_size) ^ sin_sign)};
}

double log_of(double x) { return std::log(x); }
Point<double> on_circle(double x) { return {std::cos(x), std::sin(x)}; }

// f(0) … f(7), in a loop that becomes vector code; left to itself, clang unrolls it first and then can't.
template <class F>
[[gnu::always_inline]] inline void lanes(const F& f) {
#if defined(__clang__)
#pragma clang loop unroll(disable)
#endif
  for (int j = 0; j < 8; ++j) f(j);
}

// n is a multiple of 16.
template <class T>
[[gnu::always_inline]] inline void normal_kernel(const uint32_t* words, T* y, int64_t n, T mean, T std) {
  constexpr int step = kWordsPerUnit<T>;
  for (int64_t i = 0; i < n; i += 16, words += 16 * step, y += 16) {
    T radius[8];
    lanes([&](int j) { radius[j] = -2 * log_of(1 - unit<T>(words + j * step)); });
    lanes([&](int j) { radius[j] = std::sqrt(radius[j]); });
    lanes([&](int j) {
      const Point<T> point = on_circle(2 * std::numbers::pi_v<T> * unit<T>(words + (j + 8) * step));
      y[j] = std::fma(radius[j] * point.cos, std, mean);
      y[j + 8] = std::fma(radius[j] * point.sin, std, mean);
    });
  }
}

// How many samples are drawn at a time: their words stay in the first-level cache.
constexpr int64_t kPiece = 1024;

// Draws the words of n samples and calls use(words, begin, count) for one piece of [0, n) after the other.
// Every piece but the last has kPiece samples.
template <int words_per_sample, class Use>
void draw(Generator& generator, int64_t n, const Use& use) {
  uint32_t words[kPiece * words_per_sample];
  for (int64_t begin = 0; begin < n; begin += kPiece) {
    const int64_t count = std::min(kPiece, n - begin);
    generator.random(words, count * words_per_sample);
    use(words, begin, count);
  }
}

void check_normal(Dtype dtype, double std) {
  check(is_floating_point(dtype), "normal_", "not implemented for '", dtype, "'");
  check(std >= 0, "normal_", "expects std >= 0.0, but found std ", std);
}

}  // namespace

double Generator::normal() {
  if (kept_normal_) return *std::exchange(kept_normal_, std::nullopt);
  uint32_t words[4];
  random(words, 4);
  const Point<double> point = on_circle(2 * std::numbers::pi * unit<double>(words));
  const double radius = std::sqrt(-2 * std::log(1 - unit<double>(words + 2)));
  kept_normal_ = radius * point.sin;
  return radius * point.cos;
}

namespace {

// The places in a state, after the words of the recurrence.
enum : int { kNext = 624, kSeed, kHasKept, kKept, kStateLength };

}  // namespace

Tensor Generator::get_state() const {
  const Tensor state = empty_tensor({kStateLength}, kLong, "get_state");
  int64_t* const values = state.data_ptr<int64_t>();
  std::copy_n(state_, kStateSize, values);
  values[kNext] = next_;
  values[kSeed] = static_cast<int64_t>(seed_);
  values[kHasKept] = kept_normal_.has_value();
  values[kKept] = std::bit_cast<int64_t>(kept_normal_.value_or(0));
  return state;
}

void Generator::set_state(const Tensor& state) {
  check_defined(state, "set_state", "state");
  check(state.scalar_type() == kLong && state.sizes() == IntArrayRef({kStateLength}), "set_state",
        "the state of a generator is a Long tensor of ", int{kStateLength}, " elements, got ",
        state.scalar_type(), state.sizes());
  const Tensor dense = state.contiguous();
  const int64_t* const values = dense.data_ptr<int64_t>();
  for (int i = 0; i < kStateSize; ++i)
    check(values[i] >= 0 && values[i] <= 0xffffffff, "set_state", "word ", i, " is ", values[i],
          ", which is not one of 32 bits");
  check(values[kNext] >= 0 && values[kNext] <= kStateSize, "set_state", values[kNext], " words of ",
        int{kStateSize}, " can't have been drawn");
  check(values[kHasKept] == 0 || values[kHasKept] == 1, "set_state",
        "whether a normal sample is kept is 0 or 1, got ", values[kHasKept]);

  std::transform(values, values + kStateSize, state_,
                 [](int64_t word) { return static_cast<uint32_t>(word); });
  temper();
  next_ = static_cast<int>(values[kNext]);
  seed_ = static_cast<uint64_t>(values[kSeed]);
  kept_normal_.reset();
  if (values[kHasKept] == 1) kept_normal_ = std::bit_cast<double>(values[kKept]);
}

namespace random {

void uniform(Dtype dtype, void* y, int64_t n, double from, double to, Generator& generator) {
  check(is_floating_point(dtype), "uniform_", "not implemented for '", dtype, "'");
  visit_floating(dtype, [&]<class T>() {
    constexpr double largest = std::numeric_limits<T>::max();
    check(std::abs(from) <= largest, "uniform_", "from is out of bounds for ", TypeMeta(dtype).name(), ": ",
          from);
    check(std::abs(to) <= largest, "uniform_", "to is out of bounds for ", TypeMeta(dtype).name(), ": ", to);
    check(from <= to, "uniform_", "expects to return a [from, to) range, but found from=", from,
          " > to=", to);
    check(to - from <= largest, "uniform_", "expects to-from <= std::numeric_limits<", dtype,
          ">::max(), but found to=", to, " and from=", from, " which result in to-from to exceed the limit");
    const T low = static_cast<T>(from), range = static_cast<T>(to) - low;
    const std::lock_guard lock(generator.mutex());
    draw<kWordsPerUnit<T>>(generator, n, [&](const uint32_t* words, int64_t begin, int64_t count) {
      fused<uniform_kernel<T>>(words, static_cast<T*>(y) + begin, count, low, range);
    });
  });
}

void normal(Dtype dtype, void* y, int64_t n, double mean, double std, Generator& generator) {
  if (n < 16) return normal_one_by_one(dtype, y, n, mean, std, generator);
  check_normal(dtype, std);
  const std::lock_guard lock(generator.mutex());
  visit_floating(dtype, [&]<class T>() {
    T* const data = static_cast<T*>(y);
    const auto fill = [=](const uint32_t* words, T* target, int64_t count) {
      fused<normal_kernel<T>>(words, target, count, static_cast<T>(mean), static_cast<T>(std));
    };
    draw<kWordsPerUnit<T>>(generator, n, [&](const uint32_t* words, int64_t begin, int64_t count) {
      fill(words, data + begin, count / 16 * 16);  // the last n % 16 samples are drawn, and lost
    });
    if (n % 16 != 0)
      draw<kWordsPerUnit<T>>(
          generator, 16, [&](const uint32_t* words, int64_t, int64_t) { fill(words, data + n - 16, 16); });
  });
}

void normal_one_by_one(Dtype dtype, void* y, int64_t n, double mean, double std, Generator& generator) {
  check_normal(dtype, std);
  const std::lock_guard lock(generator.mutex());
  visit_floating(dtype, [&]<class T>() {
    for (int64_t i = 0; i < n; ++i)
      static_cast<T*>(y)[i] = static_cast<T>(std::fma(generator.normal(), std, mean));
  });
}

// Integers that T doesn't hold round to their neighbours, which may lie outside [from, to): `from` then moves
// up and `to` down, to the next that T holds. The conditions are libtorch's.
template <class T>
static void move_inwards(int64_t& from, int64_t& to) {
  constexpr T infinity = std::numeric_limits<T>::infinity(), limit = T(0x1p63);
  const auto to_integer = [](T x) {
    return x < limit ? static_cast<int64_t>(x) : std::numeric_limits<int64_t>::max();
  };
  const T first = static_cast<T>(from + 1), last = static_cast<T>(to - 1);
  if (to_integer(first) < from) from = to_integer(std::nextafter(first, infinity));
  if (last < limit && to_integer(last) >= to) to = to_integer(std::nextafter(last, -infinity));
  check(from < to, "random_",
        "expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from=", from,
        " >= to=", to);
}

void random_from_to(Dtype dtype, void* y, int64_t n, int64_t from, int64_t to, Generator& generator) {
  check(from < to, "random_", "expects 'from' to be less than 'to', but got from=", from, " >= to=", to);
  if (is_floating_point(dtype)) visit_floating(dtype, [&]<class T>() { move_inwards<T>(from, to); });
  if (dtype == kBool) {
    check(from >= 0 && from <= 1, "random_", "from is out of bounds for bool: ", from);
    check(to <= 2, "random_", "to - 1 is out of bounds for bool: ", to - 1);
  }
  const uint64_t base = static_cast<uint64_t>(from), range = static_cast<uint64_t>(to) - base;
  const std::lock_guard lock(generator.mutex());
  visit(dtype, [&]<class T>() {
    T* const data = static_cast<T*>(y);
    const auto place = [base](uint64_t k) { return static_cast<T>(static_cast<int64_t>(base + k)); };
    if (range >> 32 != 0)
      for (int64_t i = 0; i < n; ++i) data[i] = place(generator.random64() % range);
    else
      for (int64_t i = 0; i < n; ++i) data[i] = place(generator.random() % static_cast<uint32_t>(range));
  });
}

void permutation(int64_t* y, int64_t n, Generator& generator) {
  std::iota(y, y + n, int64_t{0});
  const std::lock_guard lock(generator.mutex());
  for (int64_t i = 0; i < n - 1; ++i) std::swap(y[i], y[i + generator.random() % (n - i)]);
}

// y_i = u_i < probability(i), u_i a sample of P in [0, 1).
template <class P, class Probability>
static void fill_bernoulli(Dtype dtype, void* y, int64_t n, Generator& generator,
                           const Probability& probability) {
  const std::lock_guard lock(generator.mutex());
  visit(dtype, [&]<class T>() {
    draw<kWordsPerUnit<P>>(generator, n, [&](const uint32_t* words, int64_t begin, int64_t count) {
      bool results[kPiece];  // two loops: compilers make one that compares and converts branch, and miss
      for (int64_t i = 0; i < count; ++i)
        results[i] = unit<P>(words + i * kWordsPerUnit<P>) < probability(begin + i);
      std::copy_n(results, count, static_cast<T*>(y) + begin);
    });
  });
}

void bernoulli(Dtype dtype, void* y, int64_t n, double p, Generator& generator) {
  check(p >= 0 && p <= 1, "bernoulli_", "expects p to be in [0, 1], but got p=", p);
  fill_bernoulli<double>(dtype, y, n, generator, [p](int64_t) { return p; });
}

void bernoulli(Dtype dtype, void* y, Dtype p_dtype, const void* p, int64_t n, Generator& generator) {
  check(is_floating_point(p_dtype), "bernoulli", "not implemented for '", p_dtype, "'");
  visit_floating(p_dtype, [&]<class P>() {
    const P* const probabilities = static_cast<const P*>(p);
    for (int64_t i = 0; i < n; ++i)
      check(probabilities[i] >= 0 && probabilities[i] <= 1, "bernoulli",
            "Expected p_in >= 0 && p_in <= 1 for every probability, but got p=", double{probabilities[i]});
    fill_bernoulli<P>(dtype, y, n, generator, [probabilities](int64_t i) { return probabilities[i]; });
  });
}

}  // namespace random
}  // namespace frost
