#include "elementwise.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

const Tensor& mask_2x3() {
  static const Tensor mask = tensor({{true, false, true}, {false, false, true}});
  return mask;
}

}  // namespace

// ---- masked_fill ----

TEST_CASE("masked_fill: forward", "[ops][mask]") {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  CHECK(same(masked_fill(x, mask_2x3(), -inf), tensor({{-inf, 2., -inf}, {4., 5., -inf}})));
  CHECK(same(x.masked_fill(mask_2x3(), tensor(9.)), tensor({{9., 2., 9.}, {4., 5., 9.}})));
  CHECK(same(masked_fill(x, tensor({true, false, false}), 0), tensor({{0., 2., 3.}, {0., 5., 6.}})));
  CHECK(same(masked_fill(x, tensor({{true}, {false}}), 0), tensor({{0., 0., 0.}, {4., 5., 6.}})));
  CHECK(same(masked_fill(x, tensor(true), 7), full({2, 3}, 7.)));
  CHECK(same(masked_fill(tensor({1., 2.}), tensor({{true, false}, {false, true}}), 0),
             tensor({{0., 2.}, {1., 0.}})));
  CHECK(same(masked_fill(x.t(), mask_2x3().t(), 0), masked_fill(x, mask_2x3(), 0).t()));
  CHECK(same(masked_fill(tensor(1.), tensor(true), 2), tensor(2.)));
  CHECK(same(masked_fill(zeros({0, 3}), tensor({true, false, false}), 1), zeros({0, 3})));
  CHECK(same(masked_fill(tensor({nan_value, 1.}), tensor({true, false}), 0), tensor({0., 1.})));
}

TEST_CASE("masked_fill: the result has the tensor's dtype", "[ops][mask]") {
  const Tensor mask = tensor({true, false});
  CHECK(same(masked_fill(tensor({1, 2}), mask, 2.5), tensor({2, 2})));
  CHECK(same(masked_fill(tensor({1, 2}), mask, tensor(2.5)), tensor({2, 2})));
  CHECK(same(masked_fill(tensor({false, false}), mask, 2), tensor({true, false})));
  CHECK(same(masked_fill(tensor({1., 2.}), mask, tensor(0.5, kDouble)), tensor({0.5, 2.})));
  CHECK(same(masked_fill(tensor({1., 2.}, kDouble), mask, tensor(3)), tensor({3., 2.}, kDouble)));
  CHECK_FALSE(masked_fill(tensor({1, 2}), mask, leaf(tensor(2.))).requires_grad());
}

