#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("cat: forward", "[ops][join]") {
  const Tensor x = tensor({{1, 2}, {3, 4}}), y = tensor({{5, 6}});
  CHECK(same(cat({x, y}), tensor({{1, 2}, {3, 4}, {5, 6}})));
  CHECK(same(cat({x, x}, 1), tensor({{1, 2, 1, 2}, {3, 4, 3, 4}})));
  CHECK(same(cat({x, y.t()}, -1), tensor({{1, 2, 5}, {3, 4, 6}})));
  CHECK(same(cat({x.t(), y}), tensor({{1, 3}, {2, 4}, {5, 6}})));
  CHECK(same(cat({x.slice(1, 0, nullopt, 2), y.expand({2, 2})}, 1), tensor({{1, 5, 6}, {3, 5, 6}})));
  const Tensor copy = cat({x});
  CHECK(same(copy, x));
  CHECK(copy.data_ptr() != x.data_ptr());
  CHECK(cat({zeros({2, 0}), zeros({2, 0})}, 1).sizes() == IntArrayRef({2, 0}));
}

TEST_CASE("cat: a 1-dim tensor without elements goes with anything", "[ops][join]") {
  const Tensor nothing = zeros({0}), x = trainable({2, 3}).to(kFloat);
  CHECK(same(cat({nothing, x, nothing}, 1), x.detach()));
  CHECK(cat({nothing, nothing}, 1).sizes() == IntArrayRef({0}));
  const Tensor trainable_nothing = zeros({0}, requires_grad());
  cat({trainable_nothing, x}, 1).sum().backward();
  CHECK(trainable_nothing.grad().sizes() == IntArrayRef({0}));
}

TEST_CASE("cat: dtypes promote", "[ops][join]") {
  const Tensor floats = ones({1}), doubles = ones({1}, kDouble), longs = ones({1}, kLong),
               bools = ones({1}, kBool);
  CHECK(cat({floats, doubles}).scalar_type() == kDouble);
  CHECK(cat({longs, floats}).scalar_type() == kFloat);
  CHECK(same(cat({bools, longs}), tensor({1, 1})));
  CHECK(cat({bools, bools}).scalar_type() == kBool);
  CHECK(cat({zeros({0}, kDouble), floats}).scalar_type() == kDouble);
  CHECK(stack({longs, doubles}).scalar_type() == kDouble);
  const Tensor x = ones({2}, requires_grad());
  cat({x, ones({2}, kDouble)}).sum().backward();
  CHECK(x.grad().scalar_type() == kFloat);
}

TEST_CASE("cat and stack: frozen inputs get no edge and no gradient", "[ops][join]") {
  const Tensor x = trainable({1, 2}), frozen = ones({1, 2}, kDouble);
  for (const Tensor& y : {cat({frozen, x}), stack({frozen, x})}) {
    const ArrayRef<Edge> edges = y.grad_fn()->next_edges();
    REQUIRE(edges.size() == 2);
    CHECK_FALSE(edges[0].is_valid());
    CHECK(edges[1].is_valid());
    CHECK(y.grad_fn()->saved_tensors().empty());
    Backward pass(y.sum());
    pass.step();
    pass.step();
    CHECK_FALSE(pass.grad_input(0).defined());
    CHECK(pass.grad_input(1).defined());
  }
  CHECK(cat({x, x}).grad_fn()->name() == "CatBackward0");
  CHECK(stack({x, x}).grad_fn()->name() == "StackBackward0");
  CHECK_FALSE(cat({frozen, frozen}).requires_grad());
  CHECK_FALSE(stack({frozen, frozen}).requires_grad());
}

TEST_CASE("cat and stack: gradients", "[ops][join]") {
  manual_seed(1);
  for (const int64_t dim : {0, 1, -1}) {
    INFO("dim " << dim);
    const Op joined = [dim](const std::vector<Tensor>& xs) { return cat(xs, dim); };
    const Op stacked = [dim](const std::vector<Tensor>& xs) { return stack(xs, dim); };
    for (const Op& op : {joined, stacked}) {
      check_gradients(op, {trainable({2, 3}), trainable({2, 3}), trainable({2, 3}).detach()});
      check_gradients(op, {trainable({1, 1})});
      check_gradients(op, {trainable({2, 0}), trainable({2, 0})});
      check_gradients(op, {trainable_strided({2, 3}), trainable({2, 3})});
    }
  }
  const Op uneven = [](const std::vector<Tensor>& xs) { return cat({xs[0], xs[1], xs[0]}, 1); };
  check_gradients(uneven, {trainable({2, 1}), trainable({2, 3})});
  check_gradients([](const std::vector<Tensor>& xs) { return stack(xs); }, {trainable({}), trainable({})});
  check_gradients([](const std::vector<Tensor>& xs) { return cat(xs, 1); },
                  {trainable({0}), trainable({2, 1})});
}

