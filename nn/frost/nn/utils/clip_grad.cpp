#include <frost/nn/utils/clip_grad.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops/common.hpp>

#include <cmath>
#include <string_view>

namespace frost::nn::utils {

namespace {

// Each can be written to: or the grads before one that can't would be clipped, and those after it not.
std::vector<Tensor> present_grads(const std::vector<Tensor>& parameters, std::string_view function) {
  std::vector<Tensor> grads;
  for (const Tensor& parameter : parameters) {
    check_defined(parameter, function, "parameters");
    if (!parameter.grad().defined()) continue;
    grads.push_back(parameter.grad().detach());
    ops::check_in_place(grads.back(), ops::floating_dtype(grads.back().scalar_type()), function);
  }
  return grads;
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  check(max_norm >= 0, "clip_grad_norm_", "max_norm must be 0 or larger, got ", max_norm);
  check(norm_type >= 0, "clip_grad_norm_", "norm_type must be 0 or larger, got ", norm_type);
  const NoGradGuard guard;
  const std::vector<Tensor> grads = present_grads(parameters, "clip_grad_norm_");
  if (grads.empty()) return 0;
  std::vector<Tensor> norms;
  for (const Tensor& grad : grads) norms.push_back(norm(grad, norm_type));
  Tensor total = norms.size() == 1 ? norms[0] : norm(stack(norms), norm_type);
  if (norm_type == 0) total = full({}, static_cast<double>(grads.size()));
  const double total_norm = total.item<double>();
  check(!error_if_nonfinite || std::isfinite(total_norm), "clip_grad_norm_", "The total norm of order ",
        norm_type, " for gradients from `parameters` is non-finite, so it cannot be clipped (it is ",
        total_norm,
        "). To disable this error and scale the gradients with the non-finite norm anyway, set "
        "`error_if_nonfinite=false`");
  const Tensor scale = clamp(max_norm / (total + 1e-6), nullopt, 1.0);
  for (const Tensor& grad : grads) grad.mul_(scale);
  return total_norm;
}

double clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  return clip_grad_norm_(std::vector<Tensor>(parameters), max_norm, norm_type, error_if_nonfinite);
}

double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type, bool error_if_nonfinite) {
  return clip_grad_norm_(std::vector<Tensor>{parameter}, max_norm, norm_type, error_if_nonfinite);
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
  check(clip_value >= 0, "clip_grad_value_", "clip_value must be 0 or larger, got ", clip_value);
  for (const Tensor& grad : present_grads(parameters, "clip_grad_value_"))
    grad.clamp_(-clip_value, clip_value);
}

void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value) {
  clip_grad_value_(std::vector<Tensor>(parameters), clip_value);
}

void clip_grad_value_(const Tensor& parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{parameter}, clip_value);
}

}  // namespace frost::nn::utils
