#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;
using Index = std::vector<indexing::TensorIndex>;

namespace {

Tensor counting(IntArrayRef sizes) { return arange(numel(sizes)).reshape(sizes); }

struct Named {
  const char* name;
  Index index;
};

// Into [2, 3, 4], by tensors.
std::vector<Named> advanced() {
  const Tensor i = tensor({0, 1, 0, -1}), j = tensor({{0}, {1}}), none = zeros({0}, kLong);
  const Tensor both = tensor({{true, false, true}, {false, false, true}});
  return {
      {"i", {i}},
      {"j", {j}},
      {":, i", {Slice(), i}},
      {"..., i", {Ellipsis, i}},
      {"j, i", {j, i}},
      {"i, :, j", {i, Slice(), j}},
      {":, i, j", {Slice(), i, j}},
      {"0, :, i", {0, Slice(), i}},
      {"i, :, 0", {i, Slice(), 0}},
      {"i, None, i", {i, None, i}},
      {"i, i, i", {i, i, i}},
      {"::2, i, 1:", {Slice(None, None, 2), i, Slice(1, None)}},
      {"mask", {both}},
      {"mask, i", {both, tensor({3, 0, 0})}},
      {":, mask", {Slice(), tensor({true, false, true})}},
      {"true, i", {true, i}},
      {"false", {false}},
      {"none", {Slice(), none}},
  };
}

}  // namespace

TEST_CASE("index: integers, slices, None and ... make views", "[ops][index]") {
  const Tensor x = counting({2, 3, 4});
  CHECK(same(x.index({1}), x.select(0, 1)));
  CHECK(same(x.index({-1, 0, 2}), tensor(14)));
  CHECK(same(x.index({Slice(), Slice(1, None)}), x.narrow(1, 1, 2)));
  CHECK(same(x.index({Slice(None, None, 2), Slice(-2, -1)}), x.slice(0, 0, 2, 2).narrow(1, 1, 1)));
  CHECK(same(x.index({Ellipsis, 1}), x.select(2, 1)));
  CHECK(same(x.index({"...", Slice(0, 2)}), x.narrow(2, 0, 2)));
  CHECK(same(x.index({0, Ellipsis, 1}), x[0].select(1, 1)));
  CHECK(x.index({None, 0, None}).sizes() == IntArrayRef({1, 1, 3, 4}));
  CHECK(x.index({Ellipsis, None}).sizes() == IntArrayRef({2, 3, 4, 1}));
  CHECK(same(x.index({tensor(1), tensor(-1)}), x[1][2]));
  for (const Tensor& view :
       {x.index({1}), x.index({Slice(1, None), None}), x.index({Ellipsis}), x.index({None})})
    CHECK(view.is_view());
  Tensor y = counting({2, 3});
  y.index({Slice(), 1}).fill_(9);
  CHECK(same(y, tensor({{0, 9, 2}, {3, 9, 5}})));
}

TEST_CASE("index: tensors pick, and their dims take the place of those they index", "[ops][index]") {
  const Tensor x = counting({2, 3, 4}), i = tensor({2, 0, -1});
  CHECK(same(x.index({tensor({1, 0})}), stack({x[1], x[0]})));
  CHECK(same(x.index({Slice(), i}), stack({x.select(1, 2), x.select(1, 0), x.select(1, 2)}, 1)));
  CHECK(same(x.index({tensor({1, 0, 1}), i}), stack({x[1][2], x[0][0], x[1][2]})));
  CHECK(same(x.index({tensor({{1}, {0}}), i}), stack({x[1].index({i}), x[0].index({i})})));
  // Together, in their place; apart, in front.
  CHECK(x.index({Slice(), tensor({0}), tensor({1})}).sizes() == IntArrayRef({2, 1}));
  CHECK(x.index({tensor({0, 0, 0, 0, 0}), Slice(), tensor({1})}).sizes() == IntArrayRef({5, 3}));
  CHECK(same(x.index({tensor({0, 1}), Slice(), tensor({3, 2})}),
             stack({x[0].select(1, 3), x[1].select(1, 2)})));
  CHECK(x.unsqueeze(0).index({Slice(), tensor({1}), Slice(), tensor({1, 2, 3, 0, 0})}).sizes() ==
        IntArrayRef({5, 1, 3}));
  CHECK(x.index({zeros({3, 0}, kLong)}).sizes() == IntArrayRef({3, 0, 3, 4}));
  CHECK_FALSE(x.index({i.clamp(0, 1)}).is_view());
  CHECK(same(x.permute({2, 1, 0}).index({tensor({3, 1}), Slice(), tensor({0})}),
             stack({x[0].select(1, 3), x[0].select(1, 1)})));
  CHECK(same((x > 10).index({1, tensor({0, 2})}), (x > 10)[1].index({tensor({0, 2})})));
}

