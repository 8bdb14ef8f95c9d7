#include <frost/optim/adam.hpp>
#include <frost/optim/sgd.hpp>

#include "gradients.hpp"

#include <cmath>

using namespace frost;
using namespace frost::optim;
using namespace frost::tests;
using Catch::Contains;

namespace {

// Where p = 2 goes in steps with these grads, in plain numbers.
double adam(const std::vector<double>& grads, double lr, double beta1, double beta2, double eps, double decay,
            bool decoupled, bool amsgrad) {
  double p = 2, m = 0, v = 0, largest = 0;
  for (size_t i = 0; i < grads.size(); ++i) {
    const double t = static_cast<double>(i + 1);
    if (decoupled) p -= lr * decay * p;
    const double g = grads[i] + (decoupled ? 0 : decay * p);
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    largest = std::max(largest, v);
    const double second = (amsgrad ? largest : v) / (1 - std::pow(beta2, t));
    p -= lr * m / (1 - std::pow(beta1, t)) / (std::sqrt(second) + eps);
  }
  return p;
}

template <class Optimizer, class Options>
double result(const std::vector<double>& grads, const Options& options) {
  const Tensor p = full({}, 2, dtype(kDouble).requires_grad(true));
  Optimizer optimizer({p}, options);
  for (const double grad : grads) {
    p.mutable_grad() = full({}, grad, kDouble);
    optimizer.step();
  }
  return p.item<double>();
}

}  // namespace

TEST_CASE("Adam and AdamW: the formulas of their papers", "[nn][optim]") {
  const std::vector<double> grads{3, -1, 0.1, 0};
  const std::tuple<double, double> betas{0.8, 0.6};
  CHECK(result<Adam>(grads, AdamOptions()) ==
        Approx(adam(grads, 1e-3, 0.9, 0.999, 1e-8, 0, false, false)).epsilon(1e-12));
  for (const bool amsgrad : {false, true}) {
    CHECK(result<Adam>(grads, AdamOptions(0.1).betas(betas).eps(1e-2).weight_decay(0.3).amsgrad(amsgrad)) ==
          Approx(adam(grads, 0.1, 0.8, 0.6, 1e-2, 0.3, false, amsgrad)).epsilon(1e-12));
    CHECK(result<AdamW>(grads, AdamWOptions(0.1).betas(betas).eps(1e-2).weight_decay(0.3).amsgrad(amsgrad)) ==
          Approx(adam(grads, 0.1, 0.8, 0.6, 1e-2, 0.3, true, amsgrad)).epsilon(1e-12));
  }
}

TEST_CASE("Adam: remembers a step, two averages, and with amsgrad a third tensor", "[nn][optim]") {
  const Tensor p = ones({2}, requires_grad());
  Adam optimizer({p});
  p.mutable_grad() = ones({2});
  optimizer.step();
  auto& state = static_cast<AdamParamState&>(*optimizer.state().at(p.impl()));
  CHECK(state.step() == 1);
  CHECK(allclose(state.exp_avg(), full({2}, 0.1)));
  CHECK(allclose(state.exp_avg_sq(), full({2}, 0.001)));
  CHECK_FALSE(state.max_exp_avg_sq().defined());
  static_cast<AdamOptions&>(optimizer.param_groups()[0].options()).amsgrad(true);  // asked for later
  optimizer.step();
  CHECK(same(state.max_exp_avg_sq(), state.exp_avg_sq()));
}

TEST_CASE("Adam and AdamW: refuse what libtorch's refuse", "[nn][optim]") {
  const std::vector<Tensor> p{ones({2}, requires_grad())};
  CHECK_THROWS_WITH(Adam(p, -1), Contains("Invalid learning rate: -1"));
  CHECK_THROWS_WITH(Adam(p, NAN), Contains("Invalid learning rate: nan"));
  CHECK_THROWS_WITH(AdamW(p, AdamWOptions(1).eps(-1)), Contains("Invalid epsilon value: -1"));
  CHECK_THROWS_WITH(Adam(p, AdamOptions(1).betas({1, 0})), Contains("Invalid beta parameter at index 0: 1"));
  CHECK_THROWS_WITH(AdamW(p, AdamWOptions(1).betas({0, -1})),
                    Contains("Invalid beta parameter at index 1: -1"));
  CHECK_THROWS_WITH(Adam(p, AdamOptions(1).weight_decay(-1)), Contains("Invalid weight_decay value: -1"));
}

