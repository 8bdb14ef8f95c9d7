#include <frost/engine.hpp>
#include <frost/testing/values.hpp>

#include <frost/testing/catch.hpp>

#include <cmath>

using namespace frost;
using namespace frost::testing;
using Catch::Contains;

TEST_CASE("all_close: names the first element that is off, and by how much", "[testing]") {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  CHECK(all_close(x, x.clone()));
  CHECK(all_close(x, x + 1e-6));
  const Result result = all_close(x, tensor({{1., 2.5}, {3., 4.5}}), 0, 0.25);
  CHECK_FALSE(result);
  CHECK(result.message ==
        "element [0, 1]: expected 2.5, found 2, off by 0.5 where 0.25 is allowed; 2 of 4 "
        "elements differ");
  CHECK(all_close(x, tensor({{1., 2.5}, {3., 4.5}}), 0, 0.5));
}

TEST_CASE("all_close: NaN and infinities", "[testing]") {
  const double nan = std::nan("");
  const Tensor x = tensor({INFINITY, nan, 0.0});
  CHECK(all_close(x, x, 0, 0, /*equal_nan=*/true));
  CHECK(all_close(x, x).message == "element [1]: expected nan, found nan; 1 of 3 elements differ");
  CHECK(all_close(tensor(INFINITY), tensor(-INFINITY), 1, 1).message ==
        "element []: expected -inf, found inf; 1 of 1 elements differ");
  CHECK_FALSE(all_close(tensor(1.0), tensor(INFINITY), 1, 1));
}

TEST_CASE("all_close: sizes, dtypes, and an absent gradient", "[testing]") {
  CHECK(all_close(ones({2}), ones({1, 2})).message ==
        "expected sizes [1, 2] and dtype Float, found sizes [2] and dtype Float");
  CHECK_THAT(all_close(ones({2}), ones({2}, kDouble)).message,
             Contains("expected sizes [2] and dtype Double"));
  CHECK_THAT(all_close(ones({2}).grad(), ones({2})).message, Contains("undefined") && Contains("absent"));
  CHECK_THROWS_WITH(all_close(ones({2}), Tensor()), Contains("[all_close]"));
  const int64_t large = int64_t{1} << 62;
  CHECK_FALSE(all_close(tensor({large}), tensor({large + 1}), 0, 0));
  CHECK(all_close(tensor({true}), tensor({false})).message ==
        "element [0]: expected false, found true, off by 1 where 1e-08 is allowed; 1 of 1 elements differ");
}

TEST_CASE("sums_to_one: names the row", "[testing]") {
  const Tensor weights = tensor({{0.25, 0.75}, {0.5, 0.25}});
  CHECK(sums_to_one(weights.narrow(0, 0, 1)));
  CHECK(sums_to_one(weights, -1).message ==
        "the sum along dim -1 at [1]: expected 1, found 0.75; 1 of 2 sums are not 1");
  CHECK(sums_to_one(weights, -1, 0.25));
  CHECK(sums_to_one(tensor({std::nan(""), 1.0})).message == "the sum: expected 1, found nan");
  CHECK(sums_to_one(weights.t().narrow(1, 0, 1), 0));
}

TEST_CASE("unchanged_by: tells what moved, and what its gradient was", "[testing]") {
  const Tensor x = tensor({1., 2., 3.}, requires_grad()).set_name("weight");
  const auto rest = [] {};
  const auto drift = [&x] { x.data().add_(tensor({0., 0.5, 0.})); };
  CHECK(unchanged_by(x, rest));
  CHECK(unchanged_by(x, drift, tensor({true, false, true})));
  CHECK(unchanged_by(x, drift).message ==
        "weight at [1]: expected 2.5 as before the step, found 3; its gradient was absent; 1 of 3 elements "
        "moved");
  x.mutable_grad() = zeros({3});
  CHECK_THAT(unchanged_by(x, drift).message,
             Contains("its gradient was zero, which momentum, weight decay and moving averages pass over"));
  x.mutable_grad() = full({3}, 0.5);
  CHECK_THAT(unchanged_by(x, drift).message, Contains("its gradient was a number, 0.5;"));
  const auto train = [&x, &drift](const Tensor& grad) {
    return [&drift, &x, grad] {
      x.mutable_grad() = grad;
      drift();
    };
  };
  CHECK_THAT(unchanged_by(x, train(ones({3}))).message,
             Contains("its gradient was a number, 0.5 before the step, and a number, 1 after it; 1 of 3"));
  CHECK_THAT(unchanged_by(x, train(zeros({3}))).message, Contains("and zero after it; 1 of 3"));
  x.mutable_grad() = Tensor();
  CHECK_THAT(unchanged_by(x, train(zeros({3}))).message,
             Contains("its gradient was absent before the step, and zero after it, which momentum"));
  CHECK_FALSE(unchanged_by(tensor({0.}), [] {}).message.size());
  const Tensor zero = tensor({0.});
  CHECK_THAT(unchanged_by(zero,
                          [&zero] {
                            zero.neg().detach();
                            zero.mul_(-1);
                          })
                 .message,
             Contains("expected 0 as before the step, found -0"));
  CHECK_THROWS_WITH(unchanged_by(x, rest, ones({3})), Contains("expected mask dtype to be Bool"));
}
