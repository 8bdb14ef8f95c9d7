#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

struct Splitting {
  const char* name;
  const char* grad_fn;
  std::function<std::vector<Tensor>(const Tensor&)> of;  // of a 2-dim tensor with 3 rows
};

std::vector<Splitting> splittings() {
  return {
      {"split", "SplitBackward0", [](const Tensor& x) { return x.split(2); }},
      {"split along -1", "SplitBackward0", [](const Tensor& x) { return x.split(1, -1); }},
      {"split sizes", "SplitWithSizesBackward0",
       [](const Tensor& x) {
         return x.split({1, 0, 2});
       }},
      {"chunk", "SplitBackward0", [](const Tensor& x) { return x.chunk(2); }},
      {"unbind", "UnbindBackward0", [](const Tensor& x) { return x.unbind(); }},
      {"unbind(1)", "UnbindBackward0", [](const Tensor& x) { return x.unbind(1); }},
  };
}

}  // namespace

TEST_CASE("split: forward", "[ops][split]") {
  const Tensor x = tensor({{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}});
  std::vector<Tensor> parts = x.split(2);
  REQUIRE(parts.size() == 3);
  CHECK(same(parts[1], tensor({{4, 5}, {6, 7}})));
  CHECK(same(parts[2], tensor({{8, 9}})));
  parts = x.split({1, 0, 4});
  REQUIRE(parts.size() == 3);
  CHECK(same(parts[0], tensor({{0, 1}})));
  CHECK(parts[1].sizes() == IntArrayRef({0, 2}));
  CHECK(same(parts[2], x.narrow(0, 1, 4)));
  CHECK(x.chunk(4).size() == 3);  // of two rows each: libtorch gives fewer chunks rather than uneven ones
  CHECK(same(x.chunk(2, 1)[1], x.narrow(1, 1, 1)));
  CHECK(same(x.unbind()[3], tensor({6, 7})));
  CHECK(same(x.unbind(-1)[1], tensor({1, 3, 5, 7, 9})));
  CHECK(zeros({0, 2}).split(3).size() == 1);
  CHECK(zeros({0, 2}).split(0).size() == 1);
  CHECK(zeros({0, 2}).chunk(3).size() == 3);
  CHECK(zeros({0, 2}).unbind().empty());
}

TEST_CASE("split: the parts are views that share one node", "[ops][split]") {
  for (const Splitting& splitting : splittings()) {
    INFO(splitting.name);
    const Tensor x = trainable({3, 2});
    const std::vector<Tensor> parts = splitting.of(x);
    for (size_t i = 0; i < parts.size(); ++i) {
      CHECK(parts[i].is_view());
      CHECK(parts[i].grad_fn()->name() == splitting.grad_fn);
      CHECK(parts[i].grad_fn() == parts[0].grad_fn());
      CHECK(parts[i].output_nr() == i);
    }
    CHECK(parts[0].grad_fn()->num_inputs() == parts.size());
    const Tensor frozen = zeros({3, 2});
    const std::vector<Tensor> frozen_parts = splitting.of(frozen);
    CHECK_FALSE(frozen_parts[0].requires_grad());
    for (const Tensor& part : frozen_parts) part.fill_(1);
    CHECK(equal(frozen, ones({3, 2})));
  }
}

TEST_CASE("split: the gradient of a part that is not used is zero", "[ops][split]") {
  const Tensor x = trainable({3, 2});
  const std::vector<Tensor> rows = x.unbind();
  (rows[2] * 3).sum().backward();
  CHECK(same(x.grad(), tensor({{0.0, 0.0}, {0.0, 0.0}, {3.0, 3.0}}, kDouble)));
}

TEST_CASE("split: gradients", "[ops][split]") {
  manual_seed(1);
  for (const Splitting& splitting : splittings()) {
    INFO(splitting.name);
    const testing::Function all = [&splitting](const std::vector<Tensor>& xs) { return splitting.of(xs[0]); };
    const Op crossed = [&splitting](const std::vector<Tensor>& xs) {
      const std::vector<Tensor> parts = splitting.of(xs[0]);
      return parts.front().sum() * exp(parts.back()) + parts.front().sum();
    };
    for (const Tensor& x : {trainable({3, 2}), trainable({3, 1}), trainable_strided({3, 2})}) {
      CHECK(testing::gradcheck(all, {x}));
      CHECK(testing::gradgradcheck(all, {x}));
      check_gradients(crossed, {x});
    }
  }
  const Op empty_chunks = [](const std::vector<Tensor>& xs) { return xs[0].chunk(3)[1]; };
  check_gradients(empty_chunks, {trainable({0, 2})});
}

TEST_CASE("split: errors", "[ops][split]") {
  const Tensor x = zeros({5, 3}), s = zeros({}), undefined;
  CHECK_THROWS_WITH(x.split(-1), Contains("split expects split_size be non-negative, but got split_size=-1"));
  CHECK_THROWS_WITH(x.split(0),
                    Contains("split_size can only be 0 if dimension size is 0, but got dimension size of 5"));
  CHECK_THROWS_WITH(x.split({2, 2}),
                    Contains("split_with_sizes expects split_sizes to sum exactly to 5 (input tensor's "
                             "size at dimension 0), but got split_sizes=[2, 2]"));
  CHECK_THROWS_WITH(x.split({-1, 6}), Contains("only non-negative entries, but got split_sizes=[-1, 6]"));
  CHECK_THROWS_WITH(x.split({INT64_MAX, INT64_MAX, 7}), Contains("to sum exactly to 5"));
  CHECK_THROWS_WITH(x.chunk(0), Contains("chunk expects `chunks` to be greater than 0, got: 0"));
  CHECK_THROWS_WITH(x.unbind(2), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(s.split(1), Contains("split expects at least a 1-dimensional tensor"));
  CHECK_THROWS_WITH(s.chunk(1), Contains("chunk expects at least a 1-dimensional tensor"));
  CHECK_THROWS_WITH(s.unbind(), Contains("Dimension specified as 0 but tensor has no dimensions"));
  for (const Splitting& splitting : splittings())
    CHECK_THROWS_WITH(splitting.of(undefined), Contains("undefined"));
}

TEST_CASE("split: slices of many parts go each to its own part", "[ops][split]") {
  const Tensor x = trainable({50, 4});
  std::vector<Tensor> pieces;
  for (const Tensor& row : x.unbind()) {
    pieces.push_back(row.narrow(0, 0, 2));
    pieces.push_back(row.narrow(0, 1, 1) * 2);
  }
  const Tensor weights = arange(150, kDouble);
  (cat(pieces) * weights).sum().backward();
  const Tensor w = weights.view({50, 3});
  const Tensor first = w.narrow(1, 0, 1), second = w.narrow(1, 1, 1) + w.narrow(1, 2, 1) * 2;
  CHECK(same(x.grad(), cat({first, second, zeros({50, 2}, kDouble)}, 1)));
}
