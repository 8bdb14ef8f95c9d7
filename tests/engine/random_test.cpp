// The numbers expected here are what libtorch 1.13 printed for the call that stands beside them, after
// torch::manual_seed with the same seed; they are many, and make this file long. `after` is
// torch::randint(1 << 30, {1}) right after that call: it shows that as many words were drawn.
#include <frost/error.hpp>
#include <frost/ops.hpp>
#include <frost/random.hpp>
#include <frost/testing/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

using namespace frost;
using Catch::Contains;

namespace {

// n elements of T, from fill(dtype, pointer, n).
template <class T, class Fill>
std::vector<T> filled(int64_t n, const Fill& fill) {
  const std::unique_ptr<T[]> memory(new T[static_cast<size_t>(n)]());
  fill(dtype_of<T>, memory.get(), n);
  return std::vector<T>(memory.get(), memory.get() + n);
}

// The generator of most tests, started anew.
Generator& seeded(uint64_t seed) {
  static Generator generator;
  generator.set_current_seed(seed);
  return generator;
}

template <class T>
std::vector<T> rand(Generator& generator, int64_t n, double from = 0, double to = 1) {
  return filled<T>(n, [&](auto... target) { random::uniform(target..., from, to, generator); });
}

template <class T>
std::vector<T> randn(Generator& generator, int64_t n, double mean = 0, double std = 1) {
  return filled<T>(n, [&](auto... target) { random::normal(target..., mean, std, generator); });
}

template <class T>
std::vector<T> randint(Generator& generator, int64_t from, int64_t to, int64_t n) {
  return filled<T>(n, [&](auto... target) { random::random_from_to(target..., from, to, generator); });
}

template <class T>
std::vector<T> bernoulli(Generator& generator, double p, int64_t n) {
  return filled<T>(n, [&](auto... target) { random::bernoulli(target..., p, generator); });
}

template <class T, class P>
std::vector<T> bernoulli(Generator& generator, const std::vector<P>& p) {
  return filled<T>(static_cast<int64_t>(p.size()), [&](Dtype dtype, void* y, int64_t n) {
    random::bernoulli(dtype, y, dtype_of<P>, p.data(), n, generator);
  });
}

int64_t after(Generator& generator) { return randint<int64_t>(generator, 0, 1 << 30, 1)[0]; }

// FNV-1a, of every bit of y.
template <class T>
uint64_t fingerprint(const std::vector<T>& y) {
  uint64_t hash = 14695981039346656037u;
  for (const T& value : y) {
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  }
  return hash;
}

// The literals of float have nine digits. Double normal samples come from the C library's log, sin and cos.
template <class T>
void check_near(const std::vector<T>& y, const std::vector<double>& expected) {
  REQUIRE(y.size() == expected.size());
  for (size_t i = 0; i < y.size(); ++i) {
    CAPTURE(i, y[i], expected[i]);
    CHECK(std::abs(y[i] - expected[i]) <= (sizeof(T) == 4 ? 1e-7 : 1e-14) * std::abs(expected[i]));
  }
}

// A fill of n elements after manual_seed(42). Of samples that depend on the C library, no bits are expected.
struct Row {
  int64_t n;
  double first, last;
  int64_t after;
  uint64_t bits;
};

template <class T, class Draw>
void check_rows(const std::vector<Row>& rows, const Draw& draw) {
  for (const Row& row : rows) {
    INFO("n = " << row.n);
    Generator& generator = seeded(42);
    const std::vector<T> y = draw(generator, row.n);
    CHECK(after(generator) == row.after);
    if (row.n > 0) check_near<T>({y.front(), y.back()}, {row.first, row.last});
    if (row.bits != 0) CHECK(fingerprint(y) == row.bits);
  }
}

}  // namespace

