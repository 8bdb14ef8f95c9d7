// Reductions, softmax, order and matrix products: values, flags, names, dtypes, first and second derivatives
// over many shapes, special values and errors.
#include "peer.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using fw::Tensor;
using Function = std::function<Tensor(const Tensor&)>;
using Sizes = std::vector<int64_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string text_of(const Sizes& sizes) {
  std::string text = "[";
  for (size_t i = 0; i < sizes.size(); ++i) text.append(i == 0 ? "" : "x").append(std::to_string(sizes[i]));
  return text + "]";
}

Tensor weights_like(const Tensor& y) { return fw::arange(1, y.numel() + 1, y.scalar_type()).view(y.sizes()); }

// The value, and the first and second derivative under weights 1, 2, 3, … (Where there is no second, libtorch
// hands out a zero that can't be read.)
void show_derivatives(const std::string& name, const Function& f, const Tensor& leaf,
                      bool has_second = true) {
  const Tensor x = leaf.detach().requires_grad_();
  const Tensor y = f(x);
  peer::show(name, y);
  const Tensor grad = fw::autograd::grad({y}, {x}, {weights_like(y)}, true, /*create_graph=*/true)[0];
  peer::show_values(name + " gradient", grad);
  Tensor second = fw::zeros_like(x);  // also where a gradient does not depend on x, or stands for a zero
  if (grad.requires_grad() && has_second) {
    const Tensor found =
        fw::autograd::grad({grad}, {x}, {weights_like(grad)}, true, false, /*allow_unused=*/true)[0];
    if (found.defined()) second = found;
  }
  peer::show_values(name + " second", second);
}

Tensor plain(const Sizes& sizes) { return fw::randn(sizes, fw::kDouble); }

struct Shapes {
  bool empty = true, scalar = true, second = true;
};

// Plain tensors and views of every shape that a reduction along the first or last dim can take.
void show_over_shapes(const std::string& name, const Function& f, Shapes shapes = {}) {
  fw::manual_seed(1);
  const auto show = [&](const std::string& shape, const Tensor& x) {
    show_derivatives(name + " " + shape, f, x, shapes.second);
  };
  for (const Sizes& sizes : {Sizes{1}, {5}, {2, 3}, {2, 1, 3}, {2, 3, 2, 2}})
    show(text_of(sizes), plain(sizes));
  if (shapes.scalar) show("[]", plain({}));
  if (shapes.empty)
    for (const Sizes& sizes : {Sizes{0}, {2, 0}, {0, 2}}) show(text_of(sizes), plain(sizes));
  show("transposed", plain({3, 4}).t());
  show("sliced", plain({3, 8}).slice(1, 1, 7, 2));
  show("expanded", plain({1, 3}).expand({2, 3}));
  show("permuted", plain({2, 3, 4}).permute({2, 0, 1}));
}

// ---- sums, means, products ----

