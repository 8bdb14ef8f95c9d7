// The checks of modules.hpp as Catch2 matchers, which say what each means. Those about tensors come with it:
// <frost/testing/matchers.hpp>.
//
//   encoder->freeze();
//   CHECK_THAT(*encoder, Frozen());
//   CHECK_THAT(*decoder, !Frozen());
//   CHECK_THAT(*masked, SameGradients(*packed, 1e-6));
#pragma once

#include <frost/nn/testing/modules.hpp>
#include <frost/testing/matchers.hpp>

namespace frost::testing {

inline auto Frozen() {
  return matcher<nn::Module>("is frozen", [](const nn::Module& module) { return is_frozen(module); });
}

// The module is compared when it is asked, and must live until then.
inline auto SameGradients(const nn::Module& other, double rtol = 0, double atol = 0) {
  return matcher<nn::Module>("has the same gradients", [&other, rtol, atol](const nn::Module& module) {
    return same_gradients(module, other, rtol, atol);
  });
}

}  // namespace frost::testing
