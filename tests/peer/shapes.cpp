// Sizes: broadcasting, views, reductions, zero-size and 0-dim tensors, and what is refused.
#include "peer.hpp"

#include <sstream>

namespace {

using fw::Tensor;
using peer::attempt;
using Sizes = std::vector<int64_t>;

std::string text_of(const Sizes& sizes) {
  std::ostringstream text;
  text << fw::IntArrayRef(sizes);
  return text.str();
}

Tensor counting(const Sizes& sizes) {
  const int64_t n = fw::zeros(sizes).numel();
  return (fw::arange(n, fw::kFloat) / 2 - 1).view(sizes);
}

const std::vector<Sizes> kShapes = {{},     {1},    {3},    {0},       {2, 3},    {3, 1},
                                    {1, 3}, {2, 0}, {0, 3}, {2, 1, 3}, {1, 1, 1}, {2, 2, 3}};

const peer::Section broadcasting("shapes/broadcasting", [] {
  for (const Sizes& a : kShapes) {
    for (const Sizes& b : kShapes) {
      const std::string both = text_of(a) + " and " + text_of(b);
      attempt("add " + both, [&] { return counting(a) + counting(b); });
      attempt("where " + both, [&] { return fw::where(counting(a) > 0, counting(a), counting(b)); });
      attempt("add_ " + both, [&] { return counting(a).add_(counting(b)); });
      attempt("masked_fill " + both, [&] { return counting(a).masked_fill(counting(b) > 0, 9); });
      attempt("expand " + both, [&] { return counting(a).expand(b); });
      attempt("matmul " + both, [&] { return counting(a).matmul(counting(b)); });
      attempt("cat " + both, [&] { return fw::cat({counting(a), counting(b)}); });
      attempt("cat 1 " + both, [&] { return fw::cat({counting(a), counting(b)}, 1); });
      attempt("stack " + both, [&] { return fw::stack({counting(a), counting(b)}); });
      attempt("copy_ " + both, [&] { return counting(a).copy_(counting(b)); });
    }
  }
});

const peer::Section broadcast_gradients("shapes/gradients of broadcast operands", [] {
  for (const Sizes& a : kShapes) {
    for (const Sizes& b : kShapes) {
      const Tensor x = counting(a).requires_grad_(), y = counting(b).requires_grad_();
      try {
        const Tensor z = x * y + y;
        (z * counting(z.sizes().vec())).sum().backward();
      } catch (const std::exception&) {
        continue;
      }
      peer::show("x of " + text_of(a) + " and " + text_of(b), x.grad());
      peer::show("y of " + text_of(a) + " and " + text_of(b), y.grad());
    }
  }
});

const peer::Section one_tensor("shapes/functions of one tensor", [] {
  for (const Sizes& sizes : kShapes) {
    const Tensor x = counting(sizes);
    const auto f = [&](const std::string& name, const std::function<Tensor(const Tensor&)>& op) {
      attempt(name + " of " + text_of(sizes), [&] { return op(x); });
    };
    f("sum", [](const Tensor& t) { return t.sum(); });
    f("mean", [](const Tensor& t) { return t.mean(); });
    f("prod", [](const Tensor& t) { return t.prod(); });
    f("max", [](const Tensor& t) { return t.max(); });
    f("min", [](const Tensor& t) { return t.min(); });
    f("argmax", [](const Tensor& t) { return t.argmax(); });
    f("all", [](const Tensor& t) { return t.all(); });
    f("any", [](const Tensor& t) { return t.any(); });
    f("var", [](const Tensor& t) { return t.var(true); });
    f("biased var", [](const Tensor& t) { return t.var(false); });
    f("std", [](const Tensor& t) { return t.std(true); });
    f("norm", [](const Tensor& t) { return t.norm(); });
    f("flatten", [](const Tensor& t) { return t.flatten(); });
    f("squeeze", [](const Tensor& t) { return t.squeeze(); });
    f("t", [](const Tensor& t) { return t.t(); });
    f("view -1", [](const Tensor& t) { return t.view({-1}); });
    f("reshape 3 -1", [](const Tensor& t) { return t.reshape({3, -1}); });
    f("reshape 0 -1", [](const Tensor& t) { return t.reshape({0, -1}); });
    f("repeat", [](const Tensor& t) { return t.repeat({2, 1, 1}); });
    if (sizes.size() != 1) f("tril", [](const Tensor& t) { return t.tril(); });
    f("nonzero", [](const Tensor& t) { return fw::nonzero(t); });
    f("masked_select", [](const Tensor& t) { return t.masked_select(t > 0); });
    f("index mask", [](const Tensor& t) { return t.index({t > 0}); });
    for (int64_t dim = -3; dim <= 3; ++dim) {
      const std::string at = "(" + std::to_string(dim) + ")";
      f("size" + at, [=](const Tensor& t) { return fw::tensor(t.size(dim)); });
      f("sum" + at, [=](const Tensor& t) { return t.sum(dim); });
      f("sum keepdim" + at, [=](const Tensor& t) { return t.sum(dim, true); });
      f("mean" + at, [=](const Tensor& t) { return t.mean(dim); });
      f("prod" + at, [=](const Tensor& t) { return t.prod(dim); });
      f("max" + at, [=](const Tensor& t) { return std::get<0>(t.max(dim)); });
      f("min indices" + at, [=](const Tensor& t) { return std::get<1>(t.min(dim, true)); });
      f("amax" + at, [=](const Tensor& t) { return t.amax(dim); });
      f("argmin" + at, [=](const Tensor& t) { return t.argmin(dim); });
      f("all" + at, [=](const Tensor& t) { return (t > 0).all(dim); });
      f("var" + at, [=](const Tensor& t) { return t.var(fw::IntArrayRef{dim}); });
      f("norm" + at, [=](const Tensor& t) { return t.norm(2, fw::IntArrayRef{dim}); });
      f("logsumexp" + at, [=](const Tensor& t) { return t.logsumexp(dim); });
      f("cumsum" + at, [=](const Tensor& t) { return t.cumsum(dim); });
      f("softmax" + at, [=](const Tensor& t) { return t.softmax(dim); });
      f("log_softmax" + at, [=](const Tensor& t) { return t.log_softmax(dim); });
      f("sort" + at, [=](const Tensor& t) { return std::get<0>(t.sort(dim, true)); });
      f("topk" + at, [=](const Tensor& t) { return std::get<0>(t.topk(1, dim)); });
      f("squeeze" + at, [=](const Tensor& t) { return t.squeeze(dim); });
      f("unsqueeze" + at, [=](const Tensor& t) { return t.unsqueeze(dim); });
      f("transpose" + at, [=](const Tensor& t) { return t.transpose(0, dim); });
      f("select" + at, [=](const Tensor& t) { return t.select(dim, -1); });
      f("narrow" + at, [=](const Tensor& t) { return t.narrow(dim, 1, 1); });
      f("slice" + at, [=](const Tensor& t) { return t.slice(dim, -2, 5, 2); });
      f("flip" + at, [=](const Tensor& t) { return t.flip(dim); });
      f("unbind" + at, [=](const Tensor& t) { return t.unbind(dim).at(0); });
      f("chunk" + at, [=](const Tensor& t) { return t.chunk(2, dim).back(); });
      f("split" + at, [=](const Tensor& t) { return t.split(2, dim).back(); });
      f("index_select" + at,
        [=](const Tensor& t) { return t.index_select(dim, fw::zeros({t.dim() == 0 ? 1 : 2}, fw::kLong)); });
      f("gather" + at, [=](const Tensor& t) { return t.gather(dim, fw::zeros(t.sizes(), fw::kLong)); });
    }
  }
});

const peer::Section zero_size_gradients("shapes/gradients of zero-size tensors", [] {
  for (const Sizes& sizes : {Sizes{0}, Sizes{2, 0}, Sizes{0, 3}}) {
    const auto f = [&](const std::string& name, const std::function<Tensor(const Tensor&)>& op) {
      const Tensor x = counting(sizes).requires_grad_();
      op(x).sum().backward();
      peer::show(name + " of " + text_of(sizes), x.grad());
    };
    f("exp", [](const Tensor& t) { return t.exp(); });
    f("mul", [](const Tensor& t) { return t * t; });
    f("sum(0)", [](const Tensor& t) { return t.sum(0); });
    f("prod", [](const Tensor& t) { return t.prod(); });
    f("prod(0)", [](const Tensor& t) { return t.prod(0); });
    f("softmax", [](const Tensor& t) { return t.softmax(-1); });
    f("cat", [](const Tensor& t) { return fw::cat({t, t}); });
    f("cat with a vector", [](const Tensor& t) { return fw::cat({t.view({-1}), fw::ones({2})}); });
    f("matmul", [](const Tensor& t) { return t.matmul(fw::ones({t.size(-1), 2})); });
    f("transposed matmul", [](const Tensor& t) { return fw::ones({2, t.size(0)}).matmul(t); });
    f("cumsum", [](const Tensor& t) { return t.cumsum(0); });
    f("masked_select", [](const Tensor& t) { return t.masked_select(t > 0); });
    f("index", [](const Tensor& t) { return t.index({fw::zeros({0}, fw::kLong)}); });
    f("expand", [](const Tensor& t) { return t.unsqueeze(0).expand({3, -1, -1}); });
    f("sort", [](const Tensor& t) { return std::get<0>(t.sort()); });
    f("logsumexp", [](const Tensor& t) { return t.logsumexp(-1); });
  }
});

const peer::Section errors("shapes/errors", [] {
  const Tensor x = counting({2, 3});
  peer::show_error("must match the size of tensor b", [&] { x + fw::ones({4}); });
  peer::show_error("mat1 and mat2 shapes cannot be multiplied", [&] { x.matmul(x); });
  peer::show_error("is invalid for input of size 6", [&] { x.view({4}); });
  peer::show_error("is invalid for input of size 6", [&] { x.reshape({4, -1}); });
  peer::show_error("only one dimension can be inferred", [&] { x.view({-1, -1}); });
  peer::show_error("Dimension out of range", [&] { x.sum(2); });
  peer::show_error("Dimension out of range", [&] { x.transpose(0, 5); });
  peer::show_error("Dimension out of range", [&] { x.softmax(-3); });
  peer::show_error("out of range", [&] { x.select(0, 2); });
  peer::show_error("out of range", [&] { x.index_select(0, fw::tensor({2})); });
  peer::show_error("out of bounds", [&] { x.gather(0, fw::tensor({{5}})); });
  peer::show_error("cannot reshape tensor of 0 elements", [] { fw::ones({0}).reshape({0, -1}); });
  peer::show_error("exceeds dimension size", [&] { x.narrow(0, 1, 2); });
  peer::show_error("duplicate dims are not allowed", [&] { x.permute({0, 0}); });
  peer::show_error("The expanded size of the tensor", [&] { x.expand({2, 4}); });
  peer::show_error("Sizes of tensors must match except in dimension", [&] {
    fw::cat({x, fw::ones({2, 4})});
  });
  peer::show_error("stack expects each tensor to be equal size", [&] { fw::stack({x, fw::ones({3, 2})}); });
  peer::show_error("split_with_sizes expects split_sizes to sum exactly to", [&] { x.split({1, 3}, 1); });
  peer::show_error("batch1 must be a 3D tensor", [&] { x.bmm(x); });
  peer::show_error("1D tensors expected", [&] { x.dot(x); });
  peer::show_error("step must be", [&] { x.slice(0, 0, 2, 0); });
  peer::show_error("negative dimension", [] { fw::zeros({-1}); });
  peer::show_error("t() expects a tensor with <= 2 dimensions", [] { fw::ones({1, 1, 1}).t(); });
  peer::show_error("expected BoolTensor or ByteTensor for mask", [&] {
    x.masked_select(fw::ones({2, 3}, fw::kLong));
  });
  peer::show_error("expected scalar type Double but found Float", [&] { x.data_ptr<double>(); });
  peer::show_error("the number of sizes provided", [&] { x.expand({3}); });
  peer::show_error("Expected reduction dim to be specified for input.numel() == 0.",
                   [&] { fw::zeros({0}).view({0}).argmax(); });
});

const peer::Section text("shapes/how sizes and dtypes print", [] {
  std::ostringstream out;
  out << fw::ones({2, 3}).sizes() << ' ' << fw::ones({}).sizes() << ' ' << fw::ones({0}).sizes() << ' '
      << fw::ones({1}).scalar_type() << ' ' << fw::ones({1}, fw::kDouble).dtype() << ' '
      << fw::ones({1}, fw::kBool).dtype() << ' ' << fw::ones({1}).dtype() << ' '
      << fw::ones({2, 3}).strides();
  peer::show("printed", out.str());
  peer::show("element_size", static_cast<int64_t>(fw::ones({1}, fw::kLong).element_size()));
  peer::show("nbytes", static_cast<int64_t>(fw::ones({3}, fw::kDouble).nbytes()));
  peer::show("dtype == kFloat", fw::ones({1}).dtype() == fw::kFloat);
  peer::show("dim", fw::ones({2, 3}).dim());
  peer::show("numel of 0-dim", fw::ones({}).numel());
  peer::show("item", fw::tensor(2.5).item<float>());
  peer::show("item as int", fw::tensor({3}).item<int64_t>());
  peer::show("strides of zero-size", fw::ones({2, 0, 3}).strides());
  peer::show_whether_throws("item of two", [] { fw::ones({2}).item(); });
});

}  // namespace