const peer::Section sums("reductions/sums", [] {
  show_over_shapes("sum", [](const Tensor& x) { return x.sum(); });
  show_over_shapes("sum last", [](const Tensor& x) { return x.sum(-1); });
  show_over_shapes("sum first keepdim", [](const Tensor& x) { return x.sum(0, true); });
  show_over_shapes("mean", [](const Tensor& x) { return x.mean(); });
  show_over_shapes("mean last", [](const Tensor& x) { return x.mean(-1); });
  show_over_shapes("mean first keepdim", [](const Tensor& x) { return x.mean(0, true); });
  show_over_shapes("cumsum last", [](const Tensor& x) { return x.cumsum(-1); });
  show_over_shapes("cumsum first", [](const Tensor& x) { return x.cumsum(0); });
  fw::manual_seed(2);
  for (const Sizes& dims : {Sizes{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}) {
    for (const bool keepdim : {false, true}) {
      const std::string name = text_of(dims) + (keepdim ? " keepdim" : "");
      show_derivatives(
          "sum over " + name, [&](const Tensor& x) { return x.sum(dims, keepdim); }, plain({2, 3, 4}));
      show_derivatives(
          "mean over " + name, [&](const Tensor& x) { return x.mean(dims, keepdim); }, plain({2, 3, 4}));
    }
  }
});

const peer::Section products("reductions/products", [] {
  show_over_shapes("prod last", [](const Tensor& x) { return x.prod(-1); });
  show_over_shapes("prod first keepdim", [](const Tensor& x) { return x.prod(0, true); });
  show_over_shapes("prod", [](const Tensor& x) { return x.prod(); });
  for (const std::vector<double>& row :
       {std::vector<double>{2, 3, 4, 5}, {0, 3, 4, 5}, {2, 0, 4, 5}, {2, 3, 4, 0}}) {
    const Tensor x = fw::tensor(row, fw::kDouble);
    show_derivatives(
        "prod", [](const Tensor& t) { return t.prod(); }, x);
    show_derivatives(
        "prod 0", [](const Tensor& t) { return t.prod(0); }, x);
  }
  for (const std::vector<double>& row :
       {std::vector<double>{0, 0, 4, 5}, {2, 0, 4, 0}, {0, 0, 0, 5}, {0, 0, 0, 0}})
    show_derivatives(
        "prod 0", [](const Tensor& t) { return t.prod(0); }, fw::tensor(row, fw::kDouble));
});

const peer::Section reduced_dtypes("reductions/dtypes", [] {
  const Tensor longs = fw::tensor({{3, -1, 2}, {0, 5, 5}}), bools = longs > 1;
  for (const Tensor& x : {longs, bools}) {
    peer::show("sum", x.sum());
    peer::show("sum 1", x.sum(1));
    peer::show("prod", x.prod());
    peer::show("prod 0", x.prod(0));
    peer::show("max", x.max());
    peer::show("min", x.min());
    peer::show("amax", x.amax(1));
    peer::show("amin", x.amin(0));
    peer::show("max 1", std::get<0>(x.max(1)));
    peer::show("max 1 at", std::get<1>(x.max(1)));
    peer::show("min 0 at", std::get<1>(x.min(0)));
    peer::show("all", x.all());
    peer::show("all 1", x.all(1));
    peer::show("any", x.any());
    peer::show("any 0", x.any(0, true));
    peer::show("cumsum", x.cumsum(1));
    peer::show("logsumexp", x.logsumexp(1));
    peer::show("sort", std::get<0>(x.sort(1)));
    peer::show("argsort", x.argsort(1, true));
    peer::show("softmax", fw::softmax(x, 1, fw::kDouble));
    peer::show("mean", x.mean(fw::kFloat));
    peer::show_error("could not infer output dtype", [&] { x.mean(); });
    peer::show_error("could not infer output dtype", [&] { x.mean(0); });
    peer::show_error("std and var only support floating point", [&] { x.var(); });
    peer::show_error("std and var only support floating point", [&] { x.std(1); });
    peer::show_error("input dtype should be either floating point", [&] { x.norm(); });
    peer::show_error("not implemented for", [&] { x.softmax(0); });
    peer::show_error("not implemented for", [&] { x.log_softmax(1); });
  }
  peer::show("argmax", longs.argmax());
  peer::show("argmin 1", longs.argmin(1));
  peer::show("topk", std::get<0>(longs.topk(2)));
  peer::show_error("not implemented for 'Bool'", [&] { bools.argmax(); });
  peer::show_error("not implemented for 'Bool'", [&] { bools.topk(1); });
  peer::show_error("not implemented for 'Bool'", [&] { bools.cumsum(0, fw::kBool); });
  const Tensor x = fw::tensor({{1.5, -2.25}, {0.5, 3.75}}).requires_grad_();
  peer::show("sum to Double", x.sum(fw::kDouble));
  peer::show("sum 0 to Double", x.sum(0, false, fw::kDouble));
  peer::show("mean to Double", x.mean(fw::kDouble));
  peer::show("prod to Double", x.prod(fw::kDouble));
  peer::show("prod 1 to Double", x.prod(1, false, fw::kDouble));
  peer::show("cumsum to Double", x.cumsum(0, fw::kDouble));
  peer::show("softmax to Double", x.softmax(0, fw::kDouble));
  peer::show("gradient",
             fw::autograd::grad({x.prod(1, false, fw::kDouble)}, {x}, {fw::ones({2}, fw::kDouble)})[0]);
  peer::show("sum to Long", x.detach().sum(fw::kLong));
  peer::show("prod to Long", x.detach().prod(fw::kLong));
  peer::show("cumsum to Long", x.detach().cumsum(0, fw::kLong));
  peer::show("sum to Bool", x.detach().sum(fw::kBool));
  peer::show("prod to Bool", x.detach().prod(fw::kBool));
});

// ---- the largest and the smallest ----

const peer::Section extrema("reductions/extrema", [] {
  show_over_shapes("max", [](const Tensor& x) { return x.max(); }, {.empty = false});
  show_over_shapes("min", [](const Tensor& x) { return x.min(); }, {.empty = false});
  show_over_shapes("amax last", [](const Tensor& x) { return x.amax(-1); }, {.empty = false});
  show_over_shapes("amin first keepdim", [](const Tensor& x) { return x.amin(0, true); }, {.empty = false});
  show_over_shapes("max last", [](const Tensor& x) { return std::get<0>(x.max(-1)); }, {.empty = false});
  show_over_shapes("min first keepdim", [](const Tensor& x) { return std::get<0>(x.min(0, true)); },
                   {.empty = false});
  show_over_shapes("argmax as a value", [](const Tensor& x) { return x * x.argmax().to(fw::kDouble); },
                   {.empty = false});
  fw::manual_seed(3);
  const Tensor ties = fw::randint(0, 3, {4, 6}, fw::kDouble);
  for (const int64_t dim : {0, 1}) {
    peer::show("argmax", ties.argmax(dim));
    peer::show("argmin", ties.argmin(dim, true));
    peer::show("max at", std::get<1>(ties.max(dim)));
    peer::show("min at", std::get<1>(ties.min(dim)));
    show_derivatives(
        "amax of ties", [dim](const Tensor& x) { return x.amax(dim); }, ties);
    show_derivatives(
        "amin of ties", [dim](const Tensor& x) { return x.amin(dim); }, ties);
    show_derivatives(
        "max of ties", [dim](const Tensor& x) { return std::get<0>(x.max(dim)); }, ties);
    show_derivatives(
        "min of ties", [dim](const Tensor& x) { return std::get<0>(x.min(dim)); }, ties);
  }
  show_derivatives(
      "max of all ties", [](const Tensor& x) { return x.max(); }, ties);
  show_derivatives(
      "min of all ties", [](const Tensor& x) { return x.min(); }, ties);
  const Tensor special = fw::tensor({{1.0, kNaN, 3.0, kNaN}, {kInfinity, 2.0, kInfinity, -kInfinity}});
  show_derivatives(
      "max of NaN", [](const Tensor& x) { return x.max(); }, special);
  show_derivatives(
      "max of infinities", [](const Tensor& x) { return x.max(); }, special[1]);
  peer::show("max at", std::get<1>(special.max(1)));
  peer::show("min at", std::get<1>(special.min(1)));
  peer::show("min", std::get<0>(special.min(0)));
  peer::show("argmax", special.argmax(1));
  peer::show("amin", special.amin(1));
  const Tensor none = fw::zeros({2, 0});
  peer::show("max of none", std::get<0>(none.max(0)));
  peer::show("amax of none", none.amax(0));
  peer::show("argmax of none", none.argmax(0));
  peer::show_error("Expected reduction dim to be specified", [&] { none.max(); });
  peer::show_error("Expected reduction dim to be specified", [&] { none.amin(); });
  peer::show_error("Expected reduction dim to be specified", [&] { none.argmax(); });
  peer::show_error("Expected reduction dim 1 to have non-zero size", [&] { none.max(1); });
  peer::show_error("Expected reduction dim 1 to have non-zero size", [&] { none.amax(1); });
  peer::show_error("Expected reduction dim 1 to have non-zero size", [&] { none.argmin(1); });
});

// ---- statistics ----

const peer::Section variance("reductions/variance", [] {
  for (const bool unbiased : {false, true}) {
    const Sizes last{-1}, first{0};
    show_over_shapes(
        "var last", [&](const Tensor& x) { return x.var(last, unbiased); },
        {.scalar = !unbiased});  // libtorch's gradient of one element is infinite or an error there
    show_over_shapes("std first keepdim", [&](const Tensor& x) { return x.std(first, unbiased, true); },
                     {.scalar = !unbiased});
  }
  show_derivatives(
      "var", [](const Tensor& x) { return x.var(false); }, plain({2, 3}));
  show_derivatives(
      "std", [](const Tensor& x) { return x.std(); }, plain({2, 3}));
  show_derivatives(
      "std of equals", [](const Tensor& x) { return x.std(1); }, fw::ones({2, 3}, fw::kDouble));
  show_derivatives(
      "var(1)", [](const Tensor& x) { return x.var(1); }, plain({2, 3}));
});

const peer::Section norms("reductions/norms", [] {
  for (const double p : {-kInfinity, -1.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, kInfinity}) {
    const std::string name = "norm " + peer::text_of(p);
    show_over_shapes(name, [p](const Tensor& x) { return fw::norm(x, p); },
                     {.second = p != 1 && !std::isinf(p)});
    show_over_shapes(name + " last", [p](const Tensor& x) { return fw::norm(x, p, {-1}, true); },
                     {.second = p != 1 && !std::isinf(p)});
    const Tensor partly = fw::tensor({{1.0, -3.0, 3.0}, {0.0, 0.0, 0.0}, {0.0, 2.0, -2.0}}, fw::kDouble);
    const Tensor x = partly.detach().requires_grad_();
    const Tensor y = fw::norm(x, p, {1});
    peer::show(name + " with zeros", y);
    peer::show_values(name + " with zeros, gradient", fw::autograd::grad({y}, {x}, {weights_like(y)})[0]);
  }
  const Tensor x = plain({2, 3}).requires_grad_();
  peer::show("norm 0", x.norm(0));
  x.norm(0).backward();
  peer::show("norm 0, gradient", x.grad().defined());
});

const peer::Section log_sums("reductions/logsumexp", [] {
  show_over_shapes("logsumexp last", [](const Tensor& x) { return x.logsumexp(-1); });
  show_over_shapes("logsumexp first keepdim", [](const Tensor& x) { return x.logsumexp(0, true); });
  const Sizes dims{0, 2};
  show_derivatives(
      "logsumexp over two", [&](const Tensor& x) { return x.logsumexp(dims); }, plain({2, 3, 4}));
  const Tensor special =
      fw::tensor({{-kInfinity, -kInfinity}, {1.0, -kInfinity}, {kInfinity, kInfinity}, {kNaN, 1.0}});
  show_derivatives(
      "logsumexp of infinities", [](const Tensor& x) { return x.logsumexp(1); }, special);
});

// ---- softmax ----

const peer::Section softmaxes("reductions/softmax", [] {
  show_over_shapes("softmax last", [](const Tensor& x) { return x.softmax(-1); });
  show_over_shapes("softmax first", [](const Tensor& x) { return x.softmax(0); });
  show_over_shapes("log_softmax last", [](const Tensor& x) { return x.log_softmax(-1); });
  show_over_shapes("log_softmax first", [](const Tensor& x) { return x.log_softmax(0); });
  const Tensor special =
      fw::tensor({{-kInfinity, -kInfinity}, {1.0, -kInfinity}, {kInfinity, kInfinity}, {kNaN, 1.0}});
  for (const int64_t dim : {0, 1}) {
    show_derivatives(
        "softmax of infinities", [dim](const Tensor& x) { return x.softmax(dim); }, special);
    show_derivatives(
        "log_softmax of infinities", [dim](const Tensor& x) { return x.log_softmax(dim); }, special);
  }
  const Tensor x = plain({2, 3}).requires_grad_();
  const auto name_of_gradient = [&x](const Tensor& y) {
    return peer::grad_fn_name(fw::autograd::grad({y}, {x}, {weights_like(y)}, true, true)[0]);
  };
  peer::show("gradient of softmax", name_of_gradient(x.softmax(1)));
  peer::show("gradient of log_softmax", name_of_gradient(x.log_softmax(1)));
});

// ---- order ----

const peer::Section order("reductions/order", [] {
  show_over_shapes("sort last", [](const Tensor& x) { return std::get<0>(x.sort()); });
  show_over_shapes("sort first falling", [](const Tensor& x) { return std::get<0>(x.sort(0, true)); });
  show_over_shapes("topk 1 first", [](const Tensor& x) { return std::get<0>(x.topk(1, 0)); },
                   {.empty = false});
  show_over_shapes("topk 1 smallest", [](const Tensor& x) { return std::get<0>(x.topk(1, -1, false)); },
                   {.empty = false});
  fw::manual_seed(4);
  const Tensor ties = fw::randint(0, 6, {4, 16}, fw::kFloat);
  const Tensor special = fw::tensor({1.0, kNaN, 3.0, kNaN, -kInfinity, kInfinity, 0.0, -0.0, 3.0});
  for (const bool up : {true, false}) {
    peer::show("sort of ties, at", std::get<1>(ties.sort(1, !up)));
    peer::show("sort of NaN", std::get<0>(special.sort(0, !up)));
    peer::show("sort of NaN, at", std::get<1>(special.sort(0, !up)));
    for (const int64_t k : {0, 1, 3, 9}) {
      peer::show("topk of NaN", std::get<0>(special.topk(k, 0, up)));
      show_derivatives(
          "topk", [k, up](const Tensor& x) { return std::get<0>(x.topk(k, 1, up)); }, plain({2, 9}));
    }
    show_derivatives(
        "topk of many", [up](const Tensor& x) { return std::get<0>(x.topk(2, 0, up)); }, plain({200}));
  }
  peer::show_error("selected index k out of range", [&] { special.topk(10); });
  peer::show_error("selected index k out of range", [&] { special.topk(-1); });
  peer::show_error("selected index k out of range", [&] { fw::tensor(1.0).topk(2); });
});

// ---- matrix products ----

const peer::Section matrix_products("reductions/matmul", [] {
  fw::manual_seed(5);
  const std::vector<Sizes> left = {{4}, {3, 4}, {2, 3, 4}, {1, 3, 4}, {5, 1, 3, 4}, {0, 4}, {0, 3, 4}};
  const std::vector<Sizes> right = {{4}, {4, 2}, {2, 4, 3}, {1, 4, 2}, {5, 2, 4, 1}, {4, 0}};
  for (const Sizes& x_sizes : left) {
    for (const Sizes& y_sizes : right) {
      if (x_sizes == Sizes{0, 3, 4} && y_sizes.size() > 2 && y_sizes[0] != 1) continue;
      const std::string name = text_of(x_sizes) + " " + text_of(y_sizes);
      const Tensor x = plain(x_sizes).requires_grad_(), y = plain(y_sizes).requires_grad_();
      const Tensor z = fw::matmul(x, y);
      peer::show(name, z);
      const auto grads = fw::autograd::grad({z}, {x, y}, {weights_like(z)}, true, /*create_graph=*/true);
      peer::show_values(name + " gradient of x", grads[0]);
      peer::show_values(name + " gradient of y", grads[1]);
      if (z.numel() == 0) continue;
      peer::show_values(name + " second", fw::autograd::grad({grads[0]}, {y}, {weights_like(grads[0])})[0]);
    }
  }
});

const peer::Section product_errors("reductions/matmul errors", [] {
  const auto float_ones = [](const Sizes& sizes) { return fw::ones(sizes); };
  const auto fails = [&](const std::string& phrase, const Sizes& x, const Sizes& y) {
    peer::show_error(phrase, [&] { fw::matmul(float_ones(x), float_ones(y)); });
  };
  fails("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", {2, 3}, {4, 5});
  fails("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4)", {2}, {3, 4});
  fails("mat1 and mat2 shapes cannot be multiplied (6x4 and 5x5)", {2, 3, 4}, {5, 5});
  fails("mat1 and mat2 shapes cannot be multiplied (10x5 and 4x3)", {3, 4}, {2, 5, 5});
  fails("size mismatch, got 2, 2x3,4", {2, 3}, {4});
  fails("size mismatch, got 6, 6x4,5", {2, 3, 4}, {5});
  fails("size mismatch, got 10, 10x5,4", {4}, {2, 5, 5});
  fails("inconsistent tensor size, expected tensor [2] and src [3]", {2}, {3});
  fails("Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 5]", {2, 3, 4},
        {2, 5, 5});
  fails("The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
        {2, 3, 4}, {3, 4, 5});
  fails("both arguments to matmul need to be at least 1D, but they are 0D and 1D", {}, {3});
  peer::show_error("self must be a matrix", [&] { fw::mm(fw::ones({2}), fw::ones({2, 2})); });
  peer::show_error("mat2 must be a matrix", [&] { fw::mm(fw::ones({2, 2}), fw::ones({2})); });
  peer::show_error("batch1 must be a 3D tensor", [&] { fw::bmm(fw::ones({2, 2}), fw::ones({2, 2, 2})); });
  peer::show_error("batch2 must be a 3D tensor", [&] { fw::bmm(fw::ones({2, 2, 2}), fw::ones({2, 2})); });
  peer::show_error("1D tensors expected, but got 2D and 1D tensors", [&] {
    fw::dot(fw::ones({2, 2}), fw::ones({2}));
  });
  peer::show_error("outer: Expected 1-D argument vec2, but got 2-D", [&] {
    fw::outer(fw::ones({2}), fw::ones({2, 2}));
  });
  const Tensor doubles = fw::ones({3, 3}, fw::kDouble), floats = fw::ones({3, 3}), bools = floats > 0;
  peer::show_error("expected scalar type Float but found Double", [&] { fw::mm(floats, doubles); });
  peer::show_error("expected scalar type Double but found Float", [&] { fw::matmul(doubles, floats[0]); });
  peer::show_error("expected both vectors to have same dtype, but found Float and Double",
                   [&] { fw::dot(floats[0], doubles[0]); });
  peer::show_error("expected scalar type Float but found Double",
                   [&] { fw::matmul(floats.unsqueeze(0), doubles.unsqueeze(0)); });
  peer::show_error("not implemented for 'Bool'", [&] { fw::mm(bools, bools); });
  peer::show_error("not implemented for 'Bool'", [&] { fw::dot(bools[0], bools[0]); });
  peer::show("outer promotes", fw::outer(floats[0], doubles[0]));
  peer::show("of integers", fw::matmul(fw::tensor({{1, 2}, {3, 4}}), fw::tensor({5, -6})));
});

}  // namespace
