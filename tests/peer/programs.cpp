// Random programs: from a seed, a few leaves, 3 to 15 ops drawn from all that frost has, and a backward pass;
// every value, flag, name, gradient and error on the way is printed. Run by tests/peer/fuzz, or
//
//   peer_compare --scaled peer_torch peer_frost programs --seed 1 --count 2000
//
// One long table, an op after the other in the order of ops.hpp; README.md says what is left out of it, and
// why.
#include "program_mixed.hpp"

namespace {

using fw::Tensor;
using peer::kept;
using peer::Program;
using peer::Sizes;
using peer::Value;

std::string list(const Sizes& numbers) {
  std::ostringstream text;
  text << fw::IntArrayRef(numbers);
  return text.str();
}
std::string number(double value) { return peer::text_of(value, 6); }
std::string number(int64_t value) { return std::to_string(value); }

using Function = Tensor (*)(const Tensor&);
struct Named {
  const char* name;
  Function f;
};
const Named& one_of(Program& p, const std::vector<Named>& all) {
  return all[static_cast<size_t>(p.random.below(static_cast<int64_t>(all.size())))];
}

// ---- arithmetic and functions of each element ----

// libtorch's is wrong in Float where the gradient is not contiguous.
Tensor gelu(const Tensor& x) {
  return x.scalar_type() == fw::kFloat ? fw::gelu(x.to(fw::kDouble)).to(fw::kFloat) : fw::gelu(x);
}

void smooth(Program& p) {
  static const std::vector<Named> all = {{"sin", [](const Tensor& x) { return x.sin(); }},
                                         {"cos", [](const Tensor& x) { return x.cos(); }},
                                         {"tanh", [](const Tensor& x) { return x.tanh(); }},
                                         {"sigmoid", [](const Tensor& x) { return x.sigmoid(); }},
                                         {"erf", [](const Tensor& x) { return x.erf(); }},
                                         {"gelu", gelu},
                                         {"softplus", [](const Tensor& x) { return fw::softplus(x); }},
                                         {"exp of tanh", [](const Tensor& x) { return x.tanh().exp(); }},
                                         {"expm1 of sin", [](const Tensor& x) { return x.sin().expm1(); }}};
  const Value v = p.random.chance(90) ? p.floating() : p.pick([](const Value&) { return true; });
  const Named& op = one_of(p, all);
  // A large number's last digit is a good part of a wave of sin and cos.
  const bool is_scaled = !v.exact && v.floating();
  p.make(std::string(op.name) + "(" + v.name + (is_scaled ? " / 64)" : ")"), p.rounded(v),
         [&] { return op.f(is_scaled ? v.x / 64 : v.x); });
}

// Functions that want positive numbers get x² + ½.
void of_positive(Program& p) {
  static const std::vector<Named> all = {{"log", [](const Tensor& x) { return x.log(); }},
                                         {"sqrt", [](const Tensor& x) { return x.sqrt(); }},
                                         {"rsqrt", [](const Tensor& x) { return x.rsqrt(); }},
                                         {"reciprocal", [](const Tensor& x) { return x.reciprocal(); }},
                                         {"log1p", [](const Tensor& x) { return x.log1p(); }}};
  const Named& op = one_of(p, all);
  const Value v = p.floating();
  p.make(std::string(op.name) + "(" + v.name + "^2 + 0.5)", p.rounded(v),
         [&] { return op.f(v.x * v.x + 0.5); });
}

void kinked(Program& p) {
  static const std::vector<Named> all = {
      {"abs", [](const Tensor& x) { return x.abs(); }},
      {"relu", [](const Tensor& x) { return x.relu(); }},
      {"clamp -1 1", [](const Tensor& x) { return x.clamp(-1, 1); }},
      {"clamp 0.5", [](const Tensor& x) { return x.clamp(0.5); }},
      {"clamp to 0.25", [](const Tensor& x) { return x.clamp(fw::nullopt, 0.25); }},
      {"neg", [](const Tensor& x) { return -x; }}};
  const Value v = p.exact_floating();
  const Named& op = one_of(p, all);
  p.make(std::string(op.name) + "(" + v.name + ")", v, [&] { return op.f(v.x); });
}

void with_number(Program& p) {
  const Value v = p.pick([](const Value&) { return true; });
  const double a = static_cast<double>(p.random.between(-6, 6)) / 4;
  const int64_t k = p.random.between(-3, 3);
  const std::string of = "(" + v.name + ", " + number(a) + ")", of_k = "(" + v.name + ", " + number(k) + ")";
  switch (p.random.below(9)) {
    case 0:
      return p.make("add" + of, v, [&] { return v.x + a; });
    case 1:
      return p.make("add" + of_k, v, [&] { return v.x + k; });
    case 2:
      return p.make("sub" + of, v, [&] { return v.x - a; });
    case 3:
      return p.make("rsub" + of, v, [&] { return a - v.x; });
    case 4:
      return p.make("mul" + of, p.multiplied(v, v), [&] { return v.x * a; });
    case 5:
      return p.make("rmul" + of_k, p.multiplied(v, v), [&] { return k * v.x; });
    case 6:
      return p.make("div" + of_k, p.rounded(v), [&] { return v.x / (k + 5); });
    case 7:
      return p.make("pow(" + v.name + ", 2)", p.multiplied(v, v), [&] { return v.x.pow(2); });
    default:
      return p.make("pow(" + v.name + "^2 + 0.5, " + number(a) + ")", p.rounded(v),
                    [&] { return (v.x * v.x + 0.5).pow(a); });
  }
}

void binary(Program& p) {
  const Value x = p.floating(), y = p.partner(x);
  const std::string of = "(" + x.name + ", " + y.name + ")";
  switch (p.random.below(8)) {
    case 0:
      return p.make("add" + of, p.joined(x, y), [&] { return x.x + y.x; });
    case 1:
      return p.make("sub" + of, p.joined(x, y), [&] { return x.x - y.x; });
    case 2:
      return p.make("mul" + of, p.multiplied(x, y), [&] { return x.x * y.x; });
    case 3:
      return p.make("rounded mul" + of, p.rounded(p.joined(x, y)), [&] { return x.x * y.x; });
    case 4:
      return p.make("div" + of, p.rounded(p.joined(x, y)), [&] { return x.x / (y.x * y.x + 0.5); });
    case 5:
      return p.make("add 0.5 times" + of, p.multiplied(x, y), [&] { return x.x.add(y.x, 0.5); });
    case 6:
      return p.make("sub 2 times" + of, p.multiplied(x, y), [&] { return x.x.sub(y.x, 2); });
    default:
      // libtorch keeps the power, even where it is not needed: nobody writes to it
      p.make("pow, times 1" + of, p.rounded(p.joined(x, y)),
             [&] { return (x.x.sin() + 1.5).pow(y.x.tanh()) * 1; });
  }
}

void extreme_of_two(Program& p) {
  const Value x = p.exact_floating(), y = p.partner(x);
  if (!y.exact) return;
  const std::string of = "(" + x.name + ", " + y.name + ")";
  if (p.random.chance(50))
    return p.make("maximum" + of, p.joined(x, y), [&] { return fw::maximum(x.x, y.x); });
  p.make("minimum" + of, p.joined(x, y), [&] { return fw::minimum(x.x, y.x); });
}

// ---- comparison and logic ----

void comparison(Program& p) {
  const auto is_exact = [](const Value& v) { return v.exact; };
  const Value x = p.pick(is_exact), y = p.pick(is_exact);
  if (!x.exact || !y.exact) return;
  const std::string of = "(" + x.name + ", " + y.name + ")";
  const Value like = p.joined(x, y);
  switch (p.random.below(10)) {
    case 0:
      return p.make("lt" + of, like, [&] { return x.x < y.x; });
    case 1:
      return p.make("ge" + of, like, [&] { return x.x >= y.x; });
    case 2:
      return p.make("eq" + of, like, [&] { return x.x == y.x; });
    case 3:
      return p.make("ne 0(" + x.name + ")", like, [&] { return x.x != 0; });
    case 4:
      return p.make("gt 0.5(" + x.name + ")", like, [&] { return x.x > 0.5; });
    case 5:
      return p.make("logical_and" + of, like, [&] { return fw::logical_and(x.x, y.x); });
    case 6:
      return p.make("logical_not(" + x.name + ")", like, [&] { return x.x.logical_not(); });
    case 7:
      return p.make("bitwise_xor" + of, like, [&] { return x.x ^ y.x; });
    case 8:
      return p.make("isnan(" + x.name + ")", like, [&] { return x.x.isnan(); });
    default:
      return p.make("isfinite(" + x.name + ")", like, [&] { return x.x.isfinite(); });
  }
}

// ---- masks ----

void masks(Program& p) {
  const Value x = p.floating();
  const Tensor mask = p.mask(p.broadcastable_with(x.sizes()));
  const std::string of = "(" + x.name + ", mask " + list(mask.sizes().vec()) + ")";
  switch (p.random.below(8)) {
    case 0:
      return p.make("masked_fill -inf and softmax" + of, p.rounded(x),
                    [&] { return x.x.masked_fill(mask, -INFINITY).softmax(-1); });
    case 1:
      return p.make("masked_fill 1.5" + of, x, [&] { return x.x.masked_fill(mask, 1.5); });
    case 2:
      return p.make("masked_fill with a tensor" + of, x,
                    [&] { return x.x.masked_fill(mask, fw::tensor(0.5)); });
    case 3:
      return p.make("masked_select" + of, p.packed(x),
                    [&] { return kept(x.plain ? x.x : x.x.contiguous()).masked_select(mask); });
    case 4: {
      const Value y = p.partner(x);
      return p.make("where" + of + " " + y.name, p.joined(x, y), [&] { return fw::where(mask, x.x, y.x); });
    }
    case 5:
      return p.make("where" + of + " or 2", x, [&] { return fw::where(mask, x.x, 2.0); });
    case 6:
      if (x.dim() == 1) return;
      return p.make("tril(" + x.name + ")", p.packed(x),
                    [&, k = p.random.between(-2, 2)] { return x.x.tril(k); });
    default:
      if (x.dim() == 1) return;
      return p.make("triu(" + x.name + ")", p.packed(x),
                    [&, k = p.random.between(-2, 2)] { return x.x.triu(k); });
  }
}

// ---- reductions ----

void smooth_reduction(Program& p) {
  const Value x = p.floating();
  const int64_t dim = p.dim_of(x);
  const bool keepdim = p.random.chance(40);
  const std::string of = "(" + x.name + ", " + number(dim) + (keepdim ? ", keepdim)" : ")");
  const Value like = p.packed(p.rounded(x));
  switch (p.random.below(12)) {
    case 0:
      return p.make("sum(" + x.name + ")", like, [&] { return x.x.sum(); });
    case 1:
      return p.make("sum" + of, like, [&] { return x.x.sum(dim, keepdim); });
    case 2:
      return p.make("mean(" + x.name + ")", like, [&] { return x.x.mean(); });
    case 3:
      return p.make("mean" + of, like, [&] { return kept(x.x).mean(dim, keepdim); });
    case 4:
      return p.make("prod of cos(" + x.name + ")", like, [&] { return x.x.cos().prod(); });
    case 5:
      return p.make("prod" + of, like, [&] { return x.x.prod(dim, keepdim); });
    case 6:
      if (x.x.numel() == 0) return;
      return p.make("var(" + x.name + ")", like, [&] { return x.x.var(false); });
    case 7:
      if (p.size_at(x, dim) < 2) return;
      return p.make("var" + of, like, [&] { return x.x.var(fw::IntArrayRef{dim}, true, keepdim); });
    case 8:
      return p.make("logsumexp" + of, like, [&] { return x.x.logsumexp(dim, keepdim); });
    case 9:
      return p.make("cumsum" + of, p.rounded(p.viewed(x)), [&] { return x.x.cumsum(dim); });
    case 10:
      if (p.size_at(x, dim) == 0) return;
      return p.make("norm of 1.5 + sin" + of, like,
                    [&] { return (x.x.sin() + 1.5).norm(3, fw::IntArrayRef{dim}, keepdim); });
    default:
      return p.make("sum of all dims(" + x.name + ")", like, [&] {
        Sizes dims(static_cast<size_t>(x.dim()));
        for (size_t i = 0; i < dims.size(); ++i) dims[i] = static_cast<int64_t>(i);
        return x.x.sum(dims, keepdim);
      });
  }
}

void kinked_reduction(Program& p) {
  const Value x = p.exact_floating();
  if (!x.exact) return;
  const int64_t dim = p.dim_of(x);
  const bool keepdim = p.random.chance(40);
  const std::string of = "(" + x.name + ", " + number(dim) + (keepdim ? ", keepdim)" : ")");
  const Value like = p.packed(x);
  switch (p.random.below(14)) {
    case 0:
      return p.make("max(" + x.name + ")", like, [&] { return x.x.max(); });
    case 1:
      return p.make("min(" + x.name + ")", like, [&] { return x.x.min(); });
    case 2:
      return p.make("max" + of, like, [&] { return std::get<0>(x.x.max(dim, keepdim)); });
    case 3:
      return p.make("min" + of, like, [&] { return std::get<0>(x.x.min(dim, keepdim)); });
    case 4:
      return p.make("amax" + of, like, [&] { return x.x.amax(dim, keepdim); });
    case 5:
      return p.make("amin" + of, like, [&] { return x.x.amin(dim, keepdim); });
    case 6:
      return p.make("argmax" + of, like, [&] { return x.x.argmax(dim, keepdim); });
    case 7:
      return p.make("indices of min" + of, like, [&] { return std::get<1>(x.x.min(dim, keepdim)); });
    case 8:
      if (!x.distinct && p.size_at(x, dim) > 16) return;  // libtorch's sort is not stable
      return p.make("sort" + of, p.viewed(x), [&] { return std::get<0>(x.x.sort(dim, keepdim)); });
    case 9:
      if (!x.distinct && p.size_at(x, dim) > 16) return;
      return p.make("indices of sort" + of, p.viewed(x), [&] { return std::get<1>(x.x.sort(dim)); });
    case 10:
      if (p.size_at(x, dim) == 0) return;
      return p.make("norm of 1.5 + cos(" + x.name + ")", p.rounded(like),
                    [&] { return (x.x.cos() + 1.5).norm(); });
    case 11:
      return p.make("norm 1 of 1.5 + cos" + of, p.rounded(like),
                    [&] { return (x.x.cos() + 1.5).norm(1, fw::IntArrayRef{dim}, keepdim); });
    case 12:
      if (!x.distinct || p.size_at(x, dim) < 2) return;
      return p.make("std" + of, p.rounded(like),
                    [&] { return x.x.std(fw::IntArrayRef{dim}, true, keepdim); });
    default:
      return p.make("any" + of, like, [&] { return (x.x > 1).any(dim, keepdim); });
  }
}

void topk(Program& p) {
  const Value x = p.pick([](const Value& v) { return v.distinct; });
  if (!x.distinct) return;
  const int64_t dim = p.dim_of(x), k = p.random.between(0, p.size_at(x, dim));
  const std::string of = "(" + x.name + ", " + number(k) + ", " + number(dim) + ")";
  const bool largest = p.random.chance(50);
  if (p.random.chance(70))
    return p.make("topk" + of, p.packed(x), [&] { return std::get<0>(x.x.topk(k, dim, largest)); });
  p.make("indices of topk" + of, p.packed(x), [&] { return std::get<1>(x.x.topk(k, dim, largest)); });
}

void softmax(Program& p) {
  const Value x = p.floating();
  const int64_t dim = p.dim_of(x);
  const std::string of = "(" + x.name + ", " + number(dim) + ")";
  if (p.random.chance(60))
    return p.make("softmax" + of, p.packed(p.rounded(x)), [&] { return x.x.softmax(dim); });
  p.make("log_softmax" + of, p.packed(p.rounded(x)), [&] { return x.x.log_softmax(dim); });
}

// ---- matrix products ----

void products(Program& p) {
  const Value x = p.floating();
  if (x.dim() == 0) return;
  const Sizes sizes = x.sizes();
  const int64_t k = sizes.back();
  Sizes other;
  switch (p.random.below(4)) {
    case 0:
      other = {k};
      break;
    case 1:
      other = {k, p.random.between(1, 4)};
      break;
    case 2:
      other = {p.random.between(1, 2), k, p.random.between(0, 3)};
      break;
    default:
      other.assign(sizes.begin(),
                   sizes.end() - std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(sizes.size())));
      other.push_back(p.random.chance(3) ? k + 1 : k);
      other.push_back(p.random.between(1, 3));
  }
  const Value y = p.leaf(other, x.x.scalar_type());
  const std::string of = "(" + x.name + ", " + y.name + ")";
  const Value like = p.packed(p.rounded(x));
  if (p.random.chance(20) && x.dim() == 1)
    return p.make("outer" + of, like, [&] { return x.x.outer(y.x.view({-1})); });
  if (p.random.chance(20) && x.dim() >= 2) {
    return p.make("matmul of transposes, times 1" + of, like, [&] {
      return (y.dim() < 2 ? x.x.transpose(-1, -2).contiguous().transpose(-1, -2).matmul(y.x)
                          : y.x.transpose(-1, -2).matmul(x.x.transpose(-1, -2))) *
             1;
    });
  }
  if (x.plain) return p.make("matmul" + of, like, [&] { return x.x.matmul(y.x); });
  p.make("matmul times 1" + of, like,
         [&] { return x.x.matmul(y.x) * 1; });  // its inner nodes go by the strides
}

