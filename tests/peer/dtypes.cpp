// Which dtype comes out: all pairs of dtypes, with 0-dim tensors and C++ numbers among them, for each kind of
// op.
#include "peer.hpp"

#include <cmath>

namespace {

using fw::Tensor;
using peer::attempt;

const fw::Dtype kDtypes[] = {fw::kBool, fw::kLong, fw::kFloat, fw::kDouble};
const char* const kNames[] = {"Bool", "Long", "Float", "Double"};

// The operands of a table: every dtype, as a vector and as a 0-dim tensor.
struct Operand {
  std::string name;
  Tensor value;
};

std::vector<Operand> operands() {
  std::vector<Operand> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back({kNames[i], fw::tensor({1, 0, 3}, fw::kLong).to(kDtypes[i])});
    all.push_back({std::string("0-dim ") + kNames[i], fw::tensor(2, fw::kLong).to(kDtypes[i])});
  }
  return all;
}

template <class Op>
void table(const std::string& op_name, const Op& op) {
  for (const Operand& x : operands())
    for (const Operand& y : operands())
      attempt(op_name + "(" + x.name + ", " + y.name + ")", [&] { return op(x.value, y.value); });
}

const peer::Section pairs("dtypes/pairs", [] {
  table("add", [](const Tensor& x, const Tensor& y) { return x + y; });
  table("sub", [](const Tensor& x, const Tensor& y) { return x - y; });
  table("mul", [](const Tensor& x, const Tensor& y) { return x * y; });
  table("div", [](const Tensor& x, const Tensor& y) { return x / y; });
  table("pow", [](const Tensor& x, const Tensor& y) { return x.pow(y); });
  table("maximum", [](const Tensor& x, const Tensor& y) { return fw::maximum(x, y); });
  table("minimum", [](const Tensor& x, const Tensor& y) { return fw::minimum(x, y); });
  table("eq", [](const Tensor& x, const Tensor& y) { return x == y; });
  table("lt", [](const Tensor& x, const Tensor& y) { return x < y; });
  table("bitwise_and", [](const Tensor& x, const Tensor& y) { return x & y; });
  table("bitwise_xor", [](const Tensor& x, const Tensor& y) { return x ^ y; });
  table("logical_or", [](const Tensor& x, const Tensor& y) { return fw::logical_or(x, y); });
});

const peer::Section joins("dtypes/joins", [] {
  const Tensor mask = fw::tensor({true, false, true});
  table("where", [&](const Tensor& x, const Tensor& y) { return fw::where(mask, x, y); });
  table("cat", [](const Tensor& x, const Tensor& y) { return fw::cat({x.view({-1}), y.view({-1})}); });
  table("stack", [](const Tensor& x, const Tensor& y) { return fw::stack({x.sum(), y.sum()}); });
  table("masked_fill", [&](const Tensor& x, const Tensor& y) { return x.masked_fill(mask, y); });
  table("matmul", [](const Tensor& x, const Tensor& y) { return x.matmul(y); });
  table("copy_", [](const Tensor& x, const Tensor& y) {
    Tensor z = x.clone();
    z.copy_(y);
    return z;
  });
  table("scatter_add", [](const Tensor& x, const Tensor& y) {
    return x.scatter_add(0, fw::tensor({2, 0, 1}), y);
  });
});

const peer::Section in_place("dtypes/in place", [] {
  table("add_", [](const Tensor& x, const Tensor& y) { return x.clone().add_(y); });
  table("sub_", [](const Tensor& x, const Tensor& y) { return x.clone().sub_(y); });
  table("mul_", [](const Tensor& x, const Tensor& y) { return x.clone().mul_(y); });
  table("div_", [](const Tensor& x, const Tensor& y) { return x.clone().div_(y); });
  for (const Operand& x : operands()) {
    attempt("add_(" + x.name + ", 1)", [&] { return x.value.clone().add_(1); });
    attempt("add_(" + x.name + ", 1.5)", [&] { return x.value.clone().add_(1.5); });
    attempt("add_(" + x.name + ", true)", [&] { return x.value.clone().add_(true); });
    attempt("div_(" + x.name + ", 2)", [&] { return x.value.clone().div_(2); });
    attempt("fill_(" + x.name + ", 2.5)", [&] { return x.value.clone().fill_(2.5); });
    attempt("masked_fill_(" + x.name + ", 2)",
            [&] { return x.value.clone().masked_fill_(fw::tensor(true), 2); });
    attempt("clamp_(" + x.name + ")", [&] { return x.value.clone().clamp_(1, 2); });
  }
});

