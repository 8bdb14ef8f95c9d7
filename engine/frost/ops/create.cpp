// Tensors from nothing: filled with a value, a pattern or given numbers. (Random ones: random.cpp.)
#include <frost/ops/common.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace frost {

using ops::dtype_like;
using ops::make;

namespace {

Tensor make_filled(IntArrayRef sizes, const Scalar& value, Dtype dtype, const TensorOptions& options,
                   std::string_view function) {
  ops::check_fits(value, dtype, function);
  const Tensor x = make(sizes, dtype, options, function);
  kernels::fill(dtype, sizes, ops::out(x), value);
  return x;
}

}  // namespace

// ---- of one value ----

Tensor empty(IntArrayRef sizes, const TensorOptions& options) {
  return make(sizes, options.dtype(), options, "empty");
}

Tensor zeros(IntArrayRef sizes, const TensorOptions& options) {
  return make_filled(sizes, 0, options.dtype(), options, "zeros");
}

Tensor ones(IntArrayRef sizes, const TensorOptions& options) {
  return make_filled(sizes, 1, options.dtype(), options, "ones");
}

Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options) {
  const Dtype own = value.isFloatingPoint() ? kFloat : value.type();
  return make_filled(sizes, value, options.dtype_opt().value_or(own), options, "full");
}

Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
  return make_filled({}, value, options.dtype(), options, "scalar_tensor");
}

Tensor empty_like(const Tensor& x, const TensorOptions& options) {
  const Dtype dtype = dtype_like(x, options, "empty_like");
  return make(x.sizes(), dtype, options, "empty_like");
}

Tensor zeros_like(const Tensor& x, const TensorOptions& options) {
  const Dtype dtype = dtype_like(x, options, "zeros_like");
  return make_filled(x.sizes(), 0, dtype, options, "zeros_like");
}

Tensor ones_like(const Tensor& x, const TensorOptions& options) {
  const Dtype dtype = dtype_like(x, options, "ones_like");
  return make_filled(x.sizes(), 1, dtype, options, "ones_like");
}

Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options) {
  const Dtype dtype = dtype_like(x, options, "full_like");
  return make_filled(x.sizes(), value, dtype, options, "full_like");
}

// ---- of given numbers ----

Tensor tensor(detail::TensorData data, const TensorOptions& options) {
  const Dtype dtype = options.dtype_opt().value_or(data.dtype);
  const Tensor x = make(data.sizes, dtype, options, "tensor");
  visit(dtype, [&data, &x]<class T>() {
    T* element = x.data_ptr<T>();
    for (const Scalar& value : data.values) *element++ = value.to<T>("tensor");
  });
  return x;
}

// ---- of a pattern ----

Tensor eye(int64_t n, const TensorOptions& options) { return eye(n, n, options); }

Tensor eye(int64_t n, int64_t m, const TensorOptions& options) {
  check(n >= 0, "eye", "n must be greater or equal to 0, got ", n);
  check(m >= 0, "eye", "m must be greater or equal to 0, got ", m);
  const Dtype dtype = options.dtype();
  const Tensor x = make_filled({n, m}, 0, dtype, options, "eye");
  kernels::fill(dtype, std::min(n, m), {x.data_ptr(), Dims{m + 1}}, 1);
  return x;
}

Tensor arange(const Scalar& end, const TensorOptions& options) { return arange(0, end, 1, options); }

Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return arange(start, end, 1, options);
}