// ---- views and shapes ----

// A view of x, in a few words and as an op. Plain where the result is contiguous in both engines.
struct View {
  std::string text;
  std::function<Tensor(const Tensor&)> f;
};

View any_view(Program& p, const Value& x) {
  const int64_t dim = p.dim_of(x), other = p.dim_of(x), size = p.size_at(x, dim);
  const std::string at = "(" + x.name + ", " + number(dim);
  switch (p.random.below(12)) {
    case 0:
      return {"transpose" + at + ", " + number(other) + ")",
              [=](const Tensor& t) { return t.transpose(dim, other); }};
    case 1: {
      const int64_t index =
          p.random.chance(4) ? size
                             : p.random.below(std::max<int64_t>(size, 1)) - (p.random.chance(30) ? size : 0);
      return {"select" + at + ", " + number(index) + ")",
              [=](const Tensor& t) { return t.select(dim, index); }};
    }
    case 2: {
      const int64_t start = p.random.between(0, size), length = p.random.between(0, size - start);
      return {"narrow" + at + ", " + number(start) + ", " + number(length) + ")",
              [=](const Tensor& t) { return t.narrow(dim, start, length); }};
    }
    case 3: {
      const int64_t start = p.random.between(-5, 3), end = p.random.between(-2, 6),
                    step = p.random.between(1, 3);
      return {"slice" + at + ", " + number(start) + ", " + number(end) + ", " + number(step) + ")",
              [=](const Tensor& t) { return t.slice(dim, start, end, step); }};
    }
    case 4:
      return {"unsqueeze" + at + ")", [=](const Tensor& t) { return t.unsqueeze(dim); }};
    case 5:
      return {"squeeze(" + x.name + ")", [](const Tensor& t) { return t.squeeze(); }};
    case 6:
      return {"squeeze" + at + ")", [=](const Tensor& t) { return t.squeeze(dim); }};
    case 7: {
      Sizes order(static_cast<size_t>(x.dim()));
      for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
      for (size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[static_cast<size_t>(p.random.below(static_cast<int64_t>(i)))]);
      return {"permute(" + x.name + ", " + list(order) + ")",
              [=](const Tensor& t) { return t.permute(order); }};
    }
    case 8:
      return {"t(" + x.name + ")", [](const Tensor& t) { return t.t(); }};
    case 9:
      return {"x[0](" + x.name + ")", [](const Tensor& t) { return t[0]; }};
    case 10: {
      using namespace fw::indexing;
      const int64_t step = p.random.between(1, 2);
      return {"index(" + x.name + ", {Slice(None, None, " + number(step) + "), ..., None})",
              [=](const Tensor& t) {
                return t.index({Slice(None, None, step), Ellipsis, None});
              }};
    }
    default:
      return {"detach(" + x.name + ")", [](const Tensor& t) { return t.detach(); }};
  }
}

