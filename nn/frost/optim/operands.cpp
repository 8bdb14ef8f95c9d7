#include <frost/ops/common.hpp>
#include <frost/optim/operands.hpp>

namespace frost::optim {

namespace {

Tensor broadcast_grad(const Tensor& parameter) { return parameter.grad().detach().expand_as(parameter); }

}  // namespace

void check_operands(const Tensor& parameter, TensorList state) {
  broadcast_grad(parameter);
  ops::check_in_place(parameter, ops::floating_dtype(parameter.scalar_type()), "step");
  for (const Tensor& part : state) {
    if (!part.defined()) continue;
    check(part.sizes() == parameter.sizes(), "step", "the optimizer's state is of shape ", part.sizes(),
          ", but its parameter of shape ", parameter.sizes());
    ops::check_in_place(part, parameter.scalar_type(), "step");
  }
}

GradOperand::GradOperand(const Tensor& parameter) {
  const Tensor grad = broadcast_grad(parameter).to(parameter.scalar_type());
  values_ = ops::interlock(parameter, grad) ? ops::values_of(grad) : ops::packed(grad);
}

WrittenOperand::WrittenOperand(const Tensor& target, const Tensor& parameter) : target_(target) {
  if (target.defined()) values_ = ops::packed(target.to(parameter.scalar_type()));
}

void WrittenOperand::finish() {
  if (!target_.defined()) return;
  if (values_.is_same(target_))
    ops::written(target_);
  else
    target_.copy_(values_);
}

}  // namespace frost::optim
