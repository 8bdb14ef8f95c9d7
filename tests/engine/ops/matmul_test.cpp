#include "gradients.hpp"

#include <frost/tensor_impl.hpp>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

// Σ_k x[…, i, k] y[…, k, j] by multiplying and adding.
Tensor by_sums(const Tensor& x, const Tensor& y) { return (x.unsqueeze(-1) * y.unsqueeze(-3)).sum(-2); }

Tensor multiplied(const std::vector<Tensor>& xs) { return matmul(xs[0], xs[1]); }

}  // namespace

TEST_CASE("mm: forward and gradient", "[ops][matmul]") {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}).requires_grad_();
  const Tensor y = tensor({{1.0, -1.0}, {0.5, 2.0}, {3.0, 0.0}}).requires_grad_();
  const Tensor z = mm(x, y);
  CHECK(same(z, tensor({{11.0, 3.0}, {24.5, 6.0}})));
  CHECK(same(gradient(z, x), tensor({{-1.0, 4.5, 3.0}, {-1.0, 9.5, 9.0}})));
  CHECK(same(gradient(mm(x, y), y), tensor({{13.0, 18.0}, {17.0, 24.0}, {21.0, 30.0}})));
  CHECK(same(mm(y.t(), x.t()), z.t().contiguous()));
}

TEST_CASE("matmul: every combination of ranks against sums", "[ops][matmul]") {
  manual_seed(10);
  const std::vector<std::vector<int64_t>> left = {{4},       {3, 4},       {2, 3, 4},
                                                  {1, 3, 4}, {5, 1, 3, 4}, {5, 2, 3, 4}};
  const std::vector<std::vector<int64_t>> right = {{4},       {4, 6},       {2, 4, 6},
                                                   {1, 4, 6}, {5, 2, 4, 6}, {1, 2, 4, 6}};
  for (const std::vector<int64_t>& x_sizes : left) {
    for (const std::vector<int64_t>& y_sizes : right) {
      INFO(IntArrayRef(x_sizes) << " and " << IntArrayRef(y_sizes));
      const Tensor x = randn(x_sizes), y = randn(y_sizes);
      const Tensor row = x.dim() == 1 ? x.unsqueeze(0) : x, column = y.dim() == 1 ? y.unsqueeze(1) : y;
      Tensor expected = by_sums(row, column);
      if (x.dim() == 1) expected = expected.squeeze(-2);
      if (y.dim() == 1) expected = expected.squeeze(-1);
      const Tensor z = matmul(x, y);
      CHECK(z.sizes() == expected.sizes());
      CHECK(allclose(z, expected, 1e-5, 1e-5));
      CHECK(z.is_contiguous());
    }
  }
}

TEST_CASE("matmul: operands of any strides", "[ops][matmul]") {
  manual_seed(11);
  const Tensor x = randn({3, 5, 2, 4}), y = randn({6, 2, 3, 4});
  const Tensor a = x.permute({2, 0, 1, 3}), b = y.permute({1, 2, 3, 0});  // [2, 3, 5, 4] [2, 3, 4, 6]
  CHECK(allclose(matmul(a, b), by_sums(a, b), 1e-5, 1e-5));
  CHECK(allclose(matmul(a, b[0]), by_sums(a, b[0]), 1e-5, 1e-5));
  CHECK(allclose(matmul(a, b[0][0]), by_sums(a, b[0][0]), 1e-5, 1e-5));
  CHECK(allclose(matmul(a[0][0], b), by_sums(a[0][0], b), 1e-5, 1e-5));
  const Tensor wide = randn({4, 12}).slice(1, 0, nullopt, 2);
  CHECK(allclose(matmul(a, wide), by_sums(a, wide), 1e-5, 1e-5));
  const Tensor repeated = randn({1, 4}).expand({5, 4});
  CHECK(allclose(matmul(repeated, wide), by_sums(repeated, wide), 1e-5, 1e-5));
}

TEST_CASE("matmul: large products", "[ops][matmul]") {
  manual_seed(12);
  const Tensor x = randn({3, 70, 50}, kDouble), y = randn({3, 50, 60}, kDouble), w = randn({50, 90}, kDouble);
  CHECK(allclose(matmul(x, y), by_sums(x, y)));
  CHECK(allclose(matmul(x, w), by_sums(x, w)));
  CHECK(allclose(matmul(w.t(), x.transpose(1, 2)), by_sums(w.t(), x.transpose(1, 2))));
}