TEST_CASE("masked_fill: errors", "[ops][mask]") {
  const Tensor x = ones({2}), mask = tensor({true, false});
  for (const Tensor& wrong : {tensor({1, 0}), tensor({1., 0.})}) {
    CHECK_THROWS_WITH(masked_fill(x, wrong, 1), Contains("expected mask dtype to be Bool but got "));
    CHECK_THROWS_WITH(masked_fill(x, wrong, tensor(1.)), Contains("expected mask dtype to be Bool but got "));
    CHECK_THROWS_WITH(x.masked_fill_(wrong, 1), Contains("expected mask dtype to be Bool but got "));
  }
  CHECK_THROWS_WITH(
      masked_fill(x, mask, tensor({1.})),
      Contains("only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s)"));
  CHECK_THROWS_WITH(x.masked_fill_(mask, ones({1, 1})), Contains("but got tensor with 2 dimension(s)"));
  CHECK_THROWS_WITH(masked_fill(x, ones({3}, kBool), 1),
                    Contains("The size of tensor a (2) must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(masked_fill(x, mask, 1e300),
                    Contains("value cannot be converted to type float without overflow"));
  CHECK_THROWS_WITH(masked_fill(tensor({1, 2}), mask, inf),
                    Contains("value cannot be converted to type int64_t without overflow"));
  CHECK_THROWS_WITH(masked_fill(tensor({1, 2}), mask, tensor(1e300, kDouble)),
                    Contains("value cannot be converted to type int64_t without overflow"));
  CHECK_THROWS_WITH(masked_fill(Tensor(), mask, 1), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(masked_fill(x, Tensor(), 1), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(masked_fill(x, mask, Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("masked_fill: gradients", "[ops][mask]") {
  check_unary_gradients([](const Tensor& x) { return masked_fill(x, x > 0, 1.5); });
  manual_seed(5);
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 3}, {3}, {1, 3}, {2, 1}, {}})
    check_gradients([](const std::vector<Tensor>& xs) { return masked_fill(xs[0], mask_2x3(), 1.5); },
                    {trainable(sizes)});
  check_gradients([](const std::vector<Tensor>& xs) { return masked_fill(xs[0], mask_2x3(), xs[1]); },
                  {trainable({2, 3}), trainable({})});
  check_gradients([](const std::vector<Tensor>& xs) { return masked_fill(xs[0], mask_2x3(), xs[1]); },
                  {trainable({2, 3}).detach(), trainable({})});
  check_gradients([](const std::vector<Tensor>& xs) { return masked_fill(xs[0], mask_2x3(), xs[1]); },
                  {trainable_strided({2, 3}), trainable({}).detach()});
}

TEST_CASE("masked_fill: a masked gradient is exactly 0, whatever comes in", "[ops][mask]") {
  const Tensor mask = tensor({true, true, false});
  const auto f = [&mask](const Tensor& x) { return masked_fill(x, mask, -inf); };
  CHECK(same(gradient_of(f, tensor({inf, nan_value, nan_value}), tensor({nan_value, inf, 2.})),
             tensor({0., 0., 2.})));
  // The filling gets the sum over masked positions alone.
  const Tensor value = leaf(tensor(1.));
  autograd::backward({masked_fill(ones({3}), mask, value)}, {tensor({2., 3., nan_value})});
  CHECK(same(value.grad(), tensor(5.)));
}

TEST_CASE("masked_fill: names, edges, and what is kept", "[ops][mask]") {
  const Tensor x = leaf(ones({2})), value = leaf(tensor(2.)), mask = tensor({true, false});
  const Tensor by_number = masked_fill(x, mask, 2);
  CHECK(name_of(by_number) == "MaskedFillBackward0");
  CHECK(by_number.grad_fn()->saved_tensors().size() == 1);
  const Tensor by_frozen = masked_fill(x, mask, value.detach());
  CHECK(name_of(by_frozen) == "MaskedFillBackward1");
  CHECK(by_frozen.grad_fn()->next_edge(0).is_valid());
  CHECK_FALSE(by_frozen.grad_fn()->next_edge(1).is_valid());
  CHECK(by_frozen.grad_fn()->saved_tensors().size() == 1);
  const Tensor of_frozen = masked_fill(x.detach(), mask, value);
  CHECK(name_of(of_frozen) == "MaskedFillBackward1");
  CHECK_FALSE(of_frozen.grad_fn()->next_edge(0).is_valid());
  CHECK(name_of(masked_fill(x.detach(), mask, 2)) == "none");
  mask.fill_(false);
  CHECK_THROWS_WITH(by_number.sum().backward(), Contains("modified by an inplace operation"));
}

TEST_CASE("masked_fill_: values and errors", "[ops][mask]") {
  Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  CHECK(&x.masked_fill_(mask_2x3(), -1) == &x);
  CHECK(same(x, tensor({{-1., 2., -1.}, {4., 5., -1.}})));
  CHECK(x._version() == 1);
  x[1].masked_fill_(tensor({true, false, false}), tensor(0.5, kDouble));
  CHECK(same(x, tensor({{-1., 2., -1.}, {0.5, 5., -1.}})));
  x.t().masked_fill_(tensor({true, false}), 0);
  CHECK(same(x, tensor({{0., 0., 0.}, {0.5, 5., -1.}})));
  CHECK_THROWS_WITH(ones({2}).masked_fill_(ones({3, 2}, kBool), 1),
                    Contains("output with shape [2] doesn't match the broadcast shape [3, 2]"));
  CHECK_THROWS_WITH(leaf(x).masked_fill_(mask_2x3(), 1), Contains("a leaf Variable that requires grad"));
  CHECK_THROWS_WITH(leaf(x)[0].masked_fill_(mask_2x3()[0], 1), Contains("a view of a leaf Variable"));
  CHECK_THROWS_WITH(
      ones({1}).expand({3}).masked_fill_(tensor({true, false, true}), 1),
      Contains("more than one element of the written-to tensor refers to a single memory location"));
  CHECK_THROWS_WITH(masked_fill_(Tensor(), mask_2x3(), 1), Contains("Expected a proper Tensor"));
  // A mask that lies in what is written is read as it was.
  const Tensor bits = tensor({true, false, true, false, true, false});
  CHECK(same(bits.masked_fill_(bits, false), zeros({6}, kBool)));
  const Tensor chain = arange(3000) == 1022;
  CHECK(same(chain.slice(0, 2, 3000, 2).masked_fill_(chain.slice(0, 0, 2998, 2), true),
             (arange(1499) == 510) | (arange(1499) == 511)));
  CHECK_THROWS_WITH(bits.slice(0, 1).masked_fill_(bits.slice(0, 0, 5), true),
                    Contains("refer to a single memory location"));
}

TEST_CASE("masked_fill_: gradients", "[ops][mask]") {
  manual_seed(6);
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        Tensor z = xs[0] * 2;
        z.masked_fill_(mask_2x3(), 1.5);
        return z * xs[0];
      },
      {trainable({2, 3})});
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        Tensor z = xs[0] * 2;
        z.masked_fill_(mask_2x3(), xs[1]);
        return z * xs[0];
      },
      {trainable({2, 3}), trainable({})});
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        const Tensor z = xs[0] * 2;
        z[1].masked_fill_(mask_2x3()[0], xs[1]);
        return z * xs[0];
      },
      {trainable({2, 3}), trainable({})});
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        const Tensor z = zeros({2, 3}, kDouble);
        z.masked_fill_(mask_2x3(), xs[0]);
        return z * xs[0];
      },
      {trainable({})});
  Tensor z = leaf(ones({2, 3})) * 1;
  CHECK(name_of(z.masked_fill_(mask_2x3(), 1)) == "MaskedFillBackward0");
  CHECK(name_of(z.masked_fill_(mask_2x3(), tensor(1.))) == "MaskedFillBackward1");
}

