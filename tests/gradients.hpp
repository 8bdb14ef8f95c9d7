// What every op's gradient is held to: the first and second derivatives against central differences, on every
// kind of input that has ever broken one.
#pragma once

#include <frost/engine.hpp>
#include <frost/testing/catch.hpp>
#include <frost/testing/gradcheck.hpp>

#include <functional>
#include <string>
#include <vector>

namespace frost::tests {

using Op = std::function<Tensor(const std::vector<Tensor>&)>;

// A trainable Double tensor of the given sizes with values in [low, high).
inline Tensor trainable(IntArrayRef sizes, double low = -2, double high = 2) {
  return (rand(sizes, kDouble) * (high - low) + low).detach().requires_grad_();
}

// The same, not contiguous: every second element of a larger one, dims reversed.
inline Tensor trainable_strided(IntArrayRef sizes, double low = -2, double high = 2) {
  std::vector<int64_t> reversed(sizes.end() - static_cast<std::ptrdiff_t>(sizes.size()), sizes.end());
  for (size_t i = 0; i < reversed.size(); ++i) reversed[i] = sizes[sizes.size() - 1 - i];
  if (reversed.empty()) return trainable(sizes, low, high);
  reversed.back() *= 2;
  Tensor x = rand(reversed, kDouble) * (high - low) + low;
  x = x.slice(-1, 0, nullopt, 2);
  std::vector<int64_t> order(sizes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
  return x.permute(order).detach().requires_grad_();
}

// The gradient of Σ y·weight for x, the weights being 1, 2, 3, … so that no two of grad_out are alike.
inline Tensor gradient(const Tensor& y, const Tensor& x) {
  return autograd::grad({y}, {x}, {arange(1, y.numel() + 1, y.dtype()).reshape(y.sizes())})[0];
}

// With create_graph, where some rules are composed that are fused without, the gradients are the same.
inline void check_same_with_graph(const Op& op, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs)
    if (x.requires_grad()) leaves.push_back(x);
  const Tensor y = op(inputs);
  if (leaves.empty() || !y.requires_grad()) return;
  const Tensor weights = arange(1, y.numel() + 1, y.dtype()).reshape(y.sizes());
  const auto gradients = [&](bool create_graph) {
    return autograd::grad({y}, leaves, {weights}, /*retain_graph=*/true, create_graph, /*allow_unused=*/true);
  };
  const std::vector<Tensor> without = gradients(false), with = gradients(true);
  for (size_t i = 0; i < leaves.size(); ++i) {
    INFO("with create_graph, input " << i);
    CHECK(without[i].defined() == with[i].defined());
    if (with[i].defined()) CHECK(allclose(with[i].detach(), without[i], 1e-9, 1e-12, /*equal_nan=*/true));
  }
}

// gradcheck and gradgradcheck of `op` on these inputs, and the above. The loss under test weighs the output
// unevenly, so that grad_out is not all ones.
inline void check_gradients(const Op& op, const std::vector<Tensor>& inputs) {
  const testing::Function function = [&op](const std::vector<Tensor>& xs) {
    return std::vector<Tensor>{op(xs)};
  };
  CHECK(testing::gradcheck(function, inputs));
  CHECK(testing::gradgradcheck(function, inputs));
  check_same_with_graph(op, inputs);
}

// check_gradients of an op of one tensor on plain, 0-dim, size-1, empty and non-contiguous input.
inline void check_unary_gradients(const std::function<Tensor(const Tensor&)>& f, double low = -2,
                                  double high = 2) {
  const Op op = [&f](const std::vector<Tensor>& xs) { return f(xs[0]); };
  manual_seed(1);
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 3}, std::vector<int64_t>{},
                                            std::vector<int64_t>{1, 1}, std::vector<int64_t>{0, 3}}) {
    INFO("sizes " << IntArrayRef(sizes));
    check_gradients(op, {trainable(sizes, low, high)});
  }
  INFO("not contiguous");
  check_gradients(op, {trainable_strided({2, 3}, low, high)});
}

// check_gradients of an op of two tensors that broadcast: plain, both ways broadcast, 0-dim, size-1, empty,
// non-contiguous, one of them frozen.
inline void check_binary_gradients(const std::function<Tensor(const Tensor&, const Tensor&)>& f,
                                   double low = -2, double high = 2) {
  const Op op = [&f](const std::vector<Tensor>& xs) { return f(xs[0], xs[1]); };
  manual_seed(1);
  struct Shapes {
    std::vector<int64_t> x, y;
  };
  for (const Shapes& shapes :
       {Shapes{{2, 3}, {2, 3}}, Shapes{{2, 3}, {3}}, Shapes{{2, 1}, {1, 3}}, Shapes{{}, {2}},
        Shapes{{1}, {1, 1}}, Shapes{{0, 3}, {3}}, Shapes{{2, 0}, {1}}}) {
    INFO("sizes " << IntArrayRef(shapes.x) << " and " << IntArrayRef(shapes.y));
    check_gradients(op, {trainable(shapes.x, low, high), trainable(shapes.y, low, high)});
  }
  INFO("not contiguous, or frozen");
  check_gradients(op, {trainable_strided({2, 3}, low, high), trainable_strided({2, 3}, low, high)});
  check_gradients(op, {trainable({2, 3}, low, high).detach(), trainable({2, 3}, low, high)});
  check_gradients(op, {trainable({2, 3}, low, high), trainable({2, 3}, low, high).detach()});
}

// Whether two tensors hold the same: dtype, sizes, and values bit for bit but for NaN, which equals NaN.
inline bool same(const Tensor& x, const Tensor& y) {
  return x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() &&
         (x.is_floating_point() ? allclose(x, y, 0, 0, /*equal_nan=*/true) : equal(x, y));
}

}  // namespace frost::tests
