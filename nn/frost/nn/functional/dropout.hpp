// Dropout (Srivastava et al. 2014).
#pragma once

#include <frost/nn/options.hpp>
#include <frost/tensor.hpp>

namespace frost::nn::functional {

struct DropoutFuncOptions : OptionsOf<DropoutFuncOptions> {
  DropoutFuncOptions& p(double p) { return set(p_, p); }
  DropoutFuncOptions& training(bool on) { return set(training_, on); }
  double p() const { return p_; }
  bool training() const { return training_; }

 private:
  double p_ = 0.5;
  bool training_ = true;
};

// Each element is 0 with probability p, else x / (1 - p), so that the mean stays. The same seed drops what
// libtorch drops. x itself where not training or p is 0. Errors: p outside [0, 1].
Tensor dropout(const Tensor& x, const DropoutFuncOptions& options = {});

}  // namespace frost::nn::functional
