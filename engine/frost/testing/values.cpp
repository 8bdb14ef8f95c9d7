#include <frost/testing/values.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>
#include <frost/testing/elements.hpp>
#include <frost/testing/gradients.hpp>

#include <cmath>

namespace frost::testing {

using namespace detail;

Result all_close(const Tensor& found, const Tensor& expected, double rtol, double atol, bool equal_nan) {
  check_defined(expected, "all_close", "expected");
  if (!found.defined())
    return Result::failure("expected a tensor of " + shape_text(expected) +
                           ", found an undefined one (of a gradient: absent)");
  if (found.sizes() != expected.sizes() || found.scalar_type() != expected.scalar_type())
    return Result::failure("expected " + shape_text(expected) + ", found " + shape_text(found));

  const std::vector<long double> a = elements(found), b = elements(expected);
  const auto allowed = [rtol, atol](long double x) { return atol + rtol * std::abs(x); };
  const auto close = [&allowed, equal_nan](long double x, long double y) {
    if (std::isnan(x) || std::isnan(y)) return equal_nan && std::isnan(x) && std::isnan(y);
    return x == y || (std::isfinite(y) && std::abs(x - y) <= allowed(y));
  };
  Tally wrong;
  for (size_t i = 0; i < a.size(); ++i)
    if (!close(a[i], b[i])) wrong.add(i);
  if (wrong.count() == 0) return {};

  const size_t i = wrong.first();
  const Dtype dtype = found.scalar_type();
  std::string text = "element " + index_text(static_cast<int64_t>(i), found.sizes()) + ": expected " +
                     number_text(b[i], dtype) + ", found " + number_text(a[i], dtype);
  if (std::isfinite(a[i]) && std::isfinite(b[i]))
    text += ", off by " + to_text(static_cast<double>(std::abs(a[i] - b[i]))) + " where " +
            to_text(static_cast<double>(allowed(b[i]))) + " is allowed";
  return Result::failure(text + "; " + count_text(wrong.count(), found.numel()));
}

Result sums_to_one(const Tensor& x, int64_t dim, double atol) {
  check_defined(x, "sums_to_one", "x");
  const Tensor sums = sum(x.detach().to(kDouble), dim);
  const std::vector<long double> found = elements(sums);
  Tally wrong;
  for (size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(found[i] - 1) <= atol)) wrong.add(i);
  if (wrong.count() == 0) return {};
  const std::string expected = ": expected 1, found " + number_text(found[wrong.first()]);
  if (sums.dim() == 0) return Result::failure("the sum" + expected);
  return Result::failure("the sum along dim " + to_text(dim) + " at " +
                         index_text(static_cast<int64_t>(wrong.first()), sums.sizes()) + expected + "; " +
                         to_text(wrong.count()) + " of " + to_text(sums.numel()) + " sums are not 1");
}

Result unchanged_by(const Tensor& x, const std::function<void()>& step, const Tensor& mask) {
  check_defined(x, "unchanged_by", "x");
  check(step != nullptr, "unchanged_by", "expected a step to take, got an empty function");
  const std::vector<bool> held = mask_elements(mask, x.sizes(), "unchanged_by");
  const std::vector<int64_t> sizes = x.sizes().vec();
  const std::vector<long double> before = elements(x);
  const Tensor grad = x.grad().defined() ? x.grad().clone() : Tensor();  // the step may change it
  step();
  if (x.sizes() != IntArrayRef(sizes))
    return Result::failure("expected sizes " + to_text(IntArrayRef(sizes)) + " as before the step, found " +
                           to_text(x.sizes()));

  const std::vector<long double> after = elements(x);
  Tally moved;
  for (size_t i = 0; i < before.size(); ++i)
    if (held[i] && !same_bits(before[i], after[i])) moved.add(i);
  if (moved.count() == 0) return {};
  const size_t i = moved.first();
  const auto place = static_cast<int64_t>(i);
  const GradState state_before = grad_state(grad, place), state_after = grad_state(x.grad(), place);
  const std::string grad_before = grad_text(grad, place), grad_after = grad_text(x.grad(), place);
  std::string text = name_of(x) + " at " + index_text(place, x.sizes()) + ": expected " +
                     number_text(before[i], x.scalar_type()) + " as before the step, found " +
                     number_text(after[i], x.scalar_type()) + "; its gradient was " + grad_before;
  if (grad_after != grad_before) text += " before the step, and " + grad_after + " after it";
  const auto is_one_of_both = [=](GradState state) { return state_before == state || state_after == state; };
  if (is_one_of_both(GradState::zero) && !is_one_of_both(GradState::number))
    text += ", which momentum, weight decay and moving averages pass over: only an absent one holds it";
  return Result::failure(text + "; " + count_text(moved.count(), x.numel(), "moved"));
}

}  // namespace frost::testing
