// What the op families share: from tensors to the operands of a kernel, and the dtypes and shapes of results.
#pragma once

#include <frost/kernels/elementwise.hpp>
#include <frost/ops.hpp>
#include <frost/tape_ops.hpp>
#include <frost/tensor_impl.hpp>

#include <string_view>

namespace frost::ops {

// x as a kernel reads it: as it is, or broadcast to `sizes`.
inline kernels::In in(const Tensor& x) { return {x.impl()->data, x.layout().strides}; }
kernels::In in(const Tensor& x, const Dims& sizes);
inline kernels::Out out(const Tensor& x) { return {x.impl()->data, x.layout().strides}; }

// A C++ number as a kernel reads it: one element, of stride 0. Too large for a float it is infinite.
class ScalarOperand {
 public:
  ScalarOperand(const Scalar& value, Dtype dtype);
  kernels::In in(const Dims& sizes) const { return {&value_, Dims(sizes.size(), 0)}; }

 private:
  union {
    bool bool_;
    int64_t long_;
    float float_;
    double double_ = 0;
  } value_;
};

// x's values in another dtype; x itself where it has that dtype. Not recorded: where a gradient flows back to
// x, the tape converts it to x's dtype.
Tensor converted(const Tensor& x, Dtype dtype);

// x's values in contiguous memory of their own; or x itself where they lie contiguously; or at x's place on
// the tape, for a rule that will need them as they are before a write in place. None is recorded, as clone(x)
// is.
Tensor values_of(const Tensor& x);
Tensor packed(const Tensor& x);
Tensor former(const Tensor& x);

// x as a kernel reads it, in the given dtype and broadcast to `sizes`, for as long as this lives.
class Operand {
 public:
  Operand(const Tensor& x, Dtype dtype, const Dims& sizes)
      : converted_(x.impl()->dtype == dtype ? Tensor() : converted(x, dtype)),
        in_(ops::in(converted_.defined() ? converted_ : x, sizes)) {}
  operator const kernels::In&() const { return in_; }

 private:
  Tensor converted_;
  kernels::In in_;
};

// x's elements one after the other, as a kernel reads them, for as long as this and x live.
class PackedOperand {
 public:
  explicit PackedOperand(const Tensor& x)
      : own_(x.is_contiguous() ? Tensor() : values_of(x)), data_((own_.defined() ? own_ : x).impl()->data) {}
  const void* data() const { return data_; }

 private:
  Tensor own_;
  const void* data_;
};

// The dtype of x ∘ y, and an error where one of them is undefined.
Dtype common_dtype(const Tensor& x, const Tensor& y, std::string_view function);
Dtype common_dtype(const Tensor& x, const Scalar& y, std::string_view function);

// Float where x holds integers or bools, else x's dtype: the dtype of exp(x), x / y, …
Dtype floating_dtype(Dtype dtype);

// z = op(x, y) as plain numbers: promoted, broadcast, not recorded.
Tensor binary(kernels::Binary op, const Tensor& x, const Tensor& y, std::string_view function);
Tensor binary(kernels::Binary op, const Tensor& x, const Scalar& y, std::string_view function);
Tensor binary(kernels::Binary op, const Scalar& x, const Tensor& y, std::string_view function);
// y = op(x) as plain numbers. Floating-point functions give Float for integers.
Tensor unary(kernels::Unary op, const Tensor& x, std::string_view function);

// Where x (op_ in place) may simply be overwritten: nobody records. Otherwise the in-place op is the op,
// written back by write_in_place.
bool is_recorded(const Tensor& x, const Tensor& y = {});
// The value is one that the dtype can hold: no infinity or NaN for integers, nothing beyond the largest
// float. (Any number makes a bool.)
void check_fits(const Scalar& value, Dtype dtype, std::string_view function);
// Uninitialised, on the tape where the options ask for it: an error, before anything is done, where the dtype
// can't.
Tensor make(IntArrayRef sizes, Dtype dtype, const TensorOptions& options, std::string_view function);
// The dtype of zeros_like(x, options), …
Dtype dtype_like(const Tensor& x, const TensorOptions& options, std::string_view function);
// The dtype of a result must convert to x's, to which it is to be written.
void check_result_fits(const Tensor& x, Dtype result, std::string_view function);
// Whether the kernels have the op for this dtype.
void check_implemented(bool is_implemented, Dtype dtype, std::string_view function);
// For x ← op(x), or op(x, y), whose result is of the given dtype: x may be written to and can hold it; has
// the sizes that x and y broadcast to, and does not lie on a part of y.
void check_in_place(const Tensor& x, Dtype result, std::string_view function);
void check_in_place(const Tensor& x, const Tensor& y, Dtype result, std::string_view function);
// What an in-place op ends with: x was written over with no tape to tell, or is written with a recorded
// result.
Tensor& written(const Tensor& x);
Tensor& write_recorded(const Tensor& x, const Tensor& result, std::string_view function);
// Whether op_(x, y) must read a copy of y: the two share memory and are not one and the same.
bool interlock(const Tensor& x, const Tensor& y);
// y, which unless it is recorded is told of inputs that have no rule: what integers and bools were made from,
// and masks and indices, which choose elements.
template <class... Inputs>
Tensor marked(Tensor y, const Inputs&... inputs) {
  if ((GradMode::is_enabled() || GradMode::is_marking()) && !y.impl()->is_on_tape())
    (frost::detail::mark_unrecorded(y, inputs), ...);
  return y;
}

// The rule of an operand that is a number, and has an edge to nowhere.
inline Tensor no_gradient(const Tensor&) { return {}; }

}  // namespace frost::ops
