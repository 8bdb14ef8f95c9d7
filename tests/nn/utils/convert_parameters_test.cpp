#include <frost/nn/utils/convert_parameters.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace utils = frost::nn::utils;

TEST_CASE("parameters_to_vector, vector_to_parameters: there and back", "[nn][convert_parameters]") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_(), y = tensor({5.0}).requires_grad_();
  const Tensor vector = utils::parameters_to_vector({x, y});
  CHECK(same(vector.detach(), tensor({1.0, 2.0, 3.0, 4.0, 5.0})));
  utils::vector_to_parameters(vector * 2, {x, y});
  CHECK(same(x.detach(), tensor({{2.0, 4.0}, {6.0, 8.0}})));
  CHECK(same(y.detach(), tensor({10.0})));
  CHECK(x.requires_grad());
  CHECK(x.is_leaf());
  CHECK_THROWS_WITH(utils::vector_to_parameters(zeros({4}), {x, y}),
                    Contains("expected a vector of 5 elements"));
}

TEST_CASE("vector_to_parameters: values that one parameter can't have are given to none",
          "[nn][convert_parameters]") {
  const Tensor frozen = tensor({1.0}), x = tensor({2.0}).requires_grad_();
  CHECK_THROWS_WITH(utils::vector_to_parameters(tensor({3, 4}, kLong), {frozen, x}),
                    Contains("[vector_to_parameters]"));
  CHECK(same(frozen, tensor({1.0})));
}
