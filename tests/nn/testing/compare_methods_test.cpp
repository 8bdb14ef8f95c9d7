// Method 2 (pads frozen at a score) and method 1 (masked with -inf) agree if and only if the pads hold no
// attention.
#include <frost/nn/testing/compare_methods.hpp>
#include <frost/nn/testing/ragged.hpp>

#include "gradients.hpp"

#include <algorithm>
#include <cmath>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using testing::compare_methods;
using testing::MethodComparison;
using testing::RaggedBatch;

namespace {

// Σ_pads exp(pad) / (Σ_real exp(score) + Σ_pads exp(pad)), the most of any sequence.
double expected_leak(const Tensor& scores, const RaggedBatch& batch, double pad_score) {
  const Tensor values = scores.to(kDouble).contiguous();
  double most = 0;
  for (int64_t b = 0; b < batch.size(); ++b) {
    const int64_t length = batch.lengths[static_cast<size_t>(b)];
    if (length == 0 && pad_score > -INFINITY) return 1;
    double real = 0;
    for (int64_t t = 0; t < length; ++t) real += std::exp(values.data_ptr<double>()[b * batch.max_len + t]);
    const double pads = static_cast<double>(batch.max_len - length) * std::exp(pad_score);
    if (pads > 0) most = std::max(most, pads / (real + pads));
  }
  return most;
}

}  // namespace

TEST_CASE("compare_methods: over random batches the methods agree if and only if nothing leaks",
          "[nn][testing]") {
  manual_seed(1);
  int64_t agreeing = 0, differing = 0;
  for (const Dtype dtype : {kDouble, kFloat})
    for (const double pad_score : {double{-INFINITY}, -1e4, -60., -20., -5., 0., 3.})
      for (const auto& [size, max_len] : {std::pair<int64_t, int64_t>{1, 1}, {3, 5}, {4, 12}})
        for (const RaggedBatch& batch : testing::ragged_batches(size, max_len, 10, 5)) {
          const Tensor scores = randn({batch.size(), max_len}, dtype) * 2;
          const MethodComparison found = compare_methods(scores, batch.lengths, pad_score);
          INFO(batch.name << ", pads at " << pad_score << ": " << found.message);
          const double leak = expected_leak(scores, batch, pad_score);
          CHECK(found.leak == Approx(leak).epsilon(1e-4).margin(1e-300));
          CHECK(found.agree == (leak <= found.tolerance));
          CHECK(found.consistent());
          (found.agree ? agreeing : differing) += 1;
        }
  CHECK(agreeing > 200);
  CHECK(differing > 200);
}

TEST_CASE("compare_methods: with pads at -inf the methods are the same, bit for bit", "[nn][testing]") {
  manual_seed(2);
  for (const RaggedBatch& batch : testing::ragged_batches(4, 7, 50)) {
    const MethodComparison found =
        compare_methods(randn({batch.size(), 7}), batch.lengths, -INFINITY, /*tolerance=*/0);
    INFO(batch.name);
    CHECK(found.agree);
    CHECK(found.leak == 0);
    CHECK(found.weight_difference == 0);
    CHECK(found.gradient_difference == 0);
    CHECK_THAT(found.message, Contains("the methods agree: the pads hold no attention"));
  }
}

TEST_CASE("compare_methods: reports the leak as a number", "[nn][testing]") {
  const Tensor scores = zeros({3, 4}, kDouble);
  const MethodComparison found = compare_methods(scores, {4, 3, 1}, 0);
  CHECK_FALSE(found.agree);
  CHECK(found.leaks == std::vector<double>{0, 0.25, 0.75});
  CHECK(found.leak == 0.75);
  CHECK(found.weight_difference == Approx(0.75));
  CHECK_THAT(found.message,
             Contains("the methods differ: of sequence 2 (1 of 4 tokens real) the pads, frozen "
                      "at 0, hold 0.75 of the attention; largest differences: weights 0.75 of "));
  const MethodComparison empty = compare_methods(scores, {4, 0, 4}, 0);
  CHECK_FALSE(empty.agree);
  CHECK(empty.leaks == std::vector<double>{0, 1, 0});
  CHECK_FALSE(scores.requires_grad());
  const MethodComparison all_nan = compare_methods(scores, {4, 0, 4}, -INFINITY);
  CHECK(all_nan.agree);
  CHECK(all_nan.leaks == std::vector<double>{0, 0, 0});
  // Gradients that are within a tolerance do not make weights agree that are not.
  CHECK_FALSE(compare_methods(zeros({1, 2}, kDouble), {1}, 0, /*tolerance=*/0.4).agree);
  CHECK(compare_methods(zeros({1, 2}, kDouble), {1}, 0, /*tolerance=*/0.6).agree);
}

TEST_CASE("compare_methods: consistent() rejects methods that differ without a leak, or agree with one",
          "[nn][testing]") {
  MethodComparison found = compare_methods(zeros({1, 2}), {1}, 0);
  REQUIRE(found.consistent());
  found.agree = true;
  CHECK_THAT(found.consistent().message, Contains("expected the methods to differ where the pads hold 0.5"));
  found = compare_methods(zeros({1, 2}), {1}, -INFINITY);
  REQUIRE(found.consistent());
  found.agree = false;
  CHECK_THAT(found.consistent().message, Contains("expected the methods to agree where the pads hold 0"));
}

TEST_CASE("compare_methods: errors", "[nn][testing]") {
  CHECK_THROWS_WITH(compare_methods(ones({2}), {1}, 0), Contains("scores must be [B, T]"));
  CHECK_THROWS_WITH(compare_methods(ones({2, 3}), {1}, 0), Contains("got 1 lengths for scores [2, 3]"));
  CHECK_THROWS_WITH(compare_methods(ones({1, 3}), {4}, 0), Contains("does not fit max_len 3"));
  CHECK_THROWS_WITH(compare_methods(ones({1, 3}), {2}, std::nan("")), Contains("frozen at nan"));
  CHECK_THROWS_WITH(compare_methods(ones({1, 3}), {2}, INFINITY), Contains("frozen at inf"));
  CHECK_THROWS_WITH(compare_methods(full({1, 3}, std::nan("")), {2}, 0), Contains("must be finite"));
}
