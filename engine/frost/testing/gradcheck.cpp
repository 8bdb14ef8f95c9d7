#include <frost/testing/gradcheck.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

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

void check_inputs(const std::vector<Tensor>& inputs, const char* caller) {
  bool any = false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].defined(), caller, "input ", i, " is undefined");
    if (!inputs[i].requires_grad()) continue;
    any = true;
    check(inputs[i].scalar_type() == kDouble, caller, "input ", i, " requires grad and is ",
          inputs[i].scalar_type(), "; differences are only precise enough in Double");
    check(!inputs[i].layout().overlaps_itself(), caller, "input ", i,
          " has elements that share memory, which can't be moved one at a time; pass a clone()");
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
  for (const size_t place : places) column.push_back(flatten((above[place] - below[place]) / (2 * eps)));
  return column;
}

}  // namespace

bool gradcheck(const Function& function, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  check_inputs(inputs, "gradcheck");
  const auto [places, outputs] = differentiable(function, inputs, "gradcheck");
  for (size_t n = 0; n < inputs.size(); ++n) {
    const Tensor& input = inputs[n];
    if (!input.requires_grad()) continue;
    std::vector<std::vector<Tensor>> columns;  // [element of input][output]
    for (int64_t j = 0; j < input.numel(); ++j)
      columns.push_back(numeric_column(function, inputs, input, j, places, options.eps));

    for (size_t k = 0; k < outputs.size(); ++k) {
      const Tensor one_hot = zeros(outputs[k].sizes(), kDouble);
      for (int64_t i = 0; i < outputs[k].numel(); ++i) {
        one_hot.data_ptr<double>()[i] = 1;
        const Tensor row = autograd::grad({outputs[k]}, {input}, {one_hot}, /*retain_graph=*/true,
                                          /*create_graph=*/false, /*allow_unused=*/true)[0];
        check(!row.defined() || row.sizes() == input.sizes(), "gradcheck", "the gradient of input ", n,
              " has another shape than the input");
        for (int64_t j = 0; j < input.numel(); ++j) {
          const double analytic = row.defined() ? element(row, j) : 0;
          const double numeric = columns[static_cast<size_t>(j)][k].data_ptr<double>()[i];
          check(std::abs(analytic - numeric) <= options.atol + options.rtol * std::abs(numeric), "gradcheck",
                "Jacobian mismatch for output ", k, " with respect to input ", n, ": d output[", i,
                "] / d input[", j, "], numerical: ", numeric, ", analytical: ", analytic);
        }
        one_hot.data_ptr<double>()[i] = 0;  // not before: the row may be a view of it
      }
    }
  }
  return true;
}

bool gradgradcheck(const Function& function, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& grad_outputs, const GradcheckOptions& options) {
  check_inputs(inputs, "gradgradcheck");
  std::vector<Tensor> all = inputs;
  const std::vector<Tensor> outputs = differentiable(function, inputs, "gradgradcheck").tensors;
  for (size_t k = 0; k < outputs.size(); ++k)
    all.push_back(!grad_outputs.empty() ? grad_outputs.at(k)
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

}  // namespace frost::testing
