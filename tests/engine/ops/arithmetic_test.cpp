#include "elementwise.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

// ---- forward ----

TEST_CASE("arithmetic: forward, plain and broadcast", "[ops][arithmetic]") {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}), y = tensor({2., -1., 0.5});
  CHECK(same(x + y, tensor({{3., 1., 3.5}, {6., 4., 6.5}})));
  CHECK(same(x - y, tensor({{-1., 3., 2.5}, {2., 6., 5.5}})));
  CHECK(same(x * y, tensor({{2., -2., 1.5}, {8., -5., 3.}})));
  CHECK(same(x / y, tensor({{0.5, -2., 6.}, {2., -5., 12.}})));
  CHECK(same(maximum(x, y), tensor({{2., 2., 3.}, {4., 5., 6.}})));
  CHECK(same(minimum(x, y), tensor({{1., -1., 0.5}, {2., -1., 0.5}})));
  CHECK(same(x.t() + tensor({{1.}, {2.}, {3.}}), tensor({{2., 5.}, {4., 7.}, {6., 9.}})));
  CHECK(same(ones({0, 3}) + ones({3}), zeros({0, 3})));
  CHECK(same(tensor(2.) * tensor({1., 2.}), tensor({2., 4.})));
}

TEST_CASE("arithmetic: with a number, on either side", "[ops][arithmetic]") {
  const Tensor x = tensor({1., 2., 4.});
  CHECK(same(x + 2, tensor({3., 4., 6.})));
  CHECK(same(2 + x, tensor({3., 4., 6.})));
  CHECK(same(x - 2, tensor({-1., 0., 2.})));
  CHECK(same(2 - x, tensor({1., 0., -2.})));
  CHECK(same(x * 0.5, tensor({0.5, 1., 2.})));
  CHECK(same(0.5 * x, tensor({0.5, 1., 2.})));
  CHECK(same(x / 4, tensor({0.25, 0.5, 1.})));
  CHECK(same(4 / x, tensor({4., 2., 1.})));
}

TEST_CASE("arithmetic: alpha scales what is added", "[ops][arithmetic]") {
  const Tensor x = tensor({1., 2.}), y = tensor({10., 20.});
  CHECK(same(add(x, y, 0.5), tensor({6., 12.})));
  CHECK(same(sub(x, y, 2), tensor({-19., -38.})));
  CHECK(same(add(x, 3, 2), tensor({7., 8.})));
  CHECK(same(sub(x, 3, 2), tensor({-5., -4.})));
  CHECK(same(add(x, tensor({1, 2}), 0.5), tensor({1.5, 3.})));
  CHECK(same(add(x.unsqueeze(1), y, 2), tensor({{21., 41.}, {22., 42.}})));
  CHECK(same(add(tensor({1, 2}), tensor({3, 4}), 2), tensor({7, 10})));
  CHECK(same(add(tensor({true, false}), tensor({true, true}), 2), tensor({true, true})));
  CHECK(same(add(tensor({true, false}), tensor({true, true}), 0), tensor({true, false})));
  CHECK(same(add(tensor({true, false}), true, true), tensor({true, true})));
  CHECK(same(add(tensor({1, 2}), 2.5, 1.5), tensor({4.75, 5.75})));
  CHECK_THROWS_WITH(
      add(tensor({1, 2}), tensor({1, 2}), 1.5),
      Contains("For integral input tensors, argument alpha must not be a floating point number"));
  CHECK_THROWS_WITH(add(tensor({1, 2}), 2, 1.5),
                    Contains("argument alpha must not be a floating point number"));
  CHECK_THROWS_WITH(sub(tensor({1, 2}), tensor({1, 2}), 1.), Contains("must not be a floating point number"));
  CHECK_THROWS_WITH(add(x, y, true), Contains("Boolean alpha only supported for Boolean results"));
  CHECK_THROWS_WITH(sub(tensor({1, 2}), 1, true),
                    Contains("Boolean alpha only supported for Boolean results"));
  CHECK_THROWS_WITH(add(x, y, 1e300), Contains("value cannot be converted to type float without overflow"));
}