// ---- where ----

TEST_CASE("where: forward and dtypes", "[ops][mask]") {
  const Tensor condition = tensor({true, false}), x = tensor({1., 2.}), y = tensor({10., 20.});
  CHECK(same(where(condition, x, y), tensor({1., 20.})));
  CHECK(same(x.where(condition, y), tensor({1., 20.})));
  CHECK(same(where(tensor({{true}, {false}}), x, y), tensor({{1., 2.}, {10., 20.}})));
  CHECK(same(where(condition, tensor(5.), tensor({{1.}, {2.}})), tensor({{5., 1.}, {5., 2.}})));
  CHECK(same(where(condition, x, 5), tensor({1., 5.})));
  CHECK(same(where(condition, 5, x), tensor({5., 2.})));
  CHECK(same(where(condition, 2, 3), tensor({2, 3})));
  CHECK(same(where(condition, 2.0, 3), tensor({2., 3.})));
  CHECK(same(where(condition, true, 3), tensor({1, 3})));
  CHECK(same(where(condition, true, false), condition));
  CHECK(same(where(condition, tensor({1, 2}), 2.5), tensor({1., 2.5})));
  CHECK(same(where(condition, tensor({1, 2}), true), tensor({1, 1})));
  CHECK(same(where(condition, condition, 2), tensor({1, 2})));
  CHECK(same(where(condition, x, y.to(kDouble)), tensor({1., 20.}, kDouble)));
  CHECK(same(where(condition, x, tensor({3, 4})), tensor({1., 4.})));
  CHECK(same(where(condition, x, tensor(4., kDouble)), tensor({1., 4.})));
  CHECK(same(where(zeros({0, 2}, kBool), x, y), zeros({0, 2})));
}

