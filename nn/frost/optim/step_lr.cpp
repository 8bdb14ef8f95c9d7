#include <frost/optim/step_lr.hpp>

#include <frost/error.hpp>

namespace frost::optim {

void LRScheduler::step() {
  const std::vector<double> rates = get_lrs();
  std::vector<OptimizerParamGroup>& groups = optimizer_.param_groups();
  check(rates.size() == groups.size(), "LRScheduler",
        "Number of learning rates not equal to the number of param groups\nNumber of learning rates given: ",
        rates.size(), "\nNumber of param groups: ", groups.size());
  for (size_t i = 0; i < groups.size(); ++i) groups[i].options().set_lr(rates[i]);
  ++step_count_;
}

void LRScheduler::set_step_count(int64_t count) {
  check(count >= 0, "LRScheduler", "the count of steps must not be negative, got ", count);
  step_count_ = count;
}

std::vector<double> LRScheduler::get_current_lrs() const {
  std::vector<double> rates;
  for (const OptimizerParamGroup& group : optimizer_.param_groups())
    rates.push_back(group.options().get_lr());
  return rates;
}

StepLR::StepLR(Optimizer& optimizer, unsigned step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  check(step_size > 0, "StepLR", "the step size must be positive, got ", step_size);
  check(gamma >= 0, "StepLR", "gamma must be 0 or larger, got ", gamma);
}

std::vector<double> StepLR::get_lrs() {
  std::vector<double> rates = get_current_lrs();
  if (step_count_ != 0 && step_count_ % step_size_ == 0)
    for (double& rate : rates) rate *= gamma_;
  return rates;
}

}  // namespace frost::optim
