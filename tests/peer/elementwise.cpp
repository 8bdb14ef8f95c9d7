// Arithmetic, functions of each element, comparison and masks: values, flags, names, dtypes, first and second
// derivatives, on plain numbers and at the edges; in place, and the errors.
#include "peer.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using fw::Scalar;
using fw::Tensor;
using Binary = std::function<Tensor(const Tensor&, const Tensor&)>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor weights_like(const Tensor& y) { return fw::arange(1, y.numel() + 1, y.scalar_type()).view(y.sizes()); }

// The value, and the first and second derivatives under weights 1, 2, 3, … (A zero that libtorch hands out
// may have no memory, until something is added to it.)
void show_derivatives(const std::string& name, const std::function<Tensor(const std::vector<Tensor>&)>& f,
                      const std::vector<Tensor>& values) {
  std::vector<Tensor> xs;
  for (const Tensor& value : values) xs.push_back(value.detach().requires_grad_());
  const Tensor y = f(xs);
  peer::show(name, y);
  const std::vector<Tensor> grads =
      fw::autograd::grad({y}, xs, {weights_like(y)}, true, /*create_graph=*/true);
  for (size_t i = 0; i < xs.size(); ++i) {
    peer::show_values(name + " gradient " + std::to_string(i), grads[i]);
    if (!grads[i].requires_grad()) continue;
    const std::vector<Tensor> seconds =
        fw::autograd::grad({grads[i]}, xs, {weights_like(grads[i])}, true, false, /*allow_unused=*/true);
    for (size_t j = 0; j < xs.size(); ++j)
      peer::show_values(name + " second " + std::to_string(i) + std::to_string(j),
                        seconds[j].defined() ? seconds[j] + fw::zeros_like(xs[j]) : fw::zeros_like(xs[j]));
  }
}