TEST_CASE("Adam, SGD: a step is the same whatever the layout and the number of threads", "[nn][optim]") {
  const int threads = get_num_threads();
  const auto moved = [](bool is_strided, int count) {
    set_num_threads(count);
    manual_seed(1);
    std::vector<Tensor> parameters;
    for (const Tensor& values : {randn({300, 401}), randn({5, 3})})
      parameters.push_back((is_strided ? values.t().contiguous().t() : values).detach().requires_grad_());
    optim::Adam adam({parameters[0]}, optim::AdamOptions(0.1).weight_decay(0.1).amsgrad(true));
    optim::SGD sgd({parameters[1]}, optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.1).nesterov(true));
    for (int i = 0; i < 3; ++i)
      for (optim::Optimizer* optimizer : std::initializer_list<optim::Optimizer*>{&adam, &sgd}) {
        const Tensor& parameter = optimizer->parameters()[0];
        const int64_t version = parameter._version();
        parameter.mutable_grad() = randn(parameter.sizes());
        optimizer->step();
        CHECK(parameter._version() > version);
      }
    return parameters;
  };
  const std::vector<Tensor> want = moved(false, 1);
  for (const bool is_strided : {false, true})
    for (const int count : {1, 3}) {
      const std::vector<Tensor> got = moved(is_strided, count);
      INFO("strided " << is_strided << ", threads " << count);
      CHECK(same(got[0], want[0]));
      CHECK(same(got[1], want[1]));
    }
  set_num_threads(threads);
}

TEST_CASE("Adam and AdamW: averages that are not of the parameter's shape are an error", "[nn][optim]") {
  const Tensor p = ones({2}, requires_grad());
  Adam adam({p});
  AdamW adamw({p});
  const auto set_size = [&p](int64_t n) {
    p.set_data(zeros({n}));
    p.mutable_grad() = ones({n});
  };
  for (Optimizer* const optimizer : std::initializer_list<Optimizer*>{&adam, &adamw}) {
    set_size(2);
    optimizer->step();
    set_size(100000);
    CHECK_THROWS_WITH(optimizer->step(),
                      Contains("[step] the optimizer's state is of shape [2], but its parameter of shape "
                               "[100000]"));
    CHECK(same(p.detach(), zeros({100000})));
  }
  const auto& state = static_cast<const AdamParamState&>(*adam.state().at(p.impl()));
  CHECK(state.step() == 1);
  CHECK(allclose(state.exp_avg(), full({2}, 0.1)));
}

TEST_CASE("Adam: averages that are undefined after some steps are an error", "[nn][optim]") {
  const Tensor p = ones({2}, requires_grad());
  Adam optimizer({p});
  p.mutable_grad() = ones({2});
  for (const AdamParamState& state : {AdamParamState().step(3), AdamParamState().step(3).exp_avg(zeros({2})),
                                      AdamParamState().step(3).exp_avg_sq(zeros({2}))}) {
    optimizer.state()[p.impl()] = state.clone();
    CHECK_THROWS_WITH(optimizer.step(), Contains("the averages are undefined after 3 steps"));
    CHECK(same(p.detach(), ones({2})));
  }
  // Before the first step they may be given.
  optimizer.state()[p.impl()] = AdamParamState().exp_avg(ones({2})).clone();
  optimizer.step();
  const auto& state = static_cast<const AdamParamState&>(*optimizer.state().at(p.impl()));
  CHECK(allclose(state.exp_avg(), ones({2})));
  CHECK(allclose(state.exp_avg_sq(), full({2}, 0.001)));
}
