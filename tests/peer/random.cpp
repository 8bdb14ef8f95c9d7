// The numbers that follow a seed. Their values are compared, and every bit of them: see frost/random.hpp for
// what the double normal samples, and those sampled one by one, depend on.
#include "peer.hpp"

#include <cmath>
#include <cstring>

namespace {

// FNV-1a, of every bit of x.
int64_t fingerprint(const fw::Tensor& x) {
  const auto* const bytes = static_cast<const unsigned char*>(x.data_ptr());
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < static_cast<size_t>(x.numel()) * x.dtype().itemsize(); ++i)
    hash = (hash ^ bytes[i]) * 1099511628211u;
  int64_t result;
  std::memcpy(&result, &hash, sizeof result);
  return result;
}

void print(const std::string& name, const fw::Tensor& x) {
  const fw::Tensor y = x.contiguous();
  peer::show_values(name, y);
  peer::show(name + " bits", fingerprint(y));
}

// What follows shows how many words were drawn, and whether a normal sample was kept.
void print_after() {
  print("  then", fw::randint(0, 1 << 30, {2}, fw::kLong));
  print("  then", fw::randn({1}, fw::kDouble));
}

// The numbers of one call after a seed.
template <class Draw>
void seeded(const std::string& name, const Draw& draw) {
  fw::manual_seed(42);
  print(name, draw());
  print_after();
}

void sizes(fw::Dtype dtype, int64_t n) {
  seeded("rand", [&] { return fw::rand({n}, dtype); });
  seeded("randn", [&] { return fw::randn({n}, dtype); });
  seeded("uniform_", [&] { return fw::empty({n}, dtype).uniform_(-0.3, 0.2); });
  seeded("normal_", [&] { return fw::empty({n}, dtype).normal_(1.5, 0.02); });
  seeded("bernoulli_", [&] { return fw::empty({n}, dtype).bernoulli_(0.3); });
  seeded("bernoulli", [&] { return fw::bernoulli(fw::full({n}, 0.3, dtype)); });
  seeded("randint", [&] { return fw::randint(-5, 7, {n}, dtype); });
}

void sequence(fw::Dtype dtype) {
  fw::manual_seed(3);
  for (const int64_t n : {1, 2, 16, 1, 17, 4}) print("one after another", fw::randn({n}, dtype));
  print("one after another", fw::rand({3}, dtype));
  print("one after another", fw::randn({3}, dtype));
  print("one after another", fw::empty({3}, dtype).bernoulli_(0.5));
  print("one after another", fw::randn({3}, dtype == fw::kFloat ? fw::kDouble : fw::kFloat));
}

void views(fw::Dtype dtype) {
  const auto filled = [&](const char* name, const auto& fill) {
    seeded(name, [&] {
      fw::Tensor x = fw::zeros({5, 6}, dtype);
      fill(x);
      return x;
    });
  };
  filled("x.t().uniform_", [](fw::Tensor& x) { x.t().uniform_(); });
  filled("x.t().normal_", [](fw::Tensor& x) { x.t().normal_(1, 2); });
  filled("x.t().bernoulli_", [](fw::Tensor& x) { x.t().bernoulli_(0.5); });
  filled("x.narrow().uniform_", [](fw::Tensor& x) { x.narrow(1, 1, 4).uniform_(); });
  filled("x.narrow().t().normal_", [](fw::Tensor& x) { x.narrow(1, 1, 4).t().normal_(); });
  seeded("bernoulli(p.t())", [&] { return fw::bernoulli(fw::full({5, 6}, 0.5, dtype).t()); });
  seeded("rand_like(x.t())", [&] { return fw::rand_like(fw::zeros({5, 6}, dtype).t()); });
  seeded("randn_like(x.t())", [&] { return fw::randn_like(fw::zeros({5, 6}, dtype).t()); });
  seeded("randn_like(permuted)", [&] {
    return fw::randn_like(fw::zeros({2, 3, 4}, dtype).permute({2, 0, 1}));
  });
}

void integers() {
  for (const int64_t n : {0, 1, 2, 17, 1000}) seeded("randperm", [&] { return fw::randperm(n); });
  const int64_t two_32 = int64_t{1} << 32;
  seeded("randint", [&] { return fw::randint(10, {20}, fw::kLong); });
  seeded("randint", [&] { return fw::randint(0, two_32 - 1, {20}, fw::kLong); });
  seeded("randint", [&] { return fw::randint(0, two_32, {20}, fw::kLong); });
  seeded("randint", [&] { return fw::randint(-two_32, two_32, {20}, fw::kLong); });
  seeded("bool bernoulli_", [] { return fw::empty({20}, fw::kBool).bernoulli_(0.3); });
  seeded("long bernoulli_", [] { return fw::empty({20}, fw::kLong).bernoulli_(0.3); });
}

const peer::Section seeds("random/seeds", [] {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{67280421310721}, ~uint64_t{0}}) {
    fw::manual_seed(seed);
    print("seed", fw::rand({3}));
  }
});

const peer::Section of_float("random/float", [] {
  for (const int64_t n : {0, 1, 15, 16, 17, 31, 1000}) sizes(fw::kFloat, n);
  sequence(fw::kFloat);
});

const peer::Section of_double("random/double", [] {
  for (const int64_t n : {0, 1, 15, 16, 17, 31, 1000}) sizes(fw::kDouble, n);
  sequence(fw::kDouble);
});

const peer::Section of_integers("random/integers", integers);

const peer::Section of_views("random/views", [] {
  views(fw::kFloat);
  views(fw::kDouble);
});

const peer::Section of_weights("random/weights", [] {
  for (const auto dtype : {fw::kFloat, fw::kDouble}) {
    fw::manual_seed(42);
    fw::Tensor weight = fw::empty({6, 5}, dtype);
    fw::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    peer::show_values("kaiming_uniform_", weight);
    print_after();
  }
});

}  // namespace