const peer::Section scalars("dtypes/C++ numbers", [] {
  for (const Operand& x : operands()) {
    const auto with = [&](const std::string& name, const fw::Scalar& number) {
      const std::string arguments = "(" + x.name + ", " + name + ")";
      attempt("add" + arguments, [&] { return x.value + number; });
      attempt("sub" + arguments, [&] { return x.value - number; });
      attempt("mul" + arguments, [&] { return x.value * number; });
      attempt("div" + arguments, [&] { return x.value / number; });
      attempt("rsub" + arguments, [&] { return number - x.value; });
      attempt("rdiv" + arguments, [&] { return number / x.value; });
      attempt("pow" + arguments, [&] { return x.value.pow(number); });
      attempt("rpow" + arguments, [&] { return fw::pow(number, x.value); });
      attempt("eq" + arguments, [&] { return x.value == number; });
      attempt("gt" + arguments, [&] { return x.value > number; });
      attempt("masked_fill" + arguments, [&] {
        return x.value.masked_fill(fw::tensor({true, false, false}), number);
      });
      attempt("where" + arguments, [&] {
        return fw::where(fw::tensor({true, false, false}), x.value, number);
      });
      attempt("clamp" + arguments, [&] { return x.value.clamp(number); });
      attempt("full_like" + arguments, [&] { return fw::full_like(x.value, number); });
    };
    with("2", 2);
    with("2.5", 2.5);
    with("true", true);
    attempt("add(" + x.name + ", alpha 2)", [&] { return x.value.add(x.value, 2); });
    attempt("add(" + x.name + ", alpha 0.5)", [&] { return x.value.add(x.value, 0.5); });
    attempt("sub(" + x.name + ", alpha 2)", [&] { return x.value.sub(x.value, 2); });
  }
});

const peer::Section unary("dtypes/functions of one tensor", [] {
  for (const Operand& x : operands()) {
    const auto f = [&](const std::string& name, const std::function<Tensor(const Tensor&)>& op) {
      attempt(name + "(" + x.name + ")", [&] { return op(x.value); });
    };
    f("abs", [](const Tensor& t) { return t.abs(); });
    f("neg", [](const Tensor& t) { return t.neg(); });
    f("exp", [](const Tensor& t) { return t.exp(); });
    f("expm1", [](const Tensor& t) { return t.expm1(); });
    f("log", [](const Tensor& t) { return t.log(); });
    f("log1p", [](const Tensor& t) { return t.log1p(); });
    f("sqrt", [](const Tensor& t) { return t.sqrt(); });
    f("rsqrt", [](const Tensor& t) { return t.rsqrt(); });
    f("square", [](const Tensor& t) { return t.square(); });
    f("reciprocal", [](const Tensor& t) { return t.reciprocal(); });
    f("sin", [](const Tensor& t) { return t.sin(); });
    f("cos", [](const Tensor& t) { return t.cos(); });
    f("tanh", [](const Tensor& t) { return t.tanh(); });
    f("sigmoid", [](const Tensor& t) { return t.sigmoid(); });
    f("relu", [](const Tensor& t) { return t.relu(); });
    f("gelu", [](const Tensor& t) { return fw::gelu(t); });
    f("erf", [](const Tensor& t) { return t.erf(); });
    f("softplus", [](const Tensor& t) { return fw::softplus(t); });
    f("clamp", [](const Tensor& t) { return t.clamp(0, 1); });
    f("clamp with real ends", [](const Tensor& t) { return t.clamp(0.5, 1.5); });
    f("isnan", [](const Tensor& t) { return t.isnan(); });
    f("isinf", [](const Tensor& t) { return t.isinf(); });
    f("isfinite", [](const Tensor& t) { return t.isfinite(); });
    f("logical_not", [](const Tensor& t) { return t.logical_not(); });
    f("bitwise_not", [](const Tensor& t) { return ~t; });
    f("sum", [](const Tensor& t) { return t.sum(); });
    f("sum as Double", [](const Tensor& t) { return t.sum(fw::kDouble); });
    f("sum(dim)", [](const Tensor& t) { return t.sum(0); });
    f("mean", [](const Tensor& t) { return t.mean(); });
    f("mean as Double", [](const Tensor& t) { return t.mean(fw::kDouble); });
    f("mean(dim)", [](const Tensor& t) { return t.mean(0); });
    f("prod", [](const Tensor& t) { return t.prod(); });
    f("prod(dim)", [](const Tensor& t) { return t.prod(0); });
    f("max", [](const Tensor& t) { return t.max(); });
    f("max(dim)", [](const Tensor& t) { return std::get<0>(t.max(0)); });
    f("argmax", [](const Tensor& t) { return t.argmax(); });
    f("argmin(dim)", [](const Tensor& t) { return t.argmin(0); });
    f("amin", [](const Tensor& t) { return t.amin(0); });
    f("all", [](const Tensor& t) { return t.all(); });
    f("any", [](const Tensor& t) { return t.any(); });
    f("any(dim)", [](const Tensor& t) { return t.any(0); });
    f("var", [](const Tensor& t) { return t.var(false); });
    f("std", [](const Tensor& t) { return t.std(false); });
    f("norm", [](const Tensor& t) { return t.norm(); });
    f("logsumexp", [](const Tensor& t) { return t.logsumexp(0); });
    f("cumsum", [](const Tensor& t) { return t.cumsum(0); });
    f("softmax", [](const Tensor& t) { return t.softmax(0); });
    f("softmax as Double", [](const Tensor& t) { return t.softmax(0, fw::kDouble); });
    f("log_softmax", [](const Tensor& t) { return t.log_softmax(0); });
    f("sort", [](const Tensor& t) { return std::get<0>(t.sort()); });
    f("topk", [](const Tensor& t) { return std::get<0>(t.view({-1}).topk(1)); });
    f("tril", [](const Tensor& t) { return t.view({-1, 1}).tril(); });
    f("flip", [](const Tensor& t) { return t.view({-1}).flip({0}); });
    f("ones_like", [](const Tensor& t) { return fw::ones_like(t); });
    f("repeat", [](const Tensor& t) { return t.repeat({2}); });
    for (int i = 0; i < 4; ++i)
      f(std::string("to ") + kNames[i], [&](const Tensor& t) { return t.to(kDtypes[i]); });
  }
});

