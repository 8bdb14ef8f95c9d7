// Checks of modules: whether they are frozen, and whether their gradients are right. As Catch2 matchers:
// <frost/nn/testing/matchers.hpp>.
#pragma once

#include <frost/nn/module.hpp>
#include <frost/testing/gradcheck.hpp>
#include <frost/testing/leak.hpp>
#include <frost/testing/result.hpp>

#include <functional>
#include <vector>

namespace frost::testing {

// Every parameter is frozen: requires_grad is false and its gradient absent, so that no optimiser moves it. A
// module without parameters is frozen.
//   parameter fc.weight: expected to be frozen, found requires_grad true and gradient absent
Result is_frozen(const nn::Module& module);

// same_gradients of the parameters, by their names. Errors: modules whose parameters have other names.
Result same_gradients(const nn::Module& a, const nn::Module& b, double rtol = 0, double atol = 0);

// gradcheck and gradgradcheck with respect to all parameters that are not frozen, and all inputs that require
// grad. `function` is what uses the module, called with the inputs:
//
//   nn::GRU gru(nn::GRUOptions(3, 4));
//   gru->to(kDouble);
//   gradcheck(*gru, [&gru](const std::vector<Tensor>& xs) {
//     const auto [output, state] = gru(xs[0]);
//     return std::vector<Tensor>{output, state};
//   }, {input});
//
// masks and names of the options are those of the inputs; messages call parameters by their names. Errors: as
// gradcheck's; parameters that are not Double: module->to(kDouble).
bool gradcheck(const nn::Module& module, const Function& function, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options = {});
bool gradgradcheck(const nn::Module& module, const Function& function, const std::vector<Tensor>& inputs,
                   const GradcheckOptions& options = {});

// no_leak_from, where the gradients of the module's parameters must not change either; messages call these
// by their names.
Result no_leak_from(const Tensor& mask, const nn::Module& module,
                    const std::function<Tensor(const Tensor&)>& function, const Tensor& x,
                    const std::vector<double>& fills = all_fills());

}  // namespace frost::testing