TEST_CASE("cat and stack: errors", "[ops][join]") {
  const Tensor x = zeros({2, 3}), s = zeros({}), undefined;
  CHECK_THROWS_WITH(cat({}), Contains("expected a non-empty list of Tensors"));
  CHECK_THROWS_WITH(cat({s, x}), Contains("zero-dimensional tensor (at position 0) cannot be concatenated"));
  CHECK_THROWS_WITH(
      cat({x, zeros({3, 3})}, 1),
      Contains("Sizes of tensors must match except in dimension 1. Expected size 2 but got size 3 for "
               "tensor number 1 in the list."));
  CHECK_THROWS_WITH(cat({x, zeros({2})}),
                    Contains("Tensors must have same number of dimensions: got 2 and 1"));
  CHECK_THROWS_WITH(cat({x, x}, 2), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(cat({x, undefined}), Contains("undefined"));
  CHECK_THROWS_WITH(cat({s.expand({INT64_MAX / 2}), s.expand({INT64_MAX / 2}), s.expand({INT64_MAX / 2})}),
                    Contains("overflow"));
  CHECK_THROWS_WITH(stack({}), Contains("stack expects a non-empty TensorList"));
  CHECK_THROWS_WITH(
      stack({x, zeros({3, 2})}),
      Contains(
          "stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [3, 2] at entry 1"));
  CHECK_THROWS_WITH(stack({x, x}, 3), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(stack({undefined}), Contains("undefined"));
  CHECK_THROWS_WITH(stack({x, undefined}), Contains("undefined"));
}

TEST_CASE("stack: forward", "[ops][join]") {
  const Tensor x = tensor({1, 2}), y = tensor({3, 4});
  CHECK(same(stack({x, y}), tensor({{1, 2}, {3, 4}})));
  CHECK(same(stack({x, y}, 1), tensor({{1, 3}, {2, 4}})));
  CHECK(same(stack({x, y}, -1), stack({x, y}, 1)));
  CHECK(same(stack({tensor(1), tensor(2)}), tensor({1, 2})));
}

TEST_CASE("repeat: forward, grad_fn and errors", "[ops][join]") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  CHECK(same(x.repeat({1, 2}), tensor({{1, 2, 1, 2}, {3, 4, 3, 4}})));
  CHECK(same(x.repeat({2, 1}), tensor({{1, 2}, {3, 4}, {1, 2}, {3, 4}})));
  CHECK(same(x.t().repeat({1, 2}), tensor({{1, 3, 1, 3}, {2, 4, 2, 4}})));
  CHECK(same(x[0].repeat({2, 2}), tensor({{1, 2, 1, 2}, {1, 2, 1, 2}})));
  CHECK(x.repeat({2, 0}).sizes() == IntArrayRef({4, 0}));
  CHECK(same(tensor(7).repeat({2}), tensor({7, 7})));
  const Tensor once = x.repeat({1, 1});
  CHECK(same(once, x));
  CHECK(once.data_ptr() != x.data_ptr());
  CHECK_FALSE(once.is_view());
  CHECK(trainable({2}).repeat({2}).grad_fn()->name() == "RepeatBackward0");
  CHECK_FALSE(ones({2}).repeat({2}).requires_grad());
  CHECK_THROWS_WITH(x.repeat({2}),
                    Contains("Number of dimensions of repeat dims can not be smaller than number of "
                             "dimensions of tensor"));
  CHECK_THROWS_WITH(x.repeat({-1, 1}), Contains("Trying to create tensor with negative dimension -2"));
  CHECK_THROWS_WITH(x.repeat({INT64_MAX, 1}), Contains("overflows a 64-bit integer"));
  CHECK_THROWS_WITH(Tensor().repeat({1}), Contains("undefined"));
}

TEST_CASE("repeat: gradients", "[ops][join]") {
  check_unary_gradients([](const Tensor& x) { return x.repeat({2, 3}); });
  check_unary_gradients([](const Tensor& x) { return x.repeat({2, 1, 2}); });
  check_unary_gradients([](const Tensor& x) { return x.repeat({1, 1}); });
  check_unary_gradients([](const Tensor& x) { return x.repeat({3, 0}); });
  check_unary_gradients([](const Tensor& x) { return x.repeat({0, 3, 2}); });
}

TEST_CASE("flip: forward, grad_fn and errors", "[ops][join]") {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(same(x.flip({0}), tensor({{4, 5, 6}, {1, 2, 3}})));
  CHECK(same(x.flip({-1}), tensor({{3, 2, 1}, {6, 5, 4}})));
  CHECK(same(x.flip({0, 1}), tensor({{6, 5, 4}, {3, 2, 1}})));
  CHECK(same(x.t().flip({0}), tensor({{3, 6}, {2, 5}, {1, 4}})));
  CHECK(same(x.slice(1, 0, nullopt, 2).flip({1}), tensor({{3, 1}, {6, 4}})));
  CHECK(same(x.flip({}), x));
  CHECK(same(tensor(1).flip({0}), tensor(1)));
  CHECK(same(tensor({true, false}).flip({0}), tensor({false, true})));
  CHECK(same(zeros({2, 0}).flip({0, 1}), zeros({2, 0})));
  CHECK(trainable({2}).flip({0}).grad_fn()->name() == "FlipBackward0");
  CHECK_FALSE(ones({2}).flip({0}).requires_grad());
  CHECK_THROWS_WITH(x.flip({0, -2}), Contains("dim 0 appears multiple times in the list of dims"));
  CHECK_THROWS_WITH(x.flip({2}), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(Tensor().flip({0}), Contains("undefined"));
}

TEST_CASE("flip: gradients", "[ops][join]") {
  check_unary_gradients([](const Tensor& x) { return x.flip({0}); });
  check_unary_gradients([](const Tensor& x) { return x.dim() == 2 ? x.flip({0, 1}) : x.flip({}); });
}
