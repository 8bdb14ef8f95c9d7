#include <frost/nn/linear.hpp>

#include <frost/nn/functional.hpp>
#include <frost/nn/init.hpp>
#include <frost/ops.hpp>

#include <cmath>
#include <ostream>

namespace frost::nn {

LinearImpl::LinearImpl(const LinearOptions& linear_options) : options(linear_options) {
  check(options.in_features() > 0, "Linear", "in_features must be positive, got ", options.in_features());
  check(options.out_features() >= 0, "Linear", "out_features must not be negative, got ",
        options.out_features());
  reset();
}

void LinearImpl::reset() {
  weight = register_parameter("weight", empty({options.out_features(), options.in_features()}));
  bias = register_parameter("bias", options.bias() ? empty({options.out_features()}) : Tensor());
  reset_parameters();
}

void LinearImpl::reset_parameters() {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(options.in_features()));
  init::uniform_(bias, -bound, bound);
}

Tensor LinearImpl::forward(const Tensor& x) const { return functional::linear(x, weight, bias); }

void LinearImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "torch::nn::Linear(in_features=" << options.in_features()
      << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ")";
}

}  // namespace frost::nn
