#include "gradients.hpp"

#include <algorithm>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor distinct(IntArrayRef sizes) {
  return (randperm(numel(sizes)).reshape(sizes).to(kDouble) * 0.1).detach().requires_grad_();
}

}  // namespace

TEST_CASE("sort: along a dim, either way", "[ops][order]") {
  const Tensor x = tensor({{3.0, 1.0, 2.0}, {-1.0, 5.0, 0.0}});
  const auto [rising, rising_from] = x.sort();
  CHECK(same(rising, tensor({{1.0, 2.0, 3.0}, {-1.0, 0.0, 5.0}})));
  CHECK(same(rising_from, tensor({{1, 2, 0}, {0, 2, 1}})));
  const auto [falling, falling_from] = x.sort(0, true);
  CHECK(same(falling, tensor({{3.0, 5.0, 2.0}, {-1.0, 1.0, 0.0}})));
  CHECK(same(falling_from, tensor({{0, 1, 0}, {1, 0, 1}})));
  CHECK(same(std::get<0>(x.t().sort(0)), tensor({{1.0, -1.0}, {2.0, 0.0}, {3.0, 5.0}})));
  CHECK(same(x.argsort(1, true), tensor({{0, 2, 1}, {1, 2, 0}})));
}

TEST_CASE("sort: NaN is larger than every number, and equal elements keep their order", "[ops][order]") {
  const Tensor x = tensor({1.0, kNaN, 3.0, kNaN, -kInfinity, kInfinity});
  CHECK(same(std::get<0>(x.sort()), tensor({-kInfinity, 1.0, 3.0, kInfinity, kNaN, kNaN})));
  CHECK(same(std::get<1>(x.sort()), tensor({4, 0, 2, 5, 1, 3})));
  CHECK(same(std::get<1>(x.sort(0, true)), tensor({1, 3, 5, 2, 0, 4})));
  CHECK(same(std::get<1>(tensor({1.0, 1.0, 0.0, 0.0}).sort(0, true)), tensor({0, 1, 2, 3})));
  CHECK(same(std::get<1>(tensor({0.0, -0.0, 0.0, -1.0}).sort()), tensor({3, 0, 1, 2})));
  CHECK(same(std::get<1>((arange(100, kLong) * 0).sort()), arange(100)));
}

TEST_CASE("sort: dtypes, numbers and nothing", "[ops][order]") {
  CHECK(same(std::get<0>(tensor({true, false, true}).sort()), tensor({false, true, true})));
  CHECK(same(std::get<1>(tensor({true, false, true}).sort()), tensor({1, 0, 2})));
  CHECK(same(std::get<0>(tensor({3, -1}).sort()), tensor({-1, 3})));
  CHECK(same(std::get<0>(tensor(2.0).sort()), tensor(2.0)));
  CHECK(same(std::get<1>(tensor(2.0).sort()), tensor(0)));
  CHECK(same(std::get<1>(zeros({2, 0}).sort(1)), zeros({2, 0}, kLong)));
  CHECK(same(std::get<1>(zeros({2, 0}).sort(0)), zeros({2, 0}, kLong)));
}

TEST_CASE("sort: long rows among threads", "[ops][order]") {
  manual_seed(7);
  const Tensor x = rand({40, 1000});
  const auto [values, indices] = x.sort(1);
  CHECK(same(values, x.gather(1, indices)));
  CHECK((values.narrow(1, 1, 999) >= values.narrow(1, 0, 999)).all().item<bool>());
  CHECK(same(std::get<0>(indices.sort(1)), arange(1000).expand({40, 1000}).contiguous()));
}

TEST_CASE("topk: the largest and the smallest", "[ops][order]") {
  const Tensor x = tensor({{3.0, 1.0, 2.0}, {-1.0, 5.0, 0.0}});
  const auto [largest, largest_at] = x.topk(2);
  CHECK(same(largest, tensor({{3.0, 2.0}, {5.0, 0.0}})));
  CHECK(same(largest_at, tensor({{0, 2}, {1, 2}})));
  const auto [smallest, smallest_at] = x.topk(1, 0, false);
  CHECK(same(smallest, tensor({{-1.0, 1.0, 0.0}})));
  CHECK(same(smallest_at, tensor({{1, 0, 1}})));
  const Tensor special = tensor({1.0, kNaN, 3.0, kNaN, -kInfinity, kInfinity});
  CHECK(same(std::get<0>(special.topk(3)), tensor({kNaN, kNaN, kInfinity})));
  CHECK(same(std::get<0>(special.topk(4, 0, false)), tensor({-kInfinity, 1.0, 3.0, kInfinity})));
}