TEST_CASE("maximum, minimum: NaN wins", "[ops][arithmetic]") {
  CHECK(same(maximum(tensor({nan_value, 1.}), tensor({1., nan_value})), tensor({nan_value, nan_value})));
  CHECK(same(minimum(tensor({nan_value, 1.}), tensor({1., nan_value})), tensor({nan_value, nan_value})));
}

// ---- dtypes ----

TEST_CASE("arithmetic: dtypes promote", "[ops][arithmetic]") {
  const Tensor f = tensor({1., 2.}), d = f.to(kDouble), l = tensor({3, 4}), b = tensor({true, false});
  CHECK(same(f + d, (f * 2).to(kDouble)));
  CHECK(same(l * f, tensor({3., 8.})));
  CHECK(same(b + l, tensor({4, 4})));
  CHECK(same(f + tensor(1., kDouble), tensor({2., 3.})));
  CHECK(same(l + tensor(1.5, kDouble), tensor({4.5, 5.5}, kDouble)));
  CHECK(same(l / 2, tensor({1.5, 2.})));
  CHECK(same(l / l, tensor({1., 1.})));
  CHECK(same(b / b.logical_or(tensor(true)), tensor({1., 0.})));
  CHECK(same(l + 1.5, tensor({4.5, 5.5})));
  CHECK(same(l + true, tensor({4, 5})));
  CHECK(same(b + 1, tensor({2, 1})));
  CHECK(same(b + 1.5, tensor({2.5, 1.5})));
  CHECK(same(d * 2, d + d));
  CHECK(same(maximum(l, b), l));
  CHECK(same(minimum(f, l), f));
  CHECK(same(f + 1e300, tensor({inf, inf})));
}

TEST_CASE("arithmetic: of bools, sums are or and products and; there are no differences",
          "[ops][arithmetic]") {
  const Tensor x = tensor({true, true, false, false}), y = tensor({true, false, true, false});
  CHECK(same(x + y, tensor({true, true, true, false})));
  CHECK(same(x * y, tensor({true, false, false, false})));
  CHECK(same(maximum(x, y), tensor({true, true, true, false})));
  CHECK(same(minimum(x, y), tensor({true, false, false, false})));
  CHECK_THROWS_WITH(x - y, Contains("`-` operator, with two bool tensors is not supported. Use the `^`"));
  CHECK_THROWS_WITH(x - 1, Contains("`-` operator, with a bool tensor is not supported"));
  CHECK_THROWS_WITH(x - tensor({1, 2, 3, 4}), Contains("`-` operator, with a bool tensor is not supported"));
  CHECK_THROWS_WITH(tensor({1, 2, 3, 4}) - x, Contains("`-` operator, with a bool tensor is not supported"));
  CHECK_THROWS_WITH(1 - x, Contains("`-` operator, with two bool tensors is not supported"));
  CHECK_THROWS_WITH(x.clone().sub_(y), Contains("with two bool tensors is not supported"));
  CHECK_THROWS_WITH(x.clone().sub_(1), Contains("with a bool tensor is not supported"));
}

TEST_CASE("arithmetic: a number on the left takes the tensor's dtype", "[ops][arithmetic]") {
  const Tensor l = tensor({3, 4});
  CHECK(same(2 - l, tensor({-1, -2})));
  CHECK(same(2.5 - l, tensor({-1, -2})));
  CHECK_THROWS_WITH(2 / l, Contains("result type Float can't be cast to the desired output type Long"));
  CHECK_THROWS_WITH(1e300 - tensor({1.}),
                    Contains("value cannot be converted to type float without overflow"));
  CHECK_THROWS_WITH(inf - l, Contains("value cannot be converted to type int64_t without overflow"));
}

