#include "gradients.hpp"

#include <cmath>
#include <cstdint>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

std::string name_of(const Tensor& x) { return x.grad_fn() ? x.grad_fn()->name() : "none"; }

}  // namespace

TEST_CASE("clone: the same values in memory of their own", "[ops][copy]") {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}}), y = x.clone();
  CHECK(same(y, x));
  CHECK(y.data_ptr() != x.data_ptr());
  const Tensor z = x.transpose(0, 1).clone();
  CHECK(same(z, tensor({{1, 4}, {2, 5}, {3, 6}})));
  CHECK(z.is_contiguous());
  CHECK(same(tensor({5}).expand({3}).clone(), tensor({5, 5, 5})));
  CHECK(clone(zeros({0, 2})).sizes() == IntArrayRef({0, 2}));
  CHECK(name_of(zeros({2}).requires_grad_().clone()) == "CloneBackward0");
  CHECK_FALSE(x.clone().requires_grad());
  CHECK_THROWS_WITH(clone(Tensor()), Contains("[clone]") && Contains("undefined Tensor"));
}

TEST_CASE("contiguous: itself where it is contiguous, else a clone", "[ops][copy]") {
  const Tensor x = zeros({2, 3}).requires_grad_(), t = x.transpose(0, 1);
  CHECK(x.contiguous().is_same(x));
  CHECK(name_of(t.contiguous()) == "CloneBackward0");
  CHECK(t.contiguous().is_contiguous());
  CHECK_THROWS_WITH(contiguous(Tensor()), Contains("[contiguous]"));
}

TEST_CASE("detach: the same memory, off the tape", "[ops][copy]") {
  const Tensor x = zeros({2}).requires_grad_(), y = x * x, z = detach(y);
  CHECK(z.data_ptr() == y.data_ptr());
  CHECK_FALSE(z.requires_grad());
  CHECK(z.is_leaf());
  CHECK_FALSE(z.is_view());
  z.fill_(3);
  CHECK(same(y, tensor({3.0, 3.0})));
  CHECK(y._version() == 1);
  CHECK(name_of(y) == "MulBackward0");
  CHECK_THROWS_AS(detach(Tensor()), Error);
}

TEST_CASE("to: converts as C++ does; itself where nothing changes", "[ops][copy]") {
  CHECK(same(tensor({1.5, -0.5, 0.0}).to(kLong), tensor({1, 0, 0})));
  CHECK(same(tensor({1.5, 0.0, NAN}).to(kBool), tensor({true, false, true})));
  CHECK(same(tensor({true, false}).to(kFloat), tensor({1.0, 0.0})));
  CHECK(same(tensor({1, -2}).to(kDouble), tensor({1.0, -2.0}, kDouble)));
  CHECK(same(tensor({0.1}, kDouble).to(kFloat), tensor({0.1})));
  CHECK(same(tensor({{1, 2}, {3, 4}}).transpose(0, 1).to(kFloat), tensor({{1.0, 3.0}, {2.0, 4.0}})));
  CHECK(zeros({0, 2}).to(kLong).sizes() == IntArrayRef({0, 2}));

  const Tensor x = zeros({2});
  CHECK(x.to(kFloat).is_same(x));
  CHECK(x.to(TensorOptions()).is_same(x));
  CHECK(x.to(x).is_same(x));
  CHECK(x.type_as(x).is_same(x));
  CHECK(x.to(dtype(kDouble)).dtype() == kDouble);
  CHECK(x.to(zeros({}, kLong)).dtype() == kLong);
  CHECK(x.type_as(zeros({}, kBool)).dtype() == kBool);
  CHECK_THROWS_WITH(to(Tensor(), kLong), Contains("[to]"));
  CHECK_THROWS_AS(x.to(Tensor()), Error);
}

TEST_CASE("to: on the tape where the result is floating point", "[ops][copy]") {
  const Tensor x = tensor({1.5, 2.5}).requires_grad_();
  CHECK(name_of(x.to(kDouble)) == "ToCopyBackward0");
  CHECK(name_of(x.type_as(zeros({}, kDouble))) == "ToCopyBackward0");
  CHECK_FALSE(x.to(kLong).requires_grad());
  CHECK_FALSE(x.to(kBool).requires_grad());
  x.to(kDouble).backward(tensor({2.0, 3.0}, kDouble));
  CHECK(same(x.grad(), tensor({2.0, 3.0})));
}

