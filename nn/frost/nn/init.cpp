#include <frost/nn/init.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>

#include <algorithm>
#include <cmath>

namespace frost::nn::init {

Tensor uniform_(Tensor tensor, double low, double high) {
  const NoGradGuard guard;
  return tensor.uniform_(low, high);
}

Tensor normal_(Tensor tensor, double mean, double std) {
  const NoGradGuard guard;
  return tensor.normal_(mean, std);
}

Tensor kaiming_uniform_(Tensor tensor, double a) {
  check(tensor.dim() >= 2, "kaiming_uniform_",
        "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got sizes ",
        tensor.sizes());
  const int64_t fan_in = tensor.numel() / std::max<int64_t>(tensor.size(0), 1);
  const double gain = std::sqrt(2 / (1 + a * a));
  const double bound = std::sqrt(3.0) * (gain / std::sqrt(static_cast<double>(fan_in)));
  return init::uniform_(tensor, -bound, bound);
}

}  // namespace frost::nn::init
