// SGD: gradient descent, with momentum.
#pragma once

#include <frost/nn/options.hpp>
#include <frost/optim/optimizer.hpp>

#include <string_view>

namespace frost::optim {

// g = grad + weight_decay·p
// v = g at first, then momentum·v + (1 - dampening)·g
// p ← p - lr·d, where d is g without momentum, v with it, and with nesterov g + momentum·v
//
// I. Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013), with
// lr outside of v.
struct SGDOptions : OptimizerCloneableOptions<SGDOptions>, nn::OptionsOf<SGDOptions> {
  SGDOptions(double lr) : lr_(lr) {}

  SGDOptions& lr(double value) { return set(lr_, value); }
  SGDOptions& momentum(double value) { return set(momentum_, value); }
  SGDOptions& dampening(double value) { return set(dampening_, value); }
  SGDOptions& weight_decay(double value) { return set(weight_decay_, value); }
  SGDOptions& nesterov(bool on) { return set(nesterov_, on); }
  double& lr() { return lr_; }
  double lr() const { return lr_; }
  double& momentum() { return momentum_; }
  double momentum() const { return momentum_; }
  double& dampening() { return dampening_; }
  double dampening() const { return dampening_; }
  double& weight_decay() { return weight_decay_; }
  double weight_decay() const { return weight_decay_; }
  bool& nesterov() { return nesterov_; }
  bool nesterov() const { return nesterov_; }

  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
  void visit(Fields& fields) override;
  void check_values(std::string_view function) const override;
  friend bool operator==(const SGDOptions& a, const SGDOptions& b);

 private:
  double lr_, momentum_ = 0, dampening_ = 0, weight_decay_ = 0;
  bool nesterov_ = false;
};

struct SGDParamState : OptimizerCloneableParamState<SGDParamState> {
  const Tensor& momentum_buffer() const { return momentum_buffer_; }
  Tensor& momentum_buffer() { return momentum_buffer_; }
  SGDParamState& momentum_buffer(Tensor value) {
    momentum_buffer_ = std::move(value);
    return *this;
  }
  void visit(Fields& fields) override { fields("momentum_buffer", momentum_buffer_, /*required=*/true); }

 private:
  Tensor momentum_buffer_;
};

// Errors: lr, momentum or weight_decay below 0, or NaN like dampening; nesterov without momentum or with
// dampening.
class SGD : public Optimizer {
 public:
  explicit SGD(std::vector<OptimizerParamGroup> param_groups, SGDOptions defaults);
  explicit SGD(std::vector<Tensor> params, SGDOptions defaults)
      : SGD(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

  Tensor step(LossClosure closure = nullptr) override;
  std::string name() const override { return "SGD"; }
  std::unique_ptr<OptimizerParamState> make_state() const override {
    return std::make_unique<SGDParamState>();
  }
};

}  // namespace frost::optim