TEST_CASE("clone, contiguous, to: gradients", "[ops][copy]") {
  check_unary_gradients([](const Tensor& x) { return clone(x); });
  check_unary_gradients([](const Tensor& x) { return contiguous(x); });
  const testing::Function converted = [](const std::vector<Tensor>& xs) {
    return std::vector<Tensor>{xs[0].to(kFloat).to(kDouble)};
  };
  testing::GradcheckOptions wide;
  wide.eps = 0.25;  // so that what Float rounds away does not matter; of a linear function any step is right
  for (const Tensor& x : {trainable({2, 3}), trainable({}), trainable({0, 2}), trainable_strided({2, 3})}) {
    CHECK(testing::gradcheck(converted, {x}, wide));
    CHECK(testing::gradgradcheck(converted, {x}, {}, wide));
  }
}

TEST_CASE("copy_: writes converted, broadcast values", "[ops][copy]") {
  const Tensor x = zeros({2, 3});
  CHECK(x.copy_(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}})).is_same(x));
  CHECK(same(x, tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}})));
  CHECK(x._version() == 1);
  x.copy_(tensor({7, 8, 9}));
  CHECK(same(x, tensor({{7.0, 8.0, 9.0}, {7.0, 8.0, 9.0}})));
  x.copy_(tensor(true));
  CHECK(same(x, ones({2, 3})));
  x.copy_(tensor({{1.0}, {2.0}}));
  CHECK(same(x, tensor({{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}})));
  CHECK(same(zeros({3}, kLong).copy_(tensor({1.9, -1.9, 0.0})), tensor({1, -1, 0})));
  CHECK(same(zeros({3}, kBool).copy_(tensor({0.5, 0.0, -1.0})), tensor({true, false, true})));
  CHECK(zeros({0, 3}).copy_(zeros({1, 3})).numel() == 0);

  const Tensor y = zeros({3, 2});
  y.transpose(0, 1).copy_(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}));
  CHECK(same(y, tensor({{1.0, 4.0}, {2.0, 5.0}, {3.0, 6.0}})));
}

TEST_CASE("copy_: within one memory, reads what was there before", "[ops][copy]") {
  const Tensor x = arange(6.0);
  x.narrow(0, 1, 5).copy_(x.narrow(0, 0, 5));
  CHECK(same(x, tensor({0.0, 0.0, 1.0, 2.0, 3.0, 4.0})));
  const Tensor y = tensor({{1.0, 2.0}, {3.0, 4.0}});
  y.copy_(y.transpose(0, 1));
  CHECK(same(y, tensor({{1.0, 3.0}, {2.0, 4.0}})));
  y.copy_(y);
  CHECK(same(y, tensor({{1.0, 3.0}, {2.0, 4.0}})));
}

