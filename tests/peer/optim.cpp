// Optimisers: losses and parameters of 50 steps under combinations of options, schedules, groups, errors.
#include "peer.hpp"

#include <cmath>
#include <memory>

namespace {

using fw::Tensor;

// Two layers with one that is frozen and one whose grad stays absent.
struct NetImpl : fw::nn::Module {
  NetImpl() {
    first = register_module("first", fw::nn::Linear(3, 5));
    second = register_module("second", fw::nn::Linear(5, 1));
    unused = register_parameter("unused", fw::ones({2}));
  }
  Tensor forward(const Tensor& x) { return second(fw::tanh(first(x))); }

  fw::nn::Linear first{nullptr}, second{nullptr};
  Tensor unused;
};
TORCH_MODULE(Net);

struct Fit {
  Net net;
  Tensor x, y;

  explicit Fit(fw::ScalarType dtype = fw::kDouble)
      : net(seeded()), x(fw::randn({16, 3}).to(dtype)), y(x.select(1, 0).sin().unsqueeze(1) * 2) {
    net->to(dtype);
  }
  Tensor loss() { return (net(x) - y).square().mean(); }
  static std::shared_ptr<NetImpl> seeded() {
    fw::manual_seed(1);
    return std::make_shared<NetImpl>();
  }
};

void show_parameters(const Net& net) {
  for (const auto& parameter : net->named_parameters()) peer::show_values(parameter.key(), parameter.value());
}

void train(Fit& fit, fw::optim::Optimizer& optimizer, int steps = 50) {
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    const Tensor loss = fit.loss();
    loss.backward();
    optimizer.step();
    peer::show("loss " + std::to_string(i), loss.item<double>());
  }
  show_parameters(fit.net);
}

// In Double, where rounding is too small to grow into something; so numbers that differ are a formula's.
template <class Optimizer, class Options>
void run(const Options& options, fw::ScalarType dtype = fw::kDouble) {
  Fit fit(dtype);
  Optimizer optimizer(fit.net->parameters(), options);
  train(fit, optimizer);
  peer::show("states", optimizer.state().size());
}

using namespace fw::optim;

const peer::Section sgd("optim/SGD", [] {
  run<SGD>(SGDOptions(0.1));
  run<SGD>(SGDOptions(0.05).momentum(0.9));
  run<SGD>(SGDOptions(0.05).momentum(0.9).dampening(0.3));
  run<SGD>(SGDOptions(0.05).momentum(0.9).nesterov(true));
  run<SGD>(SGDOptions(0.1).weight_decay(0.02));
  run<SGD>(SGDOptions(0.05).momentum(0.8).weight_decay(0.02).nesterov(true));
  run<SGD>(SGDOptions(0));
  run<SGD>(SGDOptions(0.05).momentum(0.9), fw::kFloat);
});

const peer::Section adam("optim/Adam", [] {
  run<Adam>(AdamOptions());
  run<Adam>(AdamOptions(0.01));
  run<Adam>(AdamOptions(0.02).betas(std::make_tuple(0.5, 0.9)).eps(1e-4));
  run<Adam>(AdamOptions(0.01).weight_decay(0.1));
  run<Adam>(AdamOptions(0.02).betas({0.5, 0.7}).amsgrad(true));
  run<Adam>(AdamOptions(0.02).betas({0., 0.}));
  run<Adam>(AdamOptions(0.01), fw::kFloat);
});

const peer::Section adamw("optim/AdamW", [] {
  run<AdamW>(AdamWOptions());
  run<AdamW>(AdamWOptions(0.01).weight_decay(0));
  run<AdamW>(AdamWOptions(0.02).betas(std::make_tuple(0.5, 0.9)).eps(1e-4).weight_decay(0.3));
  run<AdamW>(AdamWOptions(0.02).betas({0.5, 0.7}).amsgrad(true));
  run<AdamW>(AdamWOptions(0.01), fw::kFloat);
});

