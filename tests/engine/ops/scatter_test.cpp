#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

// Into [3, 4] along dim 0: one place twice, others once, some never.
Tensor rows() { return tensor({{2, 0, 1}, {0, 0, 1}, {2, 2, 0}}); }

}  // namespace

TEST_CASE("gather: forward", "[ops][scatter]") {
  const Tensor x = tensor({{1, 2}, {3, 4}, {5, 6}});
  CHECK(same(x.gather(0, tensor({{2, 0}, {1, 1}})), tensor({{5, 2}, {3, 4}})));
  CHECK(same(x.gather(1, tensor({{1}, {0}, {1}})), tensor({{2}, {3}, {6}})));
  CHECK(same(x.gather(-1, tensor({{1, 1, 0}})), tensor({{2, 2, 1}})));
  CHECK(same(x.t().gather(1, tensor({{2, 0}, {1, 1}})), tensor({{5, 1}, {4, 4}})));
  CHECK(same(x.gather(0, tensor({{2, 1}, {0, 0}}).t()), tensor({{5, 2}, {3, 2}})));
  CHECK(x.gather(0, zeros({0}, kLong)).sizes() == IntArrayRef({0}));
  CHECK(same(tensor(7).gather(0, tensor({0, 0})), tensor({7, 7})));
  CHECK(same(tensor({7, 8}).gather(0, tensor(1)), tensor(8)));
}

