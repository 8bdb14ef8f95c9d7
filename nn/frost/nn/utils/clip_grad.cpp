#include <frost/nn/utils/clip_grad.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>

#include <cmath>

namespace frost::nn::utils {

namespace {

std::vector<Tensor> present_grads(const std::vector<Tensor>& parameters) {
  std::vector<Tensor> grads;
  for (const Tensor& parameter : parameters)
    if (parameter.grad().defined()) grads.push_back(parameter.grad().detach());
  return grads;
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  const NoGradGuard guard;
  const std::vector<Tensor> grads = present_grads(parameters);
  if (grads.empty()) return 0;
  std::vector<Tensor> norms;
  for (const Tensor& grad : grads) norms.push_back(norm(grad, norm_type));
  Tensor total = norms.size() == 1 ? norms[0] : norm(stack(norms), norm_type);
  if (norm_type == 0) total = full({}, static_cast<double>(grads.size()));
  const double total_norm = total.item<double>();
  check(!error_if_nonfinite || std::isfinite(total_norm), "clip_grad_norm_", "The total norm of order ",
        norm_type,
        " for gradients from `parameters` is non-finite, so it cannot be clipped. To disable this ",
        "error and scale the gradients with the non-finite norm anyway, set `error_if_nonfinite=false`");
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
  for (const Tensor& grad : present_grads(parameters)) grad.clamp_(-clip_value, clip_value);
}

void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value) {
  clip_grad_value_(std::vector<Tensor>(parameters), clip_value);
}

void clip_grad_value_(const Tensor& parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{parameter}, clip_value);
}

}  // namespace frost::nn::utils