TEST_CASE("index: a mask stands for the places where it is true", "[ops][index]") {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(same(x.index({x > 2}), tensor({3, 4, 5, 6})));
  CHECK(same(x.index({tensor({false, true})}), tensor({{4, 5, 6}})));
  CHECK(same(x.index({Slice(), tensor({true, false, true})}), tensor({{1, 3}, {4, 6}})));
  CHECK(same(x.index({tensor({true, true}), tensor({2, 0})}), tensor({3, 4})));
  CHECK(x.index({zeros({2, 3}, kBool)}).sizes() == IntArrayRef({0}));
  CHECK(same(x.index({true}), x.unsqueeze(0)));
  CHECK(x.index({false}).sizes() == IntArrayRef({0, 2, 3}));
  CHECK(same(x.index({tensor(true), 1}), tensor({{4, 5, 6}})));
  CHECK(same(tensor(7).index({true}), tensor({7})));
}

TEST_CASE("index: grad_fn, and nothing kept for frozen input", "[ops][index]") {
  const Tensor x = trainable({2, 3}), i = tensor({0, 1});
  CHECK(x.index({i}).grad_fn()->name() == "IndexBackward0");
  CHECK(x.index({i}).grad_fn()->saved_tensors().size() == 1);
  CHECK(x.index({Ellipsis}).grad_fn()->name() == "AliasBackward0");
  CHECK(x.index({0, i}).grad_fn()->next_edge(0).function->name() == "SelectBackward0");
  CHECK(x.index_select(0, i).grad_fn()->name() == "IndexSelectBackward0");
  CHECK_FALSE(x.detach().index({i}).requires_grad());
  CHECK_FALSE(x.detach().index_select(0, i).requires_grad());
  // The index may be written to afterwards: what the gradient needs of it was copied.
  Tensor index = tensor({0, 0});
  const Tensor y = x.index({index});
  index.fill_(1);
  y.sum().backward();
  CHECK(same(x.grad(), tensor({{2.0, 2.0, 2.0}, {0.0, 0.0, 0.0}}, kDouble)));
}

TEST_CASE("index: gradients", "[ops][index]") {
  manual_seed(1);
  for (const auto& [name, index] : advanced()) {
    INFO(name);
    const Op op = [&index = index](const std::vector<Tensor>& xs) { return xs[0].index(index); };
    check_gradients(op, {trainable({2, 3, 4})});
    check_gradients(op, {trainable_strided({2, 3, 4})});
  }
  const Op of_empty = [](const std::vector<Tensor>& xs) { return xs[0].index({Slice(), tensor({1, 1})}); };
  check_gradients(of_empty, {trainable({0, 2})});
  check_gradients([](const std::vector<Tensor>& xs) { return xs[0].index({true}); }, {trainable({})});
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        return xs[0].index({tensor({0, 0})});
      },
      {trainable({1})});
  check_gradients([](const std::vector<Tensor>& xs) { return xs[0].index({"..."}); }, {trainable({2})});
}

