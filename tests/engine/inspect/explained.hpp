// Functions whose gradients are explained, and compared with what they are.
#pragma once

#include "engine/inspect/graphs.hpp"

#include <functional>
#include <vector>

namespace frost::tests {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

struct Case {
  const char* name;
  std::vector<Tensor> leaves;
  Function f;
};

inline std::vector<Case> cases() {
  manual_seed(11);
  const Tensor mask = tensor({{false, false, true}, {false, true, true}});
  const Tensor frozen = randn({2, 3}, kDouble);
  const auto attention = [mask](const Tensor& scores, const Tensor& values) {
    const Tensor weights = scores.masked_fill(mask, -kInfinity).softmax(1);
    return bmm(weights.unsqueeze(1), values).squeeze(1);
  };
  return {
      {"masked attention, the loss of one example",
       {trainable({2, 3}), trainable({2, 3, 2})},
       [attention](const std::vector<Tensor>& x) { return attention(x[0], x[1])[0].pow(2).sum(); }},
      {"a weight that is used twice",
       {trainable({2, 2}), trainable({3, 2})},
       [](const std::vector<Tensor>& x) { return matmul(tanh(matmul(x[1], x[0])), x[0]).pow(2).mean(); }},
      {"many ways: more than are written out",
       {trainable({2})},
       [](const std::vector<Tensor>& x) {
         Tensor y = x[0];
         for (int i = 0; i < 6; ++i) y = y.sin() + y * 0.5;
         return y.sum();
       }},
      {"cat with a frozen part, slices, and several outputs",
       {trainable({2, 3}), trainable({2, 1})},
       [frozen](const std::vector<Tensor>& x) {
         const std::vector<Tensor> pieces = cat({x[0], frozen, x[1]}, 1).softmax(1).split(2, 1);
         return (pieces[0] * pieces[2]).sum() + pieces[3].sum() + x[0].select(1, 1).exp().sum();
       }},
      {"relu, where, max and clamp",
       {trainable({2, 3}), trainable({2, 3})},
       [mask](const std::vector<Tensor>& x) {
         const Tensor chosen = where(mask, relu(x[0]), x[1].clamp(-1, 1));
         return (chosen * maximum(x[0], x[1])).sum() + x[1].max();
       }},
      {"broadcasting, and a loss with classes",
       {trainable({3}), trainable({4, 1})},
       [](const std::vector<Tensor>& x) {
         const Tensor p = (x[0] * x[1] + x[0]).log_softmax(1);
         return -p.gather(1, tensor({{0}, {2}, {1}, {2}})).mean();
       }},
  };
}

}  // namespace frost::tests