void view(Program& p) {
  const Value x = p.pick([](const Value&) { return true; });
  const View v = any_view(p, x);
  p.make(v.text, p.viewed(x), [&] { return v.f(x.x); });
}

void expand(Program& p) {
  const Value x = p.pick([](const Value&) { return true; });
  Sizes sizes = x.sizes();
  for (int64_t& size : sizes) size = size == 1 ? p.random.between(0, 3) : p.random.chance(50) ? -1 : size;
  if (p.random.chance(40)) sizes.insert(sizes.begin(), p.random.between(1, 3));
  p.make("expand(" + x.name + ", " + list(sizes) + ")", p.viewed(x), [&] { return x.x.expand(sizes); });
}

// Of values that are contiguous in both engines alone: whether these copy depends on the strides.
void reshape(Program& p) {
  const Value x = p.pick([](const Value& v) { return v.plain; });
  if (!x.plain) return;
  const int64_t n = x.x.numel();
  Sizes sizes;
  int64_t rest = n;
  for (const int64_t factor : {2, 3, 2, 4})
    if (rest > 0 && rest % factor == 0 && p.random.chance(50)) {
      sizes.push_back(factor);
      rest /= factor;
    }
  sizes.insert(sizes.begin() + p.random.below(static_cast<int64_t>(sizes.size()) + 1),
               p.random.chance(50) ? -1 : rest);
  const std::string of = "(" + x.name + ", " + list(sizes) + ")";
  switch (p.random.below(4)) {
    case 0:
      return p.make("view" + of, x, [&] { return x.x.view(sizes); });
    case 1:
      return p.make("reshape" + of, x, [&] { return x.x.reshape(sizes); });
    case 2:
      return p.make("flatten(" + x.name + ")", x, [&] { return x.x.flatten(); });
    default:
      return p.make("contiguous(" + x.name + ")", x, [&] { return x.x.contiguous(); });
  }
}