const peer::Section doubles("optim/parameters that are not contiguous", [] {
  const Tensor x = fw::tensor({1.0, -2.0, 3.0}, fw::dtype(fw::kDouble).requires_grad(true));
  const Tensor strided = fw::arange(6, fw::kDouble).reshape({2, 3}).t().detach().requires_grad_();
  Adam optimizer({x, strided}, AdamOptions(0.1));
  for (int i = 0; i < 5; ++i) {
    optimizer.zero_grad();
    (x.square().sum() + (strided * strided * strided).sum()).backward();
    optimizer.step();
    peer::show_values("x", x);
    peer::show_values("strided", strided);
  }
});

const peer::Section options("optim/options", [] {
  const SGDOptions sgd_defaults(0.5);
  peer::show("momentum", sgd_defaults.momentum());
  peer::show("dampening", sgd_defaults.dampening());
  peer::show("weight_decay", sgd_defaults.weight_decay());
  peer::show("nesterov", sgd_defaults.nesterov());
  peer::show("equal", sgd_defaults == SGDOptions(0.5));
  peer::show("not equal", sgd_defaults == SGDOptions(0.5).momentum(0.1));
  const AdamOptions adam_defaults;
  peer::show("lr", adam_defaults.lr());
  peer::show("beta 1", std::get<0>(adam_defaults.betas()));
  peer::show("beta 2", std::get<1>(adam_defaults.betas()));
  peer::show("eps", adam_defaults.eps());
  peer::show("weight_decay", adam_defaults.weight_decay());
  peer::show("amsgrad", adam_defaults.amsgrad());
  peer::show("AdamW's weight_decay", AdamWOptions().weight_decay());
  peer::show("AdamW's lr", AdamWOptions().get_lr());
  peer::show("equal", AdamOptions(0.5) == AdamOptions(0.5));
});

const peer::Section groups("optim/groups", [] {
  Fit fit;
  std::vector<OptimizerParamGroup> param_groups;
  param_groups.push_back(OptimizerParamGroup(fit.net->first->parameters()));
  param_groups.push_back(OptimizerParamGroup(
      fit.net->second->parameters(), std::make_unique<AdamOptions>(AdamOptions(0.1).weight_decay(0.2))));
  Adam optimizer(param_groups, AdamOptions(0.01));
  optimizer.add_param_group(OptimizerParamGroup({fit.net->unused}));
  peer::show("groups", optimizer.param_groups().size());
  peer::show("size", optimizer.size());
  peer::show("parameters of the first", optimizer.parameters().size());
  for (const OptimizerParamGroup& group : optimizer.param_groups())
    peer::show("lr", static_cast<const AdamOptions&>(group.options()).lr());
  train(fit, optimizer, 5);
  // The learning rate in each of the ways that programs set it.
  static_cast<AdamOptions&>(optimizer.param_groups()[0].options()).lr(0.03);
  static_cast<AdamOptions&>(optimizer.param_groups()[1].options()).lr() = 0.04;
  train(fit, optimizer, 5);
  for (OptimizerParamGroup& group : optimizer.param_groups())
    group.options().set_lr(group.options().get_lr() / 2);
  train(fit, optimizer, 5);
  for (auto& group : optimizer.param_groups()) peer::show("lr", group.options().get_lr());
  peer::show("the default lr", static_cast<AdamOptions&>(optimizer.defaults()).lr());
  int64_t steps = 0;
  for (const auto& state : optimizer.state())
    steps += static_cast<const AdamParamState&>(*state.second).step();
  peer::show("steps of all states", steps);
});

const peer::Section schedule("optim/StepLR", [] {
  Fit fit;
  SGD optimizer(fit.net->parameters(), SGDOptions(0.1).momentum(0.9));
  StepLR scheduler(optimizer, 3, 0.5), other(optimizer, 4);
  for (int epoch = 0; epoch < 12; ++epoch) {
    train(fit, optimizer, 1);
    scheduler.step();
    if (epoch % 2 == 0) other.step();
    peer::show("lr after epoch " + std::to_string(epoch), optimizer.param_groups()[0].options().get_lr());
  }
});

