#include "gradients.hpp"

#include <cmath>
#include <cstdint>
#include <type_traits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("tensor: what it is", "[tensor]") {
  const Tensor x = zeros({2, 3, 4}, kDouble);
  CHECK(x.defined());
  CHECK(x.sizes() == IntArrayRef({2, 3, 4}));
  CHECK(x.strides() == IntArrayRef({12, 4, 1}));
  CHECK(x.size(0) == 2);
  CHECK(x.size(-1) == 4);
  CHECK(x.stride(-3) == 12);
  CHECK(x.storage_offset() == 0);
  CHECK(x.dim() == 3);
  CHECK(x.ndimension() == 3);
  CHECK(x.numel() == 24);
  CHECK(x.dtype() == kDouble);
  CHECK(x.scalar_type() == kDouble);
  CHECK(x.options().dtype() == kDouble);
  CHECK_FALSE(x.options().requires_grad());
  CHECK(x.is_floating_point());
  CHECK_FALSE(zeros({1}, kLong).is_floating_point());
  CHECK(x.element_size() == 8);
  CHECK(x.nbytes() == 192);
  CHECK(zeros({2, 3}, kBool).nbytes() == 6);
  CHECK(x.is_contiguous());
  CHECK_FALSE(x.is_view());
  CHECK(zeros({}).sizes().empty());
  CHECK(zeros({}).numel() == 1);
  CHECK(zeros({2, 0}).numel() == 0);
  CHECK_THROWS_WITH(
      x.size(3), Contains("[size] Dimension out of range (expected to be in range of [-3, 2], but got 3)"));
  CHECK_THROWS_WITH(x.stride(-4), Contains("[stride] Dimension out of range"));
  CHECK_THROWS_WITH(zeros({}).size(0), Contains("Dimension specified as 0 but tensor has no dimensions"));
  CHECK_THROWS_WITH(zeros({}).stride(0), Contains("Dimension specified as 0 but tensor has no dimensions"));
}

TEST_CASE("tensor: handles on one tensor", "[tensor]") {
  Tensor x = ones({2});
  CHECK(x.use_count() == 1);
  Tensor y = x;
  CHECK(x.use_count() == 2);
  CHECK(y.is_same(x));
  y.fill_(3);
  CHECK(same(x, tensor({3.0, 3.0})));
  CHECK_FALSE(x.is_same(x.clone()));
  CHECK_FALSE(x.is_same(x.detach()));
  const Tensor z = std::move(y);
  CHECK(z.is_same(x));
  x.reset();
  CHECK_FALSE(x.defined());
  CHECK(z.use_count() == 1);
  CHECK(x.use_count() == 0);
  CHECK(x.is_same(Tensor()));
  static_assert(std::is_nothrow_move_constructible_v<Tensor>);
}

TEST_CASE("tensor: views share memory", "[tensor]") {
  const Tensor x = zeros({2, 3}), row = x[1];
  CHECK(row.is_view());
  CHECK(row.storage_offset() == 3);
  CHECK(row.data_ptr<float>() == x.data_ptr<float>() + 3);
  row.fill_(1);
  CHECK(same(x, tensor({{0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}})));
  CHECK_FALSE(x.transpose(0, 1).is_contiguous());
  CHECK(x.transpose(0, 1).strides() == IntArrayRef({1, 3}));
}

TEST_CASE("tensor: an undefined tensor has no properties", "[tensor]") {
  const Tensor x;
  CHECK_FALSE(x.defined());
  const auto undefined = Contains("undefined Tensor");
  CHECK_THROWS_WITH(x.sizes(), undefined && Contains("[sizes]"));
  CHECK_THROWS_WITH(x.size(0), undefined);
  CHECK_THROWS_WITH(x.strides(), undefined);
  CHECK_THROWS_WITH(x.dim(), undefined);
  CHECK_THROWS_WITH(x.numel(), undefined);
  CHECK_THROWS_WITH(x.dtype(), undefined);
  CHECK_THROWS_WITH(x.options(), undefined);
  CHECK_THROWS_WITH(x.is_contiguous(), undefined);
  CHECK_THROWS_WITH(x.data_ptr(), undefined);
  CHECK_THROWS_WITH(x.item(), undefined);
  CHECK_THROWS_WITH(x.requires_grad(), undefined);
  CHECK_THROWS_WITH(x.requires_grad_(), undefined);
  CHECK_THROWS_WITH(x.is_leaf(), undefined);
  CHECK_THROWS_WITH(x.grad(), undefined);
  CHECK_THROWS_WITH(x.mutable_grad(), undefined);
  CHECK_THROWS_WITH(x.grad_fn(), undefined);
  CHECK_THROWS_WITH(x.detach(), undefined);
  CHECK_THROWS_WITH(x.set_name("x"), undefined);
  CHECK_THROWS_WITH(x._version(), undefined);
}