namespace {

// How many of start, start + step, … lie below end (above it, where step is negative).
int64_t count_steps(int64_t start, int64_t end, int64_t step) {
  check(step != 0, "arange", "step must be nonzero");
  check(step > 0 ? start <= end : start >= end, "arange",
        "upper bound and larger bound inconsistent with step sign: from ", start, " to ", end, " by ", step);
  // Without sign, so that neither the distance nor the step can overflow.
  const auto from = static_cast<uint64_t>(start), to = static_cast<uint64_t>(end),
             by = static_cast<uint64_t>(step);
  const uint64_t distance = step > 0 ? to - from : from - to, pace = step > 0 ? by : -by;
  const uint64_t count = distance / pace + (distance % pace != 0);
  check(count < uint64_t{1} << 63, "arange", "invalid size, possible overflow? from ", start, " to ", end,
        " by ", step);
  return static_cast<int64_t>(count);
}

int64_t count_steps(double start, double end, double step) {
  check(step > 0 || step < 0, "arange", "step must be nonzero, got ", step);
  check(std::isfinite(start) && std::isfinite(end), "arange", "unsupported range: ", start, " -> ", end);
  check(step > 0 ? start <= end : start >= end, "arange",
        "upper bound and larger bound inconsistent with step sign: from ", start, " to ", end, " by ", step);
  const double count = std::ceil((end - start) / step);
  check(count < 0x1p63, "arange", "invalid size, possible overflow? from ", start, " to ", end, " by ", step);
  return static_cast<int64_t>(count);
}

}  // namespace

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
  const bool is_floating = start.isFloatingPoint() || end.isFloatingPoint() || step.isFloatingPoint();
  const Dtype dtype = options.dtype_opt().value_or(is_floating ? kFloat : kLong);
  check(dtype != kBool, "arange", "\"arange_cpu\" not implemented for 'Bool'");
  if (dtype == kLong)
    for (const Scalar* number : {&start, &end, &step}) ops::check_fits(*number, dtype, "arange");
  const int64_t count = dtype == kLong ? count_steps(start.toLong(), end.toLong(), step.toLong())
                                       : count_steps(start.toDouble(), end.toDouble(), step.toDouble());
  const Tensor x = make(count, dtype, options, "arange");
  if (dtype == kLong) {
    // Without sign: start and end may lie further apart than the largest integer.
    const auto first = static_cast<uint64_t>(start.toLong()), by = static_cast<uint64_t>(step.toLong());
    int64_t* const elements = x.data_ptr<int64_t>();
    for (int64_t i = 0; i < count; ++i)
      elements[i] = static_cast<int64_t>(first + static_cast<uint64_t>(i) * by);
    return x;
  }
  visit_floating(dtype, [&]<class T>() {
    T* const elements = x.data_ptr<T>();
    for (int64_t i = 0; i < count; ++i)
      elements[i] = static_cast<T>(std::fma(static_cast<double>(i), step.toDouble(), start.toDouble()));
  });
  return x;
}

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options) {
  const Dtype dtype = options.dtype();
  check(steps >= 0, "linspace", "number of steps must be non-negative, got ", steps);
  check(dtype != kBool, "linspace", "\"linspace_cpu\" not implemented for 'Bool'");
  for (const Scalar* number : {&start, &end}) ops::check_fits(*number, dtype, "linspace");
  const Tensor x = make(steps, dtype, options, "linspace");
  visit(dtype, [&]<class T>() {
    // In the element's own precision, integers in double. Each half counts from its own end: both are exact.
    using Step = std::conditional_t<std::is_floating_point_v<T>, T, double>;
    const Step first = start.to<T>(), last = steps == 1 ? first : end.to<T>();
    const Step step = (last - first) / static_cast<Step>(std::max<int64_t>(steps - 1, 1));
    const auto at = [](Step from, Step by, int64_t i) {
      const Step count = static_cast<Step>(i);
      // Not fused for integers: a product that is all but an integer is to be rounded to it.
      return std::is_floating_point_v<T> ? std::fma(by, count, from) : from + by * count;
    };
    T* const elements = x.data_ptr<T>();
    for (int64_t i = 0; i < steps; ++i) {
      const Step value = i < steps / 2 ? at(first, step, i) : at(last, -step, steps - i - 1);
      // The largest integers are rounded to a double that is none of them.
      const bool is_too_large = std::is_integral_v<T> && value >= Step(0x1p63);
      elements[i] = is_too_large ? std::numeric_limits<T>::max() : static_cast<T>(value);
    }
  });
  return x;
}

}  // namespace frost
