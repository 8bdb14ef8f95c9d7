#include <frost/nn/linear.hpp>
#include <frost/optim.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::optim;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("Optimizer: a parameter whose grad is absent is passed by", "[nn][optim]") {
  const Tensor trained = ones({2}, requires_grad()), frozen = ones({2}), idle = ones({2}, requires_grad());
  const std::vector<Tensor> parameters{trained, frozen, idle};
  SGD sgd(parameters, SGDOptions(0.1).momentum(0.9).weight_decay(0.1));
  Adam adam(parameters, AdamOptions(0.1).weight_decay(0.1));
  AdamW adamw(parameters, AdamWOptions(0.1));
  const Tensor before = trained.detach().clone();
  for (Optimizer* const optimizer :
       {static_cast<Optimizer*>(&sgd), static_cast<Optimizer*>(&adam), static_cast<Optimizer*>(&adamw)}) {
    optimizer->zero_grad();
    (trained * frozen).sum().backward();
    optimizer->step();
    CHECK(optimizer->state().size() == 1);
  }
  CHECK_FALSE(allclose(trained, before));
  CHECK(same(frozen, ones({2})));
  CHECK(same(idle.detach(), ones({2})));
}

TEST_CASE("Optimizer: zero_grad zeroes grads, or makes them absent", "[nn][optim]") {
  const Tensor x = ones({2}, requires_grad()), idle = ones({2}, requires_grad());
  SGD optimizer(std::vector<Tensor>{x, idle}, 0.1);
  x.sum().backward();
  optimizer.zero_grad();
  CHECK(same(x.grad(), zeros({2})));
  CHECK_FALSE(idle.grad().defined());
  optimizer.zero_grad(/*set_to_none=*/true);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("Optimizer: groups have options of their own, or a copy of the defaults", "[nn][optim]") {
  const Tensor x = ones({1}, requires_grad()), y = ones({1}, requires_grad());
  SGD optimizer({OptimizerParamGroup({x}),
                 OptimizerParamGroup({y}, std::make_unique<SGDOptions>(SGDOptions(0.5).momentum(0.9)))},
                SGDOptions(0.1));
  x.mutable_grad() = ones({1});
  y.mutable_grad() = ones({1});
  optimizer.step();
  CHECK(x.item<double>() == Approx(0.9));
  CHECK(y.item<double>() == Approx(0.5));
  static_cast<SGDOptions&>(optimizer.param_groups()[0].options()).lr(0.2);
  static_cast<SGDOptions&>(optimizer.param_groups()[1].options()).lr() = 0;
  CHECK(static_cast<SGDOptions&>(optimizer.defaults()).lr() == 0.1);
  optimizer.step();
  CHECK(x.item<double>() == Approx(0.7));
  CHECK(y.item<double>() == Approx(0.5));
  CHECK(optimizer.size() == 2);
  CHECK(optimizer.parameters().size() == 1);
}

TEST_CASE("Optimizer: what can't be a group", "[nn][optim]") {
  const Tensor x = ones({1}, requires_grad()), y = ones({1}, requires_grad());
  SGD optimizer({x}, 0.1);
  CHECK_THROWS_WITH(optimizer.add_param_group(OptimizerParamGroup({y * 2})),
                    Contains("can't optimize a non-leaf Tensor"));
  CHECK_THROWS_WITH(optimizer.add_param_group(OptimizerParamGroup({y, x})),
                    Contains("some parameters appear in more than one parameter group"));
  CHECK_THROWS_WITH(optimizer.add_param_group(OptimizerParamGroup({y}, std::make_unique<AdamOptions>(0.1))),
                    Contains("another optimizer's"));
  CHECK_THROWS_WITH(optimizer.add_param_group(OptimizerParamGroup({y, y})), Contains("is given twice"));
  CHECK_THROWS_WITH(optimizer.add_parameters({y, y}), Contains("is given twice"));
  CHECK_THROWS_WITH(optimizer.add_parameters({x}), Contains("more than one parameter group"));
  CHECK_THROWS_WITH(SGD({x, x}, 0.1), Contains("a parameter of shape [1] is given twice"));
  CHECK_THROWS_WITH(optimizer.add_param_group(OptimizerParamGroup({Tensor()})), Contains("undefined"));
  CHECK_THROWS_WITH(optimizer.add_parameters({y, y * 2}), Contains("can't optimize a non-leaf Tensor"));
  CHECK(optimizer.size() == 1);
  CHECK_THROWS_WITH(OptimizerParamGroup({y}).options(), Contains("no options"));
}

TEST_CASE("Optimizer: a closure is recorded, even where nothing else is", "[nn][optim]") {
  const Tensor x = full({1}, 2.0, requires_grad());
  SGD optimizer({x}, 0.1);
  CHECK_FALSE(optimizer.step().defined());
  const NoGradGuard guard;
  const Tensor loss = optimizer.step([&x, &optimizer] {
    optimizer.zero_grad();
    const Tensor square = x.square().sum();
    square.backward();
    return square;
  });
  CHECK(loss.item<double>() == 4);
  CHECK(x.item<double>() == Approx(2 - 0.1 * 4));
}

TEST_CASE("Optimizer: a step is not on the tape, and x stays a leaf", "[nn][optim]") {
  const Tensor x = ones({2}, requires_grad());
  AdamW optimizer({x});
  x.mutable_grad() = ones({2});
  optimizer.step();
  CHECK(x.is_leaf());
  CHECK(x.requires_grad());
}

TEST_CASE("Optimizer: a parameter that holds integers or bools can't be moved", "[nn][optim]") {
  for (const Dtype dtype : {kLong, kBool}) {
    const Tensor p = ones({2}, dtype);
    p.mutable_grad() = ones({2}, dtype);
    SGD sgd({p}, 1);
    Adam adam({p});
    AdamW adamw({p});
    for (Optimizer* const optimizer : std::initializer_list<Optimizer*>{&sgd, &adam, &adamw}) {
      CHECK_THROWS_WITH(optimizer->step(), Contains("[step] result type Float can't be cast to the desired "
                                                    "output type"));
      CHECK(optimizer->state().empty());
    }
    CHECK(same(p, ones({2}, dtype)));
  }
}

TEST_CASE("Optimizer: a grad that overlaps its parameter is read as it was", "[nn][optim]") {
  const Tensor base = arange(65, kFloat), p = base.narrow(0, 1, 64);
  p.mutable_grad() = base.narrow(0, 0, 64);
  SGD({p}, 1).step();
  CHECK(same(p, ones({64})));
}

TEST_CASE("Optimizer: a step that throws has moved no parameter", "[nn][optim]") {
  const Tensor first = ones({2}, requires_grad()), second = ones({2}, requires_grad());
  const std::vector<Tensor> parameters{first, second};
  SGD sgd(parameters, SGDOptions(0.1).momentum(0.9));
  Adam adam(parameters);
  AdamW adamw(parameters);
  first.mutable_grad() = ones({2});
  second.mutable_grad() = ones({3});
  for (Optimizer* const optimizer : std::initializer_list<Optimizer*>{&sgd, &adam, &adamw}) {
    CHECK_THROWS_WITH(optimizer->step(), Contains("[3]") && Contains("[2]"));
    CHECK(optimizer->state().empty());
    CHECK(same(first.detach(), ones({2})));
    CHECK(first._version() == 0);
  }
}