TEST_CASE("item: the number in a tensor of one element", "[tensor]") {
  CHECK(tensor(2.5).item().toDouble() == 2.5);
  CHECK(tensor(2.5).item<float>() == 2.5f);
  CHECK(tensor(2.5).item<int>() == 2);
  CHECK(tensor(2.5).item<bool>());
  CHECK(tensor({{{7}}}).item<int64_t>() == 7);
  CHECK(tensor(true).item<int>() == 1);
  CHECK(tensor(INT64_MIN).item<int64_t>() == INT64_MIN);
  CHECK(std::isnan(tensor(NAN).item<double>()));
  CHECK(tensor({1, 2, 3})[2].item<int>() == 3);
  CHECK(tensor(2.5).item().isFloatingPoint());
  CHECK(tensor(2).item().isIntegral(false));
  CHECK(tensor(true).item().isBoolean());
  CHECK(tensor(1.0).requires_grad_().item<double>() == 1);
  CHECK_THROWS_WITH(zeros({2, 3}).item(),
                    Contains("[item] a Tensor with 6 elements cannot be converted to Scalar"));
  CHECK_THROWS_WITH(zeros({0}).item<float>(),
                    Contains("a Tensor with 0 elements cannot be converted to Scalar"));
}

TEST_CASE("data_ptr: of the tensor's own type, at its first element", "[tensor]") {
  const Tensor x = tensor({1.5, 2.5});
  CHECK(x.data_ptr<float>()[1] == 2.5f);
  CHECK(x.data_ptr() == x.data_ptr<float>());
  CHECK(tensor({true, false}).data_ptr<bool>()[0]);
  CHECK(tensor({3}).data_ptr<int64_t>()[0] == 3);
  CHECK(x.to(kDouble).data_ptr<double>()[0] == 1.5);
  CHECK_THROWS_WITH(x.data_ptr<double>(), Contains("[data_ptr] expected scalar type Double but found Float"));
  CHECK_THROWS_WITH(x.data_ptr<int64_t>(), Contains("expected scalar type Long but found Float"));
  CHECK_THROWS_WITH(tensor({1}).data_ptr<bool>(), Contains("expected scalar type Bool but found Long"));
}

TEST_CASE("operator[]: selects along the first dim", "[tensor]") {
  const Tensor x = tensor({{1, 2}, {3, 4}, {5, 6}});
  CHECK(same(x[0], tensor({1, 2})));
  CHECK(same(x[-1], tensor({5, 6})));
  CHECK(x[2][1].item<int>() == 6);
  CHECK(same(x[tensor(1)], tensor({3, 4})));
  CHECK_THROWS_WITH(x[3], Contains("index 3") && Contains("size"));
  CHECK_THROWS_WITH(x[-4], Contains("index -4"));
  CHECK_THROWS_WITH(tensor(1)[0], Contains("select() cannot be applied to a 0-dim tensor."));
  CHECK_THROWS_WITH(x[tensor({0, 1})], Contains("Can only index with tensors that are scalars (zero-dim)"));
  CHECK_THROWS_WITH(x[tensor(true)], Contains("Can only index tensors with integral scalars"));
  CHECK_THROWS_WITH(x[tensor(1.0)], Contains("Can only index tensors with integral scalars"));
  CHECK_THROWS_AS(x[Tensor()], Error);
}

