#include <frost/nn/init.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <cmath>

namespace frost::nn::init {

namespace {

double xavier_std(const Tensor& tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return gain * std::sqrt(2.0 / static_cast<double>(fan_in + fan_out));
}

double kaiming_std(const Tensor& tensor, double a, FanMode mode, Nonlinearity nonlinearity) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return calculate_gain(nonlinearity, a) / std::sqrt(static_cast<double>(mode == kFanIn ? fan_in : fan_out));
}

// The columns of a [n, k] Double matrix, n ≥ k, made orthonormal one after the other, each against those
// before it: Q of the QR decomposition of which R has a positive diagonal. Twice, since what rounding leaves
// after the first time may be large against what is left of the column.
void orthonormalise_columns(const Tensor& matrix) {
  for (int64_t k = 0; k < matrix.size(1); ++k) {
    const Tensor column = matrix.select(1, k), before = matrix.narrow(1, 0, k);
    for (int times = 0; times < 2; ++times) column.sub_(matmul(before, matmul(before.t(), column)));
    column.div_(norm(column));
  }
}

}  // namespace

Tensor uniform_(Tensor tensor, double low, double high) {
  const NoGradGuard guard;
  return tensor.uniform_(low, high);
}

Tensor normal_(Tensor tensor, double mean, double std) {
  const NoGradGuard guard;
  return tensor.normal_(mean, std);
}

Tensor constant_(Tensor tensor, const Scalar& value) {
  const NoGradGuard guard;
  return tensor.fill_(value);
}

Tensor ones_(Tensor tensor) { return constant_(tensor, 1); }
Tensor zeros_(Tensor tensor) { return constant_(tensor, 0); }

Tensor eye_(Tensor matrix) {
  check_defined(matrix, "eye_", "matrix");
  check(matrix.dim() == 2, "eye_", "Only tensors with 2 dimensions are supported, got sizes ",
        matrix.sizes());
  const NoGradGuard guard;
  return matrix.copy_(eye(matrix.size(0), matrix.size(1)));
}

double calculate_gain(Nonlinearity nonlinearity, double param) {
  switch (nonlinearity) {
    case kTanh:
      return 5.0 / 3;
    case kReLU:
      return std::sqrt(2.0);
    case kLeakyReLU:
      return std::sqrt(2 / (1 + param * param));
    default:
      return 1;
  }
}

std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor) {
  check_defined(tensor, "init", "tensor");
  check(tensor.dim() >= 2, "init",
        "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got sizes ",
        tensor.sizes());
  const int64_t field = numel(tensor.sizes().slice(2));
  return {tensor.size(1) * field, tensor.size(0) * field};
}

Tensor xavier_uniform_(Tensor tensor, double gain) {
  const double bound = std::sqrt(3.0) * xavier_std(tensor, gain);
  return init::uniform_(tensor, -bound, bound);
}

Tensor xavier_normal_(Tensor tensor, double gain) {
  return init::normal_(tensor, 0, xavier_std(tensor, gain));
}

Tensor kaiming_uniform_(Tensor tensor, double a, FanMode mode, Nonlinearity nonlinearity) {
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity);
  return init::uniform_(tensor, -bound, bound);
}

Tensor kaiming_normal_(Tensor tensor, double a, FanMode mode, Nonlinearity nonlinearity) {
  return init::normal_(tensor, 0, kaiming_std(tensor, a, mode, nonlinearity));
}

Tensor orthogonal_(Tensor tensor, double gain) {
  check_defined(tensor, "orthogonal_", "tensor");
  check(tensor.dim() >= 2, "orthogonal_", "Only tensors with 2 or more dimensions are supported, got sizes ",
        tensor.sizes());
  check(tensor.is_floating_point(), "orthogonal_", "not implemented for '", tensor.scalar_type(), "'");
  const NoGradGuard guard;
  const int64_t rows = tensor.size(0), columns = tensor.numel() / std::max<int64_t>(rows, 1);
  const Tensor matrix = randn({rows, columns}).to(kDouble);
  orthonormalise_columns(rows < columns ? matrix.t() : matrix);
  return tensor.copy_(matrix.view(tensor.sizes())).mul_(gain);
}

}  // namespace frost::nn::init
