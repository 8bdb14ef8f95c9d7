// What the kernels of <frost/kernels/optimize.hpp> take: contiguous values of the parameter's dtype. For the
// optimisers' own files.
#pragma once

#include <frost/ops/common.hpp>

namespace frost::optim {

// A parameter's gradient.
class GradOperand {
 public:
  explicit GradOperand(const Tensor& parameter)
      : values_(ops::packed(parameter.grad().detach().expand_as(parameter).to(parameter.scalar_type()))) {}
  const void* data() const { return values_.data_ptr(); }

 private:
  Tensor values_;
};

// What a step of the parameter writes to: the parameter or a part of its state, which may be undefined.
class WrittenOperand {
 public:
  WrittenOperand(const Tensor& target, const Tensor& parameter) : target_(target) {
    if (!target.defined()) return;
    check_in_place(target, "step", /*is_recorded=*/false);
    values_ = ops::packed(target.to(parameter.scalar_type()));
  }
  void* data() const { return values_.defined() ? values_.data_ptr() : nullptr; }
  // Tells that the values were written, and brings them to the target where it lies otherwise.
  void finish() {
    if (!target_.defined()) return;
    if (values_.is_same(target_))
      ops::written(target_);
    else
      target_.copy_(values_);
  }

 private:
  Tensor target_, values_;
};

}  // namespace frost::optim
