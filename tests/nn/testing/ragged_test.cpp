#include <frost/nn/testing/ragged.hpp>

#include "gradients.hpp"

#include <algorithm>
#include <set>

using namespace frost;
using namespace frost::tests;
using testing::ragged_batches;
using testing::RaggedBatch;
using testing::random_lengths;

TEST_CASE("RaggedBatch: its lengths and mask as tensors", "[nn][testing]") {
  const RaggedBatch batch{"", {0, 2, 3}, 3};
  CHECK(batch.size() == 3);
  CHECK(same(batch.length_tensor(), tensor({0, 2, 3})));
  CHECK(same(batch.mask(), tensor({{true, true, true}, {false, false, true}, {false, false, false}})));
}

TEST_CASE("random_lengths: within bounds, by the seed alone", "[nn][testing]") {
  const std::vector<int64_t> lengths = random_lengths(200, 5, 7).lengths;
  CHECK(std::set<int64_t>(lengths.begin(), lengths.end()) == std::set<int64_t>{0, 1, 2, 3, 4, 5});
  CHECK(lengths == random_lengths(200, 5, 7).lengths);
  CHECK(lengths != random_lengths(200, 5, 8).lengths);
  const std::vector<int64_t> longer = random_lengths(200, 5, 7, 4).lengths;
  CHECK(std::set<int64_t>(longer.begin(), longer.end()) == std::set<int64_t>{4, 5});
  manual_seed(3);
  const Tensor drawn = rand({2});
  manual_seed(3);
  random_lengths(10, 5, 1);
  CHECK(same(rand({2}), drawn));
  CHECK_THROWS_WITH(random_lengths(2, 3, 0, 4), Catch::Contains("got 4 and 3"));
  CHECK_THROWS_WITH(random_lengths(-1, 3, 0), Catch::Contains("-1 sequences"));
}

TEST_CASE("ragged_batches: every kind, each once", "[nn][testing]") {
  const std::vector<RaggedBatch> batches = ragged_batches(3, 4, 5);
  const auto has = [&batches](const std::vector<int64_t>& lengths) {
    return std::count_if(batches.begin(), batches.end(),
                         [&lengths](const RaggedBatch& batch) { return batch.lengths == lengths; }) > 0;
  };
  CHECK(has({0, 0, 0}));
  CHECK(has({1, 1, 1}));
  CHECK(has({4, 4, 4}));
  CHECK(has({2, 2, 2}));
  CHECK(has({2, 0, 2}));
  CHECK(has({4, 1, 4}));
  CHECK(has({2, 4, 2}));
  CHECK(has({0, 1, 2, 3, 4}));
  CHECK(batches.size() == 13);
  for (const RaggedBatch& batch : batches) {
    CHECK(batch.max_len == 4);
    CHECK(same(batch.mask().logical_not().sum(1), batch.length_tensor()));
  }
  CHECK(ragged_batches(1, 1, 0).size() == 3);  // {0}, {1}, {0, 1}
  CHECK_THROWS_WITH(ragged_batches(0, 1), Catch::Contains("[ragged_batches]"));
}