TEST_CASE("random: the words are those of MT19937", "[random]") {
  // The C++ standard gives the 10000th word that follows this seed.
  Generator generator(5489), bulk(5489), pairs(5489);
  std::vector<uint32_t> words(10000);
  bulk.random(words.data(), 10000);
  for (const uint32_t word : words) REQUIRE(generator.random() == word);
  CHECK(words.back() == 4123659995u);
  CHECK(pairs.random64() == (static_cast<uint64_t>(words[0]) << 32 | words[1]));
}

TEST_CASE("random: a seed's lower 32 bits decide", "[random]") {
  Generator generator;
  CHECK(generator.current_seed() == 67280421310721u);
  check_near(rand<float>(generator, 3), {0.267295241, 0.872528315, 0.335288823});
  check_near(rand<float>(seeded(1), 3), {0.7576316, 0.279310882, 0.403069258});
  check_near(rand<float>(seeded(5ull << 32 | 1), 3), {0.7576316, 0.279310882, 0.403069258});
  check_near(rand<float>(seeded(~0ull), 3), {0.993799388, 0.571306348, 0.570008039});
  check_near(rand<float>(seeded(0xffffffffu), 3), {0.993799388, 0.571306348, 0.570008039});
}

TEST_CASE("random: manual_seed starts the default generator again", "[random]") {
  const auto one_float = [](auto fill) { return filled<float>(1, fill)[0]; };
  const auto normal = [&] { return one_float([](auto... target) { random::normal(target..., 0, 1); }); };
  manual_seed(3);
  const float first = normal(), kept = normal();
  manual_seed(3);
  CHECK(normal() == first);
  manual_seed(3);  // and forgets the kept sample
  CHECK(normal() == first);
  CHECK(normal() == kept);
  CHECK(default_generator().current_seed() == 3);
}

TEST_CASE("random: uniform", "[random]") {
  check_rows<float>({{0, 0, 0, 534895718, 0xcbf29ce484222325},  // torch::rand({n}, kFloat)
                     {1, 0.882269263, 0.882269263, 199900595, 0xdee1e875a6e2dabf},
                     {15, 0.882269263, 0.741094053, 359525748, 0x5a450c719888720c},
                     {16, 0.882269263, 0.429404497, 434285667, 0x5543ac5566e6f7bf},
                     {17, 0.882269263, 0.885442913, 613608295, 0x5492e2e45af49d73},
                     {31, 0.882269263, 0.951554537, 504579232, 0xc7a0b3a7c27a3445},
                     {1000, 0.882269263, 0.0296570063, 851098101, 0x9a09202fcef2a2b8},
                     {5000, 0.882269263, 0.524694145, 332941234, 0xfd478db318eba8e6}},
                    [](auto& g, auto n) { return rand<float>(g, n); });
  check_rows<double>({{0, 0, 0, 534895718, 0xcbf29ce484222325},  // torch::rand({n}, kDouble)
                      {1, 0.058154485961429692, 0.058154485961429692, 862061404, 0x5d1b2a2625a790e7},
                      {15, 0.058154485961429692, 0.37753295527055941, 787716372, 0xdfd25a4018fb9c14},
                      {16, 0.058154485961429692, 0.61243658899379128, 232968651, 0x1ba9d002426e6560},
                      {17, 0.058154485961429692, 0.088109784914570999, 106328085, 0x6a69022c3f71fd14},
                      {31, 0.058154485961429692, 0.25185522094132362, 732395540, 0xc3edb73ee332f227},
                      {1000, 0.058154485961429692, 0.41982580246957291, 795139886, 0x632246c6521c0366},
                      {5000, 0.058154485961429692, 0.29575983325223243, 616909874, 0xb6007c51f36e274a}},
                     [](auto& g, auto n) { return rand<double>(g, n); });
  check_rows<float>({{5000, 0.14113462, -0.0376529396, 332941234, 0x9fead729aa858567}},
                    [](auto& g, auto n) { return rand<float>(g, n, -0.3, 0.2); });
  check_rows<double>({{5000, -0.27092275701928514, -0.15212008337388377, 616909874, 0x8adc428ec72e29fc}},
                     [](auto& g, auto n) { return rand<double>(g, n, -0.3, 0.2); });

  // torch::nn::init::kaiming_uniform_(w, std::sqrt(5.0)) of a w of 4x3 is w.uniform_(-bound, bound).
  const double bound = std::sqrt(3.0) * std::sqrt(2.0 / (1 + 5.0)) / std::sqrt(3.0);
  check_near(rand<float>(seeded(6), 12, -bound, bound),
             {0.083366558, 0.0622100756, 0.562142789, 0.124741837, -0.306392878, -0.0586824901, 0.201306298,
              0.286374301, 0.0694080517, -0.384079546, -0.192454234, -0.0407005884});
  CHECK(rand<float>(seeded(6), 2, 2, 2) == std::vector<float>{2, 2});
}

