#include <frost/nn/init.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace init = frost::nn::init;

TEST_CASE("init: constants", "[nn][init]") {
  const Tensor x = randn({2, 3}).requires_grad_();
  CHECK(same(init::constant_(x, 2.5).detach(), full({2, 3}, 2.5)));
  CHECK(init::ones_(x).is_same(x));
  CHECK(same(x.detach(), ones({2, 3})));
  CHECK(same(init::zeros_(x).detach(), zeros({2, 3})));
  CHECK(same(init::eye_(x).detach(), eye(2, 3)));
  CHECK(x.is_leaf());
  CHECK_THROWS_WITH(init::eye_(zeros({2})), Contains("Only tensors with 2 dimensions are supported"));
}

TEST_CASE("init: the gain of each nonlinearity", "[nn][init]") {
  CHECK(init::calculate_gain(kTanh) == Approx(5.0 / 3));
  CHECK(init::calculate_gain(kReLU) == Approx(std::sqrt(2.0)));
  CHECK(init::calculate_gain(kLeakyReLU, 1) == Approx(1));
  CHECK(init::calculate_gain(kLinear) == 1);
  CHECK(init::calculate_gain(kSigmoid) == 1);
}

TEST_CASE("init: fans count the dims after the second", "[nn][init]") {
  CHECK(init::_calculate_fan_in_and_fan_out(zeros({3, 2})) == std::tuple<int64_t, int64_t>(2, 3));
  CHECK(init::_calculate_fan_in_and_fan_out(zeros({3, 2, 4, 5})) == std::tuple<int64_t, int64_t>(40, 60));
  CHECK_THROWS_WITH(
      init::xavier_uniform_(zeros({3})),
      Contains("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"));
}

TEST_CASE("init: xavier and kaiming have the spread they say", "[nn][init]") {
  manual_seed(1);
  const Tensor x = empty({60, 150});  // of 9,000 numbers the deviation is known to within 3 %
  const auto deviation = [&x] { return x.std(false).item<double>(); };
  const double xavier = std::sqrt(2.0 / 210);
  init::xavier_uniform_(x, 3);
  CHECK(deviation() == Approx(3 * xavier).epsilon(0.03));
  CHECK(x.abs().max().item<double>() <= 3 * xavier * std::sqrt(3.0));
  init::xavier_normal_(x);
  CHECK(deviation() == Approx(xavier).epsilon(0.03));
  init::kaiming_uniform_(x, 0, kFanOut, kReLU);
  CHECK(deviation() == Approx(std::sqrt(2.0 / 60)).epsilon(0.03));
  init::kaiming_normal_(x, 1);
  CHECK(deviation() == Approx(std::sqrt(1.0 / 150)).epsilon(0.03));
}

TEST_CASE("init: orthogonal_ makes the shorter side orthonormal", "[nn][init]") {
  manual_seed(1);
  const Tensor wide = init::orthogonal_(empty({4, 2, 3}, kDouble)), w = wide.view({4, 6});
  CHECK(allclose(matmul(w, w.t()), eye(4, kDouble), 0, 1e-12));
  const Tensor tall = init::orthogonal_(empty({7, 3}, kDouble), 2);
  CHECK(allclose(matmul(tall.t(), tall), eye(3, kDouble) * 4, 0, 1e-12));
  CHECK_THROWS_WITH(init::orthogonal_(zeros({3})),
                    Contains("Only tensors with 2 or more dimensions are supported"));
}
