// Activations with options. (tanh and sigmoid have none: they are frost::tanh, frost::sigmoid.)
#pragma once

#include <frost/nn/options.hpp>
#include <frost/tensor.hpp>

#include <string>

namespace frost::nn {

// approximate: "none", or "tanh" for ½x (1 + tanh(√(2/π) (x + 0.044715 x³))).
struct GELUOptions : OptionsOf<GELUOptions> {
  GELUOptions& approximate(std::string how) { return set(approximate_, std::move(how)); }
  const std::string& approximate() const { return approximate_; }

 private:
  std::string approximate_ = "none";
};

namespace functional {

using GELUFuncOptions = GELUOptions;

struct SoftmaxFuncOptions : OptionsOf<SoftmaxFuncOptions> {
  SoftmaxFuncOptions(int64_t dim) : dim_(dim) {}
  SoftmaxFuncOptions& dim(int64_t dim) { return set(dim_, dim); }
  SoftmaxFuncOptions& dtype(optional<Dtype> dtype) { return set(dtype_, dtype); }
  int64_t dim() const { return dim_; }
  optional<Dtype> dtype() const { return dtype_; }

 private:
  int64_t dim_;
  optional<Dtype> dtype_;
};
using LogSoftmaxFuncOptions = SoftmaxFuncOptions;

Tensor softmax(const Tensor& x, const SoftmaxFuncOptions& options);
Tensor log_softmax(const Tensor& x, const LogSoftmaxFuncOptions& options);
Tensor relu(const Tensor& x);
Tensor gelu(const Tensor& x, const GELUFuncOptions& options = {});

}  // namespace functional

}  // namespace frost::nn
