// autograd::backward and grad: loops over the steps of a pass.
#include <frost/backward.hpp>
#include <frost/tensor_impl.hpp>

namespace frost::autograd {

void backward(TensorList outputs, TensorList grad_outputs, optional<bool> retain_graph, bool create_graph,
              TensorList inputs) {
  const Backward::Options options{retain_graph.value_or(create_graph), create_graph};
  if (inputs.empty()) {
    Backward pass(outputs, grad_outputs, options);
    while (pass.step()) {
    }
    return;
  }
  Backward pass(outputs, grad_outputs, options, inputs, Backward::Into::grads);
  for (const Tensor& input : inputs) input.retain_grad();
  while (pass.step()) {
  }
}

variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs,
                   optional<bool> retain_graph, bool create_graph, bool allow_unused) {
  check(!inputs.empty(), "grad", "grad requires non-empty inputs.");
  Backward pass(outputs, grad_outputs, {retain_graph.value_or(create_graph), create_graph}, inputs);
  const auto check_used = [allow_unused](bool is_used, size_t i) {
    check(allow_unused || is_used, "grad",
          "One of the differentiated Tensors appears to not have been used in the graph (inputs[", i,
          "]). Set allow_unused=True if this is the desired behavior.");
  };
  for (size_t i = 0; i < inputs.size(); ++i) check_used(pass.is_reached(i), i);
  while (pass.step()) {
  }
  variable_list grads;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_used(pass.captured(i).defined(), i);
    grads.push_back(pass.captured(i));
  }
  return grads;
}

}  // namespace frost::autograd