TEST_CASE("index: errors", "[ops][index]") {
  const Tensor x = zeros({2, 3, 4}), s = zeros({}), i = tensor({0, 1, 0}), undefined;
  CHECK_THROWS_WITH(x.index({2}), Contains("index 2 is out of bounds for dimension 0 with size 2"));
  CHECK_THROWS_WITH(x.index({Slice(), -4}),
                    Contains("index -4 is out of bounds for dimension 1 with size 3"));
  CHECK_THROWS_WITH(x.index({0, 0, 0, 0}), Contains("too many indices for tensor of dimension 3"));
  CHECK_THROWS_WITH(x.index({ones({2, 3, 4, 5}, kBool)}),
                    Contains("too many indices for tensor of dimension 3"));
  CHECK_THROWS_WITH(x.index({Slice(None, None, -1)}), Contains("step must be greater than zero"));
  CHECK_THROWS_WITH(x.index({Slice(None, None, 0)}), Contains("slice step cannot be zero"));
  CHECK_THROWS_WITH(
      x.index({i, tensor({0, 1})}),
      Contains("shape mismatch: indexing tensors could not be broadcast together with shapes [3], [2]"));
  CHECK_THROWS_WITH(x.index({ones({3, 2}, kBool)}),
                    Contains("The shape of the mask [3, 2] at index 0 does not match the "
                             "shape of the indexed tensor [2, 3, 4] at index 0"));
  CHECK_THROWS_WITH(
      x.index({Slice(), ones({2}, kBool)}),
      Contains("The shape of the mask [2] at index 0 does not match the shape of the indexed tensor "
               "[2, 3, 4] at index 1"));
  CHECK_THROWS_WITH(x.index({ones({2})}),
                    Contains("tensors used as indices must be long, byte or bool tensors"));
  CHECK_THROWS_WITH(x.index({tensor({0, 2})}),
                    Contains("index 2 is out of bounds for dimension 0 with size 2"));
  CHECK_THROWS_WITH(x.index({Slice(), tensor({0, -4})}),
                    Contains("index -4 is out of bounds for dimension 1 with size 3"));
  CHECK_THROWS_WITH(zeros({0}).index({tensor({0})}),
                    Contains("index is out of bounds for dimension with size 0"));
  CHECK_THROWS_WITH(x.index(Index{}),
                    Contains("Passing an empty index list to Tensor::index() is not valid syntax"));
  CHECK_THROWS_WITH(x.index({Ellipsis, 0, Ellipsis}), Contains("an index can only have a single ellipsis"));
  CHECK_THROWS_WITH(x.index({".."}),
                    Contains("Expected \"...\" to represent an ellipsis index, but got \"..\""));
  CHECK_THROWS_WITH(s.index({0}), Contains("invalid index of a 0-dim tensor"));
  CHECK_THROWS_WITH(s.index({Slice()}), Contains("slice() cannot be applied to a 0-dim tensor"));
  CHECK_THROWS_WITH(s.index({i}), Contains("too many indices for tensor of dimension 0"));
  CHECK_THROWS_WITH(x.index({undefined}), Contains("undefined"));
  CHECK_THROWS_WITH(undefined.index({0}), Contains("undefined"));
}

// ---- index_put_ ----

TEST_CASE("index_put_: forward", "[ops][index]") {
  Tensor x = zeros({2, 3});
  x.index_put_({0, Slice(1, None)}, tensor({1.0, 2.0}));
  x.index_put_({1, 0}, 3);
  CHECK(same(x, tensor({{0.0, 1.0, 2.0}, {3.0, 0.0, 0.0}})));
  x.index_put_({tensor({1, 0}), tensor({2, 0})}, tensor({4.0, 5.0}));
  CHECK(same(x, tensor({{5.0, 1.0, 2.0}, {3.0, 0.0, 4.0}})));
  x.index_put_({x > 3}, -1);
  CHECK(same(x, tensor({{-1.0, 1.0, 2.0}, {3.0, 0.0, -1.0}})));
  x.index_put_({Slice(), tensor({0, 2})},
               tensor({{{{7.0}, {8.0}}}}));  // broadcast; leading sizes of 1 are dropped
  CHECK(same(x, tensor({{7.0, 1.0, 7.0}, {8.0, 0.0, 8.0}})));
  x.index_put_({Ellipsis}, 0).index_put_({None, 0}, 1).index_put_({true, 1, 1}, 2).index_put_({false}, 3);
  CHECK(same(x, tensor({{1.0, 1.0, 1.0}, {0.0, 2.0, 0.0}})));
  x.index_put_({zeros({0}, kLong)}, 9).index_put_({zeros({2}, kBool)}, 9);
  CHECK(same(x, tensor({{1.0, 1.0, 1.0}, {0.0, 2.0, 0.0}})));

  Tensor turned = zeros({3, 2}).t();
  turned.index_put_({tensor({1, 0}), Slice(0, 2)}, tensor({{1.0, 2.0}, {3.0, 4.0}}));
  CHECK(same(turned.contiguous(), tensor({{3.0, 4.0, 0.0}, {1.0, 2.0, 0.0}})));
  Tensor numbers = zeros({2}, kLong);
  numbers.index_put_({tensor({1})}, 2.7);
  CHECK(same(numbers, tensor({0, 2})));
}