struct NamedUnary {
  std::string name;
  Tensor (*f)(const Tensor&);
};
const std::vector<NamedUnary>& unary_functions() {
  static const std::vector<NamedUnary> all = {
      {"abs", [](const Tensor& x) { return fw::abs(x); }},
      {"neg", [](const Tensor& x) { return fw::neg(x); }},
      {"exp", [](const Tensor& x) { return fw::exp(x); }},
      {"expm1", [](const Tensor& x) { return fw::expm1(x); }},
      {"log", [](const Tensor& x) { return fw::log(x); }},
      {"log1p", [](const Tensor& x) { return fw::log1p(x); }},
      {"sqrt", [](const Tensor& x) { return fw::sqrt(x); }},
      {"rsqrt", [](const Tensor& x) { return fw::rsqrt(x); }},
      {"square", [](const Tensor& x) { return fw::square(x); }},
      {"reciprocal", [](const Tensor& x) { return fw::reciprocal(x); }},
      {"sin", [](const Tensor& x) { return fw::sin(x); }},
      {"cos", [](const Tensor& x) { return fw::cos(x); }},
      {"tanh", [](const Tensor& x) { return fw::tanh(x); }},
      {"sigmoid", [](const Tensor& x) { return fw::sigmoid(x); }},
      {"relu", [](const Tensor& x) { return fw::relu(x); }},
      {"gelu", [](const Tensor& x) { return fw::gelu(x); }},
      {"erf", [](const Tensor& x) { return fw::erf(x); }},
      {"softplus", [](const Tensor& x) { return fw::softplus(x); }},
      {"softplus(2, 3)", [](const Tensor& x) { return fw::softplus(x, 2, 3); }},
      {"clamp(-1, 1)", [](const Tensor& x) { return x.clamp(-1, 1); }},
      {"clamp(0.5)", [](const Tensor& x) { return x.clamp(0.5); }},
      {"clamp(2, 0)", [](const Tensor& x) { return x.clamp(2, 0); }},
      {"clamp_min(-0.5)", [](const Tensor& x) { return x.clamp_min(-0.5); }},
      {"clamp_max(0.5)", [](const Tensor& x) { return fw::clamp_max(x, 0.5); }},
      {"nan_to_num", [](const Tensor& x) { return x.nan_to_num(); }},
      {"nan_to_num(1, 2)", [](const Tensor& x) { return fw::nan_to_num(x, 1, 2); }},
      {"pow 0", [](const Tensor& x) { return x.pow(0); }},
      {"pow 1", [](const Tensor& x) { return x.pow(1); }},
      {"pow 2", [](const Tensor& x) { return x.pow(2); }},
      {"pow 3", [](const Tensor& x) { return x.pow(3); }},
      {"pow 0.5", [](const Tensor& x) { return x.pow(0.5); }},
      {"pow -1", [](const Tensor& x) { return x.pow(-1.); }},
      {"pow -2", [](const Tensor& x) { return x.pow(-2.); }},
      {"pow 1.7", [](const Tensor& x) { return x.pow(1.7); }},
      {"1.7 pow", [](const Tensor& x) { return fw::pow(1.7, x); }},
      {"1 pow", [](const Tensor& x) { return fw::pow(1, x); }},
      {"x + 2", [](const Tensor& x) { return x + 2; }},
      {"2 + x", [](const Tensor& x) { return 2 + x; }},
      {"x - 2", [](const Tensor& x) { return x - 2; }},
      {"2 - x", [](const Tensor& x) { return 2 - x; }},
      {"2.5 - x", [](const Tensor& x) { return 2.5 - x; }},
      {"x * 2.5", [](const Tensor& x) { return x * 2.5; }},
      {"2.5 * x", [](const Tensor& x) { return 2.5 * x; }},
      {"x / 2", [](const Tensor& x) { return x / 2; }},
      {"2 / x", [](const Tensor& x) { return 2 / x; }},
      {"add(x, 2, 3)", [](const Tensor& x) { return fw::add(x, 2, 3); }},
      {"sub(x, 2, 3)", [](const Tensor& x) { return fw::sub(x, 2, 3); }},
      {"tril",
       [](const Tensor& x) {
         return x.view({1, -1}).expand({3, -1}).tril();
       }},
      {"triu(2)",
       [](const Tensor& x) {
         return x.view({1, -1}).expand({3, -1}).triu(2);
       }},
      {"masked_fill", [](const Tensor& x) { return x.masked_fill(x > 0, 2); }},
      {"masked_fill by a tensor",
       [](const Tensor& x) { return x.masked_fill(x > 0, fw::scalar_tensor(2.5)); }},
      {"masked_select", [](const Tensor& x) { return x.masked_select(x.isfinite()); }},
      {"where(x, 2)", [](const Tensor& x) { return fw::where(x > 0, x, 2); }},
      {"where(2.5, x)", [](const Tensor& x) { return fw::where(x > 0, 2.5, x); }},
  };
  return all;
}

const peer::Section unary_values("elementwise/functions of plain numbers", [] {
  fw::manual_seed(1);
  const Tensor any = fw::randn({11}, fw::kDouble), positive = any.abs() + 0.1;
  for (const auto& [name, f] : unary_functions()) {
    const auto of_first = [f = f](const std::vector<Tensor>& xs) { return f(xs[0]); };
    show_derivatives(name, of_first, {positive});
    show_derivatives(name + " of any sign", of_first, {any});
    peer::show(name + " Float", f(any.to(fw::kFloat)));
  }
});

const peer::Section unary_edges("elementwise/functions at the edges", [] {
  const Tensor x = fw::tensor({0., -0., 1., -1., 30., -30., 100., -100., kInfinity, -kInfinity, kNaN});
  for (const auto& [name, f] : unary_functions()) {
    // The slope of gelu at an infinity is NaN in libtorch, and 1 or 0 in frost.
    const Tensor leaf = (name == "gelu" ? x.slice(0, 0, 8) : x).detach().requires_grad_();
    const Tensor y = f(leaf);
    peer::show(name, y);
    peer::show_values(name + " gradient", fw::autograd::grad({y}, {leaf}, {fw::ones_like(y)})[0]);
  }
});

const peer::Section unary_dtypes("elementwise/functions of integers and bools", [] {
  const Tensor l = fw::tensor({3, 1, -2, 0}), b = fw::tensor({true, false});
  for (const auto& [name, f] : unary_functions()) {
    peer::show_whether_throws(name + " of integers", [&, f = f] { f(l); });
    peer::show_whether_throws(name + " of bools", [&, f = f] { f(b); });
    try {
      peer::show(name + " of integers", f(l));
    } catch (const std::exception&) {
    }
    try {
      peer::show(name + " of bools", f(b));
    } catch (const std::exception&) {
    }
  }
});

