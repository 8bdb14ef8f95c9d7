// Layer normalisation (Ba, Kiros, Hinton 2016).
#pragma once

#include <frost/nn/options.hpp>
#include <frost/tensor.hpp>

#include <vector>

namespace frost::nn::functional {

struct LayerNormFuncOptions : OptionsOf<LayerNormFuncOptions> {
  LayerNormFuncOptions(std::vector<int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}
  LayerNormFuncOptions& normalized_shape(std::vector<int64_t> shape) {
    return set(normalized_shape_, std::move(shape));
  }
  LayerNormFuncOptions& weight(const Tensor& weight) { return set(weight_, weight); }
  LayerNormFuncOptions& bias(const Tensor& bias) { return set(bias_, bias); }
  LayerNormFuncOptions& eps(double eps) { return set(eps_, eps); }
  const std::vector<int64_t>& normalized_shape() const { return normalized_shape_; }
  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }
  double eps() const { return eps_; }

 private:
  std::vector<int64_t> normalized_shape_;
  Tensor weight_, bias_;
  double eps_ = 1e-5;
};

// y = (x - mean) / √(var + eps) · weight + bias, where mean and var (of n, not n - 1) are those over the last
// dims of x, which have the sizes normalized_shape. weight and bias have that shape, or are undefined.
Tensor layer_norm(const Tensor& x, const LayerNormFuncOptions& options);

}  // namespace frost::nn::functional