TEST_CASE("random: normal", "[random]") {
  check_rows<float>({{0, 0, 0, 534895718, 0xcbf29ce484222325},  // torch::randn({n}, kFloat)
                     {1, 0.336690366, 0.336690366, 996406378, 0},
                     {15, 0.336690366, -0.988959908, 232968651, 0},
                     {16, 1.92691529, 0.76244539, 434285667, 0x080ffa5fbeb15154},
                     {17, 1.92691529, -0.309726775, 479546681, 0x91ae8bd790a50356},
                     {31, 1.92691529, -1.23465312, 999745294, 0xbcc1254f5a30e3c3},
                     {1000, 1.92691529, -0.853454411, 858134097, 0x790c9ebfd52592da},
                     {5000, 1.92691529, -1.76970041, 416478064, 0x78870c235c421884}},
                    [](auto& g, auto n) { return randn<float>(g, n); });
  check_rows<double>({{0, 0, 0, 534895718, 0xcbf29ce484222325},  // torch::randn({n}, kDouble)
                      {1, 0.33669035438385886, 0.33669035438385886, 996406378, 0},
                      {15, 0.33669035438385886, -0.98895988114657263, 232968651, 0},
                      {16, 0.29955628775026372, -1.4920727283504345, 232968651, 0},
                      {17, 0.29955628775026372, 0.24941187969157649, 854206851, 0},
                      {31, 0.29955628775026372, 0.57177878857636344, 86191493, 0},
                      {1000, 0.29955628775026372, -0.31288123226120956, 775565206, 0},
                      {5000, 0.29955628775026372, -1.4372227208435846, 178229652, 0}},
                     [](auto& g, auto n) { return randn<double>(g, n); });
  check_rows<float>({{31, 1.53853834, 1.47530699, 999745294, 0x832cadeed1144cb0}},
                    [](auto& g, auto n) { return randn<float>(g, n, 1.5, 0.02); });
  check_rows<double>({{31, 1.5059911257550054, 1.5114355757715272, 86191493, 0}},
                     [](auto& g, auto n) { return randn<double>(g, n, 1.5, 0.02); });
}

TEST_CASE("random: small normal fills share pairs of samples, large ones leave them alone",
          "[random][normal]") {
  Generator generator(3);  // torch::randn of 1, 2, 16, 1, 17 and 4 elements in turn
  check_near(randn<float>(generator, 1), {0.803276062});
  check_near(randn<float>(generator, 2), {0.174833387, 0.0889780968});
  const std::vector<float> sixteen = randn<float>(generator, 16);
  check_near<float>({sixteen.front(), sixteen.back()}, {0.605360806, 0.0843024999});
  check_near(randn<float>(generator, 1), {-0.613718033});
  const std::vector<float> seventeen = randn<float>(generator, 17);
  check_near<float>({seventeen.front(), seventeen.back()}, {0.404607147, 0.957780421});
  check_near(randn<float>(generator, 4), {-0.331725895, 0.618902028, -0.156961665, 0.700319946});

  // Other draws come in between; float and double share the kept sample.
  generator.set_current_seed(4);
  check_near(randn<float>(generator, 3), {-1.60527635, 0.232485712, 2.23987007});
  CHECK(bernoulli<float>(generator, 0.5, 3) == std::vector<float>{0, 0, 1});
  check_near(rand<float>(generator, 3), {0.594945788, 0.795581281, 0.763484418});
  check_near(randn<double>(generator, 2), {0.84729382161912192, -0.21555499986715076});
}

