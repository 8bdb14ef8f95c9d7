// Writing through views of tensors that are on the tape: the gradients are those of the same thing done out
// of place.
#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using indexing::Ellipsis;
using indexing::Slice;

namespace {

// Both ways give the same values, and gradients that both stand up to differences.
void check_as_out_of_place(const Op& in_place, const Op& out_of_place, const std::vector<Tensor>& inputs) {
  CHECK(same(in_place(inputs).detach(), out_of_place(inputs).detach()));
  check_gradients(in_place, inputs);
  const Tensor weights = rand(in_place(inputs).sizes(), kDouble);
  const std::vector<Tensor> grads = autograd::grad({in_place(inputs)}, inputs, {weights});
  const std::vector<Tensor> expected = autograd::grad({out_of_place(inputs)}, inputs, {weights});
  for (size_t i = 0; i < grads.size(); ++i) CHECK(allclose(grads[i], expected[i]));
}

}  // namespace

TEST_CASE("writes through views: a row", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]);
        y.select(0, 1).mul_(xs[1]);
        return y;
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]);
        return stack({y[0], y[1] * xs[1]});
      },
      {trainable({2, 3}), trainable({3})});
}

TEST_CASE("writes through views: x[0] = y", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]);
        y[0] = xs[1];
        y[1][2] = 5;
        return y;
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor kept = square(xs[0])[1].narrow(0, 0, 2);
        return stack({xs[1], cat({kept, full({1}, 5, kDouble)})});
      },
      {trainable({2, 3}), trainable({3})});
}

TEST_CASE("writes through views: a column of a transpose, with a step", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]);
        y.t().slice(0, 0, nullopt, 2).select(1, 1).add_(xs[1]);
        return y;
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]), w = xs[1], zero = zeros({1}, kDouble);
        return stack({y[0], y[1] + cat({w[0].view({1}), zero, w[1].view({1})})});
      },
      {trainable({2, 3}), trainable({2})});
}

TEST_CASE("writes through views: a stale sibling follows the base", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]), sibling = y.view({6}).narrow(0, 1, 3);
        y.select(0, 0).mul_(xs[1]);
        return sibling * sibling;
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]);
        const Tensor whole = cat({y[0] * xs[1], y[1]}).narrow(0, 1, 3);
        return whole * whole;
      },
      {trainable({2, 3}), trainable({3})});
}

TEST_CASE("writes through views: a stale view of an expanded base gets the sum", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]), wide = y.expand({4, 3});
        y.mul_(xs[1]);
        return wide.select(0, 1) + wide * wide;
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor wide = (square(xs[0]) * xs[1]).expand({4, 3});
        return wide.select(0, 1) + wide * wide;
      },
      {trainable({1, 3}), trainable({3})});
}

TEST_CASE("writes through views: twice to one place, once through the base", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]), view = y.narrow(1, 1, 2);
        view.mul_(xs[1]);
        y.mul_(2);
        view.add_(xs[1]);
        return y + view.sum();
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]), part = y.narrow(1, 1, 2) * xs[1] * 2 + xs[1];
        return cat({y.narrow(1, 0, 1) * 2, part}, 1) + part.sum();
      },
      {trainable({2, 3}), trainable({2})});
}

TEST_CASE("writes through views: rows of a constant", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        const Tensor y = zeros({3, 2}, kDouble);
        for (int64_t i = 0; i < 3; ++i) y[i] = xs[0] * static_cast<double>(i);
        return y;
      },
      [](const std::vector<Tensor>& xs) {
        return stack({xs[0] * 0, xs[0], xs[0] * 2});
      },
      {trainable({2})});
}

TEST_CASE("writes through views: index_put_ with slices and tensors", "[tape][inplace]") {
  check_as_out_of_place(
      [](const std::vector<Tensor>& xs) {
        Tensor y = square(xs[0]);
        y.index_put_({Slice(1, 2), tensor({2, 0})}, xs[1]);
        y.view({6}).index_put_({tensor({1, 1})}, xs[1]);  // the second of two writes to one place stays
        return y;
      },
      [](const std::vector<Tensor>& xs) {
        const Tensor y = square(xs[0]), w = xs[1];
        return stack({stack({y[0][0], w[1], y[0][2]}), stack({w[1], y[1][1], w[0]})});
      },
      {trainable({2, 3}), trainable({2})});
}

TEST_CASE("writes through views: under NoGradGuard the tape does not change", "[tape][inplace]") {
  const Tensor x = trainable({2, 3});
  const Tensor y = x * 2, view = y[0];
  {
    const NoGradGuard guard;
    view.fill_(7);
  }
  CHECK(y.grad_fn()->name() == "MulBackward1");
  CHECK(view.grad_fn()->name() == "SelectBackward0");
  CHECK(y._version() == 1);
}

