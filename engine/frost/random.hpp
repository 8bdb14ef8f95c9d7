// Random numbers, the same as libtorch's on the CPU: the same seed and the same calls give the same numbers.
//
// This layer fills plain contiguous memory. Of what libtorch offers, each is one of the fills below:
//   rand uniform_ and nn::init's uniform     uniform
//   randn normal_ and nn::init's normal      normal, or normal_one_by_one where the target isn't contiguous
//   randint random_                          random_from_to
//   randperm                                 permutation
//   bernoulli bernoulli_                     bernoulli
//   dropout                                  bernoulli(1 - p), in the dtype of x, where 0 < p < 1 and x has
//                                            elements; else it draws nothing. noise / (1 - p) then multiplies
//                                            x.
// The streams are those of libtorch 1.13 as it runs where there is AVX2, whatever this machine has; its
// uniform and float normal numbers agree in every bit on any machine. A double normal, and any that is
// sampled one by one, takes its logarithm, sine and cosine from the C library: with the same library it
// agrees in every bit too.
//
// A target that isn't contiguous, but dense, libtorch fills in the order in which its elements lie in memory:
// x.t().uniform_() gives x the numbers of x.uniform_(). In general its dimension of the smallest stride runs
// fastest.
//
// Every fill holds the generator's mutex from its first draw to its last: threads may fill at once, but which
// of them draws first is not determined. Arguments are checked before anything is drawn. Where n is 0 nothing
// is drawn.
#pragma once

#include <frost/dtype.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>

namespace frost {

class Tensor;

// The Mersenne Twister MT19937 (M. Matsumoto and T. Nishimura, ACM TOMACS 8(1), 1998), seeded as its authors'
// 2002 init_genrand does. Of a seed only the lower 32 bits matter.
//
// The members don't lock `mutex()`: whoever shares a generator among threads does.
class Generator {
 public:
  // The default generator starts from it too, so that a program that sets no seed prints the same every time.
  // (libtorch's own default generator starts from a seed that the system draws.)
  static constexpr uint64_t default_seed = 67280421310721;

  explicit Generator(uint64_t seed = default_seed) { set_current_seed(seed); }

  // Starts the stream that belongs to the seed, and forgets the kept normal sample.
  void set_current_seed(uint64_t seed);
  uint64_t current_seed() const { return seed_; }

  // The next 32 bits.
  uint32_t random() {
    if (next_ == kStateSize) refill();
    return words_[next_++];
  }
  // The next 64 bits: the first word drawn is the upper half.
  uint64_t random64() {
    const uint64_t upper = random();
    return upper << 32 | random();
  }
  // The next `count` words of 32 bits, as random() would give them one after the other.
  void random(uint32_t* words, int64_t count);

  // The next sample of the standard normal distribution, by Box and Muller: of two uniform samples u and v
  // come two,
  //   sqrt(-2 log(1 - v)) cos(2π u)  and  sqrt(-2 log(1 - v)) sin(2π u),
  // the second of which is kept for the next call. Other draws in between leave it there.
  double normal();

  // All that decides what comes next, as a Long tensor: the 624 words of the recurrence, how many of them are
  // drawn, the seed, whether a normal sample is kept, and its bits. set_state takes no other tensor, and
  // leaves the generator as it is where it throws.
  Tensor get_state() const;
  void set_state(const Tensor& state);

  std::mutex& mutex() { return mutex_; }

 private:
  static constexpr int kStateSize = 624;
  void refill();
  void temper();