struct NamedBinary {
  std::string name;
  Tensor (*f)(const Tensor&, const Tensor&);
};
const std::vector<NamedBinary>& smooth_operators() {
  static const std::vector<NamedBinary> all = {
      {"add", [](const Tensor& x, const Tensor& y) { return x + y; }},
      {"add by 2", [](const Tensor& x, const Tensor& y) { return fw::add(x, y, 2); }},
      {"sub", [](const Tensor& x, const Tensor& y) { return x - y; }},
      {"sub by 2", [](const Tensor& x, const Tensor& y) { return fw::sub(x, y, 2); }},
      {"mul", [](const Tensor& x, const Tensor& y) { return x * y; }},
      {"div", [](const Tensor& x, const Tensor& y) { return x / y; }},
      {"pow", [](const Tensor& x, const Tensor& y) { return fw::pow(x, y); }},
      {"maximum", [](const Tensor& x, const Tensor& y) { return fw::maximum(x, y); }},
      {"minimum", [](const Tensor& x, const Tensor& y) { return fw::minimum(x, y); }},
      {"max", [](const Tensor& x, const Tensor& y) { return fw::max(x, y); }},
      {"where", [](const Tensor& x, const Tensor& y) { return fw::where(x > y, x, y); }},
  };
  return all;
}
const std::vector<NamedBinary>& other_operators() {
  static const std::vector<NamedBinary> all = {
      {"==", [](const Tensor& x, const Tensor& y) { return x == y; }},
      {"!=", [](const Tensor& x, const Tensor& y) { return x != y; }},
      {"<", [](const Tensor& x, const Tensor& y) { return x < y; }},
      {"<=", [](const Tensor& x, const Tensor& y) { return x <= y; }},
      {">", [](const Tensor& x, const Tensor& y) { return x > y; }},
      {">=", [](const Tensor& x, const Tensor& y) { return x >= y; }},
      {"and", [](const Tensor& x, const Tensor& y) { return fw::logical_and(x, y); }},
      {"or", [](const Tensor& x, const Tensor& y) { return fw::logical_or(x, y); }},
      {"xor", [](const Tensor& x, const Tensor& y) { return fw::logical_xor(x, y); }},
      {"&", [](const Tensor& x, const Tensor& y) { return x & y; }},
      {"|", [](const Tensor& x, const Tensor& y) { return x | y; }},
      {"^", [](const Tensor& x, const Tensor& y) { return x ^ y; }},
      {"isclose", [](const Tensor& x, const Tensor& y) { return fw::isclose(x, y); }},
  };
  return all;
}

const peer::Section binary_values("elementwise/operators of plain numbers", [] {
  fw::manual_seed(2);
  for (const auto& [name, f] : smooth_operators()) {
    const auto of_both = [f = f](const std::vector<Tensor>& xs) { return f(xs[0], xs[1]); };
    const auto positive = [](fw::IntArrayRef sizes) { return fw::rand(sizes, fw::kDouble) + 0.5; };
    show_derivatives(name, of_both, {positive({2, 3}), positive({2, 3})});
    show_derivatives(name + " broadcast", of_both, {positive({2, 1}), positive({3})});
    show_derivatives(name + " 0-dim", of_both, {positive({}), positive({2})});
    show_derivatives(name + " empty", of_both, {positive({0, 3}), positive({3})});
    show_derivatives(name + " transposed", of_both, {positive({3, 2}).t(), positive({2, 3})});
  }
});

const peer::Section binary_edges("elementwise/operators at the edges", [] {
  const Tensor numbers = fw::tensor({0., -0., 1., -1., 2., 0.5, kInfinity, -kInfinity, kNaN});
  const Tensor column = numbers.view({9, 1});
  for (const auto& [name, f] : smooth_operators()) {
    const Tensor x = column.detach().clone().requires_grad_(), y = numbers.detach().clone().requires_grad_();
    const Tensor z = f(x, y);
    peer::show(name, z);
    const Tensor spread_x = x.expand({9, 9}).detach().requires_grad_();
    const Tensor spread_y = y.expand({9, 9}).detach().requires_grad_();
    const Tensor spread = f(spread_x, spread_y);
    const std::vector<Tensor> grads = fw::autograd::grad({spread}, {spread_x, spread_y}, {fw::ones({9, 9})});
    peer::show_values(name + " gradient 0", grads[0]);
    peer::show_values(name + " gradient 1", grads[1]);
  }
  for (const auto& [name, f] : other_operators())
    if (name.size() > 1 || name == "<" || name == ">") peer::show(name, f(column, numbers));
});