// ---- errors ----

TEST_CASE("arithmetic: shapes that do not broadcast, undefined tensors", "[ops][arithmetic]") {
  const Tensor x = ones({2}), y = ones({3}), undefined;
  for (const auto op : {+[](const Tensor&a, const Tensor&b) { return a + b; },
                        +[](const Tensor&a, const Tensor&b) { return add(a, b, 2); },
                        +[](const Tensor&a, const Tensor&b) { return a - b; },
                        +[](const Tensor&a, const Tensor&b) { return a * b; },
                        +[](const Tensor&a, const Tensor&b) { return a / b; },
                        +[](const Tensor&a, const Tensor&b) { return maximum(a, b); },
                        +[](const Tensor&a, const Tensor&b) { return minimum(a, b); }}) {
    CHECK_THROWS_WITH(op(x, y), Contains("The size of tensor a (2) must match the size of tensor b (3) at "
                                         "non-singleton dimension 0"));
    CHECK_THROWS_WITH(op(x, undefined), Contains("Expected a proper Tensor"));
    CHECK_THROWS_WITH(op(undefined, x), Contains("Expected a proper Tensor"));
  }
  CHECK_THROWS_WITH(undefined + 1, Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(1 - undefined, Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(1 / undefined, Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(add_(undefined, x), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(add_(x, undefined), Contains("Expected a proper Tensor"));
  CHECK_THROWS_WITH(mul_(undefined, 2), Contains("Expected a proper Tensor"));
}

// ---- on the tape ----

TEST_CASE("arithmetic: names and edges on the tape", "[ops][arithmetic]") {
  const Tensor x = leaf(ones({2})), y = leaf(ones({2})), frozen = ones({2});
  CHECK(name_of(x + y) == "AddBackward0");
  CHECK(name_of(add(x, y, 2)) == "AddBackward0");
  CHECK(name_of(x + 2) == "AddBackward1");
  CHECK(name_of(2 + x) == "AddBackward1");
  CHECK(name_of(x - y) == "SubBackward0");
  CHECK(name_of(x - 2) == "SubBackward1");
  CHECK(name_of(2 - x) == "SubBackward0");
  CHECK(name_of(x * y) == "MulBackward0");
  CHECK(name_of(x * 2) == "MulBackward1");
  CHECK(name_of(2 * x) == "MulBackward1");
  CHECK(name_of(x / y) == "DivBackward0");
  CHECK(name_of(x / 2) == "DivBackward1");
  CHECK(name_of(2 / x) == "DivBackward0");
  CHECK(name_of(maximum(x, y)) == "MaximumBackward0");
  CHECK(name_of(minimum(x, y)) == "MinimumBackward0");
  for (const Tensor& z : {2 - x, 2 / x}) {
    REQUIRE(z.grad_fn()->next_edges().size() == 2);
    CHECK_FALSE(z.grad_fn()->next_edge(0).is_valid());
    CHECK(z.grad_fn()->next_edge(1).is_valid());
  }
  CHECK(name_of(frozen + frozen) == "none");
  const NoGradGuard guard;
  CHECK(name_of(x + y) == "none");
}

TEST_CASE("arithmetic: a frozen operand gets no edge, and nothing is kept for its gradient",
          "[ops][arithmetic]") {
  const Tensor x = leaf(ones({2})), frozen = ones({2});
  struct Case {
    Tensor z;
    size_t frozen, saved;
  };
  for (const Case& c : {Case{x + frozen, 1, 0}, Case{frozen - x, 0, 0}, Case{x * frozen, 1, 1},
                        Case{x / frozen, 1, 1}, Case{frozen / x, 0, 2}, Case{maximum(frozen, x), 0, 2}}) {
    INFO(name_of(c.z));
    REQUIRE(c.z.grad_fn()->next_edges().size() == 2);
    CHECK_FALSE(c.z.grad_fn()->next_edge(c.frozen).is_valid());
    CHECK(c.z.grad_fn()->next_edge(1 - c.frozen).is_valid());
    CHECK(c.z.grad_fn()->saved_tensors().size() == c.saved);
  }
  CHECK((x * frozen).grad_fn()->saved_tensors()[0].data_ptr() == frozen.data_ptr());
}

TEST_CASE("arithmetic: gradients", "[ops][arithmetic]") {
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return x + y; });
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return add(x, y, 2.5); });
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return x - y; });
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return sub(x, y, 2.5); });
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return x * y; });
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return x / y; }, 0.5, 2);
  // Far apart, so that no difference steps over the tie.
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return maximum(x, y * 1.5); });
  check_binary_gradients([](const Tensor& x, const Tensor& y) { return minimum(x, y * 1.5); });
}

