#include <frost/optim/adam.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>

#include <cmath>

namespace frost::optim {

template <class Options>
void AdamOptionsOf<Options>::check_values(std::string_view function) const {
  check(lr_ >= 0, function, "Invalid learning rate: ", lr_);
  check(eps_ >= 0, function, "Invalid epsilon value: ", eps_);
  const auto [beta1, beta2] = betas_;
  check(0 <= beta1 && beta1 < 1, function, "Invalid beta parameter at index 0: ", beta1);
  check(0 <= beta2 && beta2 < 1, function, "Invalid beta parameter at index 1: ", beta2);
  check(weight_decay_ >= 0, function, "Invalid weight_decay value: ", weight_decay_);
}

template class AdamOptionsOf<AdamOptions>;
template class AdamOptionsOf<AdamWOptions>;

namespace {

// m, v and p of one parameter, as the header has it, with g given.
template <class State, class Options>
void update(const Tensor& parameter, const Tensor& grad, State& state, const Options& options) {
  if (state.step() == 0) {
    state.exp_avg(zeros_like(parameter));
    state.exp_avg_sq(zeros_like(parameter));
  }
  if (options.amsgrad() && !state.max_exp_avg_sq().defined()) state.max_exp_avg_sq(zeros_like(parameter));
  state.step(state.step() + 1);
  const double t = static_cast<double>(state.step());
  const auto [beta1, beta2] = options.betas();
  const double correction1 = 1 - std::pow(beta1, t), correction2 = 1 - std::pow(beta2, t);

  state.exp_avg().mul_(beta1).add_(grad, 1 - beta1);
  state.exp_avg_sq().mul_(beta2).add_(grad.square(), 1 - beta2);
  if (options.amsgrad()) state.max_exp_avg_sq().copy_(state.max_exp_avg_sq().maximum(state.exp_avg_sq()));
  const Tensor& second = options.amsgrad() ? state.max_exp_avg_sq() : state.exp_avg_sq();
  const Tensor scale = second.sqrt().div_(std::sqrt(correction2)).add_(options.eps());
  parameter.add_(state.exp_avg().div(scale), -options.lr() / correction1);
}

template <class State>
State& state_in(Optimizer::States& states, const Tensor& parameter) {
  std::unique_ptr<OptimizerParamState>& state = states[parameter.impl()];
  if (!state) state = std::make_unique<State>();
  return static_cast<State&>(*state);
}

}  // namespace

Adam::Adam(std::vector<OptimizerParamGroup> param_groups, AdamOptions defaults)
    : Optimizer(std::move(param_groups), checked_copy(defaults, "Adam")) {}

AdamW::AdamW(std::vector<OptimizerParamGroup> param_groups, AdamWOptions defaults)
    : Optimizer(std::move(param_groups), checked_copy(defaults, "AdamW")) {}

Tensor Adam::step(LossClosure closure) {
  const Tensor loss = evaluate(closure);
  const NoGradGuard guard;
  for (const OptimizerParamGroup& group : param_groups_) {
    const auto& options = static_cast<const AdamOptions&>(group.options());
    for (const Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      Tensor grad = parameter.grad().detach();
      if (options.weight_decay() != 0) grad = grad.add(parameter, options.weight_decay());
      update(parameter, grad, state_in<AdamParamState>(state_, parameter), options);
    }
  }
  return loss;
}

Tensor AdamW::step(LossClosure closure) {
  const Tensor loss = evaluate(closure);
  const NoGradGuard guard;
  for (const OptimizerParamGroup& group : param_groups_) {
    const auto& options = static_cast<const AdamWOptions&>(group.options());
    for (const Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      if (options.weight_decay() != 0) parameter.mul_(1 - options.lr() * options.weight_decay());
      update(parameter, parameter.grad().detach(), state_in<AdamWParamState>(state_, parameter), options);
    }
  }
  return loss;
}

}  // namespace frost::optim
