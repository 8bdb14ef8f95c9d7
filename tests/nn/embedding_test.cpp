#include <frost/nn/embedding.hpp>
#include <frost/nn/functional.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace F = frost::nn::functional;

TEST_CASE("embedding: looks rows up, for an index of any shape", "[nn][embedding]") {
  const Tensor weight = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  CHECK(same(F::embedding(tensor({2, 0}), weight), tensor({{5.0, 6.0}, {1.0, 2.0}})));
  CHECK(same(F::embedding(tensor({{2}, {1}}), weight), tensor({{{5.0, 6.0}}, {{3.0, 4.0}}})));
  CHECK(same(F::embedding(tensor(1), weight), tensor({3.0, 4.0})));
  CHECK(F::embedding(zeros({0, 2}, kLong), weight).sizes() == IntArrayRef({0, 2, 2}));
  CHECK(same(F::embedding(tensor({1, 0}), weight.t().contiguous().t()), tensor({{3.0, 4.0}, {1.0, 2.0}})));
}

TEST_CASE("embedding: a row's gradient is the sum over its uses, that of padding_idx is exactly 0",
          "[nn][embedding]") {
  const Tensor weight = trainable({4, 2}), index = tensor({{1, 3, 1}, {0, 3, 3}});
  const Tensor sums = tensor({{7.0, 8.0}, {6.0, 8.0}, {0.0, 0.0}, {23.0, 26.0}}, kDouble);
  CHECK(same(gradient(F::embedding(index, weight), weight), sums));
  const auto options = F::EmbeddingFuncOptions().padding_idx(-1);
  Tensor expected = sums.clone();
  expected[3].zero_();
  CHECK(same(gradient(F::embedding(index, weight, options), weight), expected));

  const Tensor bad = full({2, 3, 2}, NAN, kDouble);
  const Tensor grad =
      autograd::grad({F::embedding(full({2, 3}, 3, kLong), weight, options)}, {weight}, {bad})[0];
  CHECK(same(grad, zeros({4, 2}, kDouble)));
}

TEST_CASE("embedding: gradcheck", "[nn][embedding]") {
  manual_seed(1);
  const Tensor index = tensor({{1, 3, 1}, {0, 3, 3}});
  for (const optional<int64_t> padding_idx : {optional<int64_t>(), optional<int64_t>(3)}) {
    const Op op = [&index, padding_idx](const std::vector<Tensor>& xs) {
      return F::embedding(index, xs[0], F::EmbeddingFuncOptions().padding_idx(padding_idx));
    };
    const testing::Function function = [&op](const std::vector<Tensor>& xs) {
      return std::vector<Tensor>{op(xs)};
    };
    // The row of padding_idx has a derivative; that it gets none is the point. So the first derivatives are
    // checked of the others alone.
    if (!padding_idx) CHECK(testing::gradcheck(function, {trainable({4, 2})}));
    CHECK(testing::gradgradcheck(function, {trainable({4, 2})}));
    CHECK(testing::gradgradcheck(function, {trainable_strided({4, 2})}));
  }
  const Op squared = [&index](const std::vector<Tensor>& xs) { return square(F::embedding(index, xs[0])); };
  check_gradients(squared, {trainable({4, 2})});
  check_gradients(squared, {trainable_strided({4, 2})});
}

TEST_CASE("embedding: what is not in the table is an error", "[nn][embedding]") {
  const Tensor weight = zeros({3, 2});
  CHECK_THROWS_WITH(F::embedding(tensor({0, 3}), weight), Contains("index out of range in self"));
  CHECK_THROWS_WITH(F::embedding(tensor({-1}), weight), Contains("index out of range in self: index -1"));
  CHECK_THROWS_WITH(F::embedding(tensor({1.0}), weight),
                    Contains("Expected tensor for argument #1 'indices'"));
  CHECK_THROWS_WITH(F::embedding(tensor({1}), zeros({3})), Contains("'weight' must be 2-D"));
  CHECK_THROWS_WITH(F::embedding(tensor({1}), weight, F::EmbeddingFuncOptions().padding_idx(3)),
                    Contains("Padding_idx must be within num_embeddings"));
  CHECK_THROWS_WITH(nn::Embedding(nn::EmbeddingOptions(3, 2).padding_idx(-4)),
                    Contains("Padding_idx must be within num_embeddings"));
}

TEST_CASE("Embedding: the padding row starts as zeros and stays", "[nn][embedding]") {
  manual_seed(0);
  const nn::Embedding embedding(nn::EmbeddingOptions(3, 2).padding_idx(-2));
  CHECK(embedding->options.padding_idx() == 1);
  CHECK(same(embedding->weight[1], zeros({2})));
  CHECK(embedding->weight[0].ne(0).all().item<bool>());
  embedding(tensor({0, 1, 1})).sum().backward();
  CHECK(same(embedding->weight.grad(), tensor({{1.0, 1.0}, {0.0, 0.0}, {0.0, 0.0}})));
}

TEST_CASE("Embedding: from_pretrained is frozen unless it is asked not to be", "[nn][embedding]") {
  const Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}});
  const nn::Embedding frozen = nn::Embedding::from_pretrained(table);
  CHECK_FALSE(frozen->weight.requires_grad());
  CHECK(same(frozen(tensor({1})), tensor({{3.0, 4.0}})));
  const nn::Embedding trained = nn::Embedding::from_pretrained(
      table.clone(), nn::EmbeddingFromPretrainedOptions().freeze(false).padding_idx(0));
  CHECK(trained->weight.requires_grad());
  CHECK(trained->options.padding_idx() == 0);
  CHECK_THROWS_WITH(nn::Embedding::from_pretrained(zeros({2})),
                    Contains("Embeddings parameter is expected to be 2-dimensional"));
  CHECK_THROWS_WITH(nn::Embedding(nn::EmbeddingOptions(3, 2)._weight(table)),
                    Contains("Shape of _weight does not match num_embeddings and embedding_dim"));
}
