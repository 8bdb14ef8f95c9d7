#include <frost/nn/utils/rnn.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using nn::utils::rnn::pad_sequence;

TEST_CASE("pad_sequence: fills up to the longest", "[nn][rnn]") {
  const Tensor a = tensor({1, 2, 3}), b = tensor({4});
  CHECK(same(pad_sequence({a, b}, true, -1), tensor({{1, 2, 3}, {4, -1, -1}})));
  CHECK(same(pad_sequence({a, b}), tensor({{1, 4}, {2, 0}, {3, 0}})));
  CHECK(pad_sequence({zeros({2, 5}), zeros({4, 5})}).sizes() == IntArrayRef({4, 2, 5}));
  CHECK(pad_sequence({zeros({0, 5}), zeros({0, 5})}, true).sizes() == IntArrayRef({2, 0, 5}));
}

TEST_CASE("pad_sequence: gradients go back to each sequence, and none to the padding", "[nn][rnn]") {
  for (const bool batch_first : {false, true})
    check_gradients([batch_first](const std::vector<Tensor>& xs) { return pad_sequence(xs, batch_first, 7); },
                    {trainable({3, 2}), trainable({1, 2}), trainable_strided({2, 2}), trainable({0, 2})});
  const Tensor x = ones({2}, requires_grad()), frozen = ones({3});
  const Tensor y = pad_sequence({x, frozen});
  CHECK_FALSE(y.grad_fn()->next_edge(1).is_valid());
}

TEST_CASE("pad_sequence: errors", "[nn][rnn]") {
  CHECK_THROWS_WITH(pad_sequence({}), Contains("empty list"));
  CHECK_THROWS_WITH(pad_sequence({zeros({2, 3}), zeros({2, 4})}), Contains("must match"));
  CHECK_THROWS_WITH(pad_sequence({zeros({2}), zeros({2}, kLong)}), Contains("must match"));
  CHECK_THROWS_WITH(pad_sequence({zeros({})}), Contains("0-dim"));
  CHECK_THROWS_WITH(pad_sequence({Tensor()}), Contains("undefined"));
}
