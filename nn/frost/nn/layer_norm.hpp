// LayerNorm: each example normalised on its own.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/options.hpp>

#include <vector>

namespace frost::nn {

struct LayerNormOptions : OptionsOf<LayerNormOptions> {
  LayerNormOptions(std::vector<int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}
  LayerNormOptions& normalized_shape(std::vector<int64_t> shape) {
    return set(normalized_shape_, std::move(shape));
  }
  LayerNormOptions& eps(double eps) { return set(eps_, eps); }
  LayerNormOptions& elementwise_affine(bool on) { return set(elementwise_affine_, on); }
  const std::vector<int64_t>& normalized_shape() const { return normalized_shape_; }
  double eps() const { return eps_; }
  bool elementwise_affine() const { return elementwise_affine_; }

 private:
  std::vector<int64_t> normalized_shape_;
  double eps_ = 1e-5;
  bool elementwise_affine_ = true;
};

// functional::layer_norm with weight (ones at first) and bias (zeros), both of normalized_shape, or neither.
class LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  LayerNormImpl(std::vector<int64_t> normalized_shape)
      : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
  explicit LayerNormImpl(const LayerNormOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;

  LayerNormOptions options;
  Tensor weight, bias;
};
TORCH_MODULE(LayerNorm);

}  // namespace frost::nn
