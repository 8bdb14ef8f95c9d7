// Schedules of the learning rate.
#pragma once

#include <frost/optim/optimizer.hpp>

#include <vector>

namespace frost::optim {

// Sets the learning rate of each group of an optimiser, which must outlive it.
class LRScheduler {
 public:
  LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {}
  virtual ~LRScheduler() = default;

  void step();  // to be called once per epoch
  int64_t step_count() const { return step_count_; }
  void set_step_count(int64_t count);  // for a checkpoint: how often step() was called

 protected:
  virtual std::vector<double> get_lrs() = 0;  // one per group
  std::vector<double> get_current_lrs() const;

  int64_t step_count_ = 0;

 private:
  Optimizer& optimizer_;
};

// Multiplies the learning rates by gamma every step_size calls of step(). As in libtorch's C++, the first
// call sets the rate of epoch 0, which is the optimiser's own: the rates change in the calls step_size + 1,
// 2·step_size + 1, … Errors: step_size 0; gamma negative or NaN.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, unsigned step_size, double gamma = 0.1);

 private:
  std::vector<double> get_lrs() override;

  unsigned step_size_;
  double gamma_;
};

}  // namespace frost::optim
