// Steps of random programs on integers and bools, on mixed dtypes, and along several dims at once;
// programs.cpp draws from them. README.md says what is left out, and why.
#pragma once

#include "program.hpp"

namespace peer::mixed {

using fw::Tensor;

inline std::string list(const Sizes& numbers) {
  std::ostringstream text;
  text << fw::IntArrayRef(numbers);
  return text.str();
}

inline fw::Dtype any_dtype(Program& p) {
  constexpr fw::Dtype all[] = {fw::kBool, fw::kLong, fw::kFloat, fw::kDouble};
  return all[p.random.below(4)];
}

inline std::string text(fw::Dtype dtype) {
  std::ostringstream out;
  out << dtype;
  return out.str();
}

// Some dims of x, each once, in any order; maybe none, which means all of them.
inline Sizes some_dims(Program& p, const Value& x) {
  Sizes dims;
  for (int64_t dim = 0; dim < x.dim(); ++dim)
    if (p.random.chance(50))
      dims.insert(dims.begin() + p.random.below(static_cast<int64_t>(dims.size()) + 1),
                  p.random.chance(30) ? dim - x.dim() : dim);
  return dims;
}

inline Value any_exact(Program& p) {
  return p.pick([](const Value& v) { return v.exact; });
}

// Every dtype with every other: which dtype comes of it, and what the numbers are.
inline void binary(Program& p) {
  Value x = any_exact(p), y = p.leaf(p.broadcastable_with(x.sizes()), any_dtype(p));
  if (!x.exact) return;
  if (p.random.chance(50)) std::swap(x, y);
  const std::string of = " mixed(" + x.name + ", " + y.name + ")";
  const Value like = p.joined(x, y);
  switch (p.random.below(20)) {
    case 0:
      return p.make("add" + of, like, [&] { return x.x + y.x; });
    case 1:
      return p.make("sub" + of, like, [&] { return x.x - y.x; });
    case 2:
      return p.make("mul" + of, p.multiplied(x, y), [&] { return x.x * y.x; });
    case 3:
      return p.make("div" + of, p.rounded(like), [&] { return x.x / (y.x * y.x + 1); });
    case 4:
      return p.make("add 2 times" + of, p.multiplied(x, y), [&] { return x.x.add(y.x, 2); });
    case 5:
      return p.make("maximum" + of, like, [&] { return fw::maximum(x.x, y.x); });
    case 6:
      return p.make("minimum" + of, like, [&] { return fw::minimum(x.x, y.x); });
    case 7:
      return p.make("where" + of, like, [&, mask = p.mask(x.sizes())] { return fw::where(mask, x.x, y.x); });
    case 8:
      return p.make("lt" + of, like, [&] { return x.x < y.x; });
    case 9:
      return p.make("le" + of, like, [&] { return x.x <= y.x; });
    case 10:
      return p.make("gt" + of, like, [&] { return x.x > y.x; });
    case 11:
      return p.make("ge" + of, like, [&] { return x.x >= y.x; });
    case 12:
      return p.make("ne" + of, like, [&] { return x.x != y.x; });
    case 13:
      return p.make("bitwise_and" + of, like, [&] { return x.x & y.x; });
    case 14:
      return p.make("bitwise_or" + of, like, [&] { return x.x | y.x; });
    case 15:
      return p.make("logical_or" + of, like, [&] { return fw::logical_or(x.x, y.x); });
    case 16:
      return p.make("logical_xor" + of, like, [&] { return fw::logical_xor(x.x, y.x); });
    case 17:
      return p.make("isclose" + of, like, [&] { return fw::isclose(x.x, y.x, 0.25, 0.5); });
    case 18:
      return p.make("equal" + of, like, [&] { return fw::tensor(x.x.equal(y.x)); });
    default:  // of integers: no power is negative
      return p.make("pow" + of, p.rounded(like),
                    [&] { return x.x.to(fw::kLong).pow(y.x.to(fw::kLong).abs()); });
  }
}

// Numbers of C++ with tensors of every dtype.
inline void number(Program& p) {
  const Value x = any_exact(p);
  if (!x.exact) return;
  const int64_t k = p.random.between(-3, 3);
  const double a = static_cast<double>(p.random.between(-6, 6)) / 4;
  const std::string of = "(" + x.name + ", " + std::to_string(k) + ")";
  switch (p.random.below(12)) {
    case 0:
      return p.make("add true" + of, x, [&] { return x.x + true; });
    case 1:
      return p.make("2 to the power of " + x.name, p.rounded(x),
                    [&] { return fw::pow(2, x.x.to(fw::kDouble)); });
    case 2:
      return p.make("square(" + x.name + ")", p.multiplied(x, x), [&] { return x.x.square(); });
    case 3:
      return p.make("pow 3(" + x.name + ")", p.rounded(x), [&] { return x.x.pow(3); });
    case 4:
      return p.make("rdiv" + of, p.rounded(x), [&] { return k / (x.x * x.x + 0.5); });
    case 5:
      return p.make("le " + text_of(a, 6) + of, x, [&] { return x.x <= a; });
    case 6:
      return p.make("eq" + of, x, [&] { return x.x == k; });
    case 7:
      return p.make("clamp" + of, x, [&] { return x.x.clamp(k, k + 2); });
    case 8:
      return p.make("abs(" + x.name + ")", x, [&] { return x.x.abs(); });
    case 9:
      return p.make("bitwise_not(" + x.name + ")", x, [&] { return ~x.x; });
    case 10:
      return p.make("isinf(" + x.name + ")", x, [&] { return x.x.isinf(); });
    default:
      return p.make("masked_fill" + of, x,
                    [&, mask = p.mask(p.broadcastable_with(x.sizes()))] { return x.x.masked_fill(mask, k); });
  }
}

// Reductions of every dtype, over several dims, in other dtypes.
inline void reduction(Program& p) {
  const Value x = any_exact(p);
  if (!x.exact) return;
  const Sizes dims = some_dims(p, x);
  const int64_t dim = p.dim_of(x);
  const bool keepdim = p.random.chance(40);
  // Summed up as integers, what requires grad fails an assertion within libtorch.
  const fw::Dtype dtype = p.random.chance(50) || x.x.requires_grad() ? fw::kDouble : fw::kLong;
  const std::string of =
      "(" + x.name + ", " + list(dims) + (keepdim ? ", keepdim" : "") + ", or " + std::to_string(dim) + ")";
  const Value like = p.packed(p.rounded(x)), exact = p.packed(x);
  switch (p.random.below(20)) {
    case 0:
      return p.make("sum" + of, like, [&] { return x.x.sum(dims, keepdim); });
    case 1:
      return p.make("sum in " + text(dtype) + of, like, [&] { return x.x.sum(dims, keepdim, dtype); });
    case 2:
      return p.make("mean" + of, like, [&] { return kept(x.x).mean(dims, keepdim); });
    case 3:
      return p.make("mean in Double" + of, like, [&] { return kept(x.x).mean(dims, keepdim, fw::kDouble); });
    case 4:
      return p.make("prod" + of, like, [&] { return x.x.prod(dim, keepdim); });
    case 5:
      return p.make("prod in " + text(dtype) + of, like, [&] { return x.x.prod(dtype); });
    case 6:
      return p.make("max" + of, exact, [&] { return x.x.max(); });
    case 7:
      return p.make("min along" + of, exact, [&] { return std::get<0>(x.x.min(dim, keepdim)); });
    case 8:
      return p.make("amax" + of, exact, [&] { return x.x.amax(dims, keepdim); });
    case 9:
      return p.make("amin" + of, exact, [&] { return x.x.amin(dims, keepdim); });
    case 10:
      if (x.x.scalar_type() == fw::kBool) return;  // which libtorch takes where dim has one element
      return p.make("argmin" + of, exact, [&] { return x.x.argmin(dim, keepdim); });
    case 11:
      return p.make("argmax of all" + of, exact, [&] { return x.x.argmax(); });
    case 12:
      return p.make("all" + of, exact, [&] { return x.x.all(dim, keepdim); });
    case 13:
      return p.make("any" + of, exact, [&] { return x.x.any(); });
    case 14:
      return p.make("cumsum in " + text(dtype) + of, p.rounded(p.viewed(x)),
                    [&] { return x.x.cumsum(dim, dtype); });
    case 15:
      return p.make("nonzero(" + x.name + ")", p.viewed(x), [&] { return fw::nonzero(x.x); });
    case 16:
      return p.make("softmax in Double" + of, like, [&] { return x.x.softmax(dim, fw::kDouble); });
    case 17:
      if (dims.empty()) return;  // which libtorch refuses
      return p.make("logsumexp" + of, like, [&] { return x.x.to(fw::kDouble).logsumexp(dims, keepdim); });
    case 18:
      return p.make("norm 0" + of, exact, [&] { return x.x.to(fw::kDouble).norm(0, dims, keepdim); });
    default:
      if (!x.distinct || x.x.numel() == 0) return;
      return p.make("norm inf" + of, exact, [&] { return (x.x + 0.0625).norm(INFINITY, dims, keepdim); });
  }
}

// Products by their own names, of integers too.
inline void product(Program& p) {
  const fw::Dtype dtype = p.random.chance(30) ? fw::kLong : p.any_floating_dtype();
  const int64_t n = p.random.below(4), k = p.random.below(4), m = p.random.between(1, 3),
                b = p.random.below(3);
  const auto pair = [&](const Sizes& x, const Sizes& y) {
    return std::pair(p.leaf(x, dtype), p.leaf(y, dtype));
  };
  const auto result = [&](const char* name, const std::pair<Value, Value>& both,
                          Tensor (*f)(const Tensor&, const Tensor&)) {
    const auto& [x, y] = both;
    p.make(std::string(name) + "(" + x.name + ", " + y.name + ")", p.packed(p.rounded(x)),
           [&] { return f(both.first.x, both.second.x); });
  };
  switch (p.random.below(5)) {
    case 0:
      return result("mm", pair({n, k}, {k, m}), [](const Tensor& x, const Tensor& y) { return x.mm(y); });
    case 1:
      return result("bmm", pair({b, n, k}, {b, k, m}),
                    [](const Tensor& x, const Tensor& y) { return x.bmm(y); });
    case 2:
      return result("dot", pair({k}, {k}), [](const Tensor& x, const Tensor& y) { return x.dot(y); });
    case 3:
      return result("outer", pair({n}, {m}), [](const Tensor& x, const Tensor& y) { return x.outer(y); });
    default:
      return result("mm of what does not fit", pair({n, k}, {k + 1, m}),
                    [](const Tensor& x, const Tensor& y) { return x.mm(y); });
  }
}

// Tensors of another's shape or dtype, and from nothing.
inline void creation(Program& p) {
  const Value x = p.pick([](const Value&) { return true; });
  const fw::Dtype dtype = any_dtype(p);
  const int64_t n = p.random.below(5), m = p.random.below(4);
  const std::string of = "(" + x.name + ", " + text(dtype) + ")";
  const Value like = p.packed(x.exact ? x : p.rounded(x));
  switch (p.random.below(11)) {
    case 0:
      return p.make("zeros_like" + of, like, [&] { return fw::zeros_like(x.x, dtype); });
    case 1:
      return p.make("ones_like(" + x.name + ")", like, [&] { return fw::ones_like(x.x); });
    case 2:
      return p.make("full_like" + of, like, [&] { return fw::full_like(x.x, 1.5, dtype); });
    case 3:
      return p.make("arange" + of, like, [&] { return fw::arange(0, n, 0.5, dtype); });
    case 4:
      return p.make("arange of integers" + of, like, [&] { return fw::arange(n - 5, n); });
    case 5:
      return p.make("linspace" + of, like, [&] { return fw::linspace(0, n, m, fw::kDouble); });
    case 6:
      return p.make("eye" + of, like, [&] { return fw::eye(n, m, dtype); });
    case 7:
      return p.make("type_as" + of, like, [&] { return x.x.type_as(fw::zeros({1}, fw::kDouble)); });
    case 8:
      if (!x.exact || !x.x.isfinite().all().item<bool>()) return;
      return p.make("to" + of, like, [&] { return x.x.to(dtype); });
    case 9:
      return p.make("expand_as" + of, p.viewed(x), [&] { return x.x.expand_as(fw::zeros(x.sizes())); });
    default:
      return p.make("full" + of, like, [&] { return fw::full({n, m}, 1.25, dtype); });
  }
}

// Slices, numbers, new dims, index tensors and masks together.
inline void indexing(Program& p) {
  using namespace fw::indexing;
  const Value x = p.floating();
  if (x.dim() < 2) return;
  const int64_t first = x.x.size(0), second = x.x.size(1);
  const Tensor rows = p.indices({2}, first), columns = p.indices({3, 1}, second);
  const Tensor mask = p.mask({first, second});
  const std::string of = "(" + x.name + ")";
  const Value like = p.packed(p.rounded(x)), viewed = p.viewed(p.rounded(x));
  switch (p.random.below(9)) {
    case 0:
      return p.make("index rows and columns" + of, like, [&] { return x.x.index({rows, columns}); });
    case 1:
      return p.make("index slice, columns" + of, viewed, [&] { return x.x.index({Slice(0, 2), columns}); });
    case 2:
      return p.make("index None, rows" + of, viewed, [&] { return x.x.index({None, rows}); });
    case 3:
      return p.make("index number, columns" + of, viewed, [&] { return x.x.index({0, columns}); });
    case 4:
      return p.make("index by a mask of two dims" + of, like, [&] { return x.x.index({mask}); });
    case 5:
      return p.make("index ..., number" + of, viewed, [&] { return x.x.index({Ellipsis, -1}); });
    case 6:
      return p.make("split by sizes" + of, p.viewed(x), [&] {
        return x.x.clone().split(fw::IntArrayRef({first - first / 2, first / 2})).back();
      });
    case 7:
      return p.make("flip of two dims" + of, x, [&] { return x.x.flip({0, 1}); });
    default:
      return p.make("where alone" + of, viewed, [&] { return fw::where(mask).back(); });
  }
}

// Writes in place of one dtype to another: what can't be converted is refused.
inline void in_place(Program& p) {
  std::vector<size_t> fit;
  for (size_t i = 0; i < p.values.size(); ++i)
    if (const Value& v = p.values[i]; v.fresh && v.exact && v.plain) fit.push_back(i);
  if (fit.empty()) return;
  const size_t i = fit[static_cast<size_t>(p.random.below(static_cast<int64_t>(fit.size())))];
  const Value x = p.values[i];
  const Value y = p.leaf(p.broadcastable_with(x.sizes()), any_dtype(p)), one = p.leaf({}, any_dtype(p));
  const Tensor mask = p.mask(p.broadcastable_with(x.sizes()));
  const std::string of = "_ mixed(" + x.name + ", " + y.name + ")";
  const Value like = p.joined(x, y);
  switch (p.random.below(10)) {
    case 0:
      return p.rewrite("add" + of, i, like, [&](Tensor& t) { t.add_(y.x); });
    case 1:
      return p.rewrite("sub" + of, i, like, [&](Tensor& t) { t.sub_(y.x); });
    case 2:
      return p.rewrite("mul" + of, i, p.multiplied(x, y), [&](Tensor& t) { t.mul_(y.x); });
    case 3:
      return p.rewrite("div" + of, i, p.rounded(like), [&](Tensor& t) { t.div_(y.x * y.x + 1); });
    case 4:
      return p.rewrite("copy" + of, i, like, [&](Tensor& t) { t.copy_(y.x); });
    case 5:
      return p.rewrite("fill by a tensor" + of, i, like, [&](Tensor& t) { t.fill_(one.x.detach()); });
    case 6:
      return p.rewrite("masked_fill by a tensor" + of, i, like,
                       [&](Tensor& t) { t.masked_fill_(mask, one.x.detach()); });
    case 7:
      return p.rewrite("add 2" + of, i, x, [&](Tensor& t) { t.add_(2); });
    case 8:
      return p.rewrite("sub 0.5" + of, i, x, [&](Tensor& t) { t.sub_(0.5); });
    default:
      return p.rewrite("clamp" + of, i, x, [&](Tensor& t) { t.clamp_(-1, 1); });
  }
}

}  // namespace peer::mixed
