// What the kernels of <frost/kernels/optimize.hpp> take: contiguous values of the parameter's dtype. For the
// optimisers' own files.
#pragma once

#include <frost/tensor.hpp>

namespace frost::optim {

// Checks that the operands below can be made of a parameter, its grad and its state, of which parts may be
// undefined. Errors: the parameter does not hold floating-point numbers; a part of the state is not of its
// shape; the grad does not broadcast to it; one that would be written to can't be.
void check_operands(const Tensor& parameter, TensorList state);

// A parameter's gradient.
class GradOperand {
 public:
  explicit GradOperand(const Tensor& parameter);
  const void* data() const { return values_.data_ptr(); }

 private:
  Tensor values_;
};

// What a step of the parameter writes to: the parameter or a part of its state, which may be undefined.
class WrittenOperand {
 public:
  WrittenOperand(const Tensor& target, const Tensor& parameter);
  void* data() const { return values_.defined() ? values_.data_ptr() : nullptr; }
  // Tells that the values were written, and brings them to the target where it lies otherwise.
  void finish();

 private:
  Tensor target_, values_;
};

}  // namespace frost::optim
