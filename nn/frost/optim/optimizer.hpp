// Optimizer: parameters in groups, each with options of its own, and what is remembered about each parameter.
//
//   optim::SGD optimizer(net->parameters(), optim::SGDOptions(0.1).momentum(0.9));
//   optimizer.zero_grad();
//   loss.backward();
//   optimizer.step();
//
// A parameter whose grad is absent (undefined) is passed by: no decay, no momentum, no state. One whose grad
// is there and zero is not: momentum, weight decay and Adam's averages go on moving it, as
// examples/03_optimiser_drift.cpp shows. Nor is one that was frozen by requires_grad_(false) and has a grad
// left over from before: make that absent too, as Module::freeze does. <frost/nn/freezing.hpp> freezes parts.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/tensor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace frost::optim {

// Visits the values that options or a state consist of, each with its name: how checkpoints read and write
// them.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual void operator()(const char* name, bool& value) = 0;
  virtual void operator()(const char* name, int64_t& value) = 0;
  virtual void operator()(const char* name, double& value) = 0;
  virtual void operator()(const char* name, std::tuple<double, double>& value) = 0;
  // Shaped like the parameter. One that is not required may be undefined.
  virtual void operator()(const char* name, Tensor& value, bool required) = 0;
};

class OptimizerOptions {
 public:
  virtual ~OptimizerOptions() = default;
  virtual std::unique_ptr<OptimizerOptions> clone() const;
  virtual double get_lr() const;
  virtual void set_lr(double lr);
  virtual void visit(Fields& fields);
  // An error of that function where the optimiser's constructor, or loading, is to refuse the values.
  virtual void check_values(std::string_view function) const;
};

// What an optimiser remembers about one parameter.
class OptimizerParamState {
 public:
  virtual ~OptimizerParamState() = default;
  virtual std::unique_ptr<OptimizerParamState> clone() const;
  virtual void visit(Fields& fields);
};

template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
};

template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
 public:
  std::unique_ptr<OptimizerParamState> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
};

// Parameters that share options. A copy has options of its own.
class OptimizerParamGroup {
 public:
  OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
      : params_(std::move(params)), options_(std::move(options)) {}
  OptimizerParamGroup(const OptimizerParamGroup& other);
  OptimizerParamGroup(OptimizerParamGroup&&) = default;
  OptimizerParamGroup& operator=(OptimizerParamGroup&&) = default;

  bool has_options() const { return options_ != nullptr; }
  OptimizerOptions& options();  // an error where it has none
  const OptimizerOptions& options() const { return const_cast<OptimizerParamGroup&>(*this).options(); }
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  std::vector<Tensor>& params() { return params_; }
  const std::vector<Tensor>& params() const { return params_; }

 private:
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
};

class Optimizer {
 public:
  using LossClosure = std::function<Tensor()>;
  // By the parameter's impl(). A parameter that was not moved yet has none.
  using States = std::unordered_map<const void*, std::unique_ptr<OptimizerParamState>>;

  explicit Optimizer(std::vector<OptimizerParamGroup> param_groups,
                     std::unique_ptr<OptimizerOptions> defaults);
  explicit Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(Optimizer&&) = default;
  virtual ~Optimizer() = default;

  // Moves every parameter that has a grad. A closure computes the loss anew, with its gradients, first; its
  // result is returned. Errors, before any parameter is moved: one with a grad that holds integers or bools;
  // a grad, or what is remembered, of a shape that is not the parameter's.
  virtual Tensor step(LossClosure closure = nullptr) = 0;
  // Zeroes the grads, or with set_to_none makes them absent.
  void zero_grad(bool set_to_none = false);

  // A group without options gets a copy of the defaults. Errors: a parameter that is not a leaf, or is in
  // the group twice or in another one; options of another optimiser, or that its constructor would refuse.
  void add_param_group(const OptimizerParamGroup& group);
  std::vector<OptimizerParamGroup>& param_groups() noexcept { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const noexcept { return param_groups_; }
  OptimizerOptions& defaults() noexcept { return *defaults_; }
  const OptimizerOptions& defaults() const noexcept { return *defaults_; }
  States& state() noexcept { return state_; }
  const States& state() const noexcept { return state_; }

  // Of the first group. Errors as above; that there is no group.
  void add_parameters(const std::vector<Tensor>& parameters);
  std::vector<Tensor>& parameters();
  const std::vector<Tensor>& parameters() const { return const_cast<Optimizer&>(*this).parameters(); }
  size_t size() const noexcept;  // how many parameters there are in all groups

  // For checkpoints: what its options are saved under, and an empty state to be filled.
  virtual std::string name() const { return "Optimizer"; }
  virtual std::unique_ptr<OptimizerParamState> make_state() const;

 protected:
  // The closure's loss, recorded whatever the grad mode is; undefined without a closure.
  static Tensor evaluate(const LossClosure& closure);
  // For constructors: a copy of options whose values are checked.
  static std::unique_ptr<OptimizerOptions> checked_copy(const OptimizerOptions& options,
                                                        std::string_view function);

  // Calls examine(parameter, options) for each parameter that has a grad, with its group's options, and when
  // all have passed, move(parameter, options) for each. Nothing that they do is recorded.
  template <class Options, class Examine, class Move>
  void move_each_with_grad(const Examine& examine, const Move& move) const {
    const NoGradGuard guard;
    const auto for_each = [this](const auto& call) {
      for (const OptimizerParamGroup& group : param_groups_)
        for (const Tensor& parameter : group.params())
          if (parameter.grad().defined()) call(parameter, static_cast<const Options&>(group.options()));
    };
    for_each(examine);
    for_each(move);
  }
  // What is remembered about a parameter; null at first.
  template <class State>
  const State* find_state(const Tensor& parameter) const {
    const auto found = state_.find(parameter.impl());
    return found == state_.end() ? nullptr : static_cast<const State*>(found->second.get());
  }
  // The same; a new State at first.
  template <class State>
  State& state_of(const Tensor& parameter) {
    std::unique_ptr<OptimizerParamState>& state = state_[parameter.impl()];
    if (!state) state = std::make_unique<State>();
    return static_cast<State&>(*state);
  }

  std::vector<OptimizerParamGroup> param_groups_;
  States state_;
  std::unique_ptr<OptimizerOptions> defaults_;
};

}  // namespace frost::optim
