#include <frost/testing/gradients.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>
#include <frost/testing/elements.hpp>
#include <frost/testing/gradient_path.hpp>

#include <cmath>

namespace frost::testing {

using namespace detail;

namespace {

GradState state_of(long double value) { return value == 0 ? GradState::zero : GradState::number; }

std::string state_text(long double value, Dtype dtype) {
  return value == 0 ? "zero" : "a number, " + number_text(value, dtype);
}

std::string path_suffix(const Tensor& root, const Tensor& x) {
  return root.defined() ? "; " + describe_gradient_paths(root, x) : "";
}

// Why x.grad() is undefined.
std::string reason_for_absence(const Tensor& x) {
  if (!x.requires_grad()) return "the tensor is frozen (requires_grad is false)";
  if (!x.is_leaf() && !x.retains_grad()) return "it is not a leaf and does not retain its grad";
  return "no backward pass has reached it";
}

// x.grad() at the elements where mask is true, held to `accepts`.
template <class Accepts>
Result check_states(const Tensor& x, const Tensor& mask, const Tensor& root, const char* function,
                    const char* expected, const Accepts& accepts) {
  check_defined(x, function, "x");
  const std::vector<bool> asked = mask_elements(mask, x.sizes(), function);
  int64_t count = 0;
  for (const bool is_asked : asked) count += is_asked;
  if (count == 0) return {};
  const Tensor& grad = x.grad();
  const std::string beginning = "gradient of " + name_of(x);
  if (!grad.defined()) {
    size_t first = 0;
    while (!asked[first]) ++first;
    return Result::failure(beginning + " at " + index_text(static_cast<int64_t>(first), x.sizes()) +
                           ": expected " + expected + ", found absent: " + reason_for_absence(x) +
                           path_suffix(root, x));
  }
  const std::vector<long double> values = elements(grad);
  Tally wrong;
  for (size_t i = 0; i < values.size(); ++i)
    if (asked[i] && !accepts(values[i])) wrong.add(i);
  if (wrong.count() == 0) return {};
  return Result::failure(
      beginning + " at " + index_text(static_cast<int64_t>(wrong.first()), x.sizes()) + ": expected " +
      expected + ", found " + state_text(values[wrong.first()], grad.scalar_type()) + "; so at " +
      to_text(wrong.count()) + " of " + to_text(count) + " elements" + path_suffix(root, x));
}

// What differs between the gradients of two tensors, or "".
std::string difference(const Tensor& a, const Tensor& b, double rtol, double atol) {
  const Tensor &grad_a = a.grad(), &grad_b = b.grad();
  if (!grad_a.defined() && !grad_b.defined()) return "";
  if (grad_a.defined() != grad_b.defined()) {
    const Tensor& there = grad_a.defined() ? grad_a : grad_b;
    const std::string found = grad_state(there) == GradState::zero ? "zero" : "a number";
    const std::string absent = "absent (" + reason_for_absence(grad_a.defined() ? b : a) + ")";
    return grad_a.defined() ? "expected " + absent + ", found " + found
                            : "expected " + found + ", found " + absent;
  }
  if (grad_a.sizes() != grad_b.sizes())
    return "expected sizes " + to_text(grad_b.sizes()) + ", found " + to_text(grad_a.sizes());
  const std::vector<long double> found = elements(grad_a), expected = elements(grad_b);
  Tally wrong;
  for (size_t i = 0; i < found.size(); ++i) {
    const bool same = (std::isnan(found[i]) && std::isnan(expected[i])) || found[i] == expected[i];
    const bool close = std::isfinite(expected[i]) && state_of(found[i]) == state_of(expected[i]) &&
                       std::abs(found[i] - expected[i]) <= atol + rtol * std::abs(expected[i]);
    if (!same && !close) wrong.add(i);
  }
  if (wrong.count() == 0) return "";
  const size_t i = wrong.first();
  return "at " + index_text(static_cast<int64_t>(i), a.sizes()) + ": expected " +
         state_text(expected[i], grad_b.scalar_type()) + ", found " +
         state_text(found[i], grad_a.scalar_type()) + "; " + count_text(wrong.count(), grad_a.numel());
}

}  // namespace

namespace {

long double element_at(const Tensor& grad, int64_t place, const char* function) {
  check(0 <= place && place < grad.numel(), function, "there is no element ", place, " of ", grad.numel());
  return elements(grad)[static_cast<size_t>(place)];
}

}  // namespace

GradState grad_state(const Tensor& grad, int64_t place) {
  if (!grad.defined()) return GradState::absent;
  return state_of(element_at(grad, place, "grad_state"));
}

GradState grad_state(const Tensor& grad) {
  if (!grad.defined()) return GradState::absent;
  for (const long double value : elements(grad))
    if (value != 0) return GradState::number;
  return GradState::zero;
}

std::string grad_text(const Tensor& grad, int64_t place) {
  if (!grad.defined()) return "absent";
  return state_text(element_at(grad, place, "grad_text"), grad.scalar_type());
}

Result grad_absent(const Tensor& x, const Tensor& root) {
  check_defined(x, "grad_absent", "x");
  if (!x.grad().defined()) return {};
  const std::string beginning = "gradient of " + name_of(x) + ": expected absent, found ";
  const std::vector<long double> values = elements(x.grad());
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != 0)
      return Result::failure(beginning + state_text(values[i], x.grad().scalar_type()) + " at " +
                             index_text(static_cast<int64_t>(i), x.sizes()) + path_suffix(root, x));
  return Result::failure(beginning + "zero throughout" + path_suffix(root, x));
}

