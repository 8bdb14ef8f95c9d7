// What a program can ask of the tape: flags, names, edges, hooks, passes, guards, in-place writes, views.
#include "peer.hpp"

#include <cmath>

namespace {

using fw::Tensor;

Tensor trainable(fw::IntArrayRef sizes) {
  return (fw::arange(fw::ones(sizes).numel(), fw::kFloat).view(sizes) / 4 - 0.5).detach().requires_grad_();
}

// ---- flags ----

const peer::Section flags("semantics/flags", [] {
  const Tensor x = trainable({2}), frozen = fw::ones({2});
  peer::show("leaf", x);
  peer::show("frozen", frozen);
  peer::show("of a trainable", x + 1);
  peer::show("of a frozen", frozen + 1);
  peer::show("of both", x * frozen);
  peer::show("of an integer index", x.index_select(0, fw::tensor({1})));
  peer::show("comparison", x > 0);
  peer::show("argmax", x.argmax());
  peer::show("to Long", x.to(fw::kLong));
  peer::show("to Double", x.to(fw::kDouble));
  peer::show("to its own dtype", x.to(fw::kFloat));
  peer::show("detached", x.detach());
  peer::show("data", x.data());
  peer::show("clone", x.clone());
  peer::show("zeros_like", fw::zeros_like(x));
  peer::show("with options", fw::zeros({2}, fw::dtype(fw::kDouble).requires_grad(true)));
  Tensor y = x + 1;
  peer::show("grad_fn of a leaf", static_cast<bool>(x.grad_fn()));
  peer::show("grad before", x.grad());
  y.requires_grad_();
  peer::show("requires_grad_ of a result", y);
  peer::show_error("you can only change requires_grad flags of leaf variables",
                   [&] { y.requires_grad_(false); });
  peer::show_error("Only Tensors of floating point", [] { fw::ones({2}, fw::kLong).requires_grad_(); });
  peer::show_error("Only Tensors of floating point",
                   [] { fw::ones({2}, fw::kBool).set_requires_grad(true); });
  y.detach_();
  peer::show("detach_", y);
  const Tensor z = fw::ones({2}).requires_grad_();
  z.set_requires_grad(false);
  peer::show("set_requires_grad(false)", z);
});

const peer::Section handles("semantics/handles", [] {
  Tensor x = fw::ones({2}), same = x;
  same.add_(1);
  peer::show("copied handle", x);
  Tensor undefined;
  peer::show("defined", undefined.defined());
  peer::show("undefined", undefined);
  x.reset();
  peer::show("reset", x.defined());
  peer::show_whether_throws("add of an undefined", [&] { same + undefined; });
  peer::show_whether_throws("sum of an undefined", [&] { fw::sum(undefined); });
  peer::show_whether_throws("backward of an undefined", [&] { undefined.backward(); });
});

// ---- nodes ----

const peer::Section edges("semantics/edges", [] {
  const Tensor x = trainable({2}), frozen = fw::ones({2});
  const Tensor y = x * frozen;
  peer::show("count", y.grad_fn()->next_edges().size());
  peer::show("outputs", y.grad_fn()->num_outputs());
  peer::show("inputs", y.grad_fn()->num_inputs());
  peer::show("first valid", y.grad_fn()->next_edge(0).is_valid());
  peer::show("second valid", y.grad_fn()->next_edge(1).is_valid());
  peer::show("accumulator", y.grad_fn()->next_edge(0).function->name());
  const Tensor z = y.exp() + x;
  peer::show("first", z.grad_fn()->next_edge(0).function->name());
  peer::show("second", z.grad_fn()->next_edge(1).function->name());
  const std::vector<Tensor> parts = trainable({4}).chunk(2);
  for (const Tensor& part : parts) {
    peer::show("output_nr", part.output_nr());
    peer::show("inputs of the part's node", part.grad_fn()->num_inputs());
  }
  peer::show("edge into the second part", (parts[1] * 2).grad_fn()->next_edge(0).input_nr);
  peer::show("the same node", parts[0].grad_fn() == parts[1].grad_fn());
  const auto [values, indices] = trainable({2, 3}).max(1);
  peer::show("values", values);
  peer::show("indices", indices);
  peer::show("cat", fw::cat({x, frozen, x}).grad_fn()->next_edges().size());
  peer::show("leaf output_nr", x.output_nr());
});

const peer::Section names("semantics/names of grad_fn", [] {
  const Tensor x = trainable({2, 2}), y = trainable({2, 2}) + 3;
  const Tensor mask = fw::tensor({{true, false}, {false, true}}), index = fw::tensor({{0, 1}, {1, 1}});
  const auto name = [](const char* what, const Tensor& z) { peer::show(what, peer::grad_fn_name(z)); };
  name("x + y", x + y);
  name("x + 1", x + 1);
  name("1 + x", 1 + x);
  name("x - y", x - y);
  name("x - 1", x - 1);
  name("1 - x", 1 - x);
  name("x * y", x * y);
  name("x * 2", x * 2);
  name("2 * x", 2 * x);
  name("x / y", x / y);
  name("x / 2", x / 2);
  name("2 / y", 2 / y);
  name("-x", -x);
  name("pow(x, 2)", x.pow(2));
  name("pow(y, x)", y.pow(x));
  name("pow(2, x)", fw::pow(2, x));
  name("maximum", fw::maximum(x, y));
  name("minimum", fw::minimum(x, y));
  name("abs", x.abs());
  name("neg", x.neg());
  name("exp", x.exp());
  name("expm1", x.expm1());
  name("log", y.log());
  name("log1p", y.log1p());
  name("sqrt", y.sqrt());
  name("rsqrt", y.rsqrt());
  name("square", x.square());
  name("reciprocal", y.reciprocal());
  name("sin", x.sin());
  name("cos", x.cos());
  name("tanh", x.tanh());
  name("sigmoid", x.sigmoid());
  name("relu", x.relu());
  name("gelu", fw::gelu(x));
  name("erf", x.erf());
  name("softplus", fw::softplus(x));
  name("clamp", x.clamp(0, 1));
  name("clamp min", x.clamp(0));
  name("masked_fill", x.masked_fill(mask, 0));
  name("masked_fill with a tensor", x.masked_fill(mask, fw::tensor(1.0)));
  name("masked_select", x.masked_select(mask));
  name("where", fw::where(mask, x, y));
  name("tril", x.tril());
  name("triu", x.triu());
  name("sum", x.sum());
  name("sum(dim)", x.sum(0));
  name("mean", x.mean());
  name("mean(dim)", x.mean(0));
  name("prod", x.prod());
  name("prod(dim)", x.prod(0));
  name("max", x.max());
  name("max(dim)", std::get<0>(x.max(0)));
  name("min", x.min());
  name("amax", x.amax(0));
  name("amin", x.amin(0));
  name("var", x.var(fw::IntArrayRef{0}));
  name("var of all", x.var(true));
  name("std", x.std(fw::IntArrayRef{0}));
  name("norm", x.norm());
  name("norm(p)", x.norm(3));
  name("norm(dim)", x.norm(2, fw::IntArrayRef{0}));
  name("logsumexp", x.logsumexp(0));
  name("cumsum", x.cumsum(0));
  name("softmax", x.softmax(0));
  name("log_softmax", x.log_softmax(0));
  name("sort", std::get<0>(x.sort()));
  name("topk", std::get<0>(x.topk(1)));
  name("matmul", x.matmul(y));
  name("mm", x.mm(y));
  name("bmm", x.view({1, 2, 2}).bmm(y.view({1, 2, 2})));
  name("dot", x[0].dot(y[0]));
  name("outer", x[0].outer(y[0]));
  name("matmul 2 x 1", x.matmul(y[0]));
  name("matmul 1 x 2", x[0].matmul(y));
  name("matmul 1 x 1", x[0].matmul(y[0]));
  name("matmul 3 x 2", x.view({1, 2, 2}).matmul(y));
  name("matmul 3 x 3", x.view({1, 2, 2}).matmul(y.view({1, 2, 2})));
  name("reshape", x.reshape({4}));
  name("reshape of a transpose", x.t().reshape({4}));
  name("view", x.view({4}));
  name("flatten", x.flatten());
  name("squeeze", x.view({2, 1, 2}).squeeze());
  name("squeeze(dim)", x.view({2, 1, 2}).squeeze(1));
  name("unsqueeze", x.unsqueeze(0));
  name("transpose", x.transpose(0, 1));
  name("t", x.t());
  name("permute", x.permute({1, 0}));
  name("expand", x.expand({3, 2, 2}));
  name("repeat", x.repeat({2, 1}));
  name("narrow", x.narrow(0, 0, 1));
  name("select", x.select(0, 1));
  name("x[0]", x[0]);
  name("slice", x.slice(0, 0, 1));
  name("chunk", x.chunk(2)[0]);
  name("split", x.split(1)[1]);
  name("split sizes", x.split({1, 1})[1]);
  name("unbind", x.unbind()[0]);
  name("cat", fw::cat({x, y}));
  name("stack", fw::stack({x, y}));
  name("flip", x.flip({0}));
  name("contiguous", x.t().contiguous());
  name("clone", x.clone());
  name("to", x.to(fw::kDouble));
  name("index_select", x.index_select(0, fw::tensor({0})));
  name("gather", x.gather(0, index));
  name("scatter", x.scatter(0, index, y));
  name("scatter value", x.scatter(0, index, 2.0));
  name("scatter_add", x.scatter_add(0, index, y));
  name("index tensor", x.index({fw::tensor({0})}));
  name("index mask", x.index({mask}));
  name("index slice", x.index({fw::indexing::Slice(0, 1)}));
  name("index integer", x.index({0}));
});

// ---- hooks ----

const peer::Section hooks("semantics/hooks", [] {
  const Tensor x = trainable({2});
  Tensor y = x * 3;
  std::string order;
  y.register_hook([&](const Tensor& grad) {
    order += "a";
    return grad * 2;
  });
  y.register_hook([&](const Tensor& grad) {
    order += "b";
    peer::show("seen by b", grad);
  });
  const unsigned removed = y.register_hook([&](const Tensor&) {
    order += "c";
    return Tensor();
  });
  y.remove_hook(removed);
  x.register_hook([&](const Tensor& grad) {
    order += "x";
    return grad + 1;
  });
  y.sum().backward();
  peer::show("order", order);
  peer::show("grad", x.grad());
  peer::show_error("cannot register a hook on a variable that doesn't require gradient",
                   [] { fw::ones({1}).register_hook([](const Tensor&) {}); });
});

const peer::Section hook_returning_nothing("semantics/a hook that returns an undefined tensor", [] {
  const Tensor x = trainable({2});
  x.register_hook([](const Tensor&) { return Tensor(); });
  (x * 2).sum().backward();
  peer::show("grad", x.grad());
});

const peer::Section hook_runs_once("semantics/a hook sees the sum of what flows in", [] {
  const Tensor x = trainable({2});
  const Tensor y = x * 2;
  int64_t calls = 0;
  y.register_hook([&](const Tensor& grad) {
    ++calls;
    peer::show("grad of y", grad);
  });
  (y * y + y).sum().backward();
  peer::show("calls", calls);
});

const peer::Section hooks_and_retain_grad("semantics/hooks and retain_grad", [] {
  const Tensor x = trainable({2});
  Tensor y = x * 3;
  y.retain_grad();
  y.register_hook([](const Tensor& grad) { return grad * 10; });
  y.sum().backward();
  peer::show("retained", y.grad());
  peer::show("grad", x.grad());
  peer::show("retains_grad", y.retains_grad());
  peer::show("leaf retains_grad", x.retains_grad());
  x.retain_grad();
  peer::show_error("can't retain_grad on Tensor that has requires_grad=False",
                   [] { fw::ones({1}).retain_grad(); });
});

// ---- passes ----

const peer::Section accumulation("semantics/grads accumulate", [] {
  const Tensor x = trainable({2});
  (x * 2).sum().backward();
  peer::show("once", x.grad());
  (x * x).sum().backward();
  peer::show("twice", x.grad());
  x.mutable_grad().zero_();
  peer::show("zeroed", x.grad());
  x.mutable_grad() = Tensor();
  (x + x + x).sum().backward();
  peer::show("fan-out", x.grad());
});

const peer::Section retain_graph("semantics/retain_graph", [] {
  const Tensor x = trainable({2});
  const Tensor y = (x * x).sum();
  y.backward({}, /*retain_graph=*/true);
  y.backward({}, /*retain_graph=*/true);
  peer::show("two passes", x.grad());
  y.backward();
  peer::show("three passes", x.grad());
  peer::show_error("Trying to backward through the graph a second time", [&] { y.backward(); });
  peer::show("after the error", x.grad());
  const Tensor z = (x + 1).sum();
  z.backward();
  peer::show_whether_throws("a second pass over nodes that save nothing", [&] { z.backward(); });
});

const peer::Section roots("semantics/roots", [] {
  const Tensor x = trainable({2, 3});
  peer::show_error("grad can be implicitly created only for scalar outputs", [&] { (x * 2).backward(); });
  peer::show_error("does not require grad and does not have a grad_fn", [] { fw::ones({1}).backward(); });
  peer::show_error("invalid gradient at index 0 - got [3] but expected shape compatible with [2, 3]",
                   [&] { (x * 2).backward(fw::ones({3})); });
  (x * 2).backward(fw::arange(6, fw::kFloat).view({2, 3}));
  peer::show("grad", x.grad());
  fw::autograd::backward({x.sum(), (x * 2).sum()}, {});
  peer::show("two roots", x.grad());
  const Tensor one = fw::ones({1, 1}, fw::requires_grad());
  (one * 3).backward();
  peer::show("one element", one.grad());
  x.sum().backward();
  const Tensor leaf = fw::tensor(2.0, fw::requires_grad());
  leaf.backward();
  peer::show("a leaf as the root", leaf.grad());
});

const peer::Section backward_inputs("semantics/backward to some inputs", [] {
  const Tensor x = trainable({2}), y = trainable({2});
  fw::autograd::backward({(x * y).sum()}, {}, fw::nullopt, false, {x});
  peer::show("x", x.grad());
  peer::show("y", y.grad());
});

const peer::Section create_graph("semantics/create_graph", [] {
  const Tensor x = trainable({3});
  const Tensor y = (x * x * x).sum();
  const Tensor first = fw::autograd::grad({y}, {x}, {}, fw::nullopt, /*create_graph=*/true)[0];
  peer::show_values("first", first);
  peer::show("first requires grad", first.requires_grad());
  const Tensor second = fw::autograd::grad({first.sum()}, {x}, {}, fw::nullopt, true)[0];
  peer::show_values("second", second);
  const Tensor third = fw::autograd::grad({second.sum()}, {x})[0];
  peer::show("third", third);
  peer::show("nobody's grad", x.grad());
  const Tensor z = (x * x).sum();
  z.backward({}, fw::nullopt, /*create_graph=*/true);
  peer::show_values("grad on the tape", x.grad());
  peer::show("it requires grad", x.grad().requires_grad());
  x.mutable_grad() = Tensor();  // the leaf, its grad and the grad's graph would hold each other
});

const peer::Section grad_function("semantics/autograd::grad", [] {
  const Tensor x = trainable({2}), y = trainable({2}), unused = trainable({2});
  const Tensor z = x * y;
  const std::vector<Tensor> grads = fw::autograd::grad({z}, {x, y}, {fw::tensor({1.0, 3.0})}, true);
  peer::show("grads", grads);
  peer::show("x.grad", x.grad());
  peer::show_error("One of the differentiated Tensors appears to not have been used in the graph", [&] {
    fw::autograd::grad({z.sum()}, {x, unused}, {}, true);
  });
  const std::vector<Tensor> allowed =
      fw::autograd::grad({z.sum()}, {x, unused}, {}, true, false, /*allow_unused=*/true);
  peer::show("allowed", allowed);
  peer::show_whether_throws("of a frozen input",
                            [&] { fw::autograd::grad({z.sum()}, {fw::ones({2})}, {}, true); });
  peer::show("of an inner tensor", fw::autograd::grad({(z * z).sum()}, {z}, {}, true));
  peer::show("of the output itself", fw::autograd::grad({z.sum()}, {z}, {}, true));
  const Tensor w = z.sum();
  peer::show("root is the input", fw::autograd::grad({w}, {w}, {}, true));
  peer::show("the same input twice", fw::autograd::grad({z.sum()}, {x, x}, {}, true));
});

const peer::Section guards("semantics/guards", [] {
  const Tensor x = trainable({2});
  peer::show("at first", fw::GradMode::is_enabled());
  {
    const fw::NoGradGuard no_grad;
    peer::show("inside", fw::GradMode::is_enabled());
    peer::show("result", x * 2);
    {
      const fw::AutoGradMode on(true);
      peer::show("on again", x * 2);
    }
    peer::show("off again", fw::GradMode::is_enabled());
    const Tensor y = fw::ones({2}, fw::requires_grad());
    peer::show("a leaf made inside", y);
  }
  peer::show("after", fw::GradMode::is_enabled());
  {
    const fw::AutoGradMode off(false);
    peer::show("AutoGradMode(false)", x * 2);
    x.add_(1);
  }
  peer::show("a leaf written under a guard", x);
  try {
    const fw::NoGradGuard no_grad;
    x.view({3});
  } catch (const std::exception&) {
  }
  peer::show("after an exception", fw::GradMode::is_enabled());
});

const peer::Section frozen_inputs("semantics/frozen inputs get no gradient", [] {
  const Tensor x = trainable({2}), frozen = fw::ones({2});
  (x * frozen + frozen).sum().backward();
  peer::show("x", x.grad());
  peer::show("frozen", frozen.grad());
  const Tensor y = x.detach() * 2;
  peer::show("detached", y);
  x.mutable_grad() = Tensor();
  (x * x.detach()).sum().backward();
  peer::show("half detached", x.grad());
  x.mutable_grad() = Tensor();
  fw::where(fw::tensor({true, false}), x.detach(), x).sum().backward();
  peer::show("where", x.grad());
});

// ---- in place ----

const peer::Section in_place_rules("semantics/in-place rules", [] {
  const Tensor leaf = trainable({2});
  peer::show_error("a leaf Variable that requires grad is being used in an in-place operation",
                   [&] { leaf.add_(1); });
  peer::show_error("a leaf Variable that requires grad is being used in an in-place operation",
                   [&] { leaf.zero_(); });
  peer::show_error("a view of a leaf Variable that requires grad is being used in an in-place operation",
                   [&] { leaf[0].add_(1); });
  peer::show("leaf", leaf);
  Tensor y = leaf * 2;
  y.add_(1);
  peer::show("add_", y);
  y.mul_(leaf);
  peer::show("mul_", y);
  y.sum().backward();
  peer::show("grad", leaf.grad());
  Tensor frozen = fw::ones({2});
  frozen.mul_(leaf);
  peer::show("a frozen tensor joins the tape", frozen);
  frozen.zero_();
  peer::show("zero_", frozen);
  Tensor z = fw::zeros({2, 2});
  z.copy_(leaf);
  peer::show("copy_", z);
  z.fill_(3);
  peer::show("fill_", z);
  Tensor integers = fw::ones({2}, fw::kLong);
  peer::show_error("can't be cast to the desired output type Long", [&] { integers.add_(1.5); });
  peer::show_error("doesn't match the broadcast shape", [&] { fw::ones({2}).add_(fw::ones({2, 2})); });
  peer::show_error("unsupported operation", [] { fw::ones({1}).expand({3}).add_(fw::ones({3})); });
});

const peer::Section versions("semantics/versions", [] {
  const Tensor x = trainable({2});
  Tensor y = x * 2;
  peer::show("version", static_cast<int64_t>(y._version()));
  y.add_(1);
  peer::show("after add_", static_cast<int64_t>(y._version()));
  y[0].mul_(2);
  peer::show("after a write through a view", static_cast<int64_t>(y._version()));
  Tensor a = x.exp();
  const Tensor b = (a * a).sum();
  a.add_(1);
  peer::show_error("has been modified by an inplace operation", [&] { b.backward(); });
  Tensor c = x * 2;
  const Tensor d = c.sum();
  c.add_(1);
  d.backward();
  peer::show("nothing saved", x.grad());
  Tensor weights = fw::ones({2});
  const Tensor e = (x * weights).sum();
  weights.zero_();
  peer::show_error("has been modified by an inplace operation", [&] { e.backward(); });
  Tensor s = x.sigmoid();
  s.mul_(2);
  peer::show_error("has been modified by an inplace operation", [&] { s.sum().backward(); });
  Tensor t = x.sigmoid();
  t.detach().mul_(2);
  peer::show_error("has been modified by an inplace operation", [&] { t.sum().backward(); });
});

const peer::Section views("semantics/views", [] {
  Tensor base = fw::arange(6, fw::kFloat).view({2, 3});
  Tensor row = base[1];
  row.mul_(10);
  peer::show("base", base);
  peer::show("is_view", row.is_view());
  peer::show("base is a view", base.is_view());
  peer::show("detach is a view", fw::ones({2}).detach().is_view());
  base.t()[0].fill_(-1);
  peer::show("through a transpose", base);
  base.view({6}).slice(0, 1, 4).zero_();
  peer::show("through a slice", base);
  peer::show("strides of a transpose", base.t().strides());
  peer::show("contiguous transpose", base.t().is_contiguous());
  peer::show("offset", row.storage_offset());
  peer::show("strides of an expand", fw::ones({3, 1}).expand({2, 3, 4}).strides());
  peer::show_error("view size is not compatible with input tensor's size and stride",
                   [&] { base.t().view({6}); });
  peer::show("reshape copies", base.t().reshape({6}));
  peer::show("same memory", base.reshape({6}).data_ptr() == base.data_ptr());
  peer::show("copied memory", base.t().reshape({6}).data_ptr() == base.data_ptr());
  peer::show("detach shares", base.detach().data_ptr() == base.data_ptr());
});

const peer::Section views_on_the_tape("semantics/writes through views on the tape", [] {
  const Tensor x = trainable({2, 3});
  Tensor y = x * 2;
  y[0].mul_(3);
  peer::show_values("base", y);
  peer::show("the base follows", peer::grad_fn_name(y));
  y.sum().backward();
  peer::show("grad", x.grad());

  const Tensor w = trainable({3});
  Tensor z = fw::zeros({2, 3});
  z[1] = w;
  peer::show_values("row written", z);
  peer::show("it requires grad", z.requires_grad());
  peer::show("its grad_fn", peer::grad_fn_name(z));
  (z * z).sum().backward();
  peer::show("grad of the row", w.grad());

  Tensor a = x * 1;
  Tensor view = a.view({6});
  a.mul_(2);
  peer::show_values("view of a written base", view);
  peer::show("view's grad_fn after the write", peer::grad_fn_name(view));
  x.mutable_grad() = Tensor();
  (view * fw::arange(6)).sum().backward();
  peer::show("grad through the view", x.grad());

  Tensor b = x * 1;
  const std::vector<Tensor> rows = b.unbind();
  peer::show_error("is being modified inplace", [&] { rows[0].add_(1); });
  Tensor c = x * 1;
  Tensor made_without_grad;
  {
    const fw::NoGradGuard no_grad;
    made_without_grad = c[0];
  }
  peer::show_error("is being modified inplace", [&] { made_without_grad.add_(1); });
  Tensor scores = x * 1;
  scores.index_put_({fw::tensor({{true, false, false}, {false, false, true}})}, -1.5);
  peer::show_values("index_put_", scores);
  x.mutable_grad() = Tensor();
  scores.sum().backward();
  peer::show("grad past index_put_", x.grad());
  Tensor filled = x * 1;
  filled.masked_fill_(fw::tensor({true, false, true}), -INFINITY);
  peer::show("masked_fill_", filled);
  Tensor diagonal = x * 1;
  diagonal.t().select(0, 2).fill_(7);
  x.mutable_grad() = Tensor();
  (diagonal * diagonal).sum().backward();
  peer::show("grad past a strided write", x.grad());
});

const peer::Section slices("semantics/many selects of one tensor", [] {
  const Tensor x = trainable({5, 2});
  Tensor total = fw::zeros({2});
  for (int64_t i = 0; i < 5; ++i) total = total + x[i] * static_cast<double>(i);
  total = total + x.select(1, 0).sum() + x.narrow(0, 1, 3).sum(0);
  total.sum().backward();
  peer::show("grad", x.grad());
});

}  // namespace