const peer::Section conversions("dtypes/conversions of values", [] {
  const Tensor x = fw::tensor({0.0, -0.5, 0.5, 1.5, -2.7, 1e10, 16777217.0}, fw::kDouble);
  for (const fw::Dtype dtype : kDtypes) peer::show("from Double", x.to(dtype));
  const Tensor y = fw::tensor({int64_t{0}, int64_t{-1}, int64_t{16777217}, int64_t{1} << 53});
  for (const fw::Dtype dtype : kDtypes) peer::show("from Long", y.to(dtype));
  const Tensor z = fw::tensor({NAN, INFINITY, -INFINITY}, fw::kDouble);
  peer::show("to Float", z.to(fw::kFloat));
  peer::show("to Bool", z.to(fw::kBool));
});

const peer::Section factories("dtypes/factories", [] {
  peer::show("tensor of int", fw::tensor({1, 2}));
  peer::show("tensor of double", fw::tensor({1.0, 2.0}));
  peer::show("tensor of float", fw::tensor({1.0f, 2.0f}));
  peer::show("tensor of bool", fw::tensor({true, false}));
  peer::show("tensor of one int", fw::tensor(3));
  peer::show("tensor of a vector", fw::tensor(std::vector<double>{1, 2}));
  peer::show("tensor of a vector of int64_t", fw::tensor(std::vector<int64_t>{1, 2}));
  peer::show("nested", fw::tensor({{1, 2, 3}, {4, 5, 6}}));
  peer::show("as Double", fw::tensor({1, 2}, fw::kDouble));
  peer::show("as Long", fw::tensor({1.7, -2.7}, fw::kLong));
  peer::show("as Bool", fw::tensor({0, 2}, fw::kBool));
  peer::show("zeros", fw::zeros({2}));
  peer::show("ones as Long", fw::ones({2}, fw::kLong));
  peer::show("full of int", fw::full({2}, 3));
  peer::show("full of double", fw::full({2}, 3.5));
  peer::show("full of bool", fw::full({2}, true));
  peer::show("full as Double", fw::full({2}, 3, fw::kDouble));
  peer::show("eye", fw::eye(2));
  peer::show("eye n m", fw::eye(2, 3, fw::kLong));
  peer::show("arange", fw::arange(3));
  peer::show("arange of double", fw::arange(2.5));
  peer::show("arange with a start", fw::arange(1, 4));
  peer::show("arange with a step", fw::arange(1, 2, 0.25));
  peer::show("arange downwards", fw::arange(5, 0, -2));
  peer::show("arange of nothing", fw::arange(0));
  peer::show("arange as Double", fw::arange(0, 3, 1, fw::kDouble));
  peer::show("linspace", fw::linspace(0, 1, 5));
  peer::show("linspace of one", fw::linspace(2, 3, 1));
  peer::show("linspace of none", fw::linspace(2, 3, 0));
  peer::show("scalar_tensor", fw::scalar_tensor(2));
  peer::show("zeros_like", fw::zeros_like(fw::ones({2}, fw::kLong)));
  peer::show("ones_like as Float", fw::ones_like(fw::ones({2}, fw::kLong), fw::kFloat));
  peer::show("dtype of a tensor", fw::ones({1}, fw::kDouble).scalar_type());
  for (const auto& [x, y] : {std::pair{fw::kBool, fw::kLong}, std::pair{fw::kLong, fw::kFloat},
                             std::pair{fw::kFloat, fw::kDouble}, std::pair{fw::kBool, fw::kBool}})
    peer::show("result_type", fw::result_type(fw::ones({1}, x), fw::ones({1}, y)));
});

