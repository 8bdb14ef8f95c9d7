#include <frost/engine.hpp>
#include <frost/nn.hpp>
#include <frost/nn/testing/matchers.hpp>

using namespace frost;
using Catch::Contains;
using testing::Frozen;
using testing::SameGradients;

TEST_CASE("Frozen", "[nn][testing][matchers]") {
  nn::Linear linear(2, 2);
  CHECK_THAT(*linear, !Frozen());
  const auto matcher = Frozen();
  REQUIRE_FALSE(matcher.match(*linear));
  CHECK(matcher.describe() ==
        "is frozen\n  parameter weight: expected to be frozen, found requires_grad true and gradient absent");
  linear->freeze();
  CHECK_THAT(*linear, Frozen());
}

TEST_CASE("SameGradients of modules", "[nn][testing][matchers]") {
  manual_seed(1);
  nn::Linear a(2, 2), b(2, 2);
  CHECK_THAT(*a, SameGradients(*b));
  a(ones({1, 2})).sum().backward();
  const auto matcher = SameGradients(*b);
  REQUIRE_FALSE(matcher.match(*a));
  CHECK_THAT(matcher.describe(), Contains("has the same gradients\n  gradient of weight expected absent"));
  b(ones({1, 2})).sum().backward();
  CHECK_THAT(*a, SameGradients(*b));
}
