#include <frost/nn/testing/modules.hpp>

#include <frost/ops.hpp>
#include <frost/testing/gradients.hpp>

#include <string>
#include <utility>

namespace frost::testing {

namespace {

// The inputs followed by the parameters, and how the check is to see them: the function is called with the
// inputs alone, and finds the parameters, moved, where it always does.
struct Differentiated {
  Differentiated(const nn::Module& module, const Function& function, const std::vector<Tensor>& inputs,
                 const GradcheckOptions& given)
      : all(inputs), options(given) {
    options.masks.resize(inputs.size());
    options.names.resize(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      if (options.names[i].empty() && inputs[i].defined()) options.names[i] = inputs[i].name();
    for (const auto& parameter : module.named_parameters()) {
      if (!parameter.value().requires_grad()) continue;
      all.push_back(parameter.value());
      options.names.push_back(parameter.key());
    }
    const auto count = static_cast<std::ptrdiff_t>(inputs.size());
    values = [function, count](const std::vector<Tensor>& xs) {
      return function(std::vector<Tensor>(xs.begin(), xs.begin() + count));
    };
  }

  std::vector<Tensor> all;
  GradcheckOptions options;
  Function values;
};

}  // namespace

Result is_frozen(const nn::Module& module) {
  for (const auto& parameter : module.named_parameters()) {
    const Tensor& x = parameter.value();
    const GradState state = grad_state(x.grad());
    if (!x.requires_grad() && state == GradState::absent) continue;
    const char* const found = state == GradState::absent ? "absent"
                              : state == GradState::zero ? "zero throughout"
                                                         : "a number";
    return Result::failure("parameter " + parameter.key() + ": expected to be frozen, found requires_grad " +
                           to_text(x.requires_grad()) + " and gradient " + found +
                           (state == GradState::absent ? "" : ", so that optimisers still move it"));
  }
  return {};
}

Result same_gradients(const nn::Module& a, const nn::Module& b, double rtol, double atol) {
  const auto of_a = a.named_parameters(), of_b = b.named_parameters();
  check(of_a.keys() == of_b.keys(), "same_gradients", "the modules' parameters have different names");
  for (const auto& parameter : of_a)
    if (const Result result = same_gradients(parameter.value(), of_b[parameter.key()], rtol, atol); !result)
      return Result::failure(
          (parameter->name() == parameter.key() ? "" : "parameter " + parameter.key() + ": ") +
          result.message);
  return {};
}

bool gradcheck(const nn::Module& module, const Function& function, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options) {
  const Differentiated with(module, function, inputs, options);
  return gradcheck(with.values, with.all, with.options);
}

bool gradgradcheck(const nn::Module& module, const Function& function, const std::vector<Tensor>& inputs,
                   const GradcheckOptions& options) {
  const Differentiated with(module, function, inputs, options);
  return gradgradcheck(with.values, with.all, {}, with.options);
}

Result no_leak_from(const Tensor& mask, const nn::Module& module,
                    const std::function<Tensor(const Tensor&)>& function, const Tensor& x,
                    const std::vector<double>& fills) {
  const auto parameters = module.named_parameters();
  return no_leak_from(mask, function, x,
                      {.leaves = parameters.values(), .leaf_names = parameters.keys(), .fills = fills});
}

}  // namespace frost::testing