// Parts of a copy: libtorch refuses to use one of several views once their base was written to, frost
// follows.
void parts(Program& p) {
  const Value x = p.pick([](const Value&) { return true; });
  const int64_t dim = p.dim_of(x), n = p.random.between(1, 3);
  const std::string of = "(" + x.name + ", " + number(n) + ", " + number(dim) + ")";
  switch (p.random.below(3)) {
    case 0:
      return p.make("last of chunk" + of, p.viewed(x), [&] { return x.x.clone().chunk(n, dim).back(); });
    case 1:
      return p.make("first of split" + of, p.viewed(x), [&] { return x.x.clone().split(n, dim).at(0); });
    default:
      return p.make("last of unbind(" + x.name + ", " + number(dim) + ")", p.viewed(x), [&] {
        const std::vector<Tensor> all = x.x.clone().unbind(dim);
        if (all.empty()) throw std::runtime_error("no parts");
        return all.back();
      });
  }
}

void join(Program& p) {
  const Value x = p.pick([](const Value&) { return true; });
  const int64_t dim = p.dim_of(x);
  Sizes sizes = x.sizes();
  if (p.random.chance(50) && !sizes.empty() && dim >= -x.dim() && dim < x.dim())
    sizes[static_cast<size_t>(dim < 0 ? dim + x.dim() : dim)] = p.random.between(0, 3);
  const Value y = p.leaf(sizes, p.random.chance(80) ? x.x.scalar_type() : p.any_floating_dtype());
  const std::string of = "(" + x.name + ", " + y.name + ", " + x.name + ", " + number(dim) + ")";
  const Value like = p.packed(p.joined(x, y));
  if (p.random.chance(65)) return p.make("cat" + of, like, [&] { return fw::cat({x.x, y.x, x.x}, dim); });
  p.make("stack" + of, like, [&] { return fw::stack({x.x, y.x, x.x}, dim); });
}