TEST_CASE("matmul: zero sizes", "[ops][matmul]") {
  CHECK(same(matmul(zeros({2, 0}), zeros({0, 3})), zeros({2, 3})));
  CHECK(same(matmul(zeros({2, 2, 0}), zeros({0, 3})), zeros({2, 2, 3})));
  CHECK(same(matmul(zeros({2, 2, 0}), zeros({2, 0, 3})), zeros({2, 2, 3})));
  CHECK(same(matmul(zeros({2, 0}), zeros({0})), zeros({2})));
  CHECK(same(matmul(zeros({0}), zeros({0})), tensor(0.0)));
  CHECK(same(matmul(zeros({0, 2, 3}), zeros({0, 3, 4})), zeros({0, 2, 4})));
  CHECK(same(matmul(zeros({0, 2, 3}), zeros({1, 3, 4})), zeros({0, 2, 4})));
  CHECK(same(matmul(zeros({0, 2, 3}), zeros({3, 4})), zeros({0, 2, 4})));
  CHECK(same(matmul(zeros({5, 0, 3}), zeros({3, 4})), zeros({5, 0, 4})));
  CHECK(same(matmul(zeros({3}), zeros({5, 3, 0})), zeros({5, 0})));
}

TEST_CASE("dot, outer, bmm: forward", "[ops][matmul]") {
  const Tensor x = tensor({1.0, 2.0}), y = tensor({3.0, -1.0}), z = tensor({1.0, 0.0, 2.0});
  CHECK(same(dot(x, y), tensor(1.0)));
  CHECK(same(outer(x, z), tensor({{1.0, 0.0, 2.0}, {2.0, 0.0, 4.0}})));
  CHECK(same(outer(zeros({0}), x), zeros({0, 2})));
  CHECK(same(outer(x, y.to(kDouble)), tensor({{3.0, -1.0}, {6.0, -2.0}}, kDouble)));
  const Tensor a = randn({4, 2, 3}), b = randn({4, 3, 5});
  CHECK(allclose(bmm(a, b), by_sums(a, b), 1e-5, 1e-5));
}

TEST_CASE("matmul: gradients of every combination of ranks", "[ops][matmul]") {
  manual_seed(13);
  const std::vector<std::vector<int64_t>> left = {{3}, {2, 3}, {2, 2, 3}, {2, 1, 2, 3}};
  const std::vector<std::vector<int64_t>> right = {{3}, {3, 2}, {2, 3, 2}, {1, 3, 1}};
  for (const std::vector<int64_t>& x_sizes : left) {
    for (const std::vector<int64_t>& y_sizes : right) {
      INFO(IntArrayRef(x_sizes) << " and " << IntArrayRef(y_sizes));
      check_gradients(multiplied, {trainable(x_sizes), trainable(y_sizes)});
      check_gradients(multiplied, {trainable(x_sizes), trainable(y_sizes).detach()});
      check_gradients(multiplied, {trainable(x_sizes).detach(), trainable(y_sizes)});
      check_gradients(multiplied, {trainable_strided(x_sizes), trainable_strided(y_sizes)});
    }
  }
}

TEST_CASE("matmul: gradients of products with zero sizes", "[ops][matmul]") {
  struct Sizes {
    std::vector<int64_t> x, y;
  };
  for (const Sizes& sizes :
       {Sizes{{2, 0}, {0, 3}}, Sizes{{0, 2}, {2, 3}}, Sizes{{2, 2, 0}, {0, 3}}, Sizes{{2, 0}, {0}},
        Sizes{{0}, {0}}, Sizes{{0, 2, 3}, {3, 2}}, Sizes{{0, 2, 3}, {1, 3, 2}}, Sizes{{3}, {0, 3, 2}}}) {
    INFO(IntArrayRef(sizes.x) << " and " << IntArrayRef(sizes.y));
    check_gradients(multiplied, {trainable(sizes.x), trainable(sizes.y)});
  }
}

