// Linear: an affine map of the last dimension.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/options.hpp>

namespace frost::nn {

// y = x Wᵀ + b. x: [*, in_features] → [*, out_features]; weight [out_features, in_features], bias
// [out_features]. Initialised as libtorch does: both uniform in ±1/√in_features.
struct LinearOptions : OptionsOf<LinearOptions> {
  LinearOptions(int64_t in_features, int64_t out_features)
      : in_features_(in_features), out_features_(out_features) {}
  LinearOptions& bias(bool on) { return set(bias_, on); }
  int64_t in_features() const { return in_features_; }
  int64_t out_features() const { return out_features_; }
  bool bias() const { return bias_; }

 private:
  int64_t in_features_, out_features_;
  bool bias_ = true;
};

class LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features)
      : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;

  LinearOptions options;
  Tensor weight, bias;
};
TORCH_MODULE(Linear);

}  // namespace frost::nn
