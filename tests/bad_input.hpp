// Calls that must be refused, as tables of one line each: what the call is, the call, and what its error must
// say, which is the name in brackets and the values at fault.
//
//   check_refused({{"add: shapes", [](Operands& o) { add(o.x, zeros({4})); }, "[add]", {"(3)", "(4)"}}});
//
// Each must throw frost::Error, and leave everything as it was: the operands bit for bit, with their
// versions, gradients and places on the tape; the grad mode; the generator; the memory in use. After all of
// them the operands' graph still runs.
#pragma once

#include <frost/engine.hpp>
#include <frost/random.hpp>
#include <frost/testing/catch.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace frost::tests {

constexpr int64_t kLeast = INT64_MIN, kMost = INT64_MAX;
// So many elements no machine has memory for, though their bytes can be counted.
constexpr int64_t kTooMany = int64_t{1} << 55;

// What bad calls are made with.
struct Operands {
  Tensor leaf = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, requires_grad());  // [2, 3], with a grad
  Tensor x = leaf * 2;                                                        // [2, 3], on the tape
  Tensor y = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});                      // [2, 3], frozen
  Tensor wide = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, kDouble);
  Tensor whole = tensor({{0, 1, 2}, {2, 1, 0}});
  Tensor flags = tensor({{true, false, true}, {false, false, true}});
  Tensor empty = zeros({0, 3});
  Tensor number = tensor(2.0);                // 0-dim
  Tensor deep = zeros({2, 3, 4});             // 3-dim
  Tensor shared = zeros({3}).expand({2, 3});  // elements share memory
  Tensor index = tensor({1, 0});              // [2], Long
  Tensor none;

  Operands() { x.sum().backward({}, /*retain_graph=*/true); }
  std::vector<Tensor> all() const {
    return {leaf, x, y, wide, whole, flags, empty, number, deep, shared, index};
  }
};

template <class With = Operands>
struct BadCall {
  const char* name;
  void (*call)(With&);
  const char* function;        // in brackets, as the message begins
  const char* values[3] = {};  // what else it has
};

// Everything of a tensor that a call could change.
struct TensorState {
  TensorState(const Tensor& x)
      : sizes(x.sizes().vec()),
        strides(x.strides().vec()),
        version(x._version()),
        requires_grad(x.requires_grad()),
        grad_fn(x.grad_fn().get()),
        grad(x.grad()) {
    const auto* const from = static_cast<const char*>(x.impl()->storage->data());
    bytes.assign(from, from + x.impl()->storage->bytes());
    if (grad.defined()) grad_bytes.assign(grad.data_ptr<float>(), grad.data_ptr<float>() + grad.numel());
  }
  bool operator==(const TensorState& other) const {
    return sizes == other.sizes && strides == other.strides && version == other.version &&
           requires_grad == other.requires_grad && grad_fn == other.grad_fn && grad.is_same(other.grad) &&
           bytes == other.bytes && grad_bytes == other.grad_bytes;
  }

  std::vector<int64_t> sizes, strides;
  int64_t version;
  bool requires_grad;
  const Node* grad_fn;
  Tensor grad;
  std::vector<char> bytes;
  std::vector<float> grad_bytes;
};

inline std::vector<TensorState> states(const std::vector<Tensor>& tensors) {
  return {tensors.begin(), tensors.end()};
}

template <class With = Operands>
void check_refused(std::initializer_list<BadCall<With>> calls) {
  With operands;
  const std::vector<TensorState> before = states(operands.all());
  const Tensor generator = default_generator().get_state();
  const int64_t memory = memory_allocated();
  for (const BadCall<With>& bad : calls) {
    INFO(bad.name);
    std::string message = "nothing was thrown";
    try {
      bad.call(operands);
    } catch (const Error& error) {
      message = error.what();
    } catch (const std::exception& error) {
      message = std::string("no frost::Error: ") + error.what();
    }
    INFO(message);
    CHECK(message.starts_with(bad.function));
    for (const char* const value : bad.values)
      if (value != nullptr) CHECK_THAT(message, Catch::Contains(value));
    CHECK(memory_allocated() == memory);
    CHECK(states(operands.all()) == before);
    CHECK(GradMode::is_enabled());
    CHECK(equal(default_generator().get_state(), generator));
  }
  const Tensor grad = autograd::grad({operands.x.sum()}, {operands.leaf})[0];
  CHECK(equal(grad, full({2, 3}, 2.0)));
}

}  // namespace frost::tests
