#include <frost/optim/optimizer.hpp>

#include <frost/grad_mode.hpp>
#include <frost/nn/zero_grad.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <typeinfo>
#include <unordered_set>

namespace frost::optim {

std::unique_ptr<OptimizerOptions> OptimizerOptions::clone() const {
  fail("OptimizerOptions",
       "clone() has not been implemented for these options. Derive them from "
       "OptimizerCloneableOptions.");
}

double OptimizerOptions::get_lr() const {
  fail("OptimizerOptions",
       "double get_lr() has not been overidden and implemented in subclass of these "
       "options; they have no learning rate to return");
}

void OptimizerOptions::set_lr(double lr) {
  fail("OptimizerOptions",
       "double set_lr() has not been overidden and implemented in subclass of these "
       "options; they have no learning rate to set to ",
       lr);
}

void OptimizerOptions::visit(Fields&) {
  fail("OptimizerOptions", "visit() has not been implemented for these options, so they can't be saved");
}

void OptimizerOptions::check_values(std::string_view) const {}

std::unique_ptr<OptimizerParamState> OptimizerParamState::clone() const {
  fail("OptimizerParamState",
       "clone() has not been implemented for this state. Derive it from "
       "OptimizerCloneableParamState.");
}

void OptimizerParamState::visit(Fields&) {
  fail("OptimizerParamState", "visit() has not been implemented for this state, so it can't be saved");
}

OptimizerParamGroup::OptimizerParamGroup(const OptimizerParamGroup& other)
    : params_(other.params_), options_(other.has_options() ? other.options_->clone() : nullptr) {}

OptimizerOptions& OptimizerParamGroup::options() {
  check(has_options(), "OptimizerParamGroup", "the group has no options");
  return *options_;
}

Optimizer::Optimizer(std::vector<OptimizerParamGroup> param_groups,
                     std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  check(defaults_ != nullptr, "Optimizer", "the default options are null");
  for (const OptimizerParamGroup& group : param_groups) add_param_group(group);
}

Optimizer::Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults)
    : Optimizer(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(parameters))},
                std::move(defaults)) {}

namespace {

// Before any is added to what the groups hold.
void check_parameters(const std::vector<Tensor>& added, const std::vector<OptimizerParamGroup>& groups,
                      const char* function) {
  std::unordered_set<const void*> held, seen;
  for (const OptimizerParamGroup& group : groups)
    for (const Tensor& parameter : group.params()) held.insert(parameter.impl());
  for (const Tensor& parameter : added) {
    check_defined(parameter, function, "a parameter");
    check(parameter.is_leaf(), function, "can't optimize a non-leaf Tensor");
    check(!held.contains(parameter.impl()), function,
          "some parameters appear in more than one parameter group");
    check(seen.insert(parameter.impl()).second, function, "a parameter of shape ", parameter.sizes(),
          " is given twice, so that each step would move it twice");
  }
}

}  // namespace

void Optimizer::add_param_group(const OptimizerParamGroup& group) {
  OptimizerParamGroup added = group;
  if (!added.has_options()) added.set_options(defaults_->clone());
  const OptimizerOptions &options = added.options(), &own = *defaults_;
  check(typeid(options) == typeid(own), "add_param_group", "the group's options are another optimizer's");
  options.check_values("add_param_group");
  check_parameters(added.params(), param_groups_, "add_param_group");
  param_groups_.push_back(std::move(added));
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters) {
  check_parameters(parameters, param_groups_, "add_parameters");
  std::vector<Tensor>& first = this->parameters();
  first.insert(first.end(), parameters.begin(), parameters.end());
}

std::vector<Tensor>& Optimizer::parameters() {
  check(!param_groups_.empty(), "Optimizer", "there is no group of parameters");
  return param_groups_[0].params();
}

void Optimizer::zero_grad(bool set_to_none) {
  for (const OptimizerParamGroup& group : param_groups_) nn::zero_grad(group.params(), set_to_none);
}

size_t Optimizer::size() const noexcept {
  size_t count = 0;
  for (const OptimizerParamGroup& group : param_groups_) count += group.params().size();
  return count;
}

std::unique_ptr<OptimizerParamState> Optimizer::make_state() const {
  fail("Optimizer", "make_state() has not been implemented for this optimizer, so its state can't be loaded");
}

std::unique_ptr<OptimizerOptions> Optimizer::checked_copy(const OptimizerOptions& options,
                                                          std::string_view function) {
  options.check_values(function);
  return options.clone();
}

Tensor Optimizer::evaluate(const LossClosure& closure) {
  if (!closure) return {};
  const AutoGradMode recording(true);
  return closure();
}

}  // namespace frost::optim