TEST_CASE("topk: few of many, and unsorted", "[ops][order]") {
  manual_seed(8);
  const Tensor x = rand({3, 1000});
  for (const int64_t k : {1, 5, 500, 1000}) {
    for (const bool largest : {true, false}) {
      INFO("k = " << k << ", largest " << largest);
      const Tensor expected = std::get<0>(x.sort(1, largest)).narrow(1, 0, k);
      const auto [values, indices] = x.topk(k, 1, largest);
      CHECK(same(values, expected.contiguous()));
      CHECK(same(values, x.gather(1, indices)));
      const auto [unsorted, unsorted_at] = x.topk(k, 1, largest, false);
      CHECK(same(std::get<0>(unsorted.sort(1, largest)), values));
      CHECK(same(unsorted, x.gather(1, unsorted_at)));
    }
  }
}

TEST_CASE("topk: numbers and nothing", "[ops][order]") {
  CHECK(same(std::get<0>(tensor(2.0).topk(1)), tensor(2.0)));
  CHECK(same(std::get<0>(tensor(2.0).topk(0)), tensor(2.0)));
  CHECK(same(std::get<0>(ones({2}).topk(0)), zeros({0})));
  CHECK(same(std::get<1>(zeros({0, 3}).topk(2)), zeros({0, 2}, kLong)));
  CHECK(same(std::get<0>(zeros({2, 0}).topk(0)), zeros({2, 0})));
}

TEST_CASE("sort, topk: the gradient goes where the value came from", "[ops][order]") {
  const Tensor x = tensor({3.0, 1.0, 2.0}).requires_grad_();
  CHECK(same(autograd::grad({std::get<0>(x.sort())}, {x}, {tensor({1.0, 2.0, 4.0})})[0],
             tensor({4.0, 1.0, 2.0})));
  CHECK(
      same(autograd::grad({std::get<0>(x.topk(2))}, {x}, {tensor({1.0, 2.0})})[0], tensor({1.0, 0.0, 2.0})));
}

TEST_CASE("sort, topk: gradients", "[ops][order]") {
  manual_seed(9);
  const auto check = [](const std::function<Tensor(const Tensor&)>& f) {
    const Op op = [&f](const std::vector<Tensor>& xs) { return f(xs[0]); };
    for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 3}, {}, {1, 1}, {2, 3, 2}, {0, 3}}) {
      INFO("sizes " << IntArrayRef(sizes));
      check_gradients(op, {distinct(sizes)});
    }
    check_gradients(op, {trainable_strided({2, 3})});
  };
  check([](const Tensor& x) { return std::get<0>(sort(x)); });
  check([](const Tensor& x) { return std::get<0>(sort(x, 0, true)); });
  check([](const Tensor& x) { return std::get<0>(topk(x, 1)); });
  check(
      [](const Tensor& x) { return std::get<0>(topk(x, std::min<int64_t>(x.numel(), 1), 0, false, false)); });
}

TEST_CASE("sort, topk: what is recorded", "[ops][order]") {
  const Tensor x = trainable({2, 3});
  const auto [values, indices] = sort(x);
  CHECK(values.grad_fn()->name() == "SortBackward0");
  CHECK_FALSE(indices.requires_grad());
  CHECK(std::get<0>(topk(x, 1)).grad_fn()->name() == "TopkBackward0");
  CHECK_FALSE(argsort(x).requires_grad());
  CHECK_FALSE(std::get<0>(sort(x.detach())).requires_grad());
  auto [top, top_at] = topk(x, 2);
  top_at.zero_();
  CHECK_THROWS_WITH(top.sum().backward(), Contains("modified by an inplace operation"));
}

TEST_CASE("sort, topk: errors", "[ops][order]") {
  const Tensor x = ones({2, 3}), undefined;
  CHECK_THROWS_WITH(sort(x, 2), Contains("[sort]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(topk(x, 1, -3), Contains("[topk]") && Contains("Dimension out of range"));
  CHECK_THROWS_WITH(topk(x, 4), Contains("selected index k out of range") && Contains("[2, 3]"));
  CHECK_THROWS_WITH(topk(x, -1), Contains("selected index k out of range"));
  CHECK_THROWS_WITH(topk(tensor(1.0), 2), Contains("selected index k out of range"));
  CHECK_THROWS_WITH(topk(tensor({true}), 1), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_AS(sort(undefined), Error);
  CHECK_THROWS_AS(argsort(undefined), Error);
  CHECK_THROWS_AS(topk(undefined, 1), Error);
}