Result grad_zero_at(const Tensor& x, const Tensor& mask, const Tensor& root) {
  return check_states(x, mask, root, "grad_zero_at", "zero", [](long double value) { return value == 0; });
}

Result grad_non_zero_at(const Tensor& x, const Tensor& mask, const Tensor& root) {
  return check_states(x, mask, root, "grad_non_zero_at", "a number other than zero",
                      [](long double value) { return value != 0 && std::isfinite(value); });
}

Result same_gradients(const Tensor& a, const Tensor& b, double rtol, double atol) {
  check_defined(a, "same_gradients", "a");
  check_defined(b, "same_gradients", "b");
  const std::string text = difference(a, b, rtol, atol);
  if (text.empty()) return {};
  const std::string name = name_of(a, "");
  return Result::failure("gradient" + (name.empty() ? "" : " of " + name) + " " + text);
}

Result same_gradients(TensorList a, TensorList b, double rtol, double atol) {
  check(a.size() == b.size(), "same_gradients", "got lists of ", a.size(), " and ", b.size(), " tensors");
  for (size_t i = 0; i < a.size(); ++i)
    if (const Result result = same_gradients(a[i], b[i], rtol, atol); !result)
      return Result::failure("tensor " + to_text(i) + ": " + result.message);
  return {};
}

Result grad_matches(const Tensor& x, const std::function<Tensor(const Tensor&)>& function,
                    const GradcheckOptions& options) {
  check_defined(x, "grad_matches", "x");
  const Tensor mask = options.masks.empty() ? Tensor() : options.masks[0];
  const std::vector<long double> numeric = elements(numeric_gradient(function, x, mask, options.eps));
  const std::vector<bool> asked = mask_elements(mask, x.sizes(), "grad_matches");
  const Tensor& grad = x.grad();
  const std::vector<long double> found =
      grad.defined() ? elements(grad) : std::vector<long double>(numeric.size());
  Tally wrong;
  for (size_t i = 0; i < numeric.size(); ++i) {
    const bool close = std::abs(found[i] - numeric[i]) <= options.atol + options.rtol * std::abs(numeric[i]);
    if (asked[i] && (!close || !grad.defined())) wrong.add(i);
  }
  if (wrong.count() == 0) return {};
  const size_t i = wrong.first();
  const AutoGradMode recording(true);
  return Result::failure(
      "gradient of " + name_of(x) + " at " + index_text(static_cast<int64_t>(i), x.sizes()) +
      ": differences give " + number_text(numeric[i]) + ", found " +
      (grad.defined() ? state_text(found[i], grad.scalar_type()) : "absent: " + reason_for_absence(x)) +
      "; " + count_text(wrong.count(), x.numel()) + path_suffix(function(x), x));
}

}  // namespace frost::testing