  uint64_t seed_;
  int next_;                    // the first of words_ that is not yet drawn
  uint32_t state_[kStateSize];  // x_k … x_{k+623} of the recurrence
  uint32_t words_[kStateSize];  // the same, tempered
  std::optional<double> kept_normal_;
  std::mutex mutex_;
};

inline void Generator::set_current_seed(uint64_t seed) {
  seed_ = seed;
  next_ = kStateSize;
  kept_normal_.reset();
  state_[0] = static_cast<uint32_t>(seed);
  for (uint32_t i = 1; i < kStateSize; ++i)
    state_[i] = 1812433253u * (state_[i - 1] ^ state_[i - 1] >> 30) + i;
}

// x_{k+624} = x_{k+397} ^ A(upper bit of x_k, lower 31 bits of x_{k+1}), for the next 624 k. No step reads
// what the steps just before it wrote, so compilers turn the loops into vector code.
inline void Generator::refill() {
  constexpr int kShift = 397;
  const auto twist = [](uint32_t upper, uint32_t lower) {
    const uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return mixed >> 1 ^ ((lower & 1u) * 0x9908b0dfu);
  };
  uint32_t* const x = state_;
  for (int i = 0; i < kStateSize - kShift; ++i) x[i] = x[i + kShift] ^ twist(x[i], x[i + 1]);
  for (int i = kStateSize - kShift; i < kStateSize - 1; ++i)
    x[i] = x[i + kShift - kStateSize] ^ twist(x[i], x[i + 1]);
  x[kStateSize - 1] = x[kShift - 1] ^ twist(x[kStateSize - 1], x[0]);
  temper();
  next_ = 0;
}

inline void Generator::temper() {
  for (int i = 0; i < kStateSize; ++i) {
    uint32_t word = state_[i];
    word ^= word >> 11;
    word ^= word << 7 & 0x9d2c5680u;
    word ^= word << 15 & 0xefc60000u;
    words_[i] = word ^ word >> 18;
  }
}

inline void Generator::random(uint32_t* words, int64_t count) {
  while (count > 0) {
    if (next_ == kStateSize) refill();
    const int taken = static_cast<int>(std::min<int64_t>(count, kStateSize - next_));
    std::copy_n(words_ + next_, taken, words);
    next_ += taken;
    words += taken;
    count -= taken;
  }
}

// The generator of every fill that names no other.
Generator& default_generator();

// Seeds the default generator.
void manual_seed(uint64_t seed);

namespace random {

// y_i = from + (to - from) u_i, rounded once, where u_i = k / 2^24 (float; k the lower 24 bits of one word)
// or k / 2^53 (double; k the lower 53 of two words). In [from, to] by rounding, in [from, to) but for that.
// Errors: a dtype that is not floating point; from > to; from, to or to - from beyond the dtype's largest
// number.
void uniform(Dtype dtype, void* y, int64_t n, double from, double to,
             Generator& generator = default_generator());

// y_i = mean + std z_i, with z_i of the standard normal distribution.
// n < 16: as normal_one_by_one. n ≥ 16: n uniform samples u of the dtype are drawn, of which each sixteen
// u_0 … u_15 become, for j < 8,
//   z_j = sqrt(-2 log(1 - u_j)) cos(2π u_{j+8})  and  z_{j+8} = sqrt(-2 log(1 - u_j)) sin(2π u_{j+8});
// where n is no multiple of 16, sixteen more are then drawn for the last sixteen z, whose older values they
// replace. This neither uses nor changes the generator's kept sample. Errors: a dtype that is not floating
// point; std < 0 or NaN.
void normal(Dtype dtype, void* y, int64_t n, double mean, double std,
            Generator& generator = default_generator());

// y_i = mean + std z_i with each z_i from Generator::normal(), in double whatever the dtype. This is how
// libtorch fills what isn't contiguous, whatever n: x.t().normal_(), randn_like(x.t()). Errors: as normal.
void normal_one_by_one(Dtype dtype, void* y, int64_t n, double mean, double std,
                       Generator& generator = default_generator());

// y_i = from + (k mod (to - from)), in [from, to): an integer, in any dtype. k is one word; or two words,
// where to - from ≥ 2^32. In float and double, a bound that is not among the dtype's numbers first moves
// inwards to one. Errors: from >= to; bounds that the dtype can't hold.
void random_from_to(Dtype dtype, void* y, int64_t n, int64_t from, int64_t to,
                    Generator& generator = default_generator());

// 0 … n-1 in random order, by Fisher and Yates: for i from 0 to n-2, y_i changes places with y_{i + k mod (n
// - i)}, k one word.
void permutation(int64_t* y, int64_t n, Generator& generator = default_generator());

// y_i = 1 with probability p, else 0: u_i < p, with u_i a double as in `uniform` (two words), whatever the
// dtype. Errors: p outside [0, 1] or NaN.
void bernoulli(Dtype dtype, void* y, int64_t n, double p, Generator& generator = default_generator());

// The same with a probability for each element: u_i < p_i, with u_i of p's dtype (float one word, double
// two). bernoulli(p) of libtorch gives y the dtype of p; y may be p itself. Errors: p_dtype is not floating
// point; a p_i outside [0, 1] or NaN.
void bernoulli(Dtype dtype, void* y, Dtype p_dtype, const void* p, int64_t n,
               Generator& generator = default_generator());

}  // namespace random
}  // namespace frost
