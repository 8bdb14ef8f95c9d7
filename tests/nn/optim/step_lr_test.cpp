#include <frost/optim.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::optim;
using Catch::Contains;

TEST_CASE("StepLR: multiplies each group's rate by gamma, first after step_size + 1 calls", "[nn][optim]") {
  SGD optimizer({OptimizerParamGroup({ones({1}, requires_grad())}),
                 OptimizerParamGroup({ones({1}, requires_grad())}, std::make_unique<SGDOptions>(8))},
                SGDOptions(1));
  StepLR scheduler(optimizer, 2, 0.5);
  std::vector<double> first, second;
  for (int i = 0; i < 6; ++i) {
    scheduler.step();
    first.push_back(optimizer.param_groups()[0].options().get_lr());
    second.push_back(optimizer.param_groups()[1].options().get_lr());
  }
  CHECK(first == std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25});
  CHECK(second == std::vector<double>{8, 8, 4, 4, 2, 2});
  CHECK(scheduler.step_count() == 6);
  CHECK_THROWS_WITH(StepLR(optimizer, 0), Contains("step size must be positive"));
}
