#include <frost/optim/sgd.hpp>

#include <frost/kernels/optimize.hpp>
#include <frost/ops.hpp>
#include <frost/optim/operands.hpp>

#include <cmath>

namespace frost::optim {

void SGDOptions::visit(Fields& fields) {
  fields("lr", lr_);
  fields("momentum", momentum_);
  fields("dampening", dampening_);
  fields("weight_decay", weight_decay_);
  fields("nesterov", nesterov_);
}

void SGDOptions::check_values(std::string_view function) const {
  check(lr_ >= 0, function, "Invalid learning rate: ", lr_);
  check(momentum_ >= 0, function, "Invalid momentum value: ", momentum_);
  check(!std::isnan(dampening_), function, "Invalid dampening value: ", dampening_);
  check(weight_decay_ >= 0, function, "Invalid weight_decay value: ", weight_decay_);
  check(!nesterov_ || (momentum_ > 0 && dampening_ == 0), function,
        "Nesterov momentum requires a momentum and zero dampening, got momentum ", momentum_,
        " and dampening ", dampening_);
}

bool operator==(const SGDOptions& a, const SGDOptions& b) {
  return a.lr_ == b.lr_ && a.momentum_ == b.momentum_ && a.dampening_ == b.dampening_ &&
         a.weight_decay_ == b.weight_decay_ && a.nesterov_ == b.nesterov_;
}

SGD::SGD(std::vector<OptimizerParamGroup> param_groups, SGDOptions defaults)
    : Optimizer(std::move(param_groups), checked_copy(defaults, "SGD")) {}

Tensor SGD::step(LossClosure closure) {
  const Tensor loss = evaluate(closure);
  const auto check_parameter = [this](const Tensor& parameter, const SGDOptions& options) {
    const SGDParamState* const state = find_state<SGDParamState>(parameter);
    check_operands(parameter, {state && options.momentum() != 0 ? state->momentum_buffer() : Tensor()});
  };
  move_each_with_grad<SGDOptions>(
      check_parameter, [this](const Tensor& parameter, const SGDOptions& options) {
        const GradOperand grad(parameter);
        kernels::SgdStep step{options.lr(),       options.weight_decay(),
                              options.momentum(), 1 - options.dampening(),
                              options.nesterov(), /*is_first=*/false};
        Tensor velocity;
        if (options.momentum() != 0) {
          SGDParamState& state = state_of<SGDParamState>(parameter);
          step.is_first = !state.momentum_buffer().defined();
          if (step.is_first) state.momentum_buffer(zeros_like(parameter));
          velocity = state.momentum_buffer();
        }
        WrittenOperand p(parameter, parameter), v(velocity, parameter);
        kernels::sgd(parameter.scalar_type(), parameter.numel(), step, p.data(), grad.data(), v.data());
        p.finish();
        v.finish();
      });
  return loss;
}

}  // namespace frost::optim