void copies(Program& p) {
  const Value x = p.pick([](const Value&) { return true; });
  switch (p.random.below(6)) {
    case 0:
      return p.make("clone(" + x.name + ")", x, [&] { return x.x.clone(); });
    case 1:
      return p.make("flip(" + x.name + ")", x, [&, dim = p.dim_of(x)] { return x.x.flip({dim}); });
    case 2: {
      Sizes repeats(static_cast<size_t>(x.dim()));
      for (int64_t& r : repeats) r = p.random.between(1, 2);
      if (p.random.chance(30)) repeats.insert(repeats.begin(), 2);
      return p.make("repeat(" + x.name + ", " + list(repeats) + ")", p.packed(x),
                    [&] { return x.x.repeat(repeats); });
    }
    case 3:
      return p.make("to Double(" + x.name + ")", x, [&] { return x.x.to(fw::kDouble); });
    case 4:
      return p.make("to Float(" + x.name + ")", x, [&] { return x.x.to(fw::kFloat); });
    default:
      if (!x.exact || !x.x.isfinite().all().item<bool>()) return;
      return p.make("to Long(" + x.name + ")", x, [&] { return x.x.to(fw::kLong); });
  }
}

// ---- indexing ----

void indexing(Program& p) {
  const Value x = p.floating();
  if (x.dim() == 0) return;
  const int64_t dim = p.random.below(x.dim()), size = p.size_at(x, dim);
  const std::string at = "(" + x.name + ", " + number(dim) + ")";
  const Value like = p.packed(x);
  // Duplicates add up in any order, so what is scattered and gathered back is no longer exact.
  switch (p.random.below(8)) {
    case 0: {
      const Tensor index = p.indices({p.random.between(0, 4)}, size);
      return p.make("index_select" + at, like, [&] { return x.x.index_select(dim, index); });
    }
    case 1: {
      Sizes sizes = x.sizes();
      for (int64_t& s : sizes) s = s > 1 && p.random.chance(30) ? s - 1 : s;
      const Tensor index = p.indices(sizes, size);
      return p.make("gather" + at, like, [&] { return kept(x.x).gather(dim, index); });
    }
    case 2: {
      const Tensor index = p.indices(x.sizes(), size);
      return p.make("scatter 1.5" + at, like, [&] { return x.x.scatter(dim, index, 1.5); });
    }
    case 3: {
      const Tensor index = p.indices(x.sizes(), size);
      const Value source = p.leaf(x.sizes(), x.x.scalar_type());
      return p.make("scatter_add" + at + " " + source.name, p.rounded(like),
                    [&] { return x.x.scatter_add(dim, index, source.x); });
    }
    case 4: {  // along dim each place once: which of two sources stays is nobody's promise
      Sizes sizes = x.sizes(), along(static_cast<size_t>(x.dim()), 1);
      along[static_cast<size_t>(dim)] = size;
      const Tensor index = fw::arange(size).flip({0}).view(along).expand(sizes).contiguous();
      const Value source = p.leaf(sizes, x.x.scalar_type());
      return p.make("scatter" + at + " " + source.name, like,
                    [&] { return x.x.scatter(dim, index, source.x); });
    }
    case 5: {
      const Tensor index = p.indices({2, 2}, x.x.size(0));
      return p.make("index by a tensor(" + x.name + ")", p.packed(p.rounded(x)),
                    [&] { return x.x.index({index}); });
    }
    case 6: {
      const Tensor mask = p.mask({x.x.size(0)});
      return p.make("index by a mask(" + x.name + ")", p.packed(x), [&] { return x.x.index({mask}); });
    }
    default: {
      const Tensor index = p.indices({3}, x.x.size(-1));
      return p.make("index ..., tensor(" + x.name + ")", p.viewed(p.rounded(x)), [&] {
        return x.x.index({fw::indexing::Ellipsis, index});
      });
    }
  }
}

