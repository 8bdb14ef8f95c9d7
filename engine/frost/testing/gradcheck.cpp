#include <frost/testing/gradcheck.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>
#include <frost/testing/elements.hpp>
#include <frost/testing/gradient_path.hpp>

#include <cmath>

namespace frost::testing {

namespace {

// The element of x, of any strides, at row-major place j.
double& element(const Tensor& x, int64_t j) {
  double* place = x.data_ptr<double>();
  for (int64_t dim = x.dim() - 1; dim >= 0; --dim) {
    place += j % x.size(dim) * x.stride(dim);
    j /= x.size(dim);
  }
  return *place;
}

// "input 2 (fc.weight)"
std::string input_text(size_t i, const Tensor& input, const GradcheckOptions& options) {
  const std::string name = i < options.names.size() ? options.names[i] : detail::name_of(input, "");
  return "input " + to_text(i) + (name.empty() ? "" : " (" + name + ")");
}

std::vector<bool> checked_elements(size_t i, const Tensor& input, const GradcheckOptions& options,
                                   const char* caller) {
  return detail::mask_elements(i < options.masks.size() ? options.masks[i] : Tensor(), input.sizes(), caller);
}

void check_movable(const Tensor& x, const std::string& text, const char* caller) {
  check(x.scalar_type() == kDouble, caller, text, " requires grad and is ", x.scalar_type(),
        "; differences are only precise enough in Double");
  check(!x.layout().overlaps_itself(), caller, text,
        " has elements that share memory, which can't be moved one at a time; pass a clone()");
}

void check_inputs(const Function& function, const std::vector<Tensor>& inputs,
                  const GradcheckOptions& options, const char* caller) {
  check(function != nullptr, caller, "expected a function to differentiate, got an empty one");
  check(options.eps > 0, caller, "eps must be positive, got ", options.eps);
  check(options.masks.size() <= inputs.size() && options.names.size() <= inputs.size(), caller, "got ",
        inputs.size(), " inputs, ", options.masks.size(), " masks and ", options.names.size(), " names");
  bool any = false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].defined(), caller, "input ", i, " is undefined");
    checked_elements(i, inputs[i], options, caller);
    if (!inputs[i].requires_grad()) continue;
    any = true;
    check_movable(inputs[i], input_text(i, inputs[i], options), caller);
  }
  check(any, caller,
        "expects at least one input tensor to require gradient, but none of the them have requires_grad");
}

struct Outputs {
  std::vector<size_t> places;  // which of the function's outputs can be differentiated
  std::vector<Tensor> tensors;
};

Outputs differentiable(const Function& function, const std::vector<Tensor>& inputs, const char* caller) {
  Outputs outputs;
  const std::vector<Tensor> all = function(inputs);
  for (size_t place = 0; place < all.size(); ++place) {
    if (!all[place].is_floating_point() || !all[place].requires_grad()) continue;
    outputs.places.push_back(place);
    outputs.tensors.push_back(all[place]);
  }
  check(!outputs.tensors.empty(), caller, "no output of the function requires grad");
  return outputs;
}

// Differences of a function that draws random numbers, as dropout does, say nothing.
void check_repeats(const Function& function, const std::vector<Tensor>& inputs, const Outputs& outputs,
                   const char* caller) {
  const NoGradGuard guard;
  const std::vector<Tensor> again = function(inputs);
  for (size_t k = 0; k < outputs.places.size(); ++k) {
    const Tensor &first = outputs.tensors[k], &second = again.at(outputs.places[k]);
    check(first.sizes() == second.sizes() && allclose(first, second, 0, 0, /*equal_nan=*/true), caller,
          "output ", outputs.places[k],
          " differs from call to call, so that it has no derivative: seed what is random in it, or eval()");
  }
}

// d outputs / d (element j of input): one column of the Jacobian, by central differences.
std::vector<Tensor> numeric_column(const Function& function, const std::vector<Tensor>& inputs,
                                   const Tensor& input, int64_t j, const std::vector<size_t>& places,
                                   double eps) {
  const NoGradGuard guard;
  double& x = element(input, j);
  const double original = x;
  const struct Restore {  // whatever the function throws
    double& x;
    double original;
    ~Restore() { x = original; }
  } restore{x, original};
  x = original + eps;
  std::vector<Tensor> above = function(inputs);
  for (Tensor& output : above) output = clone(output);
  x = original - eps;
  std::vector<Tensor> below = function(inputs);
  std::vector<Tensor> column;
  for (const size_t place : places) {
    check(place < above.size() && place < below.size() && above[place].defined() && below[place].defined(),
          "gradcheck", "the function gives fewer outputs for other inputs: there is no output ", place);
    column.push_back(flatten((above[place] - below[place]) / (2 * eps)));
  }
  return column;
}

}  // namespace

