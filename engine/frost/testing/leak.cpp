#include <frost/testing/leak.hpp>

#include <frost/ops.hpp>
#include <frost/tape.hpp>
#include <frost/tensor_impl.hpp>
#include <frost/testing/elements.hpp>
#include <frost/testing/gradient_path.hpp>
#include <frost/testing/gradients.hpp>

#include <cmath>
#include <limits>
#include <optional>

namespace frost::testing {

using namespace detail;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What one call of the function gave.
struct Run {
  Tensor x, output;
  std::vector<Tensor> grads;  // of x, then of the leaves; undefined: absent
};

Run run(const std::function<Tensor(const Tensor&)>& function, const Tensor& values,
        const std::vector<Tensor>& leaves) {
  const AutoGradMode recording(true);
  Run result;
  result.x = values.detach().clone().requires_grad_();
  result.x.set_name("x");
  result.output = function(result.x);
  check(result.output.defined(), "no_leak_from", "the function gave an undefined tensor");
  std::vector<Tensor> inputs = {result.x};
  for (const Tensor& leaf : leaves)
    if (leaf.requires_grad()) inputs.push_back(leaf);
  result.grads.resize(inputs.size());
  if (!result.output.requires_grad()) return result;
  const Tensor& y = result.output;
  const Tensor weights =
      (arange(1, y.numel() + 1, y.dtype()) / static_cast<double>(y.numel())).reshape(y.sizes());
  result.grads = autograd::grad({y}, inputs, {weights}, /*retain_graph=*/false, /*create_graph=*/false,
                                /*allow_unused=*/true);
  return result;
}

// The first element that is not as it was, among those where `compared` is true.
std::optional<size_t> first_difference(const Tensor& before, const Tensor& after,
                                       const std::vector<bool>& compared) {
  const std::vector<long double> a = elements(before), b = elements(after);
  for (size_t i = 0; i < a.size(); ++i)
    if (compared[i] && a[i] != b[i] && !same_bits(a[i], b[i])) return i;
  return std::nullopt;
}

// What differs between two runs, or ""; x's gradient only where `kept` is true.
std::string difference(const Run& before, const Run& after, const std::vector<bool>& kept,
                       const std::vector<std::string>& names) {
  const Tensor &y = before.output, &z = after.output;
  if (y.sizes() != z.sizes())
    return "the output has sizes " + to_text(z.sizes()) + " where it had " + to_text(y.sizes());
  if (const std::optional<size_t> i = first_difference(y, z, mask_elements({}, y.sizes(), "no_leak_from"))) {
    const auto place = static_cast<int64_t>(*i);
    return "output at " + index_text(place, y.sizes()) + ": expected " +
           number_text(elements(y)[*i], y.scalar_type()) + " as with the values that were there, found " +
           number_text(elements(z)[*i], z.scalar_type());
  }
  for (size_t n = 0; n < before.grads.size(); ++n) {
    const Tensor &a = before.grads[n], &b = after.grads[n];
    const std::string beginning = "gradient of " + names[n];
    if (a.defined() != b.defined())
      return beginning + ": expected " + grad_text(a, 0) + " as with the values that were there, found " +
             grad_text(b, 0);
    if (!a.defined()) continue;
    const std::vector<bool> compared = n == 0 ? kept : mask_elements({}, a.sizes(), "no_leak_from");
    if (const std::optional<size_t> i = first_difference(a, b, compared)) {
      const auto place = static_cast<int64_t>(*i);
      return beginning + " at " + index_text(place, a.sizes()) + ": expected " + grad_text(a, place) +
             " as with the values that were there, found " + grad_text(b, place);
    }
  }
  return "";
}

// Where padded elements got a gradient, or "".
std::string gradient_of_padding(const Run& run, const std::vector<bool>& kept) {
  const Tensor& grad = run.grads[0];
  if (!grad.defined()) return "";
  const std::vector<long double> values = elements(grad);
  for (size_t i = 0; i < values.size(); ++i)
    if (!kept[i] && values[i] != 0) {
      const auto place = static_cast<int64_t>(i);
      return "gradient of x at " + index_text(place, grad.sizes()) +
             ", which is padded: expected zero or absent, found " + grad_text(grad, place) + "; " +
             describe_gradient_paths(run.output, run.x);
    }
  return "";
}

}  // namespace

const std::vector<double>& finite_fills() {
  static const std::vector<double> fills = {0, 1, -1, 1e30, -1e30};
  return fills;
}

const std::vector<double>& all_fills() {
  static const std::vector<double> fills = {
      0, 1, -1, 1e30, -1e30, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()};
  return fills;
}

Result no_leak_from(const Tensor& mask, const std::function<Tensor(const Tensor&)>& function, const Tensor& x,
                    const LeakOptions& options) {
  const std::vector<Tensor>& leaves = options.leaves;
  check_defined(x, "no_leak_from", "x");
  check_defined(mask, "no_leak_from", "mask");
  check(function != nullptr, "no_leak_from", "expected a function, got an empty one");
  check(x.is_floating_point(), "no_leak_from", "expected floating point, which can hold NaN, got ",
        x.scalar_type());
  std::vector<bool> kept = mask_elements(mask, x.sizes(), "no_leak_from");
  kept.flip();
  std::vector<std::string> names = {"x"};
  for (size_t i = 0; i < leaves.size(); ++i) {
    check_defined(leaves[i], "no_leak_from", "a leaf");
    if (!leaves[i].requires_grad()) continue;
    const std::string name = i < options.leaf_names.size() ? options.leaf_names[i] : name_of(leaves[i], "");
    names.push_back(name.empty() ? "leaf " + to_text(i) : name);
  }

  const Run original = run(function, x, leaves);
  const std::string unsteady =
      difference(original, run(function, x, leaves), std::vector<bool>(kept.size(), true), names);
  check(unsteady.empty(), "no_leak_from", "the function gives other results when it is called again (",
        unsteady, "): seed what is random in it, or eval()");
  if (const std::string text = gradient_of_padding(original, kept); !text.empty())
    return Result::failure("with the values that were there, " + text);
  for (const double fill : options.fills) {
    const Run filled = run(function, masked_fill(x.detach(), mask, fill), leaves);
    std::string text = difference(original, filled, kept, names);
    if (text.empty()) text = gradient_of_padding(filled, kept);
    if (!text.empty())
      return Result::failure("with " + number_text(fill, x.scalar_type()) + " at the padded positions, " +
                             text);
  }
  return {};
}

}  // namespace frost::testing
