#include "bad_input.hpp"

#include <frost/inspect/stepper.hpp>
#include <frost/inspect/trace.hpp>
#include <frost/testing/gradcheck.hpp>
#include <frost/testing/gradient_path.hpp>
#include <frost/testing/gradients.hpp>
#include <frost/testing/leak.hpp>
#include <frost/testing/values.hpp>

using namespace frost;
using namespace frost::tests;

namespace {

Tensor once(const Tensor& x) { return x.sum(); }
std::vector<Tensor> all_once(const std::vector<Tensor>& xs) { return {xs[0].sum()}; }

}  // namespace

TEST_CASE("bad input: testing and inspecting", "[bad_input][testing]") {
  check_refused<Operands>({
      {"gradcheck: undefined", [](auto& o) { testing::gradcheck(all_once, {o.none}); }, "[gradcheck]", {}},
      {"gradcheck: Float", [](auto& o) { testing::gradcheck(all_once, {o.leaf}); }, "[gradcheck]", {"Float"}},
      {"gradcheck: nothing to check",
       [](auto& o) { testing::gradcheck(all_once, {o.wide}); },
       "[gradcheck]",
       {}},
      {"gradcheck: no inputs", [](auto&) { testing::gradcheck(all_once, {}); }, "[gradcheck]", {}},
      {"gradcheck: no function", [](auto& o) { testing::gradcheck(nullptr, {o.leaf}); }, "[gradcheck]", {}},
      {"gradgradcheck: undefined", [](auto& o) { testing::gradgradcheck(all_once, {o.none}); }, "[grad", {}},
      {"numeric_gradient: Float",
       [](auto& o) { testing::numeric_gradient(once, o.y); },
       "[numeric_gradient]",
       {"Float"}},
      {"numeric_gradient: undefined",
       [](auto& o) { testing::numeric_gradient(once, o.none); },
       "[numeric_gradient]",
       {"undefined"}},
      {"numeric_gradient: mask",
       [](auto& o) { testing::numeric_gradient(once, o.wide, o.whole); },
       "[numeric_gradient]",
       {"Long"}},
      {"numeric_gradient: many numbers",
       [](auto& o) { testing::numeric_gradient([](const Tensor& x) { return x; }, o.wide); },
       "[",
       {"[2, 3]"}},
      {"all_close: undefined",
       [](auto& o) { testing::all_close(o.x, o.none); },
       "[all_close]",
       {"undefined"}},
      {"unchanged_by: undefined",
       [](auto& o) { testing::unchanged_by(o.none, [] {}); },
       "[unchanged_by]",
       {"undefined"}},
      {"unchanged_by: mask",
       [](auto& o) {
         testing::unchanged_by(
             o.x, [] {}, o.index);
       },
       "[unchanged_by]",
       {"Long"}},
      {"unchanged_by: mask's shape",
       [](auto& o) {
         testing::unchanged_by(
             o.deep, [] {}, o.flags);
       },
       "[unchanged_by]",
       {"[2, 3]", "[2, 3, 4]"}},
      {"grad_absent: undefined",
       [](auto& o) { testing::grad_absent(o.none); },
       "[grad_absent]",
       {"undefined"}},
      {"grad_zero_at: undefined",
       [](auto& o) { testing::grad_zero_at(o.none); },
       "[grad_zero_at]",
       {"undefined"}},
      {"grad_zero_at: mask",
       [](auto& o) { testing::grad_zero_at(o.leaf, o.y); },
       "[grad_zero_at]",
       {"Float"}},
      {"grad_non_zero_at: mask's shape",
       [](auto& o) { testing::grad_non_zero_at(o.leaf, zeros({4}, kBool)); },
       "[grad_non_zero_at]",
       {"[4]", "[2, 3]"}},
      {"same_gradients: lists",
       [](auto& o) { testing::same_gradients(TensorList({o.x}), TensorList()); },
       "[same_gradients]",
       {"1", "0"}},
      {"same_gradients: undefined",
       [](auto& o) { testing::same_gradients(o.x, o.none); },
       "[same_gradients]",
       {"undefined"}},
      {"grad_matches: Float",
       [](auto& o) { testing::grad_matches(o.leaf, once); },
       "[numeric_gradient]",
       {"Float"}},
      {"no_leak_from: mask",
       [](auto& o) { testing::no_leak_from(o.whole, once, o.y); },
       "[no_leak_from]",
       {"Long"}},
      {"no_leak_from: integers",
       [](auto& o) { testing::no_leak_from(o.flags, once, o.whole); },
       "[no_leak_from]",
       {"Long"}},
      {"no_leak_from: undefined",
       [](auto& o) { testing::no_leak_from(o.flags, once, o.none); },
       "[no_leak_from]",
       {"undefined"}},
      {"gradient_paths: undefined",
       [](auto& o) { testing::gradient_paths(o.x, o.none); },
       "[gradient_paths]",
       {"undefined"}},
      {"grad_state: place", [](auto& o) { testing::grad_state(o.y, 6); }, "[grad_state]", {"6"}},
      {"Trace: undefined", [](auto& o) { inspect::Trace{o.none}; }, "[Trace]", {"undefined"}},
      {"Stepper: undefined", [](auto& o) { inspect::Stepper{o.none}; }, "[", {"undefined"}},
      {"Stepper: frozen", [](auto& o) { inspect::Stepper{o.y}; }, "[", {"require"}},
  });
}