TEST_CASE("arithmetic: gradients with a number", "[ops][arithmetic]") {
  check_unary_gradients([](const Tensor& x) { return x + 2; });
  check_unary_gradients([](const Tensor& x) { return sub(x, 2, 3); });
  check_unary_gradients([](const Tensor& x) { return 2 - x; });
  check_unary_gradients([](const Tensor& x) { return x * -1.5; });
  check_unary_gradients([](const Tensor& x) { return x / 1.5; });
  check_unary_gradients([](const Tensor& x) { return 1.5 / x; }, 0.5, 2);
}

TEST_CASE("arithmetic: a gradient comes in the dtype of its input", "[ops][arithmetic]") {
  const Tensor f = leaf(tensor({1., 2.})), d = leaf(tensor({3., 4.}, kDouble)), l = tensor({5, 6});
  (f * d * l).sum().backward();
  CHECK(same(f.grad(), tensor({15., 24.})));
  CHECK(same(d.grad(), tensor({5., 12.}, kDouble)));
}

TEST_CASE("maximum, minimum: equal operands share the gradient", "[ops][arithmetic]") {
  const Tensor x = tensor({1., 2., nan_value, 1., inf}), y = tensor({1., 3., 1., nan_value, inf});
  std::vector<Tensor> grads = gradients_of(maximum, x, y);
  CHECK(same(grads[0], tensor({0.5, 0., 1., 1., 0.5})));
  CHECK(same(grads[1], tensor({0.5, 1., 1., 1., 0.5})));
  grads = gradients_of(minimum, x, y);
  CHECK(same(grads[0], tensor({0.5, 1., 1., 1., 0.5})));
  CHECK(same(grads[1], tensor({0.5, 0., 1., 1., 0.5})));
  // The operand that is not chosen gets 0 even of an infinite gradient.
  grads = gradients_of(maximum, tensor({1.}), tensor({2.}), tensor({inf}));
  CHECK(same(grads[0], tensor({0.})));
}

TEST_CASE("div: the gradient of the divisor does not overflow on the way", "[ops][arithmetic]") {
  const std::vector<Tensor> grads = gradients_of(div, tensor({1e30}), tensor({1e25}));
  CHECK(allclose(grads[1], tensor({-1e-20}), 1e-5, 0));
}

// ---- in place ----

TEST_CASE("arithmetic in place: values, the same memory, one more version", "[ops][arithmetic]") {
  Tensor x = tensor({1., 2.});
  const Tensor same_handle = x;
  CHECK(&x.add_(tensor({10., 20.})) == &x);
  CHECK(same(same_handle, tensor({11., 22.})));
  CHECK(x._version() == 1);
  CHECK(same(x.add_(1), tensor({12., 23.})));
  CHECK(same(x.add_(tensor({1., 2.}), 2), tensor({14., 27.})));
  CHECK(same(x.add_(1, 2), tensor({16., 29.})));
  CHECK(same(x.sub_(tensor({6., 9.})), tensor({10., 20.})));
  CHECK(same(x.sub_(tensor({1., 2.}), 3), tensor({7., 14.})));
  CHECK(same(x.sub_(1, 2), tensor({5., 12.})));
  CHECK(same(x.mul_(tensor({2., 3.})), tensor({10., 36.})));
  CHECK(same(x.mul_(2), tensor({20., 72.})));
  CHECK(same(x.div_(tensor({4., 8.})), tensor({5., 9.})));
  CHECK(same(x.div_(2), tensor({2.5, 4.5})));
  CHECK(x._version() == 11);
  CHECK(same(x.mul_(x), tensor({6.25, 20.25})));
  CHECK(same(x.add_(x, -1), tensor({0., 0.})));
  x += 3;
  x *= tensor(2.);
  x -= tensor({1., 2.});
  x /= 2;
  CHECK(same(x, tensor({2.5, 2.})));
}

