#include <frost/optim/sgd.hpp>

#include "gradients.hpp"

#include <cmath>

using namespace frost;
using namespace frost::optim;
using namespace frost::tests;
using Catch::Contains;

namespace {

// One step for a parameter p = 2 with grad 3.
double moved(SGD& optimizer, const Tensor& p) {
  p.mutable_grad() = full({}, 3, kDouble);
  optimizer.step();
  return p.item<double>();
}

}  // namespace

TEST_CASE("SGD: each term of the step, by hand", "[nn][optim]") {
  const auto parameter = [] { return full({}, 2, dtype(kDouble).requires_grad(true)); };
  Tensor p = parameter();
  SGD plain({p}, 0.1);
  CHECK(moved(plain, p) == Approx(2 - 0.1 * 3));
  CHECK(plain.state().empty());

  p = parameter();
  SGD decayed({p}, SGDOptions(0.1).weight_decay(0.5));
  CHECK(moved(decayed, p) == Approx(2 - 0.1 * (3 + 0.5 * 2)));

  p = parameter();
  SGD momentum({p}, SGDOptions(0.1).momentum(0.9).dampening(0.25));
  CHECK(moved(momentum, p) == Approx(1.7));
  CHECK(moved(momentum, p) == Approx(1.7 - 0.1 * (0.9 * 3 + 0.75 * 3)));
  CHECK(momentum.state().size() == 1);

  p = parameter();
  SGD nesterov({p}, SGDOptions(0.1).momentum(0.9).nesterov(true));
  CHECK(moved(nesterov, p) == Approx(2 - 0.1 * (3 + 0.9 * 3)));
}

TEST_CASE("SGD: the velocity is no alias of the grad", "[nn][optim]") {
  const Tensor p = ones({2}, requires_grad());
  SGD optimizer({p}, SGDOptions(0.1).momentum(0.9));
  p.mutable_grad() = ones({2});
  optimizer.step();
  p.grad().fill_(100);
  const auto& state = static_cast<const SGDParamState&>(*optimizer.state().at(p.impl()));
  CHECK(same(state.momentum_buffer(), ones({2})));
}

TEST_CASE("SGD: refuses what libtorch's refuses", "[nn][optim]") {
  const std::vector<Tensor> p{ones({2}, requires_grad())};
  CHECK_THROWS_WITH(SGD(p, -1), Contains("Invalid learning rate: -1"));
  CHECK_THROWS_WITH(SGD(p, SGDOptions(1).momentum(-1)), Contains("Invalid momentum value: -1"));
  CHECK_THROWS_WITH(SGD(p, SGDOptions(1).weight_decay(-1)), Contains("Invalid weight_decay value: -1"));
  for (const SGDOptions& options : {SGDOptions(NAN), SGDOptions(1).momentum(NAN),
                                    SGDOptions(1).dampening(NAN), SGDOptions(1).weight_decay(NAN)})
    CHECK_THROWS_WITH(SGD(p, options), Contains("[SGD] Invalid") && Contains(": nan"));
  CHECK_THROWS_WITH(SGD(p, SGDOptions(1).nesterov(true)), Contains("Nesterov momentum requires a momentum"));
}

TEST_CASE("SGD: a velocity that is not the parameter's is an error, and is left as it is", "[nn][optim]") {
  const Tensor p = ones({2}, requires_grad());
  SGD optimizer({p}, SGDOptions(0.1).momentum(0.9));
  const auto throws = [&](const Tensor& velocity, const std::string& what) {
    optimizer.state()[p.impl()] = SGDParamState().momentum_buffer(velocity).clone();
    p.mutable_grad() = ones({2});
    CHECK_THROWS_WITH(optimizer.step(), Contains(what));
    CHECK(same(velocity, ones_like(velocity)));
    CHECK(same(p.detach(), ones({2})));
  };
  throws(ones({1}), "[step] the optimizer's state is of shape [1], but its parameter of shape [2]");
  throws(ones({2, 1}), "is of shape [2, 1]");
  throws(ones({2}, kLong), "result type Float can't be cast to the desired output type Long");
  static_cast<SGDOptions&>(optimizer.param_groups()[0].options()).momentum(0);  // and it is not read
  optimizer.step();
  CHECK(allclose(p.detach(), full({2}, 0.9)));
}
