#include <frost/nn/dropout.hpp>
#include <frost/nn/functional.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace F = frost::nn::functional;

TEST_CASE("dropout: drops what libtorch drops", "[nn][dropout]") {
  manual_seed(0);
  // torch.manual_seed(0); torch.nn.functional.dropout(torch.ones(2, 4), 0.4)
  const Tensor expected = tensor({{0.0, 0.0, 1.6666666, 0.0}, {0.0, 0.0, 1.6666666, 1.6666666}});
  CHECK(allclose(F::dropout(ones({2, 4}), F::DropoutFuncOptions().p(0.4)), expected));
}

TEST_CASE("dropout: of a transposed tensor, drops what it drops of its copy", "[nn][dropout]") {
  const Tensor x = randn({3, 5}).t();
  manual_seed(3);
  const Tensor y = F::dropout(x);
  manual_seed(3);
  CHECK(same(y, F::dropout(x.contiguous())));
}

TEST_CASE("dropout: does nothing where nothing is to be dropped, and draws nothing", "[nn][dropout]") {
  const Tensor x = randn({3}), empty = zeros({0, 3});
  manual_seed(5);
  const Tensor next = rand({1});
  manual_seed(5);
  CHECK(F::dropout(x, F::DropoutFuncOptions().training(false)).is_same(x));
  CHECK(F::dropout(x, F::DropoutFuncOptions().p(0)).is_same(x));
  CHECK(F::dropout(empty).is_same(empty));
  CHECK(same(F::dropout(x, F::DropoutFuncOptions().p(1)), x * 0));
  CHECK(same(rand({1}), next));
  const Tensor integers = arange(3);
  CHECK(F::dropout(integers, F::DropoutFuncOptions().training(false)).is_same(integers));
  CHECK(same(F::dropout(integers, F::DropoutFuncOptions().p(1)), integers * 0));
}

TEST_CASE("dropout: gradcheck under one mask", "[nn][dropout]") {
  const auto dropped = [](const Tensor& x) {
    manual_seed(2);
    return F::dropout(x, F::DropoutFuncOptions().p(0.3));
  };
  const Tensor x = trainable({4, 5});
  CHECK(gradient(dropped(x), x).eq(0).equal(dropped(x).eq(0)));
  check_gradients([&dropped](const std::vector<Tensor>& xs) { return dropped(xs[0]); }, {x});
}

TEST_CASE("dropout: p is a probability", "[nn][dropout]") {
  CHECK_THROWS_WITH(F::dropout(ones({1}), F::DropoutFuncOptions().p(1.5)),
                    Contains("dropout probability has to be between 0 and 1, but got 1.5"));
  CHECK_THROWS_WITH(nn::Dropout(-0.5),
                    Contains("dropout probability has to be between 0 and 1, but got -0.5"));
  CHECK_THROWS_AS(nn::Dropout(NAN), Error);
}

TEST_CASE("Dropout: drops while training alone", "[nn][dropout]") {
  const nn::Dropout dropout(nn::DropoutOptions().p(0.9));
  const Tensor x = ones({100});
  CHECK(dropout(x).eq(0).any().item<bool>());
  dropout->eval();
  CHECK(dropout(x).is_same(x));
  CHECK(nn::Dropout()->options.p() == 0.5);
}