TEST_CASE("arithmetic in place: operands broadcast and convert to what is written", "[ops][arithmetic]") {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  CHECK(same(x.add_(tensor({10., 20.})), tensor({{11., 22.}, {13., 24.}})));
  CHECK(same(x.mul_(tensor({{1}, {2}})), tensor({{11., 22.}, {26., 48.}})));
  CHECK(same(x.add_(tensor({0.5, 1.}, kDouble)), tensor({{11.5, 23.}, {26.5, 49.}})));
  CHECK(same(x.sub_(tensor(1.5, kDouble), 2), tensor({{8.5, 20.}, {23.5, 46.}})));
  CHECK(same(x.add_(tensor({0.5, 1.}, kDouble), 2), tensor({{9.5, 22.}, {24.5, 48.}})));
  CHECK(same(x.div_(tensor(true)), tensor({{9.5, 22.}, {24.5, 48.}})));
  CHECK(same(x.t().add_(tensor({1., 0.})), tensor({{10.5, 23.}, {24.5, 48.}}).t()));
  CHECK(same(tensor({true, false}).add_(true), tensor({true, true})));
  CHECK(same(tensor({1, 2}).mul_(tensor({true, false})), tensor({1, 0})));
  CHECK(same(ones({0, 2}).add_(ones({2})), ones({0, 2})));
}

TEST_CASE("arithmetic in place: operands that share memory", "[ops][arithmetic]") {
  const Tensor x = arange(8, kFloat);
  CHECK(same(x.slice(0, 0, nullopt, 2).add_(x.slice(0, 1, nullopt, 2)), tensor({1., 5., 9., 13.})));
  CHECK(same(x.slice(0, 0, 4).add_(x.slice(0, 4)), tensor({10., 6., 18., 10.})));
  // Not contiguous and interlocked: as though the operand had been copied first, however long it is.
  for (const double alpha : {1., 3.}) {
    const Tensor y = arange(3000, kFloat);
    const Tensor from = y.slice(0, 0, 2998, 2), onto = y.slice(0, 2, 3000, 2);
    CHECK(same(onto.add_(from, alpha), arange(1499, kFloat) * (2 + 2 * alpha) + 2));
  }
  CHECK_THROWS_WITH(
      x.slice(0, 1).add_(x.slice(0, 0, 7)),
      Contains("some elements of the input tensor and the written-to tensor refer to a single memory "
               "location. Please clone() the tensor"));
  const Tensor square = ones({2, 2});
  CHECK_THROWS_WITH(square.mul_(square.select(0, 0)), Contains("refer to a single memory location"));
  CHECK_THROWS_WITH(square.add_(square.t()), Contains("refer to a single memory location"));
  CHECK_THROWS_WITH(
      ones({1}).expand({3}).add_(1),
      Contains("more than one element of the written-to tensor refers to a single memory location"));
  CHECK(same(square, ones({2, 2})));
}