TEST_CASE("requires_grad: a flag of leaves", "[tensor]") {
  const Tensor x = zeros({2});
  CHECK_FALSE(x.requires_grad());
  CHECK(x.is_leaf());
  CHECK(x.requires_grad_().is_same(x));
  CHECK(x.requires_grad());
  CHECK(x.is_leaf());
  CHECK_FALSE(x.grad_fn());
  x.set_requires_grad(true);
  CHECK(x.requires_grad());
  x.requires_grad_(false);
  CHECK_FALSE(x.requires_grad());
  CHECK_FALSE((x * x).requires_grad());
  x.set_requires_grad(true);
  CHECK((x * x).requires_grad());
}

TEST_CASE("requires_grad: what is refused", "[tensor]") {
  const Tensor x = zeros({2}).requires_grad_(), y = x * x;
  CHECK_FALSE(y.is_leaf());
  const auto leaves_only = Contains(
      "you can only change requires_grad flags of leaf variables. If you want to use a "
      "computed variable in a subgraph that doesn't require differentiation use "
      "var_no_grad = var.detach().");
  CHECK_THROWS_WITH(y.requires_grad_(false), leaves_only);
  CHECK_THROWS_WITH(y.set_requires_grad(false), leaves_only);
  CHECK_THROWS_WITH(x[0].requires_grad_(false), leaves_only);  // freezing a part
  CHECK(y.requires_grad());
  CHECK(y.requires_grad_(true).is_same(y));  // it does already
  CHECK(y.grad_fn()->name() == "MulBackward0");

  for (const Dtype dtype : {kLong, kBool}) {
    const Tensor z = zeros({2}, dtype);
    CHECK_THROWS_WITH(z.requires_grad_(),
                      Contains("Only Tensors of floating point and complex dtype can require gradients"));
    CHECK_FALSE(z.requires_grad_(false).requires_grad());
  }
}

TEST_CASE("requires_grad: results need it where an input does", "[tensor]") {
  const Tensor trainable = ones({2}).requires_grad_(), frozen = ones({2});
  CHECK((trainable * frozen).requires_grad());
  CHECK((frozen * trainable).requires_grad());
  CHECK_FALSE((frozen * frozen).requires_grad());
  CHECK((frozen * frozen).is_leaf());
  CHECK(trainable[0].requires_grad());
  CHECK_FALSE(trainable[0].is_leaf());
  const NoGradGuard no_grad;
  CHECK_FALSE((trainable * trainable).requires_grad());
  CHECK((trainable * trainable).is_leaf());
  CHECK(trainable.requires_grad());
}

TEST_CASE("is_leaf: of a view whose base has since been put on the tape", "[tensor]") {
  const Tensor x = zeros({2}), view = x.narrow(0, 0, 1);
  CHECK(view.is_leaf());
  x.copy_(ones({2}).requires_grad_());
  CHECK_FALSE(view.is_leaf());
  CHECK(view.requires_grad());
  CHECK(view.output_nr() == 0);
}

TEST_CASE("detach_: takes a tensor off the tape", "[tensor]") {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * x;
  CHECK(y.detach_().is_same(y));
  CHECK(y.is_leaf());
  CHECK_FALSE(y.requires_grad());
  CHECK(y.requires_grad_().requires_grad());

  Tensor leaf = ones({2}).requires_grad_();
  CHECK_FALSE(leaf.detach_().requires_grad());
  Tensor view = x[0];
  CHECK_THROWS_WITH(view.detach_(), Contains("Can't detach views in-place. Use detach() instead."));
  CHECK(view.requires_grad());
  CHECK_THROWS_AS(Tensor().detach_(), Error);
}

