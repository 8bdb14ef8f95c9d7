// Losses as modules: what functional/loss.hpp has, with the options kept. Forward takes what is predicted and
// the target.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/functional/loss.hpp>

namespace frost::nn {

class L1LossImpl : public Cloneable<L1LossImpl> {
 public:
  explicit L1LossImpl(const L1LossOptions& loss_options = {}) : options(loss_options) {}
  void reset() override {}
  Tensor forward(const Tensor& x, const Tensor& target) const;
  void pretty_print(std::ostream& out) const override;

  L1LossOptions options;
};
TORCH_MODULE(L1Loss);

class MSELossImpl : public Cloneable<MSELossImpl> {
 public:
  explicit MSELossImpl(const MSELossOptions& loss_options = {}) : options(loss_options) {}
  void reset() override {}
  Tensor forward(const Tensor& x, const Tensor& target) const;
  void pretty_print(std::ostream& out) const override;

  MSELossOptions options;
};
TORCH_MODULE(MSELoss);

// The weights of the next three are buffers: "weight", "pos_weight".
class NLLLossImpl : public Cloneable<NLLLossImpl> {
 public:
  explicit NLLLossImpl(const NLLLossOptions& loss_options = {});
  void reset() override;
  Tensor forward(const Tensor& x, const Tensor& target) const;
  void pretty_print(std::ostream& out) const override;

  NLLLossOptions options;
  Tensor weight;
};
TORCH_MODULE(NLLLoss);

class CrossEntropyLossImpl : public Cloneable<CrossEntropyLossImpl> {
 public:
  explicit CrossEntropyLossImpl(const CrossEntropyLossOptions& loss_options = {});
  void reset() override;
  Tensor forward(const Tensor& x, const Tensor& target) const;
  void pretty_print(std::ostream& out) const override;

  CrossEntropyLossOptions options;
  Tensor weight;
};
TORCH_MODULE(CrossEntropyLoss);

class BCEWithLogitsLossImpl : public Cloneable<BCEWithLogitsLossImpl> {
 public:
  explicit BCEWithLogitsLossImpl(const BCEWithLogitsLossOptions& loss_options = {});
  void reset() override;
  Tensor forward(const Tensor& x, const Tensor& target) const;
  void pretty_print(std::ostream& out) const override;

  BCEWithLogitsLossOptions options;
  Tensor weight, pos_weight;
};
TORCH_MODULE(BCEWithLogitsLoss);

}  // namespace frost::nn