TEST_CASE("copy_: on the tape", "[ops][copy]") {
  const Tensor source = tensor({1.0, 2.0}).requires_grad_();
  const Tensor frozen = zeros({2, 2});
  frozen.copy_(source);  // source broadcasts: its gradient is summed
  CHECK(name_of(frozen) == "torch::autograd::CopyBackwards");
  CHECK_FALSE(frozen.grad_fn()->next_edge(0).is_valid());
  CHECK(frozen.grad_fn()->next_edge(1).is_valid());
  CHECK(frozen.grad_fn()->saved_tensors().empty());
  frozen.backward(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  CHECK(same(source.grad(), tensor({4.0, 6.0})));

  const Tensor x = tensor({1.0, 2.0}).requires_grad_(), y = x.clone();
  y.copy_(tensor({5.0, 6.0}));  // what y was has no say any more: a gradient of zero
  CHECK(name_of(y) == "torch::autograd::CopyBackwards");
  y.backward(ones({2}));
  CHECK(same(x.grad(), zeros({2})));

  const Tensor converted = zeros({2}, kDouble);
  converted.copy_(source);
  CHECK(name_of(converted) == "torch::autograd::CopyBackwards");
  CHECK_FALSE(zeros({2}, kLong).copy_(source).requires_grad());
}

TEST_CASE("fill_ and zero_", "[ops][copy]") {
  const Tensor x = zeros({2, 2});
  CHECK(x.fill_(2).is_same(x));
  CHECK(same(x, full({2, 2}, 2.0)));
  CHECK(x._version() == 1);
  x.fill_(tensor(1.5, kDouble));
  CHECK(same(x, full({2, 2}, 1.5)));
  CHECK(x.zero_().is_same(x));
  CHECK(same(x, zeros({2, 2})));
  CHECK(x._version() == 3);
  CHECK(same(ones({2}, kLong).fill_(2.9), tensor({2, 2})));
  CHECK(same(ones({2}, kLong).fill_(tensor(-2.9)), tensor({-2, -2})));
  CHECK(same(zeros({2}, kBool).fill_(0.5), tensor({true, true})));
  CHECK(same(ones({2}, kBool).zero_(), tensor({false, false})));
  x.select(1, 0).fill_(7);
  CHECK(same(x, tensor({{7.0, 0.0}, {7.0, 0.0}})));
  CHECK(zeros({0}).fill_(1).numel() == 0);
}

TEST_CASE("fill_ and zero_: on the tape", "[ops][copy]") {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_(), value = tensor(3.0).requires_grad_();
  const auto checks_zero_gradient = [&x](const Tensor& y, const char* name) {
    CHECK(name_of(y) == name);
    x.mutable_grad().reset();
    y.backward(ones({2}));
    CHECK(same(x.grad(), zeros({2})));
  };
  checks_zero_gradient(x.clone().fill_(3), "FillBackward2");
  checks_zero_gradient(x.clone().fill_(tensor(3.0)), "FillBackward3");
  checks_zero_gradient(x.clone().fill_(value), "FillBackward3");
  CHECK(value.grad().item().toDouble() == 2);
  checks_zero_gradient(x.clone().zero_(), "ZeroBackward0");

  const Tensor y = zeros({2}).fill_(value);
  CHECK(name_of(y) == "FillBackward3");
  CHECK_FALSE(y.grad_fn()->next_edge(0).is_valid());
  CHECK_FALSE(zeros({2}, kLong).fill_(value).requires_grad());
}

TEST_CASE("copy_, fill_, zero_: gradients", "[ops][copy]") {
  const Op copied = [](const std::vector<Tensor>& xs) {
    const Tensor y = xs[0] * xs[0];
    y.copy_(xs[1]);
    return y * y;
  };
  const Op copied_into_row = [](const std::vector<Tensor>& xs) {
    const Tensor y = xs[0] * xs[0];
    y.select(0, 1).copy_(xs[1]);
    return y * y;
  };
  const Op filled = [](const std::vector<Tensor>& xs) {
    const Tensor y = xs[0] * xs[0];
    y.select(0, 1).fill_(xs[1]);
    return y * y;
  };
  const Op zeroed = [](const std::vector<Tensor>& xs) {
    const Tensor y = xs[0] * xs[0];
    y.select(0, 1).zero_();
    return y * y;
  };
  check_gradients(copied, {trainable({2, 3}), trainable({2, 3})});
  check_gradients(copied, {trainable({2, 3}), trainable({3})});
  check_gradients(copied, {trainable({2, 3}), trainable_strided({2, 1})});
  check_gradients(copied, {trainable({}), trainable({})});
  check_gradients(copied, {trainable({0, 2}), trainable({2})});
  check_gradients(copied, {trainable({2}).detach(), trainable({2})});
  check_gradients(copied_into_row, {trainable({2, 3}), trainable({3})});
  check_gradients(copied_into_row, {trainable_strided({2, 3}), trainable({1})});
  check_gradients(filled, {trainable({2, 3}), trainable({})});
  check_gradients(filled, {trainable({2, 3}).detach(), trainable({})});
  check_gradients(zeroed, {trainable({2, 3})});
}

TEST_CASE("in place: the values and shapes that are refused, and nothing is written", "[ops][copy]") {
  const Tensor x = ones({2, 3});
  CHECK_THROWS_WITH(
      x.copy_(zeros({2, 2})),
      Contains("[copy_] The size of tensor a (3) must match the size of tensor b (2) at non-singleton "
               "dimension 1"));
  CHECK_THROWS_WITH(x.copy_(zeros({4, 2, 3})),
                    Contains("output with shape [2, 3] doesn't match the broadcast shape [4, 2, 3]"));
  CHECK_THROWS_WITH(ones({1}).copy_(zeros({2})),
                    Contains("output with shape [1] doesn't match the broadcast shape [2]"));
  CHECK_THROWS_WITH(x.copy_(Tensor()),
                    Contains("[copy_]") && Contains("undefined Tensor") && Contains("'src'"));
  CHECK_THROWS_WITH(
      x.fill_(zeros({1})),
      Contains("fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions."));
  CHECK_THROWS_WITH(x.fill_(1e300), Contains("value cannot be converted to type float without overflow"));
  CHECK_THROWS_WITH(x.fill_(tensor(1e300, kDouble)),
                    Contains("value cannot be converted to type float without overflow"));
  CHECK_THROWS_WITH(zeros({1}, kLong).fill_(NAN),
                    Contains("value cannot be converted to type int64_t without overflow"));
  CHECK_THROWS_WITH(zeros({1}, kLong).fill_(tensor(-INFINITY)), Contains("without overflow"));
  CHECK(same(x, ones({2, 3})));
  CHECK(x._version() == 0);
  CHECK_THROWS_AS(Tensor().copy_(x), Error);
  CHECK_THROWS_AS(Tensor().fill_(1), Error);
  CHECK_THROWS_AS(Tensor().fill_(tensor(1)), Error);
  CHECK_THROWS_AS(x.fill_(Tensor()), Error);
  CHECK_THROWS_AS(Tensor().zero_(), Error);

  const Tensor overlapping = zeros({1}).expand({3});
  CHECK_THROWS_WITH(overlapping.copy_(ones({3})),
                    Contains("more than one element of the written-to tensor refers to a "
                             "single memory location. Please clone() the tensor"));
}

TEST_CASE("in place: a leaf that requires grad is not written to, but under NoGradGuard", "[ops][copy]") {
  const Tensor x = ones({2}).requires_grad_();
  const auto leaf = Contains("a leaf Variable that requires grad is being used in an in-place operation.");
  CHECK_THROWS_WITH(x.copy_(zeros({2})), leaf && Contains("[copy_]"));
  CHECK_THROWS_WITH(x.fill_(2), leaf && Contains("[fill_]"));
  CHECK_THROWS_WITH(x.fill_(tensor(2.0)), leaf && Contains("[fill_]"));
  CHECK_THROWS_WITH(x.zero_(), leaf && Contains("[zero_]"));
  CHECK_THROWS_WITH(
      x.select(0, 0).zero_(),
      Contains("a view of a leaf Variable that requires grad is being used in an in-place operation."));
  CHECK(same(x, ones({2})));

  const NoGradGuard no_grad;
  x.copy_(tensor({3.0, 4.0}));
  x.select(0, 0).zero_();
  CHECK(same(x, tensor({0.0, 4.0})));
  CHECK(x.is_leaf());
  CHECK(x.requires_grad());
}

TEST_CASE("assigning to a result writes through it", "[ops][copy]") {
  Tensor x = zeros({2, 2});
  x[0] = tensor({1.0, 2.0});
  x[1][0] = 3;
  x[1][1] = tensor(4);
  CHECK(same(x, tensor({{1.0, 2.0}, {3.0, 4.0}})));
  const Tensor row = x[1];
  x[0] = row;
  CHECK(same(x, tensor({{3.0, 4.0}, {3.0, 4.0}})));
  Tensor y = x;  // a name, though, becomes another handle
  y = zeros({1});
  CHECK(same(x, tensor({{3.0, 4.0}, {3.0, 4.0}})));

  const Tensor value = ones({}).requires_grad_();
  x[0] = value;
  CHECK(name_of(x) == "torch::autograd::CopySlices");
  x.backward(tensor({{1.0, 2.0}, {4.0, 8.0}}));
  CHECK(value.grad().item().toDouble() == 3);
}

TEST_CASE("result_type: tensors with dims, then 0-dim tensors, then numbers", "[ops][copy]") {
  const Dtype dtypes[] = {kBool, kLong, kFloat, kDouble};
  for (const Dtype a : dtypes)
    for (const Dtype b : dtypes) {
      INFO(a << " and " << b);
      const Tensor x = zeros({2}, a), y = zeros({1}, b), x0 = zeros({}, a), y0 = zeros({}, b);
      CHECK(result_type(x, y) == promote_types(a, b));
      CHECK(result_type(x0, y0) == promote_types(a, b));
      const auto kind = [](Dtype dtype) { return dtype == kBool ? 0 : dtype == kLong ? 1 : 2; };
      CHECK(result_type(x, y0) == (kind(b) > kind(a) ? b : a));
      CHECK(result_type(y0, x) == (kind(b) > kind(a) ? b : a));
    }
  CHECK(result_type(zeros({2}), zeros({}, kDouble)) == kFloat);
  CHECK(result_type(zeros({2}, kLong), zeros({}, kDouble)) == kDouble);

  for (const Tensor& x : {zeros({2}, kBool), zeros({}, kBool)}) {
    CHECK(result_type(x, true) == kBool);
    CHECK(result_type(x, 2) == kLong);
    CHECK(result_type(x, 2.5) == kFloat);
  }
  for (const Tensor& x : {zeros({2}, kLong), zeros({}, kLong)}) {
    CHECK(result_type(x, true) == kLong);
    CHECK(result_type(x, 2) == kLong);
    CHECK(result_type(x, 2.5) == kFloat);
  }
  CHECK(result_type(zeros({2}), 2.5) == kFloat);
  CHECK(result_type(zeros({}, kDouble), 2) == kDouble);
  CHECK(result_type(zeros({0}, kDouble), true) == kDouble);
  CHECK_THROWS_AS(result_type(Tensor(), zeros({1})), Error);
  CHECK_THROWS_AS(result_type(zeros({1}), Tensor()), Error);
  CHECK_THROWS_AS(result_type(Tensor(), 1), Error);
}