TEST_CASE("grad: absent until a pass reaches it", "[tensor]") {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_(), frozen = ones({2});
  CHECK_FALSE(x.grad().defined());
  (x * frozen).backward(tensor({3.0, 4.0}));
  CHECK(same(x.grad(), tensor({3.0, 4.0})));
  CHECK_FALSE(frozen.grad().defined());
  CHECK_FALSE(x.grad().requires_grad());
  x.mutable_grad().zero_();
  CHECK(same(x.grad(), zeros({2})));
  x.mutable_grad() = ones({2});
  CHECK(same(x.grad(), ones({2})));
  x.mutable_grad().reset();
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("set_data: other values, the same place on the tape", "[tensor]") {
  const Tensor x = zeros({2}).requires_grad_();
  x.set_data(tensor({{1.0, 2.0, 3.0}}, kDouble));
  CHECK(x.sizes() == IntArrayRef({1, 3}));
  CHECK(x.dtype() == kDouble);
  CHECK(x.requires_grad());
  CHECK(x.is_leaf());
  (x * x).backward(ones({1, 3}, kDouble));
  CHECK(same(x.grad(), tensor({{2.0, 4.0, 6.0}}, kDouble)));
  CHECK_THROWS_WITH(x.set_data(zeros({2}, kLong)), Contains("can require gradients"));
}

TEST_CASE("set_data: a view is on its own from then on, at its place on the tape", "[tensor]") {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  const Tensor base = x * 1, view = base.view({2, 1});
  view.set_data(tensor({{5.0, 6.0}}).t());
  CHECK_FALSE(view.is_view());
  CHECK(same(base.detach(), tensor({1.0, 2.0})));
  view.mul_(3);
  CHECK(same(view.detach(), tensor({{15.0}, {18.0}})));
  CHECK(same(base.detach(), tensor({1.0, 2.0})));
  base.mul_(10);
  view.backward(ones({2, 1}));
  CHECK(same(x.grad(), tensor({3.0, 3.0})));
}

TEST_CASE("name: what traces call a tensor", "[tensor]") {
  const Tensor x = zeros({2});
  CHECK(x.name().empty());
  CHECK(x.set_name("weights").is_same(x));
  CHECK(x.name() == "weights");
}

TEST_CASE("methods: call the functions of the same name", "[tensor]") {
  const Tensor x = tensor({{1.0, -2.0}, {3.0, 4.0}}), y = tensor({{2.0, 2.0}, {0.5, 1.0}});
  const Tensor mask = tensor({{true, false}, {false, true}}), index = tensor({{0, 1}, {1, 0}});
  CHECK(same(-x, neg(x)));
  CHECK(same(~mask, bitwise_not(mask)));
  CHECK(same(x.add(y, 2), add(x, y, 2)));
  CHECK(same(x.add(3), add(x, 3)));
  CHECK(same(x.sub(y), sub(x, y)));
  CHECK(same(x.sub(3, 2), sub(x, 3, 2)));
  CHECK(same(x.mul(y), mul(x, y)));
  CHECK(same(x.mul(3), mul(x, 3)));
  CHECK(same(x.div(y), div(x, y)));
  CHECK(same(x.div(4), div(x, 4)));
  CHECK(same(y.pow(x), pow(y, x)));
  CHECK(same(x.pow(2), pow(x, 2)));
  CHECK(same(x.maximum(y), maximum(x, y)));
  CHECK(same(x.minimum(y), minimum(x, y)));
  CHECK(same(x.max(y), maximum(x, y)));
  CHECK(same(x.min(y), minimum(x, y)));
  CHECK(same(x.abs(), abs(x)));
  CHECK(same(x.neg(), neg(x)));
  CHECK(same(x.exp(), exp(x)));
  CHECK(same(x.expm1(), expm1(x)));
  CHECK(same(x.log(), log(x)));
  CHECK(same(y.log1p(), log1p(y)));
  CHECK(same(y.sqrt(), sqrt(y)));
  CHECK(same(y.rsqrt(), rsqrt(y)));
  CHECK(same(x.square(), square(x)));
  CHECK(same(x.reciprocal(), reciprocal(x)));
  CHECK(same(x.sin(), sin(x)));
  CHECK(same(x.cos(), cos(x)));
  CHECK(same(x.tanh(), tanh(x)));
  CHECK(same(x.sigmoid(), sigmoid(x)));
  CHECK(same(x.relu(), relu(x)));
  CHECK(same(x.erf(), erf(x)));
  CHECK(same(x.clamp(-1, 2), clamp(x, -1, 2)));
  CHECK(same(x.clamp(0), clamp(x, 0)));
  CHECK(same(x.isnan(), isnan(x)));
  CHECK(same((x / 0).isinf(), isinf(x / 0)));
  CHECK(same((x / 0).isfinite(), isfinite(x / 0)));
  CHECK(same(mask.logical_not(), logical_not(mask)));

  CHECK(same(x.eq(y), eq(x, y)));
  CHECK(same(x.ne(1), ne(x, 1)));
  CHECK(same(x.lt(y), lt(x, y)));
  CHECK(same(x.le(1), le(x, 1)));
  CHECK(same(x.gt(y), gt(x, y)));
  CHECK(same(x.ge(1), ge(x, 1)));
  CHECK(same(mask.bitwise_and(mask), mask));
  CHECK(same(mask.bitwise_or(~mask), ones({2, 2}, kBool)));
  CHECK(same(mask.bitwise_xor(mask), zeros({2, 2}, kBool)));
  CHECK(same(mask.logical_and(mask), mask));
  CHECK(same(mask.logical_or(~mask), ones({2, 2}, kBool)));
  CHECK(same(mask.logical_xor(mask), zeros({2, 2}, kBool)));
  CHECK(same(mask.bitwise_not(), ~mask));
  CHECK(x.equal(x.clone()));
  CHECK_FALSE(x.equal(y));
  CHECK(x.allclose(x * 1.000001));
  CHECK_FALSE(x.allclose(x * 1.1));
  CHECK(same(x.isclose(y), isclose(x, y)));

  CHECK(same(x.masked_fill(mask, 9), masked_fill(x, mask, 9)));
  CHECK(same(x.masked_fill(mask, tensor(9.0)), masked_fill(x, mask, 9)));
  CHECK(same(x.masked_select(mask), tensor({1.0, 4.0})));
  CHECK(same(x.where(mask, y), where(mask, x, y)));
  CHECK(same(x.tril(), tril(x)));
  CHECK(same(x.triu(1), triu(x, 1)));

  CHECK(same(x.sum(), sum(x)));
  CHECK(same(x.sum(0, true), sum(x, 0, true)));
  CHECK(same(x.sum(kDouble), sum(x, kDouble)));
  CHECK(same(x.mean(1), mean(x, 1)));
  CHECK(same(x.mean(), mean(x)));
  CHECK(same(x.prod(), prod(x)));
  CHECK(same(x.prod(1), prod(x, 1)));
  CHECK(same(x.max(), tensor(4.0)));
  CHECK(same(x.min(), tensor(-2.0)));
  CHECK(same(std::get<1>(x.max(0)), tensor({1, 1})));
  CHECK(same(std::get<0>(x.min(1, true)), tensor({{-2.0}, {3.0}})));
  CHECK(same(x.amax(0), tensor({3.0, 4.0})));
  CHECK(same(x.amin(0), tensor({1.0, -2.0})));
  CHECK(x.argmax().item<int>() == 3);
  CHECK(same(x.argmin(1), tensor({1, 0})));
  CHECK_FALSE(mask.all().item<bool>());
  CHECK(mask.any().item<bool>());
  CHECK(same(mask.all(0), tensor({false, false})));
  CHECK(same(mask.any(0), tensor({true, true})));
  CHECK(same(x.var(false), var(x, false)));
  CHECK(same(x.var(0), var(x, 0)));
  CHECK(same(x.std(true), frost::std(x, true)));
  CHECK(same(x.std(0, false, true), frost::std(x, 0, false, true)));
  CHECK(same(x.norm(), norm(x)));
  CHECK(same(x.norm(1, 0), norm(x, 1, 0)));
  CHECK(same(x.logsumexp(1), logsumexp(x, 1)));
  CHECK(same(x.cumsum(1), cumsum(x, 1)));
  CHECK(same(x.softmax(1), softmax(x, 1)));
  CHECK(same(x.softmax(1, kDouble), softmax(x, 1, kDouble)));
  CHECK(same(x.log_softmax(0), log_softmax(x, 0)));

  CHECK(same(std::get<0>(x.sort(1)), tensor({{-2.0, 1.0}, {3.0, 4.0}})));
  CHECK(same(x.argsort(1, true), tensor({{0, 1}, {1, 0}})));
  CHECK(same(std::get<1>(x.topk(1)), tensor({{0}, {1}})));

  CHECK(same(x.matmul(y), matmul(x, y)));
  CHECK(same(x.mm(y), mm(x, y)));
  CHECK(same(x.unsqueeze(0).bmm(y.unsqueeze(0)), mm(x, y).unsqueeze(0)));
  CHECK(same(x[0].dot(y[0]), tensor(-2.0)));
  CHECK(same(x[0].outer(y[0]), outer(x[0], y[0])));

  CHECK(same(x.reshape({4}), tensor({1.0, -2.0, 3.0, 4.0})));
  CHECK(same(x.reshape_as(zeros({4})), x.reshape({4})));
  CHECK(same(x.view_as(zeros({4, 1})), x.view({4, 1})));
  CHECK(same(x.flatten(), x.reshape({4})));
  CHECK(same(x.unsqueeze(1).squeeze(), x));
  CHECK(same(x.unsqueeze(1).squeeze(1), x));
  CHECK(same(x.t(), x.transpose(0, 1)));
  CHECK(same(x.permute({1, 0}), x.transpose(0, 1)));
  CHECK(same(x[0].expand({2, 2}), x[0].expand_as(x)));
  CHECK(same(x.repeat({1, 2}), cat({x, x}, 1)));
  CHECK(same(x.narrow(1, 0, 1), x.slice(1, 0, 1)));
  CHECK(same(x.select(1, 0), tensor({1.0, 3.0})));
  CHECK(same(x.chunk(2, 1)[1], x.slice(1, 1)));
  CHECK(same(x.split(1)[0], x.slice(0, 0, 1)));
  CHECK(same(x.split({1, 1}, 1)[1], x.slice(1, 1)));
  CHECK(same(x.unbind(1)[1], x.select(1, 1)));
  CHECK(same(x.flip({0}), stack({x[1], x[0]})));

  CHECK(same(x.index_select(1, tensor({1})), x.slice(1, 1)));
  CHECK(same(x.gather(1, index), gather(x, 1, index)));
  CHECK(same(x.scatter(1, index, y), scatter(x, 1, index, y)));
  CHECK(same(x.scatter(1, index, 5), scatter(x, 1, index, 5)));
  CHECK(same(x.scatter_add(1, index, y), scatter_add(x, 1, index, y)));
}

TEST_CASE("methods: in place", "[tensor]") {
  const Tensor y = tensor({2.0, 4.0}), mask = tensor({true, false});
  const auto x = [] { return tensor({1.0, 8.0}); };
  Tensor z = x();
  CHECK((z += y).is_same(z));
  CHECK(same(z, tensor({3.0, 12.0})));
  CHECK(same(z += 1, tensor({4.0, 13.0})));
  CHECK(same(z -= y, tensor({2.0, 9.0})));
  CHECK(same(z -= 1, tensor({1.0, 8.0})));
  CHECK(same(z *= y, tensor({2.0, 32.0})));
  CHECK(same(z *= 2, tensor({4.0, 64.0})));
  CHECK(same(z /= y, tensor({2.0, 16.0})));
  CHECK(same(z /= 2, tensor({1.0, 8.0})));
  CHECK(same(x().add_(y, 2), tensor({5.0, 16.0})));
  CHECK(same(x().add_(1), tensor({2.0, 9.0})));
  CHECK(same(x().sub_(y), tensor({-1.0, 4.0})));
  CHECK(same(x().sub_(1), tensor({0.0, 7.0})));
  CHECK(same(x().mul_(y), tensor({2.0, 32.0})));
  CHECK(same(x().mul_(3), tensor({3.0, 24.0})));
  CHECK(same(x().div_(y), tensor({0.5, 2.0})));
  CHECK(same(x().div_(2), tensor({0.5, 4.0})));
  CHECK(same(x().masked_fill_(mask, 5), tensor({5.0, 8.0})));
  CHECK(same(x().masked_fill_(mask, tensor(5.0)), tensor({5.0, 8.0})));
  CHECK(same(x().clamp_(2, 4), tensor({2.0, 4.0})));
}