const peer::Section closures("optim/closures", [] {
  Fit fit;
  SGD optimizer(fit.net->parameters(), 0.1);
  peer::show("without one", optimizer.step().defined());
  for (int i = 0; i < 3; ++i) {
    const fw::NoGradGuard guard;
    const Tensor loss = optimizer.step([&] {
      optimizer.zero_grad();
      const Tensor now = fit.loss();
      now.backward();
      return now;
    });
    peer::show("loss", loss.item<double>());
  }
  show_parameters(fit.net);
});

const peer::Section absent("optim/absent and zero gradients", [] {
  const Tensor trained = fw::ones({2}, fw::requires_grad()), frozen = fw::ones({2}),
               zero = fw::ones({2}, fw::requires_grad());
  SGD optimizer(std::vector<Tensor>{trained, frozen, zero}, SGDOptions(0.1).momentum(0.9).weight_decay(0.1));
  for (int i = 0; i < 3; ++i) {
    optimizer.zero_grad();
    (trained * frozen + zero * 0).sum().backward();
    optimizer.step();
  }
  peer::show("trained", trained);
  peer::show("frozen", frozen);
  peer::show("zero", zero);
  peer::show("grad of the frozen", frozen.grad());
  // Frozen only now: its grad is still there, and it is still moved.
  trained.requires_grad_(false);
  optimizer.step();
  peer::show("frozen with its grad left", trained);
  trained.mutable_grad() = Tensor();
  optimizer.step();
  peer::show("frozen with its grad absent", trained);
});

const peer::Section errors("optim/errors", [] {
  const std::vector<Tensor> parameters{fw::ones({2}, fw::requires_grad())};
  peer::show_error("Invalid learning rate: -1", [&] { SGD(parameters, SGDOptions(-1)); });
  peer::show_error("Invalid momentum value: -0.5", [&] { SGD(parameters, SGDOptions(1).momentum(-0.5)); });
  peer::show_error("Invalid weight_decay value: -2",
                   [&] { SGD(parameters, SGDOptions(1).weight_decay(-2)); });
  peer::show_error("Nesterov momentum requires a momentum and zero dampening",
                   [&] { SGD(parameters, SGDOptions(1).nesterov(true)); });
  peer::show_error("Nesterov momentum requires a momentum and zero dampening",
                   [&] { SGD(parameters, SGDOptions(1).momentum(0.9).dampening(0.1).nesterov(true)); });
  peer::show_error("Invalid learning rate: -1", [&] { Adam(parameters, AdamOptions(-1)); });
  peer::show_error("Invalid learning rate: ", [&] { Adam(parameters, AdamOptions(NAN)); });
  peer::show_error("Invalid epsilon value: -1", [&] { Adam(parameters, AdamOptions(1).eps(-1)); });
  peer::show_error("Invalid beta parameter at index 0: 1", [&] {
    Adam(parameters, AdamOptions(1).betas({1., 0.5}));
  });
  peer::show_error("Invalid beta parameter at index 1: -0.1", [&] {
    AdamW(parameters, AdamWOptions(1).betas({0.5, -0.1}));
  });
  peer::show_error("Invalid weight_decay value: -1",
                   [&] { AdamW(parameters, AdamWOptions(1).weight_decay(-1)); });
  peer::show_error("can't optimize a non-leaf Tensor", [&] { SGD({parameters[0] * 2}, 0.1); });
  SGD optimizer(parameters, SGDOptions(0.1).momentum(0.9));
  parameters[0].sum().backward();
  optimizer.step();
  peer::show_error("some parameters appear in more than one parameter group",
                   [&] { optimizer.add_param_group(OptimizerParamGroup(parameters)); });
});

}  // namespace