const peer::Section binary_dtypes("elementwise/operators of mixed dtypes", [] {
  const std::vector<Tensor> operands = {fw::tensor({true, false, true}),
                                        fw::tensor({2, -1, 0}),
                                        fw::tensor({0.5, 2., -3.}),
                                        fw::tensor({0.5, 2., -3.}, fw::kDouble),
                                        fw::tensor(true),
                                        fw::tensor(2),
                                        fw::tensor(1.5),
                                        fw::tensor(1.5, fw::kDouble)};
  for (const auto* operators : {&smooth_operators(), &other_operators()})
    for (const auto& [name, f] : *operators)
      for (size_t i = 0; i < operands.size(); ++i)
        for (size_t j = 0; j < operands.size(); ++j) {
          const std::string title = name + " " + std::to_string(i) + " " + std::to_string(j);
          peer::show_whether_throws(title, [&, f = f] { f(operands[i], operands[j]); });
          try {
            peer::show(title, f(operands[i], operands[j]));
          } catch (const std::exception&) {
          }
        }
});

const peer::Section number_dtypes("elementwise/tensors and numbers of mixed dtypes", [] {
  const std::vector<Tensor> operands = {fw::tensor({true, false}), fw::tensor({2, -1}), fw::tensor({0.5, 2.}),
                                        fw::tensor({0.5, 2.}, fw::kDouble), fw::tensor(2)};
  const std::vector<Scalar> numbers = {Scalar(true), Scalar(2), Scalar(1.5), Scalar(kInfinity),
                                       Scalar(1e300)};
  const std::vector<std::pair<std::string, Tensor (*)(const Tensor&, const Scalar&)>> functions = {
      {"add", [](const Tensor& x, const Scalar& y) { return x + y; }},
      {"sub", [](const Tensor& x, const Scalar& y) { return x - y; }},
      {"subtracted", [](const Tensor& x, const Scalar& y) { return y - x; }},
      {"mul", [](const Tensor& x, const Scalar& y) { return x * y; }},
      {"div", [](const Tensor& x, const Scalar& y) { return x / y; }},
      {"divided", [](const Tensor& x, const Scalar& y) { return y / x; }},
      {"pow", [](const Tensor& x, const Scalar& y) { return fw::pow(x, y); }},
      {"powered", [](const Tensor& x, const Scalar& y) { return fw::pow(y, x); }},
      {"add by", [](const Tensor& x, const Scalar& y) { return fw::add(x, x, y); }},
      {"sub by", [](const Tensor& x, const Scalar& y) { return fw::sub(x, x, y); }},
      {"add 2 by", [](const Tensor& x, const Scalar& y) { return fw::add(x, 2, y); }},
      {"add true by", [](const Tensor& x, const Scalar& y) { return fw::add(x, true, y); }},
      {"==", [](const Tensor& x, const Scalar& y) { return x == y; }},
      {"<", [](const Tensor& x, const Scalar& y) { return x < y; }},
      {"number <", [](const Tensor& x, const Scalar& y) { return y < x; }},
      {"clamp", [](const Tensor& x, const Scalar& y) { return x.clamp(y); }},
      {"masked_fill", [](const Tensor& x, const Scalar& y) { return x.masked_fill(x == x, y); }},
      {"where", [](const Tensor& x, const Scalar& y) { return fw::where(x == x, y, x); }},
      {"add_", [](const Tensor& x, const Scalar& y) { return x.clone().add_(y); }},
      {"sub_", [](const Tensor& x, const Scalar& y) { return x.clone().sub_(y); }},
      {"mul_", [](const Tensor& x, const Scalar& y) { return x.clone().mul_(y); }},
      {"div_", [](const Tensor& x, const Scalar& y) { return x.clone().div_(y); }},
      {"clamp_", [](const Tensor& x, const Scalar& y) { return x.clone().clamp_(y); }},
      {"clamp_min", [](const Tensor& x, const Scalar& y) { return x.clamp_min(y); }},
      {"clamp_max", [](const Tensor& x, const Scalar& y) { return x.clamp_max(y); }},
      {"clamp_min_", [](const Tensor& x, const Scalar& y) { return x.clone().clamp_min_(y); }},
      {"clamp_max_", [](const Tensor& x, const Scalar& y) { return x.clone().clamp_max_(y); }},
      {"masked_fill_", [](const Tensor& x, const Scalar& y) { return x.clone().masked_fill_(x == x, y); }},
  };
  for (const auto& [name, f] : functions)
    for (size_t i = 0; i < operands.size(); ++i)
      for (size_t j = 0; j < numbers.size(); ++j) {
        const std::string title = name + " " + std::to_string(i) + " " + std::to_string(j);
        peer::show_whether_throws(title, [&, f = f] { f(operands[i], numbers[j]); });
        try {
          peer::show(title, f(operands[i], numbers[j]));
        } catch (const std::exception&) {
        }
      }
});