bool gradcheck(const Function& function, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  check_inputs(function, inputs, options, "gradcheck");
  const Outputs differentiated = differentiable(function, inputs, "gradcheck");
  check_repeats(function, inputs, differentiated, "gradcheck");
  const auto& [places, outputs] = differentiated;
  for (size_t n = 0; n < inputs.size(); ++n) {
    const Tensor& input = inputs[n];
    if (!input.requires_grad()) continue;
    const std::vector<bool> is_checked = checked_elements(n, input, options, "gradcheck");
    std::vector<std::vector<Tensor>> columns(is_checked.size());  // [element of input][output]
    for (size_t j = 0; j < columns.size(); ++j)
      if (is_checked[j])
        columns[j] = numeric_column(function, inputs, input, static_cast<int64_t>(j), places, options.eps);

    for (size_t k = 0; k < outputs.size(); ++k) {
      const Tensor one_hot = zeros(outputs[k].sizes(), kDouble);
      for (int64_t i = 0; i < outputs[k].numel(); ++i) {
        one_hot.data_ptr<double>()[i] = 1;
        const Tensor row = autograd::grad({outputs[k]}, {input}, {one_hot}, /*retain_graph=*/true,
                                          /*create_graph=*/false, /*allow_unused=*/true)[0];
        check(!row.defined() || row.sizes() == input.sizes(), "gradcheck", "the gradient of ",
              input_text(n, input, options), " has another shape than the input");
        for (size_t j = 0; j < columns.size(); ++j) {
          if (!is_checked[j]) continue;
          const auto place = static_cast<int64_t>(j);
          const double analytic = row.defined() ? element(row, place) : 0;
          const double numeric = columns[j][k].data_ptr<double>()[i];
          if (std::abs(analytic - numeric) <= options.atol + options.rtol * std::abs(numeric)) continue;
          fail("gradcheck", "Jacobian mismatch for output ", places[k], " with respect to ",
               input_text(n, input, options), ": d output", detail::index_text(i, outputs[k].sizes()),
               " / d input", detail::index_text(place, input.sizes()),
               ", numerical: ", detail::number_text(numeric),
               ", analytical: ", row.defined() ? detail::number_text(analytic) : "absent", "; ",
               describe_gradient_paths(outputs[k], input));
        }
        one_hot.data_ptr<double>()[i] = 0;  // not before: the row may be a view of it
      }
    }
  }
  return true;
}

bool gradgradcheck(const Function& function, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& grad_outputs, const GradcheckOptions& options) {
  check_inputs(function, inputs, options, "gradgradcheck");
  std::vector<Tensor> all = inputs;
  const std::vector<Tensor> outputs = differentiable(function, inputs, "gradgradcheck").tensors;
  check(grad_outputs.empty() || grad_outputs.size() == outputs.size(), "gradgradcheck", "got ",
        grad_outputs.size(), " grad_outputs for ", outputs.size(), " outputs");
  for (size_t k = 0; k < outputs.size(); ++k)
    all.push_back(!grad_outputs.empty() ? grad_outputs[k]
                                        : randn(outputs[k].sizes(), dtype(kDouble).requires_grad(true)));
  const size_t count = inputs.size();
  const Function gradients = [&function, count](const std::vector<Tensor>& values) {
    const AutoGradMode mode(
        true);  // the differences are taken without recording, but their function differentiates
    const std::vector<Tensor> xs(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
    const std::vector<Tensor> grads_out(values.begin() + static_cast<std::ptrdiff_t>(count), values.end());
    std::vector<Tensor> wanted;
    for (const Tensor& x : xs)
      if (x.requires_grad()) wanted.push_back(x);
    std::vector<Tensor> grads =
        autograd::grad(differentiable(function, xs, "gradgradcheck").tensors, wanted, grads_out,
                       /*retain_graph=*/true, /*create_graph=*/true, /*allow_unused=*/true);
    for (size_t i = 0; i < grads.size(); ++i)
      if (!grads[i].defined()) grads[i] = zeros_like(wanted[i]);
    // A gradient that does not depend on anything (that of a sum) has no second derivative to check, but
    // keeps its place.
    for (Tensor& grad : grads)
      if (!grad.requires_grad()) grad = grad + zeros_like(grad).requires_grad_();
    return grads;
  };
  return gradcheck(gradients, all, options);
}

Tensor numeric_gradient(const std::function<Tensor(const Tensor&)>& function, const Tensor& x,
                        const Tensor& mask, double eps) {
  check_defined(x, "numeric_gradient", "x");
  check(function != nullptr, "numeric_gradient", "expected a function to differentiate, got an empty one");
  check(eps > 0, "numeric_gradient", "eps must be positive, got ", eps);
  check_movable(x, "x", "numeric_gradient");
  const Function values = [&function](const std::vector<Tensor>& xs) {
    const Tensor y = function(xs[0]);
    check(y.defined() && y.numel() == 1, "numeric_gradient",
          "expected a function that gives one number, got ",
          y.defined() ? "sizes " + to_text(y.sizes()) : "an undefined tensor");
    return std::vector<Tensor>{y};
  };
  const std::vector<bool> is_asked = detail::mask_elements(mask, x.sizes(), "numeric_gradient");
  const Tensor gradient = zeros(x.sizes(), kDouble);
  for (size_t j = 0; j < is_asked.size(); ++j)
    if (is_asked[j])
      gradient.data_ptr<double>()[j] =
          numeric_column(values, {x}, x, static_cast<int64_t>(j), {0}, eps)[0].item<double>();
  return gradient;
}

}  // namespace frost::testing