TEST_CASE("mm, bmm, dot, outer: gradients", "[ops][matmul]") {
  manual_seed(14);
  const auto of = [](Tensor (*f)(const Tensor&, const Tensor&)) {
    return [f](const std::vector<Tensor>& xs) { return f(xs[0], xs[1]); };
  };
  check_gradients(of(mm), {trainable({2, 3}), trainable({3, 4})});
  check_gradients(of(mm), {trainable_strided({2, 3}), trainable_strided({3, 4})});
  check_gradients(of(mm), {trainable({1, 1}), trainable({1, 1})});
  check_gradients(of(bmm), {trainable({2, 2, 3}), trainable({2, 3, 2})});
  check_gradients(of(bmm), {trainable_strided({2, 2, 3}), trainable_strided({2, 3, 2})});
  check_gradients(of(dot), {trainable({3}), trainable({3})});
  check_gradients(of(dot), {trainable_strided({3}), trainable({3}).detach()});
  check_gradients(of(outer), {trainable({2}), trainable({3})});
  check_gradients(of(outer), {trainable_strided({2}), trainable({0})});
  check_gradients([](const std::vector<Tensor>& xs) { return matmul(xs[0], xs[0].t()); },
                  {trainable({2, 3})});
}

TEST_CASE("matmul: dtypes", "[ops][matmul]") {
  CHECK(same(matmul(tensor({{1, 2}, {3, 4}}), tensor({{1, 0}, {2, 1}})), tensor({{5, 2}, {11, 4}})));
  CHECK(same(dot(tensor({1, 2}), tensor({3, 4})), tensor(11)));
  CHECK(matmul(ones({2, 3}, kDouble), ones({3}, kDouble)).scalar_type() == kDouble);
  const Tensor x = ones({2, 3}), y = ones({3, 2}, kDouble);
  CHECK_THROWS_WITH(mm(x, y), Contains("[mm]") && Contains("expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(matmul(y, x),
                    Contains("[matmul]") && Contains("expected scalar type Double but found Float"));
  CHECK_THROWS_WITH(matmul(x, ones({3}, kLong)), Contains("expected scalar type Float but found Long"));
  CHECK_THROWS_WITH(matmul(ones({2, 2, 3}), y.expand({2, 3, 2})),
                    Contains("expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(matmul(ones({2, 2, 3}), y), Contains("expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(dot(x[0], y.t()[0]),
                    Contains("expected both vectors to have same dtype, but found Float and Double"));
  CHECK_THROWS_WITH(mm(x.to(kBool), x.t().to(kBool)), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(dot(x[0].to(kBool), x[0].to(kBool)), Contains("not implemented for 'Bool'"));
}

TEST_CASE("matmul: grad_fn names", "[ops][matmul]") {
  const Tensor x = trainable({2, 3}), y = trainable({3, 4}), a = trainable({5, 2, 3}),
               b = trainable({5, 3, 4});
  const Tensor v = trainable({3});
  const auto name = [](const Tensor& z) { return z.grad_fn()->name(); };
  CHECK(name(mm(x, y)) == "MmBackward0");
  CHECK(name(bmm(a, b)) == "BmmBackward0");
  CHECK(name(dot(v, v)) == "DotBackward0");
  CHECK(name(outer(v, v)) == "MulBackward0");
  CHECK(name(matmul(x, y)) == "MmBackward0");
  CHECK(name(matmul(x, v)) == "MvBackward0");
  CHECK(name(matmul(v, y)) == "SqueezeBackward3");
  CHECK(name(matmul(v, v)) == "DotBackward0");
  CHECK(name(matmul(a, y)) == "UnsafeViewBackward0");
  CHECK(matmul(a, y).grad_fn()->next_edge(0).function->name() == "MmBackward0");
  CHECK(matmul(a, b).grad_fn()->next_edge(0).function->name() == "BmmBackward0");
  CHECK(name(matmul(a, b)) == "UnsafeViewBackward0");
  CHECK(name(matmul(a, v)) == "UnsafeViewBackward0");
  CHECK(name(matmul(v, b)) == "UnsafeViewBackward0");
  CHECK(name(matmul(x, b)) == "CloneBackward0");
}

TEST_CASE("matmul: a frozen operand has no edge, and the other's rule saves nothing for it",
          "[ops][matmul]") {
  const Tensor x = trainable({2, 3}), frozen = trainable({3, 4}).detach();
  const Ref<Node> node = mm(x, frozen).grad_fn();
  CHECK(node->next_edge(0).is_valid());
  CHECK_FALSE(node->next_edge(1).is_valid());
  REQUIRE(node->saved_tensors().size() == 1);
  CHECK(node->saved_tensors()[0].data_ptr() == frozen.data_ptr());
  CHECK_FALSE(mm(x.detach(), frozen).requires_grad());
}

TEST_CASE("matmul: the result of a batch is no view", "[ops][matmul]") {
  const Tensor z = matmul(trainable({5, 2, 3}), trainable({3, 4}));
  CHECK_FALSE(z.is_view());
  CHECK_NOTHROW(z.zero_());
}

TEST_CASE("matmul: errors", "[ops][matmul]") {
  const auto message = [](const Tensor& x, const Tensor& y) -> std::string {
    try {
      matmul(x, y);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message(ones({2, 3}), ones({4, 5})) ==
        "[matmul] mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)");
  CHECK_THAT(message(ones({2}), ones({3, 4})), Contains("shapes cannot be multiplied (1x2 and 3x4)"));
  CHECK_THAT(message(ones({2, 3, 4}), ones({5, 5})), Contains("shapes cannot be multiplied (6x4 and 5x5)"));
  CHECK_THAT(message(ones({2, 3}), ones({4})), Contains("size mismatch, got 2, 2x3,4"));
  CHECK_THAT(message(ones({2, 3, 4}), ones({5})), Contains("size mismatch, got 6, 6x4,5"));
  CHECK_THAT(message(ones({2}), ones({3})),
             Contains("inconsistent tensor size, expected tensor [2] and src [3]"));
  CHECK_THAT(
      message(ones({2, 3, 4}), ones({2, 5, 5})),
      Contains("Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 5]"));
  CHECK_THAT(message(ones({2, 3, 4}), ones({3, 4, 5})),
             Contains("The size of tensor a (2) must match the size of tensor b (3)"));
  CHECK_THAT(message(tensor(1.0), ones({3})),
             Contains("both arguments to matmul need to be at least 1D, but they are 0D and 1D"));
  CHECK_THAT(message(Tensor(), ones({3})), Contains("[matmul]") && Contains("undefined Tensor"));
  CHECK_THROWS_WITH(mm(ones({2, 3}), ones({4, 5})),
                    Contains("[mm]") && Contains("cannot be multiplied (2x3 and 4x5)"));
  CHECK_THROWS_WITH(mm(ones({2}), ones({4, 5})), Contains("self must be a matrix"));
  CHECK_THROWS_WITH(mm(ones({2, 3}), ones({3})), Contains("mat2 must be a matrix"));
  CHECK_THROWS_WITH(bmm(ones({3, 4}), ones({2, 4, 5})), Contains("batch1 must be a 3D tensor"));
  CHECK_THROWS_WITH(bmm(ones({2, 3, 4}), ones({4, 5})), Contains("batch2 must be a 3D tensor"));
  CHECK_THROWS_WITH(bmm(ones({2, 3, 4}), ones({3, 4, 5})), Contains("to be: [2, 4] but got: [3, 4]"));
  CHECK_THROWS_WITH(dot(ones({3}), ones({4})), Contains("inconsistent tensor size"));
  CHECK_THROWS_WITH(dot(ones({3, 3}), ones({4})), Contains("1D tensors expected, but got 2D and 1D tensors"));
  CHECK_THROWS_WITH(outer(ones({3}), ones({4, 3})), Contains("Expected 1-D argument vec2, but got 2-D"));
  CHECK_THROWS_WITH(outer(ones({3, 3}), ones({4})), Contains("Expected 1-D argument self, but got 2-D"));
  for (const auto f : {mm, bmm, dot, outer, matmul}) {
    CHECK_THROWS_AS(f(Tensor(), ones({3})), Error);
    CHECK_THROWS_AS(f(ones({3}), Tensor()), Error);
  }
}
