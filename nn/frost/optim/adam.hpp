// Adam and AdamW: steps scaled by running averages of the gradient and of its square.
#pragma once

#include <frost/nn/options.hpp>
#include <frost/optim/optimizer.hpp>

#include <string_view>
#include <tuple>

namespace frost::optim {

// In the t-th step of a parameter p, with (β₁, β₂) = betas:
//
//   g = grad + weight_decay·p   (Adam)     g = grad, after p ← p - lr·weight_decay·p   (AdamW)
//   m ← β₁ m + (1 - β₁) g       m̂ = m / (1 - β₁ᵗ)
//   v ← β₂ v + (1 - β₂) g²      v̂ = v / (1 - β₂ᵗ), or with amsgrad of the largest v so far
//   p ← p - lr·m̂ / (√v̂ + eps)
//
// Adam: D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015). AdamW: I.
// Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019). amsgrad: S. J. Reddi et al.,
// "On the Convergence of Adam and Beyond" (ICLR 2018).
template <class Options>
class AdamOptionsOf : public OptimizerCloneableOptions<Options>, public nn::OptionsOf<Options> {
 public:
  using betas_t = std::tuple<double, double>;

  Options& lr(double value) { return this->set(lr_, value); }
  Options& betas(betas_t values) { return this->set(betas_, values); }
  Options& eps(double value) { return this->set(eps_, value); }
  Options& weight_decay(double value) { return this->set(weight_decay_, value); }
  Options& amsgrad(bool on) { return this->set(amsgrad_, on); }
  double& lr() { return lr_; }
  double lr() const { return lr_; }
  betas_t& betas() { return betas_; }
  const betas_t& betas() const { return betas_; }
  double& eps() { return eps_; }
  double eps() const { return eps_; }
  double& weight_decay() { return weight_decay_; }
  double weight_decay() const { return weight_decay_; }
  bool& amsgrad() { return amsgrad_; }
  bool amsgrad() const { return amsgrad_; }

  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
  void visit(Fields& fields) override {
    fields("lr", lr_);
    fields("betas", betas_);
    fields("eps", eps_);
    fields("weight_decay", weight_decay_);
    fields("amsgrad", amsgrad_);
  }
  void check_values(std::string_view function) const override;
  friend bool operator==(const Options& a, const Options& b) {
    return a.lr() == b.lr() && a.betas() == b.betas() && a.eps() == b.eps() &&
           a.weight_decay() == b.weight_decay() && a.amsgrad() == b.amsgrad();
  }

 protected:
  AdamOptionsOf(double lr, double weight_decay) : lr_(lr), weight_decay_(weight_decay) {}

 private:
  double lr_;
  betas_t betas_{0.9, 0.999};
  double eps_ = 1e-8;
  double weight_decay_;
  bool amsgrad_ = false;
};

struct AdamOptions : AdamOptionsOf<AdamOptions> {
  AdamOptions(double lr = 1e-3) : AdamOptionsOf(lr, /*weight_decay=*/0) {}
};
struct AdamWOptions : AdamOptionsOf<AdamWOptions> {
  AdamWOptions(double lr = 1e-3) : AdamOptionsOf(lr, /*weight_decay=*/1e-2) {}
};

template <class State>
class AdamParamStateOf : public OptimizerCloneableParamState<State> {
 public:
  int64_t& step() { return step_; }  // t
  int64_t step() const { return step_; }
  Tensor& exp_avg() { return exp_avg_; }  // m
  const Tensor& exp_avg() const { return exp_avg_; }
  Tensor& exp_avg_sq() { return exp_avg_sq_; }  // v
  const Tensor& exp_avg_sq() const { return exp_avg_sq_; }
  Tensor& max_exp_avg_sq() { return max_exp_avg_sq_; }  // the largest v; undefined without amsgrad
  const Tensor& max_exp_avg_sq() const { return max_exp_avg_sq_; }
  State& step(int64_t value) { return with(step_, value); }
  State& exp_avg(Tensor value) { return with(exp_avg_, std::move(value)); }
  State& exp_avg_sq(Tensor value) { return with(exp_avg_sq_, std::move(value)); }
  State& max_exp_avg_sq(Tensor value) { return with(max_exp_avg_sq_, std::move(value)); }

  void visit(Fields& fields) override {
    fields("step", step_);
    fields("exp_avg", exp_avg_, /*required=*/true);
    fields("exp_avg_sq", exp_avg_sq_, /*required=*/true);
    fields("max_exp_avg_sq", max_exp_avg_sq_, /*required=*/false);
  }

 private:
  template <class Field>
  State& with(Field& field, Field value) {
    field = std::move(value);
    return static_cast<State&>(*this);
  }

  int64_t step_ = 0;
  Tensor exp_avg_, exp_avg_sq_, max_exp_avg_sq_;
};

struct AdamParamState : AdamParamStateOf<AdamParamState> {};
struct AdamWParamState : AdamParamStateOf<AdamWParamState> {};

// Errors, of both: lr, eps or weight_decay below 0; a beta outside [0, 1); NaN in any of them.
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<OptimizerParamGroup> param_groups, AdamOptions defaults = {});
  explicit Adam(std::vector<Tensor> params, AdamOptions defaults = {})
      : Adam(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

  Tensor step(LossClosure closure = nullptr) override;
  std::string name() const override { return "Adam"; }
  std::unique_ptr<OptimizerParamState> make_state() const override {
    return std::make_unique<AdamParamState>();
  }
};

class AdamW : public Optimizer {
 public:
  explicit AdamW(std::vector<OptimizerParamGroup> param_groups, AdamWOptions defaults = {});
  explicit AdamW(std::vector<Tensor> params, AdamWOptions defaults = {})
      : AdamW(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {
  }

  Tensor step(LossClosure closure = nullptr) override;
  std::string name() const override { return "AdamW"; }
  std::unique_ptr<OptimizerParamState> make_state() const override {
    return std::make_unique<AdamWParamState>();
  }
};

}  // namespace frost::optim
