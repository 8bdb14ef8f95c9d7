// A gradient of zero does not hold a weight in place; freezing does.
//
// Masking gives padded elements the gradient 0. An optimiser may have more to move them by: velocity from
// earlier steps, weight decay, Adam's averages.
#include <frost/frost.hpp>

#include <algorithm>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace fw = frost;

using MakeOptimizer = std::function<std::unique_ptr<fw::optim::Optimizer>(std::vector<fw::Tensor>)>;

template <class Optimizer, class Options>
MakeOptimizer with(Options options) {
  return [options](std::vector<fw::Tensor> parameters) {
    return std::make_unique<Optimizer>(parameters, options);
  };
}

// Three weights of 1. All of them train for one step. In the ten steps after it the second is masked, and the
// third frozen: no gradient flows to either.
void print_row(const std::string& name, const MakeOptimizer& make) {
  const fw::Tensor weights = fw::ones({2}, fw::requires_grad()), frozen = fw::ones({1}, fw::requires_grad());
  const fw::Tensor mask = fw::tensor({false, true});
  const auto optimizer = make({weights, frozen});

  optimizer->zero_grad();
  fw::cat({weights, frozen}).sum().backward();
  optimizer->step();
  frozen.requires_grad_(false);
  frozen.mutable_grad() = fw::Tensor();  // absent, not zero: the optimiser passes it by
  const fw::Tensor before = fw::cat({weights, frozen}).detach();

  double largest_gradient = 0;
  for (int step = 0; step < 10; ++step) {
    optimizer->zero_grad();
    fw::cat({weights.masked_fill(mask, 0), frozen}).sum().backward();
    largest_gradient = std::max(largest_gradient, weights.grad()[1].abs().item<double>());
    optimizer->step();
  }
  const fw::Tensor moved = fw::cat({weights, frozen}).detach() - before;
  std::cout << std::left << std::setw(26) << name << std::right << std::setw(9) << moved[0].item<double>()
            << std::setw(16) << largest_gradient << std::setw(9) << moved[1].item<double>() << std::setw(15)
            << (frozen.grad().defined() ? "there" : "absent") << std::setw(9) << moved[2].item<double>()
            << "\n";
}

int main() {
  using namespace fw::optim;
  std::cout << "How far three weights move in ten steps.\n\n"
            << "                            trained          masked                  frozen\n"
            << "                              moved        gradient    moved       gradient    moved\n"
            << std::fixed << std::setprecision(4);
  print_row("SGD", with<SGD>(SGDOptions(0.01)));
  print_row("SGD, momentum 0.9", with<SGD>(SGDOptions(0.01).momentum(0.9)));
  print_row("SGD, weight decay 0.1", with<SGD>(SGDOptions(0.01).weight_decay(0.1)));
  print_row("Adam", with<Adam>(AdamOptions(0.01)));
  print_row("Adam, weight decay 0.1", with<Adam>(AdamOptions(0.01).weight_decay(0.1)));
  print_row("AdamW, weight decay 0.1", with<AdamW>(AdamWOptions(0.01).weight_decay(0.1)));

  // A part of a tensor is held by not being in the parameter: nn::PartlyFrozen keeps it in a buffer.
  fw::nn::PartlyFrozen table(fw::ones({3, 2}), fw::tensor({{true}, {false}, {true}}));
  AdamW optimizer(table->parameters(), AdamWOptions(0.1).weight_decay(0.1));
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    table().sum().backward();
    optimizer.step();
  }
  std::cout << "\nRows 0 and 2 held by nn::PartlyFrozen, under AdamW:\n" << table().detach() << "\n";
}