TEST_CASE("writes through views: what can't be differentiated is refused, and nothing is written",
          "[tape][inplace]") {
  const Tensor x = trainable({2, 3}), values = x.detach().clone(), w = trainable({3});
  const char* const of_leaf =
      "a view of a leaf Variable that requires grad is being used in an in-place operation";
  CHECK_THROWS_WITH(x[0].mul_(2), Contains(of_leaf));
  CHECK_THROWS_WITH(x.view({6}).narrow(0, 0, 3).mul_(w), Contains(of_leaf));
  CHECK_THROWS_WITH(x[0] = w, Contains(of_leaf));
  CHECK_THROWS_WITH(x.t().unsqueeze(0).zero_(), Contains(of_leaf));
  CHECK(same(x.detach(), values));
  const Tensor y = x * 1;
  CHECK_THROWS_WITH(w.view({1, 3}).expand({2, 3}).add_(y), Contains("refers to a single memory location"));
  for (const std::vector<Tensor>& parts : {y.unbind(), y.split(1), y.split({1, 1}), y.chunk(2)}) {
    CHECK_THROWS_WITH(parts[1].mul_(2), Contains("Output 1 of " + parts[1].grad_fn()->name() +
                                                 " is a view and is being modified inplace") &&
                                            Contains("a function that returns multiple views"));
    CHECK_THROWS_WITH(parts[1].narrow(-1, 0, 1).mul_(2), Contains("a function that returns multiple views"));
  }
  CHECK(same(y.detach(), values));
}

TEST_CASE("writes through views: views that can't follow their base say so", "[tape][inplace]") {
  const Tensor x = trainable({2, 3}), w = trainable({3});
  const auto view_without_grad = [](const Tensor& of) {
    const NoGradGuard guard;
    return of[0];
  };
  const Tensor y = x * 1, part = y.unbind()[1], blind = view_without_grad(y);
  CHECK_THROWS_WITH(blind.mul_(2),
                    Contains("created in no_grad mode and is being modified inplace with grad mode"));
  CHECK_THROWS_WITH(blind.select(0, 1).mul_(w[0]), Contains("created in no_grad mode"));
  CHECK(same(y.detach(), x.detach()));
  y.mul_(2);
  CHECK_THROWS_WITH(part * 2,
                    Contains("Output 1 of UnbindBackward0 is a view and its base or another view of its base "
                             "has been modified inplace"));
  CHECK_THROWS_WITH(blind * 2,
                    Contains("created in no_grad mode and its base or another view of its base has been "
                             "modified inplace with grad mode enabled"));

  const Tensor constant = zeros({2, 3}, kDouble);
  view_without_grad(constant).mul_(2);  // nothing is on a tape
  CHECK_THROWS_WITH(view_without_grad(constant).add_(w), Contains("created in no_grad mode"));
  for (const Tensor& row : constant.unbind()) row.add_(1);
  CHECK_THROWS_WITH(constant.unbind()[0].add_(w), Contains("returns multiple views"));
  CHECK(equal(constant, ones({2, 3}, kDouble)));
}

TEST_CASE("writes through views: a view says what it is on the tape after its base was written",
          "[tape][inplace]") {
  const Tensor x = trainable({3});
  const Tensor base = zeros({2, 3}, kDouble), view = base[0], other = base.narrow(0, 1, 1);
  CHECK(view.is_leaf());
  view.add_(x);
  CHECK_FALSE(view.is_leaf());
  CHECK(view.grad_fn()->name() == "AsStridedBackward0");
  CHECK_FALSE(other.is_leaf());
  CHECK(other.requires_grad());
  other.retain_grad();
  other.sum().backward();
  CHECK(same(other.grad(), ones({1, 3}, kDouble)));
  CHECK(same(x.grad(), zeros({3}, kDouble)));
}

TEST_CASE("writes through views: what can't follow its base can be detached all the same",
          "[tape][inplace]") {
  const Tensor x = trainable({2, 3}), w = trainable({3});
  const Tensor y = x * 1, part = y.unbind()[0];
  y.mul_(w);
  CHECK(same(part.detach(), y.detach()[0]));
  CHECK(same(part.data(), y.detach()[0]));
}

TEST_CASE("writes through views: what can't follow its base can be computed with off the tape",
          "[tape][inplace]") {
  const Tensor w = tensor({1.0, 2.0}, kDouble).requires_grad_(true);
  Tensor x = w * 1;
  const Tensor part = x.unbind(0)[1];
  x.mul_(w);
  const NoGradGuard guard;
  CHECK(same(part + 1, tensor(5.0, kDouble)));
  CHECK(same(part.clone(), tensor(4.0, kDouble)));
  CHECK(same(cat({part.reshape({1}), part.reshape({1})}).sum(), tensor(8.0, kDouble)));
}
