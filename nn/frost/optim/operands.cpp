#include <frost/ops/common.hpp>
#include <frost/optim/operands.hpp>
#include <frost/record.hpp>

namespace frost::optim {

GradOperand::GradOperand(const Tensor& parameter)
    : values_(ops::packed(parameter.grad().detach().expand_as(parameter).to(parameter.scalar_type()))) {}

WrittenOperand::WrittenOperand(const Tensor& target, const Tensor& parameter) : target_(target) {
  if (!target.defined()) return;
  check_in_place(target, "step", /*is_recorded=*/false);
  values_ = ops::packed(target.to(parameter.scalar_type()));
}

void WrittenOperand::finish() {
  if (!target_.defined()) return;
  if (values_.is_same(target_))
    ops::written(target_);
  else
    target_.copy_(values_);
}

}  // namespace frost::optim