TEST_CASE("random: normal where the target isn't contiguous", "[random][normal]") {
  Generator generator(5);  // x.t().normal_(1, 2) with x of 3x6; what x then holds
  const auto y =
      filled<float>(18, [&](auto... target) { random::normal_one_by_one(target..., 1, 2, generator); });
  check_near(y, {0.0264384989, -0.207643181, -0.11619246, 2.33504868, 0.605169833, 4.88556719, -1.80340397,
                 -0.525114298, 2.26242685, -0.798270345, -0.115586884, 2.38143754, 1.4449172, -0.332450539,
                 2.36928439, 2.1480031, -0.16576539, 2.53588295});
  CHECK(after(generator) == 553139849);
  generator.set_current_seed(5);  // x.t().uniform_() with x of 3x2; what x then holds
  check_near(rand<float>(generator, 6),
             {0.830251873, 0.126110911, 0.90746969, 0.819927037, 0.920103431, 0.116645217});
}

TEST_CASE("random: integers", "[random]") {
  const auto check_draw = [](int64_t from, int64_t to, const auto& expected, int64_t next) {
    using T = typename std::decay_t<decltype(expected)>::value_type;
    Generator& generator = seeded(9);
    CHECK(randint<T>(generator, from, to, static_cast<int64_t>(expected.size())) == expected);
    CHECK(after(generator) == next);
  };
  using Longs = std::vector<int64_t>;
  const int64_t two_32 = int64_t{1} << 32, least = std::numeric_limits<int64_t>::min();
  check_draw(0, 10, Longs{0, 8, 4, 7, 2, 8, 7, 8}, 610362493);  // torch::randint(10, {8})
  check_draw(-5, 7, std::vector<float>{5, -1, 1, 0, -3, 3, 2, 5}, 610362493);
  check_draw(-5, 7, std::vector<double>{5, -1, 1, 0, -3, 3, 2, 5}, 610362493);
  check_draw(0, 2, std::vector<bool>{0, 0, 0, 1, 0, 0, 1, 0}, 610362493);
  // One word up to a range of 2^32 - 1, two from 2^32.
  check_draw(0, two_32 - 1, Longs{44556670, 1565348188, 2155534974, 2143748597}, 1055588278);
  check_draw(0, two_32, Longs{1565348188, 2143748597, 32397368, 1358173078}, 610362493);
  check_draw(0, 2 * two_32, std::vector<double>{1565348188, 2143748597, 32397368, 5653140374}, 610362493);
  check_draw(least, -(least + 1),
             Longs{-9032002594820763300, 34580184003183093, -77968886344034248, -6754652892777147498},
             610362493);
  // Beyond 2^24 float doesn't hold every integer: here the bounds move to 2^25 + 4 and 2^25 + 1024.
  check_draw((1 << 25) + 1, (1 << 25) + 1028, std::vector<float>{33554448, 33554524, 33555032, 33554752},
             1055588278);
}

TEST_CASE("random: permutation", "[random]") {
  const auto randperm = [](Generator& generator, int64_t n) {
    return filled<int64_t>(
        n, [&](Dtype, int64_t* y, int64_t count) { random::permutation(y, count, generator); });
  };
  Generator& generator = seeded(10);  // torch::randperm(n)
  CHECK(randperm(generator, 0).empty());
  CHECK(randperm(generator, 1) == std::vector<int64_t>{0});
  CHECK(after(generator) == 91571465);
  CHECK(randperm(seeded(10), 2) == std::vector<int64_t>{1, 0});
  CHECK(after(generator) == 209427581);
  CHECK(randperm(seeded(10), 10) == std::vector<int64_t>{7, 4, 6, 1, 3, 5, 9, 8, 2, 0});
  CHECK(after(generator) == 357864157);
  CHECK(fingerprint(randperm(seeded(10), 1000)) == 0xfccdee728c1d7ee9);
  CHECK(after(generator) == 1066492991);
}

