#include <frost/nn/layer_norm.hpp>

#include <frost/nn/functional/layer_norm.hpp>
#include <frost/nn/init.hpp>
#include <frost/ops.hpp>

#include <ostream>

namespace frost::nn {

LayerNormImpl::LayerNormImpl(const LayerNormOptions& layer_norm_options) : options(layer_norm_options) {
  reset();
}

void LayerNormImpl::reset() {
  const bool affine = options.elementwise_affine();
  weight = register_parameter("weight", affine ? frost::empty(options.normalized_shape()) : Tensor());
  bias = register_parameter("bias", affine ? frost::empty(options.normalized_shape()) : Tensor());
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  if (!options.elementwise_affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

Tensor LayerNormImpl::forward(const Tensor& x) const {
  return functional::layer_norm(x, functional::LayerNormFuncOptions(options.normalized_shape())
                                       .weight(weight)
                                       .bias(bias)
                                       .eps(options.eps()));
}

void LayerNormImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "torch::nn::LayerNorm(" << IntArrayRef(options.normalized_shape())
      << ", eps=" << options.eps() << ", elementwise_affine=" << options.elementwise_affine() << ")";
}

}  // namespace frost::nn