TEST_CASE("arithmetic in place: errors leave everything as it was", "[ops][arithmetic]") {
  const Tensor f = ones({2}), l = tensor({1, 1}), b = tensor({true, true});
  CHECK_THROWS_WITH(f.add_(ones({3, 2})),
                    Contains("output with shape [2] doesn't match the broadcast shape [3, 2]"));
  CHECK_THROWS_WITH(f.mul_(ones({3})),
                    Contains("The size of tensor a (2) must match the size of tensor b (3)"));
  CHECK_THROWS_WITH(l.add_(f), Contains("result type Float can't be cast to the desired output type Long"));
  CHECK_THROWS_WITH(l.mul_(2.5), Contains("result type Float can't be cast to the desired output type Long"));
  CHECK_THROWS_WITH(l.div_(2), Contains("result type Float can't be cast to the desired output type Long"));
  CHECK_THROWS_WITH(l.div_(l), Contains("result type Float can't be cast to the desired output type Long"));
  CHECK_THROWS_WITH(b.add_(1), Contains("result type Long can't be cast to the desired output type Bool"));
  CHECK_THROWS_WITH(b.mul_(l), Contains("result type Long can't be cast to the desired output type Bool"));
  CHECK_THROWS_WITH(l.add_(l, 1.5), Contains("argument alpha must not be a floating point number"));
  const Tensor x = leaf(ones({2, 2}));
  CHECK_THROWS_WITH(x.add_(1),
                    Contains("a leaf Variable that requires grad is being used in an in-place operation"));
  CHECK_THROWS_WITH(x.mul_(ones({2})), Contains("a leaf Variable that requires grad"));
  CHECK_THROWS_WITH(x[0].mul_(2),
                    Contains("a view of a leaf Variable that requires grad is being used in an in-place"));
  CHECK_THROWS_WITH((x * 1).add_(leaf(ones({3, 2, 2}))), Contains("doesn't match the broadcast shape"));
  CHECK(same(f, ones({2})));
  CHECK(same(l, tensor({1, 1})));
  CHECK(same(x.detach(), ones({2, 2})));
  CHECK(f._version() + l._version() + b._version() + x._version() == 0);
  const NoGradGuard guard;
  CHECK(same(x.add_(1).detach(), full({2, 2}, 2.)));
}

TEST_CASE("arithmetic in place: names and edges on the tape", "[ops][arithmetic]") {
  const Tensor x = leaf(ones({2})), y = leaf(ones({2}));
  Tensor z = x * 1;
  const Ref<Node> before = z.grad_fn();
  z.mul_(y);
  CHECK(name_of(z) == "MulBackward0");
  CHECK(z.grad_fn()->next_edge(0).function == before);
  CHECK(z.grad_fn()->next_edge(1).function->name() == "torch::autograd::AccumulateGrad");
  CHECK(name_of(z.add_(y)) == "AddBackward0");
  CHECK(name_of(z.add_(1)) == "AddBackward1");
  CHECK(name_of(z.sub_(y)) == "SubBackward0");
  CHECK(name_of(z.sub_(1)) == "SubBackward1");
  CHECK(name_of(z.mul_(2)) == "MulBackward1");
  CHECK(name_of(z.div_(y)) == "DivBackward0");
  CHECK(name_of(z.div_(2)) == "DivBackward1");
  // Frozen until something trainable is written to it.
  const Tensor frozen = ones({2});
  frozen.mul_(y);
  CHECK(name_of(frozen) == "MulBackward0");
  CHECK_FALSE(frozen.grad_fn()->next_edge(0).is_valid());
  // A Float that takes a Double in stays one.
  const Tensor mixed = ones({2});
  mixed.mul_(leaf(ones({2}, kDouble)));
  CHECK(mixed.scalar_type() == kFloat);
  CHECK(mixed.requires_grad());
}

