#include <frost/nn/scores.hpp>

#include "gradients.hpp"

#include <cmath>

using namespace frost;
using namespace frost::tests;
using namespace frost::nn;
using Catch::Contains;

TEST_CASE("DotScore: query times key", "[nn][scores]") {
  const Tensor query = tensor({{1.0, 2.0}}), keys = tensor({{{3.0, 4.0}, {5.0, 6.0}}});
  CHECK(allclose(DotScore()(query, keys), tensor({{11.0, 17.0}})));
  CHECK(allclose(DotScore(true)(query, keys), tensor({{11.0, 17.0}}) / std::sqrt(2.0)));
  CHECK(allclose(DotScore()(query[0], keys[0]), tensor({11.0, 17.0})));
}

TEST_CASE("MultiplicativeScore: query times a map of the key", "[nn][scores]") {
  manual_seed(1);
  const MultiplicativeScore score(2, 3);
  const Tensor query = randn({4, 2}), keys = randn({4, 5, 3});
  const Tensor scores = score(query, keys);
  REQUIRE(scores.sizes() == IntArrayRef({4, 5}));
  const Tensor one = dot(query[2], matmul(score->map->weight, keys[2][3]));
  CHECK(scores[2][3].item<float>() == Approx(one.item<float>()));
}

TEST_CASE("AdditiveScore: v · tanh(W query + U key + b)", "[nn][scores]") {
  manual_seed(1);
  const AdditiveScore score(2, 3, 6);
  const Tensor query = randn({4, 2}), keys = randn({4, 5, 3});
  const Tensor scores = score(query, keys);
  REQUIRE(scores.sizes() == IntArrayRef({4, 5}));
  const Tensor inner = matmul(score->query_map->weight, query[2]) +
                       matmul(score->key_map->weight, keys[2][3]) + score->key_map->bias;
  CHECK(scores[2][3].item<float>() == Approx(dot(score->score->weight[0], tanh(inner)).item<float>()));
  CHECK(score->named_parameters().keys() ==
        std::vector<std::string>{"query_map.weight", "key_map.weight", "key_map.bias", "score.weight"});
  CHECK(equal(score->scores(query, score->map_keys(keys)), scores));
}

TEST_CASE("scores: gradients", "[nn][scores]") {
  manual_seed(1);
  const DotScore dot_score(true);
  MultiplicativeScore multiplicative(2, 3);
  AdditiveScore additive(2, 3, 4);
  multiplicative->to(kDouble);
  additive->to(kDouble);
  check_gradients([&](const std::vector<Tensor>& xs) { return dot_score(xs[0], xs[1]); },
                  {trainable({2, 3}), trainable({2, 4, 3})});
  check_gradients([&](const std::vector<Tensor>& xs) { return multiplicative(xs[0], xs[1]); },
                  {trainable({2, 2}), trainable({2, 4, 3}), multiplicative->map->weight});
  check_gradients(
      [&](const std::vector<Tensor>& xs) { return additive(xs[0], xs[1]); },
      {trainable({2, 2}), trainable({2, 4, 3}), additive->query_map->weight, additive->key_map->bias});
}

TEST_CASE("scores: errors", "[nn][scores]") {
  CHECK_THROWS_WITH(DotScore()(zeros({2, 3}), zeros({2, 4, 5})), Contains("same last size"));
  CHECK_THROWS_WITH(DotScore()(zeros({3, 5}), zeros({2, 4, 5})), Contains("same batch"));
  CHECK_THROWS_WITH(DotScore()(zeros({5}), zeros({5})), Contains("keys must be"));
  CHECK_THROWS_WITH(AdditiveScore(2, 3, 4)(zeros({2}), zeros({2, 4, 3})), Contains("one dimension less"));
  CHECK_THROWS_WITH(AdditiveScore(2, 3, 4)->scores(zeros({3, 2}), zeros({2, 4, 4})), Contains("same batch"));
}

TEST_CASE("scores: a clone scores alike", "[nn][scores][clone]") {
  const Tensor query = randn({4, 3}), keys = randn({4, 5, 3});
  const auto check_clone = [&](const auto& score) {
    using Impl = typename std::decay_t<decltype(score)>::ContainedType;
    const auto copy = std::dynamic_pointer_cast<Impl>(score->clone());
    CHECK(same(copy->forward(query, keys), score(query, keys)));
  };
  check_clone(DotScore(true));
  check_clone(MultiplicativeScore(3, 3));
  check_clone(AdditiveScore(3, 3, 6));
}