TEST_CASE("random: bernoulli", "[random]") {
  check_rows<float>({{0, 0, 0, 534895718, 0xcbf29ce484222325},  // torch::empty({n}).bernoulli_(0.3)
                     {1, 1, 1, 862061404, 0x4b72477f9c5c2f98},
                     {17, 1, 1, 106328085, 0x8519988bc4facf25},
                     {5000, 1, 1, 616909874, 0x9a6536bb7d59ae28}},
                    [](auto& g, auto n) { return bernoulli<float>(g, 0.3, n); });
  // torch::empty({12}, dtype).bernoulli_(0.3): the same draws whatever the dtype.
  CHECK(bernoulli<bool>(seeded(11), 0.3, 12) == std::vector<bool>{1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0});
  CHECK(bernoulli<int64_t>(seeded(11), 0.3, 12) == std::vector<int64_t>{1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0});
  CHECK(bernoulli<double>(seeded(11), 0.3, 12) == std::vector<double>{1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0});

  // torch::bernoulli(torch::full({5000}, 0.3, dtype)): with p of float it takes one word each, with double
  // two.
  CHECK(fingerprint(bernoulli<float>(seeded(42), std::vector<float>(5000, 0.3f))) == 0xb14c8cc01ad05598);
  CHECK(fingerprint(bernoulli<double>(seeded(42), std::vector<double>(5000, 0.3))) == 0x979f237948fa1318);
  // torch::empty({6}, kBool).bernoulli_(p), and of kLong.
  const std::vector<float> p_float{0, 0.2f, 0.4f, 0.6f, 0.8f, 1};
  CHECK(bernoulli<bool>(seeded(11), p_float) == std::vector<bool>{0, 0, 0, 1, 1, 1});
  const std::vector<double> p_double{0, 0.2, 0.4, 0.6, 0.8, 1};
  CHECK(bernoulli<int64_t>(seeded(11), p_double) == std::vector<int64_t>{0, 0, 0, 0, 1, 1});

  // torch::dropout(torch::ones({8}), 0.25, true) * 0.75: bernoulli_(1 - p) of x's dtype.
  Generator& generator = seeded(8);
  CHECK(bernoulli<float>(generator, 1 - 0.25, 8) == std::vector<float>{0, 1, 1, 1, 1, 1, 1, 1});
  CHECK(after(generator) == 97386954);
}

TEST_CASE("random: threads may fill at once", "[random]") {
  constexpr size_t kThreads = 4, kFills = 100;
  constexpr int64_t kCount = 5000;
  Generator generator(1);
  std::vector<std::vector<float>> fills(kThreads * kFills);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kFills; ++i) fills[t * kFills + i] = rand<float>(generator, kCount);
    });
  for (std::thread& thread : threads) thread.join();

  // Each fill is a piece of the stream in one, whichever thread it went to.
  generator.set_current_seed(1);
  std::vector<std::vector<float>> expected(fills.size());
  for (std::vector<float>& fill : expected) fill = rand<float>(generator, kCount);
  std::sort(fills.begin(), fills.end());
  std::sort(expected.begin(), expected.end());
  CHECK(fills == expected);
}