namespace {

// Gradients of an in-place op on a tensor that is on the tape, on one that is not yet, and through a view of
// each.
void check_in_place_gradients(const std::function<void(Tensor&, const Tensor&)>& write) {
  const auto check_op = [](const Op& op) {
    check_gradients(op, {trainable({2, 3}, 0.5, 2), trainable({2, 3}, 0.5, 2)});
    check_gradients(op, {trainable({2, 3}, 0.5, 2), trainable({3}, 0.5, 2)});
    check_gradients(op, {trainable({2, 3}, 0.5, 2), trainable({2, 3}, 0.5, 2).detach()});
  };
  manual_seed(2);
  check_op([&write](const std::vector<Tensor>& xs) {
    Tensor z = xs[0] * 2;
    write(z, xs[1]);
    return z * xs[0];
  });
  check_gradients(
      [&write](const std::vector<Tensor>& xs) {
        Tensor z = full({2, 3}, 1.5, kDouble);
        write(z, xs[0]);
        return z * xs[0];
      },
      {trainable({2, 3}, 0.5, 2)});
  check_op([&write](const std::vector<Tensor>& xs) {
    const Tensor z = xs[0] * 2;
    Tensor row = z[1];
    write(row, xs[1].dim() == 2 ? xs[1][0] : xs[1]);
    return z * row;
  });
  check_op([&write](const std::vector<Tensor>& xs) {
    const Tensor z = xs[0] * 2;
    Tensor column = z.t().slice(0, 1, 3);
    write(column, xs[1].select(-1, 0).unsqueeze(-1));
    return z * xs[0];
  });
}

}  // namespace

TEST_CASE("arithmetic in place: gradients", "[ops][arithmetic]") {
  check_in_place_gradients([](Tensor& x, const Tensor& y) { x.add_(y); });
  check_in_place_gradients([](Tensor& x, const Tensor& y) { x.add_(y, 2.5); });
  check_in_place_gradients([](Tensor& x, const Tensor& y) { x.sub_(y); });
  check_in_place_gradients([](Tensor& x, const Tensor& y) { x.sub_(y, 2.5); });
  check_in_place_gradients([](Tensor& x, const Tensor& y) { x.mul_(y); });
  check_in_place_gradients([](Tensor& x, const Tensor& y) { x.div_(y); });
  check_in_place_gradients(
      [](Tensor& x, const Tensor& y) { x.add_(1.5).mul_(y).sub_(0.5, 3).div_(1.5).mul_(0.5); });
}

TEST_CASE("arithmetic in place: what was saved before the write is missed in backward", "[ops][arithmetic]") {
  const Tensor x = leaf(tensor({2., 3.}));
  Tensor z = x * 1;
  const Tensor w = z * z;
  z.add_(1);
  CHECK_THROWS_WITH(
      w.sum().backward(),
      Contains("one of the variables needed for gradient computation has been modified by an inplace"));
  // x ← x·x saves itself as it was before.
  Tensor u = x * 1;
  u.mul_(u);
  CHECK(same(u.detach(), tensor({4., 9.})));
  CHECK_THROWS_WITH(u.sum().backward(), Contains("modified by an inplace operation"));
  // The factor alone is saved where it is frozen, so x·1 may be written to again.
  Tensor v = x * 1;
  v.mul_(tensor({2., 3.})).mul_(tensor({5., 7.}));
  v.sum().backward();
  CHECK(same(x.grad(), tensor({10., 21.})));
}

TEST_CASE("arithmetic in place: the tape has the op itself where the result is converted to x's dtype",
          "[ops][arithmetic]") {
  const Tensor x = leaf(tensor({2., 3.}, kFloat)), y = leaf(tensor({5., 7.}, kDouble));
  Tensor z = x * 1;
  z.mul_(y);
  CHECK(z.grad_fn()->name() == "MulBackward0");
  CHECK(z.scalar_type() == kFloat);
  z.retain_grad();
  (z * tensor({1., 10.}, kDouble)).sum().backward();
  CHECK(same(z.grad(), tensor({1., 10.}, kFloat)));
  CHECK(same(x.grad(), tensor({5., 70.}, kFloat)));
  CHECK(same(y.grad(), tensor({2., 30.}, kDouble)));
}
