// Activations as modules.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/functional/activation.hpp>

namespace frost::nn {

class ReLUImpl : public Cloneable<ReLUImpl> {
 public:
  void reset() override {}
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;
};
TORCH_MODULE(ReLU);

class TanhImpl : public Cloneable<TanhImpl> {
 public:
  void reset() override {}
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;
};
TORCH_MODULE(Tanh);

class SigmoidImpl : public Cloneable<SigmoidImpl> {
 public:
  void reset() override {}
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;
};
TORCH_MODULE(Sigmoid);

class GELUImpl : public Cloneable<GELUImpl> {
 public:
  explicit GELUImpl(GELUOptions gelu_options = {}) : options(std::move(gelu_options)) {}
  void reset() override {}
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;

  GELUOptions options;
};
TORCH_MODULE(GELU);

struct SoftmaxOptions : OptionsOf<SoftmaxOptions> {
  SoftmaxOptions(int64_t dim) : dim_(dim) {}
  SoftmaxOptions& dim(int64_t dim) { return set(dim_, dim); }
  int64_t dim() const { return dim_; }

 private:
  int64_t dim_;
};
using LogSoftmaxOptions = SoftmaxOptions;

class SoftmaxImpl : public Cloneable<SoftmaxImpl> {
 public:
  explicit SoftmaxImpl(int64_t dim) : options(dim) {}
  explicit SoftmaxImpl(const SoftmaxOptions& softmax_options) : options(softmax_options) {}
  void reset() override {}
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;

  SoftmaxOptions options;
};
TORCH_MODULE(Softmax);

class LogSoftmaxImpl : public Cloneable<LogSoftmaxImpl> {
 public:
  explicit LogSoftmaxImpl(int64_t dim) : options(dim) {}
  explicit LogSoftmaxImpl(const LogSoftmaxOptions& softmax_options) : options(softmax_options) {}
  void reset() override {}
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;

  LogSoftmaxOptions options;
};
TORCH_MODULE(LogSoftmax);

}  // namespace frost::nn
