#include <frost/optim/adam.hpp>

#include <frost/kernels/optimize.hpp>
#include <frost/ops.hpp>
#include <frost/optim/operands.hpp>

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

// That update() can be called; `state` is null before the first step.
template <class State, class Options>
void check_update(const Tensor& parameter, const State* state, const Options& options) {
  if (state == nullptr) {
    check_operands(parameter, {});
    return;
  }
  check(state->step() == 0 || (state->exp_avg().defined() && state->exp_avg_sq().defined()), "step",
        "the averages are undefined after ", state->step(), " steps of a parameter of shape ",
        parameter.sizes());
  check_operands(parameter, {state->exp_avg(), state->exp_avg_sq(),
                             options.amsgrad() ? state->max_exp_avg_sq() : Tensor()});
}

// m, v and p of one parameter, as the header has it; a decay of 0 leaves them as they are.
template <class State, class Options>
void update(const Tensor& parameter, State& state, const Options& options, double weight_decay,
            double shrink) {
  const GradOperand grad(parameter);
  if (!state.exp_avg().defined()) state.exp_avg(zeros_like(parameter));
  if (!state.exp_avg_sq().defined()) state.exp_avg_sq(zeros_like(parameter));
  if (options.amsgrad() && !state.max_exp_avg_sq().defined()) state.max_exp_avg_sq(zeros_like(parameter));
  WrittenOperand p(parameter, parameter), m(state.exp_avg(), parameter), v(state.exp_avg_sq(), parameter),
      largest_v(options.amsgrad() ? state.max_exp_avg_sq() : Tensor(), parameter);
  state.step(state.step() + 1);
  const double t = static_cast<double>(state.step());
  const auto [beta1, beta2] = options.betas();
  const kernels::AdamStep step{
      options.lr() / (1 - std::pow(beta1, t)), beta1, beta2, options.eps(), weight_decay, shrink,
      std::sqrt(1 - std::pow(beta2, t))};
  kernels::adam(parameter.scalar_type(), parameter.numel(), step, p.data(), grad.data(), m.data(), v.data(),
                largest_v.data());
  for (WrittenOperand* operand : {&p, &m, &v, &largest_v}) operand->finish();
}

}  // namespace

Adam::Adam(std::vector<OptimizerParamGroup> param_groups, AdamOptions defaults)
    : Optimizer(std::move(param_groups), checked_copy(defaults, "Adam")) {}

AdamW::AdamW(std::vector<OptimizerParamGroup> param_groups, AdamWOptions defaults)
    : Optimizer(std::move(param_groups), checked_copy(defaults, "AdamW")) {}

Tensor Adam::step(LossClosure closure) {
  const Tensor loss = evaluate(closure);
  const auto check_parameter = [this](const Tensor& parameter, const AdamOptions& options) {
    check_update(parameter, find_state<AdamParamState>(parameter), options);
  };
  move_each_with_grad<AdamOptions>(
      check_parameter, [this](const Tensor& parameter, const AdamOptions& options) {
        update(parameter, state_of<AdamParamState>(parameter), options, options.weight_decay(), /*shrink=*/1);
      });
  return loss;
}

Tensor AdamW::step(LossClosure closure) {
  const Tensor loss = evaluate(closure);
  const auto check_parameter = [this](const Tensor& parameter, const AdamWOptions& options) {
    check_update(parameter, find_state<AdamWParamState>(parameter), options);
  };
  move_each_with_grad<AdamWOptions>(check_parameter,
                                    [this](const Tensor& parameter, const AdamWOptions& options) {
                                      update(parameter, state_of<AdamWParamState>(parameter), options,
                                             /*weight_decay=*/0, 1 - options.lr() * options.weight_decay());
                                    });
  return loss;
}

}  // namespace frost::optim