TEST_CASE("where: errors", "[ops][mask]") {
  const Tensor condition = tensor({true, false}), x = ones({2});
  CHECK_THROWS_WITH(
      where(tensor({1, 0}), x, x),
      Contains("where expected condition to be a boolean tensor, but got a tensor with dtype Long"));
  CHECK_THROWS_WITH(where(x, x, 1), Contains("but got a tensor with dtype Float"));
  CHECK_THROWS_WITH(where(x, 1, 1), Contains("but got a tensor with dtype Float"));
  CHECK_THROWS_WITH(where(condition, x, ones({3})), Contains("must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(where(ones({3}, kBool), x, x), Contains("must match the size of tensor b (2)"));
  CHECK_THROWS_WITH(where(condition, x, 1e300),
                    Contains("value cannot be converted to type float without overflow"));
  CHECK_THROWS_WITH(where(Tensor(), x, x), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(where(condition, Tensor(), x), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(where(condition, x, Tensor()), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(where(condition, 1, Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("where: gradients", "[ops][mask]") {
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return where(x > 0, x, y); });
  check_unary_gradients([](const Tensor& x) { return where(x > 0, x, 1.5); });
  check_unary_gradients([](const Tensor& x) { return where(x > 0, 1.5, x); });
  manual_seed(7);
  check_gradients([](const std::vector<Tensor>& xs) { return where(mask_2x3(), xs[0], xs[1]); },
                  {trainable({3}), trainable({})});
  const Tensor x = leaf(ones({2})), condition = tensor({true, false});
  for (const Tensor& z : {where(condition, x, x), where(condition, x, 1), where(condition, 1, x)}) {
    CHECK(name_of(z) == "WhereBackward0");
    CHECK(z.grad_fn()->next_edges().size() == 2);
  }
  CHECK_FALSE(where(condition, x, ones({2})).grad_fn()->next_edge(1).is_valid());
  CHECK_FALSE(where(condition, 1, x).grad_fn()->next_edge(0).is_valid());
  CHECK(name_of(where(condition, ones({2}), 1)) == "none");
}

TEST_CASE("where: the branch that is not chosen gets exactly 0", "[ops][mask]") {
  const Tensor condition = tensor({true, false}), grad_out = tensor({inf, nan_value});
  const Tensor frozen = ones({2});
  CHECK(same(gradient_of([&](const Tensor& x) { return where(condition, x, frozen); }, frozen, grad_out),
             tensor({inf, 0.})));
  CHECK(same(gradient_of([&](const Tensor& y) { return where(condition, frozen, y); }, frozen, grad_out),
             tensor({0., nan_value})));
  CHECK(same(gradient_of([&](const Tensor& x) { return where(condition, x, 1); }, frozen, grad_out),
             tensor({inf, 0.})));
  CHECK(same(gradient_of([&](const Tensor& y) { return where(condition, 1, y); }, frozen, grad_out),
             tensor({0., nan_value})));
}

// ---- masked_select, nonzero ----

TEST_CASE("nan_to_num: values, gradients, errors", "[ops][mask]") {
  const Tensor x = tensor({nan_value, inf, -inf, 2.});
  const double largest = std::numeric_limits<float>::max();
  CHECK(same(nan_to_num(x), tensor({0., largest, -largest, 2.})));
  CHECK(same(x.nan_to_num(1, 3, -3), tensor({1., 3., -3., 2.})));
  CHECK(same(x.nan_to_num(inf, nan_value, 1e300), tensor({inf, nan_value, inf, 2.})));
  CHECK(same(
      nan_to_num(x.to(kDouble)),
      tensor({0., std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest(), 2.}, kDouble)));
  CHECK(same(nan_to_num(tensor({1, 2})), tensor({1, 2})));
  CHECK(same(nan_to_num(tensor({{nan_value, 1.}, {2., 3.}}).t()), tensor({{0., 2.}, {1., 3.}})));
  CHECK_THROWS_WITH(nan_to_num(Tensor()), Contains("[nan_to_num]"));

  check_unary_gradients([](const Tensor& a) { return nan_to_num(a, 2); });
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return nan_to_num(a); }, x, tensor({5., 5., 5., 5.})),
             tensor({0., 0., 0., 5.})));
  CHECK(nan_to_num(leaf(x)).grad_fn()->name() == "NanToNumBackward0");
}

TEST_CASE(
    "nan_to_num: after a softmax of nothing but -inf it mends the weights, and the gradient only if "
    "masked_fill wrote the -inf",
    "[ops][mask]") {
  const Tensor all = tensor({true, true});
  const Tensor masked = leaf(tensor({1., 2.}));
  const Tensor weights = softmax(masked.masked_fill(all, -inf), 0).nan_to_num();
  CHECK(same(weights.detach(), zeros({2})));
  weights.sum().backward();
  CHECK(same(masked.grad(), zeros({2})));
  const Tensor added = leaf(tensor({1., 2.}));
  softmax(added + tensor({-inf, -inf}), 0).nan_to_num().sum().backward();
  CHECK(same(added.grad(), full({2}, nan_value)));
}

TEST_CASE("masked_select: forward", "[ops][mask]") {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  CHECK(same(masked_select(x, mask_2x3()), tensor({1., 3., 6.})));
  CHECK(same(x.masked_select(mask_2x3()), tensor({1., 3., 6.})));
  CHECK(same(masked_select(x.t(), mask_2x3().t()), tensor({1., 3., 6.})));
  CHECK(same(masked_select(x, tensor({false, true, false})), tensor({2., 5.})));
  CHECK(same(masked_select(tensor({7., 8., 9.}), mask_2x3()), tensor({7., 9., 9.})));
  CHECK(same(masked_select(x, tensor(true)), tensor({1., 2., 3., 4., 5., 6.})));
  CHECK(same(masked_select(tensor(1.), tensor(true)), tensor({1.})));
  CHECK(same(masked_select(x, x > 9), zeros({0})));
  CHECK(same(masked_select(zeros({0, 3}), tensor({true, true, true})), zeros({0})));
  CHECK(same(masked_select(tensor({1, 2}), tensor({false, true})), tensor({2})));
  CHECK(same(masked_select(tensor({true, false}), tensor({true, true})), tensor({true, false})));
  CHECK(same(masked_select(x.to(kDouble), mask_2x3()), tensor({1., 3., 6.}, kDouble)));
  CHECK_THROWS_WITH(masked_select(x, tensor({1, 0, 1})),
                    Contains("expected BoolTensor or ByteTensor for mask"));
  CHECK_THROWS_WITH(masked_select(x, ones({2}, kBool)), Contains("must match the size of tensor b (2)"));
  CHECK_THROWS_WITH(masked_select(Tensor(), mask_2x3()), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(masked_select(x, Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("masked_select: gradients come back to their places", "[ops][mask]") {
  check_unary_gradients([](const Tensor& x) { return masked_select(x, x > -5); });
  manual_seed(8);
  const Op select = [](const std::vector<Tensor>& xs) { return masked_select(xs[0], mask_2x3()); };
  check_gradients(select, {trainable({2, 3})});
  check_gradients(select, {trainable_strided({2, 3})});
  check_gradients(select, {trainable({3})});
  check_gradients(select, {trainable({2, 1})});
  check_gradients(select, {trainable({})});
  check_gradients([](const std::vector<Tensor>& xs) { return masked_select(xs[0], mask_2x3().t()); },
                  {trainable({3, 2})});
  CHECK(same(gradient_of([](const Tensor& x) { return masked_select(x, mask_2x3()); }, ones({2, 3}),
                         tensor({1., nan_value, 3.})),
             tensor({{1., 0., nan_value}, {0., 0., 3.}})));
  const Tensor x = leaf(ones({2, 3}));
  CHECK(name_of(masked_select(x, mask_2x3())) == "MaskedSelectBackward0");
  CHECK(name_of(masked_select(x.detach(), mask_2x3())) == "none");
  const Tensor weight = leaf(ones({3}));
  const Tensor grad_x =
      autograd::grad({masked_select(x, mask_2x3()) * weight}, {x}, {ones({3})}, nullopt, true)[0];
  CHECK(name_of(grad_x) == "MaskedScatterBackward0");
  CHECK_FALSE(grad_x.grad_fn()->next_edge(0).is_valid());
}

TEST_CASE("nonzero, where of a condition", "[ops][mask]") {
  CHECK(same(nonzero(tensor({{0, 2}, {3, 0}})), tensor({{0, 1}, {1, 0}})));
  CHECK(same(nonzero(tensor({nan_value, 0., -0., 1.})), tensor({{0}, {3}})));
  CHECK(same(nonzero(mask_2x3().t()), tensor({{0, 0}, {2, 0}, {2, 1}})));
  CHECK(nonzero(tensor(3.)).sizes() == IntArrayRef({1, 0}));
  CHECK(nonzero(tensor(0.)).sizes() == IntArrayRef({0, 0}));
  CHECK(nonzero(zeros({2, 3})).sizes() == IntArrayRef({0, 2}));
  CHECK(nonzero(zeros({0, 3})).sizes() == IntArrayRef({0, 2}));
  CHECK_FALSE(nonzero(leaf(ones({2}))).requires_grad());
  CHECK_THROWS_WITH(nonzero(Tensor()), Contains("Expected a proper Tensor"));

  const std::vector<Tensor> indices = where(mask_2x3());
  REQUIRE(indices.size() == 2);
  CHECK(same(indices[0], tensor({0, 0, 1})));
  CHECK(same(indices[1], tensor({0, 2, 2})));
  REQUIRE(where(tensor(3.)).size() == 1);
  CHECK(same(where(tensor(3.))[0], tensor({0})));
  CHECK_THROWS_WITH(where(Tensor()), Contains("Expected a proper Tensor"));
}

// ---- triangles ----

TEST_CASE("tril, triu: without elements, the other sizes may be huge", "[ops][mask]") {
  constexpr int64_t huge = int64_t{1} << 31;
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{huge, 0}, {0, huge}, {0, huge, huge}}) {
    CHECK(tril(frost::empty(sizes)).sizes().vec() == sizes);
    CHECK(triu(frost::empty(sizes, kLong), 1).sizes().vec() == sizes);
  }
}

TEST_CASE("tril, triu: forward", "[ops][mask]") {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  CHECK(same(tril(x), tensor({{1., 0., 0.}, {4., 5., 0.}})));
  CHECK(same(triu(x), tensor({{1., 2., 3.}, {0., 5., 6.}})));
  CHECK(same(tril(x, 1), tensor({{1., 2., 0.}, {4., 5., 6.}})));
  CHECK(same(tril(x, -1), tensor({{0., 0., 0.}, {4., 0., 0.}})));
  CHECK(same(triu(x, 1), tensor({{0., 2., 3.}, {0., 0., 6.}})));
  CHECK(same(triu(x, -1), x));
  constexpr int64_t largest = std::numeric_limits<int64_t>::max(),
                    least = std::numeric_limits<int64_t>::min();
  CHECK(same(tril(x, largest), x));
  CHECK(same(tril(x, least), zeros({2, 3})));
  CHECK(same(triu(x, largest), zeros({2, 3})));
  CHECK(same(triu(x, least), x));
  CHECK(same(x.t().tril(), tensor({{1., 0.}, {2., 5.}, {3., 6.}})));
  CHECK(same(stack({x, x * 2}).triu(1), stack({triu(x, 1), triu(x, 1) * 2})));
  CHECK(same(full({2, 2}, nan_value).tril(-2), zeros({2, 2})));
  CHECK(same(tril(ones({2, 2}, kBool)), tensor({{true, false}, {true, true}})));
  CHECK(same(triu(ones({2, 2}, kLong)), tensor({{1, 1}, {0, 1}})));
  CHECK(same(tril(ones({2, 0})), ones({2, 0})));
  CHECK_THROWS_WITH(tril(ones({2})), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(triu(tensor(1.)), Contains("must have at least 2 dimensions"));
  CHECK_THROWS_WITH(tril(Tensor()), Contains("Expected a proper Tensor"));
}

TEST_CASE("tril, triu: gradients", "[ops][mask]") {
  manual_seed(9);
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{3, 3}, {2, 3}, {2, 3, 2}, {1, 1}, {0, 2}}) {
    check_gradients([](const std::vector<Tensor>& xs) { return tril(xs[0]); }, {trainable(sizes)});
    check_gradients([](const std::vector<Tensor>& xs) { return triu(xs[0], 1); }, {trainable(sizes)});
  }
  check_gradients([](const std::vector<Tensor>& xs) { return tril(xs[0], -1); }, {trainable_strided({3, 3})});
  CHECK(same(gradient_of([](const Tensor& x) { return triu(x, 1); }, ones({2, 2}), full({2, 2}, nan_value)),
             tensor({{0., nan_value}, {0., 0.}})));
  CHECK(name_of(tril(leaf(ones({2, 2})))) == "TrilBackward0");
  CHECK(name_of(triu(leaf(ones({2, 2})))) == "TriuBackward0");
  CHECK(leaf(ones({2, 2})).tril().grad_fn()->saved_tensors().empty());
  CHECK(name_of(tril(ones({2, 2}))) == "none");
}