const peer::Section gradients("dtypes/gradients come back in the input's dtype", [] {
  const Tensor x = fw::tensor({1.0, 2.0}, fw::requires_grad());
  const Tensor y = fw::tensor({3.0, 4.0}, fw::dtype(fw::kDouble).requires_grad(true));
  (x * y).sum().backward();
  peer::show("Float", x.grad());
  peer::show("Double", y.grad());
  const Tensor z = fw::tensor(2.0, fw::dtype(fw::kDouble).requires_grad(true));
  const Tensor w = x.detach() * z;
  peer::show("0-dim Double takes part as Float", w);
  w.sum().backward();
  peer::show("its grad", z.grad());
  x.mutable_grad() = Tensor();
  x.to(fw::kDouble).sum().backward();
  peer::show("through to", x.grad());
  x.mutable_grad() = Tensor();
  (x * fw::tensor({2, 3})).sum().backward();
  peer::show("times Long", x.grad());
});

const peer::Section integers("dtypes/integers", [] {
  const Tensor x = fw::tensor({7, -7, 0}), y = fw::tensor({2, 2, 3});
  peer::show("pow", x.pow(3));
  peer::show("pow of tensors", y.pow(fw::tensor({3, 0, 2})));
  peer::show_error("Integers to negative integer powers are not allowed", [&] { x.pow(-1); });
  peer::show("div", x / y);
  peer::show("large", fw::tensor({int64_t{1} << 40}) * fw::tensor({int64_t{1} << 20}));
  peer::show("sum of bools", fw::tensor({true, true, false}).sum());
  peer::show("bool + bool", fw::tensor({true, false}) + fw::tensor({true, true}));
  peer::show("bool * bool", fw::tensor({true, false}) * fw::tensor({true, true}));
  peer::show_error("Subtraction, the `-` operator, with two bool tensors is not supported",
                   [] { fw::tensor({true}) - fw::tensor({true}); });
  peer::show_error("Subtraction, the `-` operator, with a bool tensor is not supported",
                   [] { fw::tensor({true}) - 1; });
});

// ---- numbers that a type can't hold ----

template <class T>
void item(const char* name, const Tensor& x) {
  peer::attempt(name, [&] { return fw::tensor(static_cast<double>(x.item<T>()), fw::kDouble); });
}

const peer::Section items("dtypes/item<T>", [] {
  const Tensor large = fw::tensor(1e300, fw::kDouble);
  peer::show_error("value cannot be converted to type uint8_t without overflow",
                   [] { fw::tensor(300).item<uint8_t>(); });
  peer::show_error("value cannot be converted to type int without overflow",
                   [] { fw::tensor(int64_t{3000000000}).item<int>(); });
  peer::show_error("value cannot be converted to type float without overflow", [&] { large.item<float>(); });
  item<uint8_t>("-5 as uint8_t", fw::tensor(-5));
  item<uint8_t>("-300 as uint8_t", fw::tensor(-300));
  item<uint8_t>("255.5 as uint8_t", fw::tensor(255.5));
  item<uint8_t>("-0.5 as uint8_t", fw::tensor(-0.5));
  item<int8_t>("200 as int8_t", fw::tensor(200));
  item<int16_t>("70000 as int16_t", fw::tensor(70000));
  item<int>("2.9 as int", fw::tensor(2.9));
  item<int>("2147483647.5 as int", fw::tensor(2147483647.5, fw::kDouble));
  item<int64_t>("9.3e18 as int64_t", fw::tensor(9.3e18));
  for (const double value : {double{INFINITY}, double{NAN}}) {
    item<float>("as float", fw::tensor(value));
    item<int>("as int", fw::tensor(value));
    item<bool>("as bool", fw::tensor(value));
  }
  peer::attempt("1e300 - x", [] { return 1e300 - fw::ones({1}); });
  peer::attempt("x + 1e300", [] { return fw::ones({1}) + 1e300; });
  peer::attempt("x clamped", [] { return fw::ones({1}).clamp(-1e300, 1e300); });
  peer::attempt("scatter", [] { return fw::ones({1}).scatter(0, fw::tensor({0}), 1e300); });
  peer::attempt("tensor", [] { return fw::tensor({1e300}); });
});

}  // namespace