const peer::Section in_place("elementwise/in place", [] {
  fw::manual_seed(3);
  const std::vector<std::pair<std::string, void (*)(Tensor&, const Tensor&)>> writes = {
      {"add_", [](Tensor& x, const Tensor& y) { x.add_(y); }},
      {"add_ by 2", [](Tensor& x, const Tensor& y) { x.add_(y, 2); }},
      {"sub_", [](Tensor& x, const Tensor& y) { x.sub_(y); }},
      {"mul_", [](Tensor& x, const Tensor& y) { x.mul_(y); }},
      {"div_", [](Tensor& x, const Tensor& y) { x.div_(y); }},
      {"masked_fill_", [](Tensor& x, const Tensor& y) { x.masked_fill_(x > 1, y.sum()); }},
      {"by numbers", [](Tensor& x, const Tensor&) { x.add_(1).sub_(2, 3).mul_(2.5).div_(3); }},
      {"clamp_", [](Tensor& x, const Tensor&) { x.clamp_(1, 2); }},
  };
  for (const auto& [name, write] : writes) {
    const Tensor x = (fw::rand({2, 3}) + 0.5).requires_grad_(), y = (fw::rand({3}) + 0.5).requires_grad_();
    for (const bool is_y_frozen : {false, true}) {
      const Tensor operand = is_y_frozen ? y.detach() : y;
      Tensor whole = x * 2;
      write(whole, operand);
      peer::show(name, whole);
      peer::show(name + " edges", static_cast<int64_t>(whole.grad_fn()->next_edges().size()));
      (whole * weights_like(whole)).sum().backward();
      const Tensor z = x * 2;
      Tensor row = z[1];
      write(row, operand);
      peer::show(name + " of a row", z);
      (z * weights_like(z)).sum().backward();
      peer::show_values(name + " grad of x", x.grad());
      if (!is_y_frozen) peer::show(name + " grad of y", y.grad().defined() ? y.grad() : fw::zeros({3}));
      Tensor frozen = fw::ones({2, 3});
      write(frozen, operand);
      peer::show(name + " of a frozen", frozen);
    }
  }
});