TEST_CASE("random: errors, which draw nothing", "[random][error]") {
  Generator g(1);
  CHECK_THROWS_WITH(rand<float>(g, 3, 2, 1),
                    "[uniform_] expects to return a [from, to) range, but found from=2 > to=1");
  CHECK_THROWS_WITH(rand<float>(g, 3, NAN, 1), "[uniform_] from is out of bounds for float: nan");
  CHECK_THROWS_WITH(rand<float>(g, 3, 0, 1e39), "[uniform_] to is out of bounds for float: 1e+39");
  CHECK_THROWS_WITH(rand<float>(g, 3, -3e38, 3e38),
                    "[uniform_] expects to-from <= std::numeric_limits<Float>::max(), but found to=3e+38 and "
                    "from=-3e+38 which result in to-from to exceed the limit");
  CHECK_THROWS_WITH(rand<int64_t>(g, 3), "[uniform_] not implemented for 'Long'");
  CHECK_THROWS_WITH(randn<float>(g, 3, 0, -1), "[normal_] expects std >= 0.0, but found std -1");
  CHECK_THROWS_WITH(randn<double>(g, 16, 0, NAN), "[normal_] expects std >= 0.0, but found std nan");
  CHECK_THROWS_WITH(randn<bool>(g, 16), "[normal_] not implemented for 'Bool'");
  CHECK_THROWS_WITH(randint<int64_t>(g, 3, 3, 2),
                    "[random_] expects 'from' to be less than 'to', but got from=3 >= to=3");
  CHECK_THROWS_WITH(randint<bool>(g, -1, 1, 2), "[random_] from is out of bounds for bool: -1");
  CHECK_THROWS_WITH(randint<bool>(g, 0, 3, 2), "[random_] to - 1 is out of bounds for bool: 2");
  CHECK_THROWS_WITH(bernoulli<float>(g, 1.5, 3), "[bernoulli_] expects p to be in [0, 1], but got p=1.5");
  CHECK_THROWS_WITH(bernoulli<float>(g, NAN, 3), "[bernoulli_] expects p to be in [0, 1], but got p=nan");
  const std::vector<double> below_zero{0.5, -0.5};
  CHECK_THROWS_WITH(bernoulli<float>(g, below_zero),
                    "[bernoulli] Expected p_in >= 0 && p_in <= 1 for every probability, but got p=-0.5");
  CHECK_THROWS_WITH(bernoulli<float>(g, std::vector<int64_t>{1}), "[bernoulli] not implemented for 'Long'");
  CHECK(g.random() == Generator(1).random());
}

TEST_CASE("Generator: a state that is put back gives the same numbers again", "[random]") {
  Generator g(7), other(8);
  for (const int drawn : {0, 1, 5, 623, 624, 1000}) {
    INFO(drawn << " words drawn");
    g.set_current_seed(7);
    for (int i = 0; i < drawn; ++i) g.random();
    if (drawn == 5) g.normal();  // which keeps a sample
    const Tensor state = g.get_state();
    CHECK(state.scalar_type() == kLong);
    const double sample = g.normal();
    std::vector<uint32_t> words(1300), again(1300);
    g.random(words.data(), 1300);
    other.normal();
    other.set_state(state);
    CHECK(other.current_seed() == 7);
    CHECK(other.normal() == sample);
    other.random(again.data(), 1300);
    CHECK(again == words);
  }
}

TEST_CASE("Generator: what is no state is refused, and nothing changes", "[random][error]") {
  Generator g(7);
  g.random();
  const Tensor state = g.get_state();
  const auto changed = [&state](int64_t place, int64_t value) {
    const Tensor copy = state.clone();
    copy[place].fill_(value);
    return copy;
  };
  Generator other(8);
  CHECK_THROWS_WITH(other.set_state(Tensor()), Contains("undefined"));
  CHECK_THROWS_WITH(other.set_state(state.to(kDouble)),
                    Contains("a Long tensor of 628 elements, got Double[628]"));
  CHECK_THROWS_WITH(other.set_state(state.narrow(0, 0, 627)), Contains("got Long[627]"));
  CHECK_THROWS_WITH(other.set_state(changed(3, -1)), Contains("word 3 is -1"));
  CHECK_THROWS_WITH(other.set_state(changed(623, int64_t{1} << 32)), Contains("word 623 is 4294967296"));
  CHECK_THROWS_WITH(other.set_state(changed(624, 625)), Contains("625 words of 624 can't have been drawn"));
  CHECK_THROWS_WITH(other.set_state(changed(624, -1)), Contains("can't have been drawn"));
  CHECK_THROWS_WITH(other.set_state(changed(626, 2)), Contains("is 0 or 1, got 2"));
  CHECK(other.random() == Generator(8).random());
}
