#include <frost/kernels/attention.hpp>

#include "engine/kernels/geometry.hpp"

namespace frost::kernels {
namespace {

template <class T>
std::vector<T> normal_values(Generator& random, int64_t count) {
  std::vector<T> x(static_cast<size_t>(count));
  for (T& value : x) value = std::normal_distribution<T>(0, 1)(random);
  return x;
}

// One head of one sequence, against the formula in double.
template <class T>
void test_attention(Generator& random) {
  const int64_t queries = pick(random, 1, 140), keys = pick(random, 1, 210), features = pick(random, 1, 40),
                values = pick(random, 1, 40);
  const std::unique_ptr<bool[]> padding(new bool[static_cast<size_t>(keys)]);
  const int64_t often = pick(random, 0, 4);
  for (int64_t j = 0; j < keys; ++j) padding[static_cast<size_t>(j)] = pick(random, 0, 3) < often;
  const Attention shape{1, 1, queries, keys, features, values, padding.get(), pick(random, 0, 1) == 0, 0.3};
  INFO("queries " << queries << " keys " << keys << " features " << features << " values " << values);
  const std::vector<T> q = normal_values<T>(random, queries * features),
                       k = normal_values<T>(random, keys * features),
                       v = normal_values<T>(random, keys * values),
                       g = normal_values<T>(random, queries * values);
  std::vector<T> y(g), largest(static_cast<size_t>(queries)), sums(largest), grad_q(q), grad_k(k), grad_v(v);
  const auto heads = [](const std::vector<T>& x, int64_t columns) {
    return Heads{x.data(), 0, 0, columns, 1};
  };
  attention(dtype_of<T>, shape, y.data(), largest.data(), sums.data(), heads(q, features), heads(k, features),
            heads(v, values));
  attention_backward(dtype_of<T>, shape, grad_q.data(), grad_k.data(), grad_v.data(), heads(g, values),
                     heads(q, features), heads(k, features), heads(v, values), heads(y, values),
                     largest.data(), sums.data());

  std::vector<double> want_q(q.size()), want_k(k.size()), want_v(v.size());
  const double tolerance = sizeof(T) == 4 ? 1e-4 : 1e-12;
  const auto check_near = [tolerance](const std::vector<T>& got, const std::vector<double>& want) {
    for (size_t i = 0; i < got.size(); ++i)
      if (!(std::abs(got[i] - want[i]) <= tolerance * (1 + std::abs(want[i])))) REQUIRE(got[i] == want[i]);
  };
  const auto at = [](const std::vector<T>& x, int64_t i, int64_t columns, int64_t j) {
    return static_cast<double>(x[static_cast<size_t>(i * columns + j)]);
  };
  std::vector<double> want_y(y.size());
  for (int64_t i = 0; i < queries; ++i) {
    std::vector<double> weight(static_cast<size_t>(keys)), grad_weight(weight);
    double sum = 0, dot = 0;
    for (int64_t j = 0; j < keys; ++j) {
      const size_t key = static_cast<size_t>(j);
      if (padding[key] || (shape.causal && j > i)) continue;
      double score = 0;
      for (int64_t d = 0; d < features; ++d)
        score += shape.scale * at(q, i, features, d) * at(k, j, features, d);
      sum += weight[key] = std::exp(score);
      for (int64_t d = 0; d < values; ++d) grad_weight[key] += at(g, i, values, d) * at(v, j, values, d);
    }
    for (int64_t j = 0; j < keys; ++j) {
      double& w = weight[static_cast<size_t>(j)];
      w = sum == 0 ? 0 : w / sum;
      dot += w * grad_weight[static_cast<size_t>(j)];
      for (int64_t d = 0; d < values; ++d) {
        want_y[static_cast<size_t>(i * values + d)] += w * at(v, j, values, d);
        want_v[static_cast<size_t>(j * values + d)] += w * at(g, i, values, d);
      }
    }
    for (int64_t j = 0; j < keys; ++j) {
      const size_t key = static_cast<size_t>(j);
      const double grad_score = shape.scale * weight[key] * (grad_weight[key] - dot);
      for (int64_t d = 0; d < features; ++d) {
        want_q[static_cast<size_t>(i * features + d)] += grad_score * at(k, j, features, d);
        want_k[static_cast<size_t>(j * features + d)] += grad_score * at(q, i, features, d);
      }
    }
  }
  check_near(y, want_y);
  check_near(grad_q, want_q);
  check_near(grad_k, want_k);
  check_near(grad_v, want_v);
}

}  // namespace

TEST_CASE("attention: forward and backward agree with the formula", "[kernels][attention]") {
  for_each_instruction_set([] {
    Generator random(10);
    for (int round = 0; round < 25; ++round) {
      test_attention<float>(random);
      test_attention<double>(random);
    }
  });
}

}  // namespace frost::kernels