const peer::Section errors("elementwise/errors", [] {
  const Tensor x = fw::ones({2}), l = fw::tensor({1, 2}), b = fw::tensor({true, false});
  const Tensor leaf = fw::ones({2, 2}, fw::requires_grad());
  peer::show_error(
      "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
      [&] { x + fw::ones({3}); });
  peer::show_error(
      "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1", [&] {
        fw::eq(fw::ones({3, 2}), fw::ones({3}));
      });
  peer::show_error("with two bool tensors is not supported", [&] { b - b; });
  peer::show_error("with a bool tensor is not supported", [&] { b - 1; });
  peer::show_error("with two bool tensors is not supported", [&] { 1 - b; });
  peer::show_error("Negation, the `-` operator, on a bool tensor is not supported", [&] { -b; });
  peer::show_error("Boolean inputs not supported for relu", [&] { fw::relu(b); });
  peer::show_error("not implemented for 'Bool'", [&] { fw::abs(b); });
  peer::show_error("not implemented for 'Bool'", [&] { fw::pow(b, b); });
  peer::show_error("not implemented for 'Long'", [&] { fw::gelu(l); });
  peer::show_error("not implemented for 'Long'", [&] { fw::softplus(l); });
  peer::show_error("not implemented for 'Float'", [&] { x& x; });
  peer::show_error("not implemented for 'Float'", [&] { ~x; });
  peer::show_error("Integers to negative integer powers are not allowed", [&] { fw::pow(l, -1); });
  peer::show_error("argument alpha must not be a floating point number", [&] { fw::add(l, l, 1.5); });
  peer::show_error("Boolean alpha only supported for Boolean results", [&] { fw::add(x, x, true); });
  peer::show_error("At least one of 'min' or 'max' must not be None", [&] {
    fw::clamp(x, decltype(fw::optional<Scalar>())(), decltype(fw::optional<Scalar>())());
  });
  peer::show_error("result type Float can't be cast to the desired output type Long",
                   [&] { l.clone().add_(x); });
  peer::show_error("result type Float can't be cast to the desired output type Long", [&] { 2 / l; });
  peer::show_error("output with shape [2] doesn't match the broadcast shape [3, 2]", [&] {
    x.clone().add_(fw::ones({3, 2}));
  });
  peer::show_error("output with shape [2] doesn't match the broadcast shape [3, 2]", [&] {
    x.clone().masked_fill_(fw::ones({3, 2}, fw::kBool), 1);
  });
  peer::show_error("a leaf Variable that requires grad is being used in an in-place operation",
                   [&] { leaf.mul_(2); });
  peer::show_error("a view of a leaf Variable that requires grad is being used in an in-place operation",
                   [&] { leaf[0].mul_(2); });
  peer::show_error("more than one element of the written-to tensor refers to a single memory location",
                   [&] { fw::ones({1}).expand({3}).add_(1); });
  peer::show_error(
      "some elements of the input tensor and the written-to tensor refer to a single memory location", [] {
        const Tensor y = fw::ones({2, 2});
        y.add_(y[0]);
      });
  peer::show_error(
      "some elements of the input tensor and the written-to tensor refer to a single memory location", [] {
        const Tensor y = fw::ones({2, 2});
        y.add_(y.t());
      });
  peer::show_error("only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s)",
                   [&] { x.masked_fill(b, x); });
  peer::show_error("expected BoolTensor or ByteTensor for mask", [&] { x.masked_select(l); });
  peer::show_error("expected condition to be a boolean tensor, but got a tensor with dtype Long",
                   [&] { fw::where(l, x, x); });
  peer::show_error("Dimension out of range", [&] { x.tril(); });
  peer::show_error("did not match", [&] { fw::isclose(x, x.to(fw::kDouble)); });
  peer::show_error("rtol must be greater than or equal to zero, but got -1", [&] { fw::isclose(x, x, -1); });
  peer::show_error("without overflow", [&] { x.masked_fill(b, 1e300); });
  peer::show_error("modified by an inplace operation", [&] {
    Tensor y = leaf * 1;
    y.mul_(y);
    y.sum().backward();
  });
});

const peer::Section indices("elementwise/nonzero and where of a condition", [] {
  const Tensor x = fw::tensor({{0., 1., kNaN}, {2., 0., 0.}});
  peer::show("nonzero", fw::nonzero(x));
  peer::show("nonzero of a 0-dim", fw::nonzero(fw::tensor(3.)));
  peer::show("nonzero of a 0-dim 0", fw::nonzero(fw::tensor(0)));
  peer::show("nonzero of nothing", fw::nonzero(fw::zeros({0, 3})));
  peer::show("where", fw::where(x.t() > 0));
  peer::show("where of a 0-dim", fw::where(fw::tensor(true)));
  peer::show("equal", fw::equal(x, x));
  peer::show("equal of dtypes", fw::equal(fw::tensor({1, 2}), fw::tensor({1., 2.})));
  peer::show("allclose", fw::allclose(x, x, 0, 0, true));
  for (const auto& f : {&fw::isnan, &fw::isinf, &fw::isfinite, &fw::logical_not})
    peer::show("predicate", f(x / x * 0));
});

}  // namespace