TEST_CASE("index_put_: the last of several writes to one place stays", "[ops][index]") {
  Tensor x = zeros({3, 2});
  x.index_put_({tensor({2, 0, 2})}, tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}));
  CHECK(same(x, tensor({{3.0, 4.0}, {0.0, 0.0}, {5.0, 6.0}})));
}

TEST_CASE("index_put_: values from the memory that is written are read first", "[ops][index]") {
  Tensor x = tensor({1.0, 2.0, 3.0});
  x.index_put_({tensor({1, 2})}, x.narrow(0, 0, 2));
  CHECK(same(x, tensor({1.0, 1.0, 2.0})));
}

TEST_CASE("index_put_: counts as one write, and views see it", "[ops][index]") {
  Tensor x = zeros({3});
  const Tensor view = x.narrow(0, 1, 2);
  x.index_put_({tensor({2, 0})}, 1);
  CHECK(x._version() == 1);
  CHECK(same(view, tensor({0.0, 1.0})));
  const Tensor w = ones({3}, requires_grad());
  const Tensor y = (w * x).sum();
  x.index_put_({tensor({0})}, 2);
  CHECK_THROWS_WITH(y.backward(), Contains("modified by an inplace operation"));
}

TEST_CASE("index_put_: gradients of what was and of what is written", "[ops][index]") {
  manual_seed(1);
  for (const auto& [name, index] : advanced()) {
    INFO(name);
    const Op put = [&index = index](const std::vector<Tensor>& xs) {
      Tensor y = xs[0] * 1;
      y.index_put_(index, xs[1]);
      return y;
    };
    const Tensor shaped = zeros({2, 3, 4}).index(index);
    check_gradients(put, {trainable({2, 3, 4}), trainable(shaped.sizes())});
    check_gradients(put, {trainable_strided({2, 3, 4}), trainable({})});
    check_gradients(put, {trainable({2, 3, 4}), trainable({1, 1}).detach()});
    if (std::string(name) != "false")  // which writes nothing
      check_gradients(put, {trainable({2, 3, 4}).detach(), trainable({1})});
  }
  for (const Index& index : {Index{0}, Index{Ellipsis, 1}, Index{Slice(0, 2)}, Index{true}}) {
    const Op put = [&index](const std::vector<Tensor>& xs) {
      Tensor y = xs[0] * 1;
      y.index_put_(index, xs[1]);
      return y * y;
    };
    check_gradients(put, {trainable({2, 3}), trainable({})});
    check_gradients(put, {trainable({2, 2}), trainable({1, 1, 2})});
  }
}

TEST_CASE("index_put_: grad_fn", "[ops][index]") {
  const Tensor x = trainable({2, 3}), i = tensor({0});
  Tensor y = x * 1;
  y.index_put_({i}, 1);
  CHECK(y.grad_fn()->name() == "IndexPutBackward0");
  CHECK_FALSE(y.grad_fn()->next_edge(1).is_valid());
  CHECK(y.grad_fn()->saved_tensors().size() == 1);
  y.index_put_({Slice(), i}, 1);
  CHECK(y.grad_fn()->name() == "torch::autograd::CopySlices");
  Tensor constant = zeros({2}, kDouble);
  constant.index_put_({i}, x.sum());
  CHECK(constant.requires_grad());
}