// ---- in place ----

bool shares_elements(const Tensor& x) {  // as after expand; frost always refuses to write there
  for (int64_t i = 0; i < x.dim(); ++i)
    if (x.stride(i) == 0 && x.size(i) > 1) return x.numel() > 0;
  return false;
}

// Writes to a value that nothing has used yet, so that nothing saved is stale; now and then to any.
void in_place(Program& p) {
  std::vector<size_t> fit;
  const bool any = p.random.chance(8);
  for (size_t i = 0; i < p.values.size(); ++i)
    if (const Value& v = p.values[i];
        v.floating() && (any || v.fresh) && (v.plain || v.x.numel() > 0) && !shares_elements(v.x))
      fit.push_back(i);
  if (fit.empty()) return;
  const size_t i = fit[static_cast<size_t>(p.random.below(static_cast<int64_t>(fit.size())))];
  const Value x = p.values[i];
  const Value y = p.leaf(p.broadcastable_with(x.sizes()), p.any_floating_dtype());
  const Tensor mask = p.mask(p.broadcastable_with(x.sizes()));
  const std::string one = "_(" + x.name + ")", two = "_(" + x.name + ", " + y.name + ")";
  const Value like = p.joined(x, y);
  switch (p.random.below(13)) {
    case 0:
      return p.rewrite("add" + two, i, like, [&](Tensor& t) { t.add_(y.x); });
    case 1:
      return p.rewrite("sub" + two, i, like, [&](Tensor& t) { t.sub_(y.x); });
    case 2:
      return p.rewrite("mul" + two, i, p.multiplied(x, y), [&](Tensor& t) { t.mul_(y.x); });
    case 3:
      return p.rewrite("div" + two, i, p.rounded(like), [&](Tensor& t) { t.div_(y.x * y.x + 0.5); });
    case 4:
      return p.rewrite("add 1.5" + one, i, x, [&](Tensor& t) { t.add_(1.5); });
    case 5:
      return p.rewrite("mul 0.5" + one, i, p.multiplied(x, x), [&](Tensor& t) { t *= 0.5; });
    case 6:
      return p.rewrite("copy" + two, i, like, [&](Tensor& t) { t.copy_(y.x); });
    case 7:
      return p.rewrite("fill" + one, i, x, [&](Tensor& t) { t.fill_(-0.5); });
    case 8:
      return p.rewrite("zero" + one, i, x, [&](Tensor& t) { t.zero_(); });
    case 9:
      return p.rewrite("masked_fill" + one, i, x, [&](Tensor& t) { t.masked_fill_(mask, 0.25); });
    case 10:
      if (!x.exact) return;
      return p.rewrite("clamp" + one, i, x, [&](Tensor& t) { t.clamp_(-0.5, 0.5); });
    case 11:
      return p.rewrite("index_put" + one, i, x, [&](Tensor& t) { t.index_put_({mask}, 0.75); });
    default:
      return p.rewrite("index_put 0" + two, i, like,
                       [&](Tensor& t) { t.index_put_({0}, y.x.sum().to(t.scalar_type())); });
  }
}

