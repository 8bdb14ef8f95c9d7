#include <frost/optim/sgd.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>

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
  const NoGradGuard guard;
  for (const OptimizerParamGroup& group : param_groups_) {
    const auto& options = static_cast<const SGDOptions&>(group.options());
    for (const Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      Tensor direction = parameter.grad().detach();
      if (options.weight_decay() != 0) direction = direction.add(parameter, options.weight_decay());
      if (options.momentum() != 0) {
        std::unique_ptr<OptimizerParamState>& state = state_[parameter.impl()];
        if (!state) {
          state = make_state();
          static_cast<SGDParamState&>(*state).momentum_buffer(direction.clone());
        } else {
          static_cast<SGDParamState&>(*state)
              .momentum_buffer()
              .mul_(options.momentum())
              .add_(direction, 1 - options.dampening());
        }
        const Tensor& velocity = static_cast<SGDParamState&>(*state).momentum_buffer();
        direction = options.nesterov() ? direction.add(velocity, options.momentum()) : velocity;
      }
      parameter.add_(direction, -options.lr());
    }
  }
  return loss;
}

}  // namespace frost::optim