TEST_CASE("index_put_: errors leave everything as it was", "[ops][index]") {
  Tensor x = zeros({2, 3, 4});
  const Tensor i = tensor({0, 1, 0});
  CHECK_THROWS_WITH(
      x.index_put_({i}, ones({3, 4}, kDouble)),
      Contains("Index put requires the source and destination dtypes match, got Float for the destination "
               "and Double for the source"));
  CHECK_THROWS_WITH(x.index_put_({i}, ones({5})),
                    Contains("shape mismatch: value tensor of shape [5] cannot be broadcast "
                             "to indexing result of shape [3, 3, 4]"));
  CHECK_THROWS_WITH(x.index_put_({0}, ones({2, 3, 4})),
                    Contains("must be greater or equal to the number of dimensions"));
  CHECK_THROWS_WITH(x.index_put_({0}, ones({5})), Contains("The expanded size of the tensor (4) must match"));
  CHECK_THROWS_WITH(x.index_put_({tensor({0, 7})}, 1),
                    Contains("index 7 is out of bounds for dimension 0 with size 2"));
  CHECK_THROWS_WITH(x.index_put_({tensor({0, -3})}, 1),
                    Contains("index -3 is out of bounds for dimension 0 with size 2"));
  CHECK_THROWS_WITH(x.index_put_(Index{}, 1),
                    Contains("Passing an empty index list to Tensor::index_put_()"));
  CHECK_THROWS_WITH(x.index_put_({i}, Tensor()), Contains("undefined"));
  CHECK_THROWS_WITH(Tensor().index_put_({i}, 1), Contains("undefined"));
  CHECK_THROWS_WITH(x.expand({5, 2, 3, 4}).index_put_({i}, 1),
                    Contains("more than one element of the written-to tensor"));
  CHECK(equal(x, zeros({2, 3, 4})));
  CHECK(x._version() == 0);
  Tensor leaf = zeros({2}, requires_grad());
  CHECK_THROWS_WITH(leaf.index_put_({tensor({0})}, 1), Contains("a leaf Variable that requires grad"));
  CHECK_THROWS_WITH(leaf.index_put_({0}, 1), Contains("a view of a leaf Variable that requires grad"));
  const NoGradGuard guard;
  leaf.index_put_({tensor({0})}, 1);
  CHECK(same(leaf, tensor({1.0, 0.0})));
}

// ---- index_select ----

TEST_CASE("index_select: forward", "[ops][index]") {
  const Tensor x = tensor({{1, 2}, {3, 4}, {5, 6}});
  CHECK(same(x.index_select(0, tensor({2, 0, 2})), tensor({{5, 6}, {1, 2}, {5, 6}})));
  CHECK(same(x.index_select(-1, tensor({1})), tensor({{2}, {4}, {6}})));
  CHECK(same(x.index_select(0, tensor(1)), tensor({{3, 4}})));
  CHECK(same(x.t().index_select(1, tensor({2, 1})), tensor({{5, 3}, {6, 4}})));
  CHECK(same(x.index_select(0, tensor({0, 9, 2, 9}).slice(0, 0, nullopt, 2)), tensor({{1, 2}, {5, 6}})));
  CHECK(x.index_select(0, zeros({0}, kLong)).sizes() == IntArrayRef({0, 2}));
  CHECK(same(tensor(7).index_select(0, tensor({0})), tensor(7)));
}

TEST_CASE("index_select: gradients", "[ops][index]") {
  const Op rows = [](const std::vector<Tensor>& xs) { return xs[0].index_select(0, tensor({2, 0, 2})); };
  const Op columns = [](const std::vector<Tensor>& xs) { return xs[0].index_select(-1, tensor({0, 0})); };
  for (const Op& op : {rows, columns}) {
    check_gradients(op, {trainable({3, 2, 2})});
    check_gradients(op, {trainable_strided({3, 2})});
    check_gradients(op, {trainable({3, 0, 1})});
  }
  check_gradients(columns, {trainable({1, 1})});
  check_gradients([](const std::vector<Tensor>& xs) { return xs[0].index_select(0, tensor(0)); },
                  {trainable({})});
}

TEST_CASE("index_select: errors", "[ops][index]") {
  const Tensor x = zeros({3, 2}), undefined;
  CHECK_THROWS_WITH(x.index_select(0, zeros({1, 1}, kLong)), Contains("Index is supposed to be a vector"));
  CHECK_THROWS_WITH(x.index_select(0, zeros({1})), Contains("Expected dtype int32 or int64 for index"));
  CHECK_THROWS_WITH(x.index_select(0, tensor({0, 3})), Contains("index out of range in self"));
  CHECK_THROWS_WITH(x.index_select(0, tensor({-1})), Contains("index out of range in self"));
  CHECK_THROWS_WITH(x.index_select(2, tensor({0})), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(zeros({}).index_select(0, tensor({0, 0})),
                    Contains("Index to scalar can have only 1 value"));
  CHECK_THROWS_WITH(x.index_select(0, undefined), Contains("undefined"));
  CHECK_THROWS_WITH(undefined.index_select(0, tensor({0})), Contains("undefined"));
}