// Writes to a part of a new tensor through a view of it.
void through_view(Program& p) {
  const Value x = p.floating();
  Value base = x;
  const View v = any_view(p, x);
  const Tensor other = p.numbers({}, x.x.scalar_type()).requires_grad_(p.random.chance(50));
  const int64_t how = p.random.below(5);
  p.has_written = true;
  base.products += 1;
  p.make("written through " + v.text + " by " + number(how), base, [&] {
    const Tensor t = x.x * 1;
    Tensor part = v.f(t);
    if (how == 0) part.mul_(2);
    if (how == 1) part.add_(other);
    if (how == 2) part.zero_();
    if (how == 3) part.copy_(other);
    if (how == 4) part.masked_fill_(fw::tensor(true), 0.5);
    return t;
  });
}

// ---- the program ----

void step(Program& p) {
  // Each as often as it is listed.
  static constexpr void (*kSteps[])(Program&) = {smooth,
                                                 smooth,
                                                 of_positive,
                                                 kinked,
                                                 with_number,
                                                 with_number,
                                                 binary,
                                                 binary,
                                                 binary,
                                                 extreme_of_two,
                                                 masks,
                                                 masks,
                                                 comparison,
                                                 softmax,
                                                 softmax,
                                                 topk,
                                                 products,
                                                 products,
                                                 smooth_reduction,
                                                 smooth_reduction,
                                                 smooth_reduction,
                                                 kinked_reduction,
                                                 kinked_reduction,
                                                 view,
                                                 view,
                                                 expand,
                                                 reshape,
                                                 reshape,
                                                 parts,
                                                 join,
                                                 join,
                                                 copies,
                                                 indexing,
                                                 indexing,
                                                 in_place,
                                                 in_place,
                                                 through_view,
                                                 peer::mixed::binary,
                                                 peer::mixed::binary,
                                                 peer::mixed::number,
                                                 peer::mixed::reduction,
                                                 peer::mixed::reduction,
                                                 peer::mixed::product,
                                                 peer::mixed::creation,
                                                 peer::mixed::indexing,
                                                 peer::mixed::in_place};
  kSteps[p.random.below(static_cast<int64_t>(std::size(kSteps)))](p);
}