TEST_CASE("scatter: forward", "[ops][scatter]") {
  const Tensor x = zeros({3, 2}), index = tensor({{2, 0}, {1, 2}}), source = tensor({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(same(x.scatter(0, index, source), tensor({{0.0, 2.0}, {3.0, 0.0}, {1.0, 4.0}})));
  CHECK(same(x.scatter(0, index, 5), tensor({{0.0, 5.0}, {5.0, 0.0}, {5.0, 5.0}})));
  CHECK(same(x.scatter(1, tensor({{1}, {0}}), source), tensor({{0.0, 1.0}, {3.0, 0.0}, {0.0, 0.0}})));
  CHECK(same(x.scatter(0, tensor({{1, 1}, {1, 0}}), source), tensor({{0.0, 4.0}, {3.0, 2.0}, {0.0, 0.0}})));
  CHECK(same(x, zeros({3, 2})));
  CHECK(same(ones({2, 3}).t().scatter(0, index, source), tensor({{1.0, 2.0}, {3.0, 1.0}, {1.0, 4.0}})));
  CHECK(same(x.scatter(0, zeros({0}, kLong), source), x));
  CHECK(same(x.scatter(0, tensor({{1}}), source), tensor({{0.0, 0.0}, {1.0, 0.0}, {0.0, 0.0}})));
  CHECK(same(zeros({2}, kLong).scatter(0, tensor({1}), 2.7), tensor({0, 2})));
  CHECK(same(zeros({2}, kBool).scatter(0, tensor({1}), true), tensor({false, true})));
}

TEST_CASE("scatter_add: forward", "[ops][scatter]") {
  const Tensor x = ones({3, 2}), index = tensor({{2, 0}, {2, 2}}), source = tensor({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(same(x.scatter_add(0, index, source), tensor({{1.0, 3.0}, {1.0, 1.0}, {5.0, 5.0}})));
  CHECK(same(x, ones({3, 2})));
  CHECK(same(x.scatter_add(0, zeros({0}, kLong), source), x));
  CHECK(same(tensor({1, 2}).scatter_add(0, tensor({1, 1, 1}), tensor({10, 20, 30})), tensor({1, 62})));
  CHECK(same(tensor(1).scatter_add(0, tensor({0, 0}), tensor({2, 3})), tensor(6)));
}

TEST_CASE("scatter: grad_fn, and what frozen inputs save", "[ops][scatter]") {
  const Tensor x = trainable({3, 4}), source = trainable({3, 3});
  CHECK(x.gather(0, rows()).grad_fn()->name() == "GatherBackward0");
  CHECK(x.scatter(0, rows(), source).grad_fn()->name() == "ScatterBackward0");
  CHECK(x.scatter(0, rows(), 1).grad_fn()->name() == "ScatterBackward1");
  CHECK(x.scatter_add(0, rows(), source).grad_fn()->name() == "ScatterAddBackward0");
  const Tensor y = x.detach().scatter_add(0, rows(), source);
  CHECK_FALSE(y.grad_fn()->next_edge(0).is_valid());
  CHECK(x.scatter_add(0, rows(), source.detach()).grad_fn()->saved_tensors().empty());
  CHECK(x.scatter(0, rows(), source.detach()).grad_fn()->saved_tensors().size() == 1);
  CHECK_FALSE(x.detach().gather(0, rows()).requires_grad());
  CHECK_FALSE(x.detach().scatter(0, rows(), source.detach()).requires_grad());
  const Tensor index = rows(), z = x.gather(0, index);
  index.fill_(0);
  CHECK_THROWS_WITH(z.sum().backward(), Contains("modified by an inplace operation"));
}

TEST_CASE("gather and scatter: gradients", "[ops][scatter]") {
  manual_seed(1);
  const Op gathered = [](const std::vector<Tensor>& xs) { return xs[0].gather(0, rows()); };
  const Op gathered_across = [](const std::vector<Tensor>& xs) { return xs[0].gather(1, rows()); };
  const Op filled = [](const std::vector<Tensor>& xs) { return xs[0].scatter(1, rows(), 2.5); };
  for (const Op& op : {gathered, gathered_across, filled}) {
    check_gradients(op, {trainable({3, 4})});
    check_gradients(op, {trainable_strided({3, 4})});
  }
  const Op scattered = [](const std::vector<Tensor>& xs) { return xs[0].scatter(0, rows(), xs[1]); };
  const Op added = [](const std::vector<Tensor>& xs) { return xs[0].scatter_add(0, rows(), xs[1]); };
  for (const Op& op : {scattered, added}) {
    check_gradients(op, {trainable({3, 4}), trainable({3, 3})});
    check_gradients(op, {trainable({3, 4}), trainable({4, 5})});  // of the source, the corner counts
    check_gradients(op, {trainable_strided({3, 4}), trainable_strided({3, 3})});
    check_gradients(op, {trainable({3, 4}).detach(), trainable({3, 3})});
    check_gradients(op, {trainable({3, 4}), trainable({3, 3}).detach()});
  }
  const auto with_index = [](const Tensor& index) {
    return std::vector<Op>{
        [index](const std::vector<Tensor>& xs) { return xs[0].gather(0, index); },
        [index](const std::vector<Tensor>& xs) { return xs[0].scatter(0, index, xs[1]); },
        [index](const std::vector<Tensor>& xs) { return xs[0].scatter_add(0, index, xs[1]); },
    };
  };
  for (const Op& op : with_index(zeros({0}, kLong)))
    check_gradients(op, {trainable({2, 2}), trainable({2, 2})});
  for (const Op& op : with_index(tensor(0))) check_gradients(op, {trainable({}), trainable({})});
  for (const Op& op : with_index(tensor({0, 0}))) check_gradients(op, {trainable({}), trainable({2})});
  for (const Op& op : with_index(tensor(1))) check_gradients(op, {trainable({3}), trainable({2})});
  for (const Op& op : with_index(tensor({{0}}))) check_gradients(op, {trainable({1, 1}), trainable({1, 1})});
}

TEST_CASE("gather and scatter: errors", "[ops][scatter]") {
  const Tensor x = zeros({3, 4}), i = rows(), undefined;
  const Tensor wide = zeros({4, 5}, kLong), floats = zeros({1, 1});
  const auto gathering = [&x](int64_t dim, const Tensor& index) { return [=] { x.gather(dim, index); }; };
  CHECK_THROWS_WITH(gathering(0, tensor({0}))(),
                    Contains("Index tensor must have the same number of dimensions as input tensor"));
  CHECK_THROWS_WITH(gathering(0, tensor({{3}}))(),
                    Contains("index 3 is out of bounds for dimension 0 with size 3"));
  CHECK_THROWS_WITH(gathering(1, tensor({{0, -1}}))(),
                    Contains("index -1 is out of bounds for dimension 1 with size 4"));
  CHECK_THROWS_WITH(gathering(0, wide)(),
                    Contains("Size does not match at dimension 1 expected index [4, 5] to be "
                             "smaller than self [3, 4] apart from dimension 0"));
  CHECK_THROWS_WITH(gathering(0, floats)(), Contains("gather(): Expected dtype int64 for index"));
  CHECK_THROWS_WITH(gathering(2, i)(), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(gathering(0, undefined)(), Contains("undefined"));
  CHECK_THROWS_WITH(undefined.gather(0, i), Contains("undefined"));
  CHECK_THROWS_WITH(x.scatter(0, i, 1).scatter(0, wide, 1),
                    Contains("Expected index [4, 5] to be smaller than self [3, 4] apart from dimension 0"));
  CHECK_THROWS_WITH(x.scatter(0, tensor({{3}}), 1),
                    Contains("index 3 is out of bounds for dimension 0 with size 3"));
  for (const bool adds : {false, true}) {
    const auto scattering = [&](const Tensor& index, const Tensor& source) {
      adds ? x.scatter_add(0, index, source) : x.scatter(0, index, source);
    };
    CHECK_THROWS_WITH(scattering(floats, x), Contains("scatter(): Expected dtype int64 for index"));
    CHECK_THROWS_WITH(scattering(i, ones({3, 4}, kDouble)),
                      Contains("scatter(): Expected self.dtype to be equal to src.dtype"));
    CHECK_THROWS_WITH(scattering(tensor({0}), x),
                      Contains("Index tensor must have the same number of dimensions as self tensor"));
    CHECK_THROWS_WITH(scattering(i, ones({3})),
                      Contains("Index tensor must have the same number of dimensions as src tensor"));
    CHECK_THROWS_WITH(scattering(wide, x),
                      Contains("Expected index [4, 5] to be smaller than self [3, 4] apart from "
                               "dimension 0 and to be smaller size than src [3, 4]"));
    CHECK_THROWS_WITH(scattering(i, zeros({2, 3})), Contains("to be smaller size than src [2, 3]"));
    CHECK_THROWS_WITH(scattering(tensor({{-1}}), x),
                      Contains("index -1 is out of bounds for dimension 0 with size 3"));
    CHECK_THROWS_WITH(scattering(i, undefined), Contains("undefined"));
    CHECK_THROWS_WITH(scattering(undefined, x), Contains("undefined"));
  }
}
