// What each op saves for backward, seen from outside: where a later write to its input, its other input or
// its output makes backward an error. Where libtorch keeps more than its gradient needs, frost does not;
// those are left out here and named in README.md.
#include "peer.hpp"

namespace {

using fw::Tensor;
using Op = std::function<Tensor(const Tensor&, const Tensor&)>;

void show_saved(const std::string& name, const Op& op) {
  const char* const kinds[] = {"x", "y", "output"};
  for (int written = 0; written < 3; ++written) {
    for (int trainable = 1; trainable <= 3; ++trainable) {  // x, y, both
      Tensor x = fw::tensor({{0.5, 1.5}, {2.5, 1.0}}), y = fw::tensor({{1.5, 2.0}, {0.5, 1.25}});
      Tensor leaf_x = fw::ones({2, 2}, fw::requires_grad()), leaf_y = fw::ones({2, 2}, fw::requires_grad());
      if (trainable & 1) x = x * leaf_x.detach().requires_grad_();
      if (trainable & 2) y = y * leaf_y.detach().requires_grad_();
      Tensor z;
      z = op(x, y);
      if (!z.requires_grad()) continue;
      Tensor target = written == 0 ? x : written == 1 ? y : z;
      const Tensor loss = z.sum() * 1;
      {
        const fw::NoGradGuard guard;
        target.add_(1);
      }
      peer::show_whether_throws(name + ", " + kinds[written] + " written, " +
                                    (trainable == 3 ? "both" : kinds[trainable - 1]) + " trainable",
                                [&] { loss.backward(); });
    }
  }
}

const peer::Section two("saved/of two tensors", [] {
  show_saved("add", [](const Tensor& x, const Tensor& y) { return x + y; });
  show_saved("sub", [](const Tensor& x, const Tensor& y) { return x - y; });
  show_saved("mul", [](const Tensor& x, const Tensor& y) { return x * y; });
  show_saved("div", [](const Tensor& x, const Tensor& y) { return x / y; });
  show_saved("maximum", [](const Tensor& x, const Tensor& y) { return fw::maximum(x, y); });
  show_saved("minimum", [](const Tensor& x, const Tensor& y) { return fw::minimum(x, y); });
  show_saved("where", [](const Tensor& x, const Tensor& y) {
    return fw::where(fw::tensor({true, false}), x, y);
  });
  show_saved("matmul", [](const Tensor& x, const Tensor& y) { return x.matmul(y); });
  show_saved("mm", [](const Tensor& x, const Tensor& y) { return x.mm(y); });
  show_saved("dot", [](const Tensor& x, const Tensor& y) { return x[0].dot(y[0]); });
  show_saved("outer", [](const Tensor& x, const Tensor& y) { return x[0].outer(y[0]); });
  show_saved("cat", [](const Tensor& x, const Tensor& y) { return fw::cat({x, y}); });
  show_saved("stack", [](const Tensor& x, const Tensor& y) { return fw::stack({x, y}); });
  show_saved("scatter_add", [](const Tensor& x, const Tensor& y) {
    return x.scatter_add(0, fw::tensor({{0, 1}, {1, 0}}), y);
  });
});

const peer::Section one("saved/of one tensor", [] {
  const auto show = [](const std::string& name, const std::function<Tensor(const Tensor&)>& op) {
    show_saved(name, [&](const Tensor& x, const Tensor&) { return op(x); });
  };
  show("abs", [](const Tensor& x) { return x.abs(); });
  show("neg", [](const Tensor& x) { return -x; });
  show("exp", [](const Tensor& x) { return x.exp(); });
  show("expm1", [](const Tensor& x) { return x.expm1(); });
  show("log", [](const Tensor& x) { return x.log(); });
  show("log1p", [](const Tensor& x) { return x.log1p(); });
  show("sqrt", [](const Tensor& x) { return x.sqrt(); });
  show("rsqrt", [](const Tensor& x) { return x.rsqrt(); });
  show("square", [](const Tensor& x) { return x.square(); });
  show("reciprocal", [](const Tensor& x) { return x.reciprocal(); });
  show("sin", [](const Tensor& x) { return x.sin(); });
  show("cos", [](const Tensor& x) { return x.cos(); });
  show("tanh", [](const Tensor& x) { return x.tanh(); });
  show("sigmoid", [](const Tensor& x) { return x.sigmoid(); });
  show("relu", [](const Tensor& x) { return x.relu(); });
  show("gelu", [](const Tensor& x) { return fw::gelu(x); });
  show("erf", [](const Tensor& x) { return x.erf(); });
  show("softplus", [](const Tensor& x) { return fw::softplus(x); });
  show("clamp", [](const Tensor& x) { return x.clamp(1, 2); });
  show("clamp_min", [](const Tensor& x) { return x.clamp_min(1); });
  show("nan_to_num", [](const Tensor& x) { return x.nan_to_num(); });
  show("pow 3", [](const Tensor& x) { return x.pow(3); });
  show("mul 2", [](const Tensor& x) { return x * 2; });
  show("div 2", [](const Tensor& x) { return x / 2; });
  show("2 div", [](const Tensor& x) { return 2 / x; });
  show("masked_fill", [](const Tensor& x) { return x.masked_fill(fw::tensor({true, false}), 3); });
  show("sum", [](const Tensor& x) { return x.sum(); });
  show("sum(0)", [](const Tensor& x) { return x.sum(0); });
  show("mean", [](const Tensor& x) { return x.mean(); });
  show("prod", [](const Tensor& x) { return x.prod(); });
  show("prod(0)", [](const Tensor& x) { return x.prod(0); });
  show("max", [](const Tensor& x) { return x.max(); });
  show("max(0)", [](const Tensor& x) { return std::get<0>(x.max(0)); });
  show("amax", [](const Tensor& x) { return x.amax(0); });
  show("var", [](const Tensor& x) { return x.var(true); });
  show("std", [](const Tensor& x) { return x.std(true); });
  show("norm", [](const Tensor& x) { return x.norm(); });
  show("logsumexp", [](const Tensor& x) { return x.logsumexp(0); });
  show("cumsum", [](const Tensor& x) { return x.cumsum(0); });
  show("softmax", [](const Tensor& x) { return x.softmax(0); });
  show("log_softmax", [](const Tensor& x) { return x.log_softmax(0); });
  show("sort", [](const Tensor& x) { return std::get<0>(x.sort()); });
  show("topk", [](const Tensor& x) { return std::get<0>(x.topk(1)); });
  show("tril", [](const Tensor& x) { return x.tril(); });
  show("flip", [](const Tensor& x) { return x.flip({0}); });
  show("repeat", [](const Tensor& x) { return x.repeat({2, 1}); });
  show("clone", [](const Tensor& x) { return x.clone(); });
  show("to", [](const Tensor& x) { return x.to(fw::kDouble); });
  show("index_select", [](const Tensor& x) { return x.index_select(0, fw::tensor({0})); });
  show("index", [](const Tensor& x) { return x.index({fw::tensor({1, 0})}); });
});

}  // namespace