// Σ weights · value over some of the values that require grad, in Double.
Tensor loss(Program& p) {
  Tensor total = fw::zeros({}, fw::kDouble);
  for (const Value& value : p.values) {
    if (!value.floating() || !value.x.requires_grad() || !p.random.chance(70)) continue;
    total = total + (value.x.to(fw::kDouble) * p.numbers(value.sizes(), fw::kDouble)).sum();
  }
  return total;
}

void run(uint64_t seed) {
  Program p(seed);
  for (int64_t i = p.random.between(1, 3); i > 0; --i)
    p.values.push_back(p.leaf(p.any_sizes(), p.any_floating_dtype()));
  if (p.random.chance(30))
    p.values.push_back(p.leaf(p.any_sizes(), p.random.chance(50) ? fw::kLong : fw::kBool));
  for (int64_t i = p.random.between(3, 15); i > 0; --i) step(p);

  const int64_t watched = p.random.below(static_cast<int64_t>(p.values.size()));
  const Value middle = p.values[static_cast<size_t>(watched)];
  const bool is_watched = middle.x.requires_grad() && !p.has_written;
  if (is_watched) middle.x.retain_grad();
  const Tensor total = loss(p);
  Program::print("loss", total);
  if (!total.requires_grad() || p.is_stale) return;
  const bool twice = p.random.chance(20) && !p.has_written;
  const auto show_grad = [twice](const std::string& name, const Tensor& x) {
    const Tensor& grad = x.grad();  // the second time absent and zero are the same here
    peer::show_values(name, twice && !grad.defined() && x.is_floating_point() ? fw::zeros_like(x) : grad);
  };
  try {
    if (twice) {  // the gradient of Σ tanh(gradient)
      std::vector<Tensor> trainable;
      for (const Value& leaf : p.leaves)
        if (leaf.x.requires_grad()) trainable.push_back(leaf.x);
      Tensor sum = fw::zeros({}, fw::kDouble);
      for (const Tensor& grad :
           fw::autograd::grad({total}, trainable, {}, true, /*create_graph=*/true, true)) {
        peer::show_values("first", grad);
        if (grad.defined() && grad.requires_grad()) sum = sum + grad.to(fw::kDouble).tanh().sum();
      }
      if (sum.requires_grad()) sum.backward();
    } else {
      total.backward();
    }
  } catch (const std::exception& error) {
    std::cout << "backward: throws\n";
    std::cerr << "backward: " << peer::first_line(error) << '\n';
    return;  // how far it came is nobody's promise
  }
  for (const Value& leaf : p.leaves) show_grad("grad of " + leaf.name, leaf.x);
  if (is_watched && !twice) show_grad("grad of " + middle.name, middle.x);
}

const peer::Command programs("programs", [](const std::vector<std::string>& arguments) {
  uint64_t seed = 1, count = 100;
  for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
    if (arguments[i] == "--seed")
      seed = std::stoull(arguments[i + 1]);
    else if (arguments[i] == "--count")
      count = std::stoull(arguments[i + 1]);
    else
      throw std::runtime_error("programs [--seed S] [--count N]");
  }
  std::cout << std::unitbuf;  // should an engine crash, its last line says where
  for (uint64_t i = seed; i < seed + count; ++i) {
    std::cout << "== program of seed " << i << '\n';
    try {
      run(i);
    } catch (const std::exception& error) {
      std::cout << "!! left by an exception: " << peer::first_line(error) << '\n';
    }
  }
  return 0;
});

}  // namespace
