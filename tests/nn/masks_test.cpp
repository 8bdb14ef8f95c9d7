#include <frost/nn/masks.hpp>

#include "gradients.hpp"

#include <cmath>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using nn::padding_mask;
using nn::functional::EmptyRow;
using nn::functional::masked_softmax;

TEST_CASE("padding_mask: true where a position is past its sequence's length", "[nn][masks]") {
  CHECK(equal(padding_mask(tensor({2, 0, 3})),
              tensor({{false, false, true}, {true, true, true}, {false, false, false}})));
  CHECK(equal(padding_mask({1}, 3), tensor({{false, true, true}})));
  CHECK(padding_mask(tensor({2, 1}), 5).sizes() == IntArrayRef({2, 5}));
  CHECK(padding_mask({0, 0}).sizes() == IntArrayRef({2, 0}));
}

TEST_CASE("padding_mask: errors", "[nn][masks]") {
  CHECK_THROWS_WITH(padding_mask({2, -1}), Contains("negative"));
  CHECK_THROWS_WITH(padding_mask({5}, 3), Contains("does not fit max_len 3"));
  CHECK_THROWS_WITH(padding_mask(tensor({1.0})), Contains("1-dim Long"));
  CHECK_THROWS_WITH(padding_mask(tensor({{1}})), Contains("1-dim Long"));
  CHECK_THROWS_WITH(padding_mask(Tensor()), Contains("undefined"));
}

TEST_CASE("masked_softmax: is masked_fill with -inf and softmax", "[nn][masks]") {
  manual_seed(1);
  for (const Dtype dtype : {kFloat, kDouble}) {
    for (const int64_t dim : {0, 1, 2}) {
      const Tensor x = randn({3, 4, 5}, dtype) * 3;
      Tensor mask = rand({3, 4, 5}) > 0.6;
      mask.select(dim, 0).fill_(false);  // no row is empty
      const Tensor expected = softmax(masked_fill(x, mask, -INFINITY), dim);
      CHECK(allclose(masked_softmax(x, mask, dim), expected, 1e-6, 1e-7));
    }
  }
  const Tensor row = masked_softmax(tensor({1.0, 2.0, 3.0, 4.0}), tensor({false, false, true, true}));
  CHECK(allclose(row, tensor({0.26894143, 0.7310586, 0.0, 0.0})));
  CHECK(row[2].item<float>() == 0);
}

TEST_CASE("masked_softmax: a mask broadcasts, and is seen through any strides", "[nn][masks]") {
  manual_seed(2);
  const Tensor x = randn({2, 3, 4}), mask = tensor({{false, true, false, true}, {false, false, false, true}});
  const Tensor wide = mask.unsqueeze(1).expand({2, 3, 4});
  CHECK(same(masked_softmax(x, mask.unsqueeze(1)), masked_softmax(x, wide.contiguous())));
  const Tensor heads = randn({2, 3, 5, 4}), rows = mask.reshape({2, 1, 1, 4});
  CHECK(same(masked_softmax(heads, rows), masked_softmax(heads, rows.expand({2, 3, 5, 4}).contiguous())));
  for (const Tensor& other :
       {mask.reshape({2, 1, 4}).narrow(0, 0, 1), mask.narrow(0, 0, 1), mask[0], rows[0]})
    CHECK(same(masked_softmax(heads, other), masked_softmax(heads, other.expand({2, 3, 5, 4}).contiguous())));
  CHECK(same(masked_softmax(x.transpose(0, 1), mask), masked_softmax(x.transpose(0, 1).contiguous(), mask)));
}

TEST_CASE("masked_softmax: what a row gets that is masked throughout", "[nn][masks]") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}), mask = tensor({{true, true}, {false, false}});
  const auto row = [&](EmptyRow policy) { return masked_softmax(x, mask, -1, policy)[0]; };
  CHECK(same(row(EmptyRow::Zeros), tensor({0.0, 0.0})));
  CHECK(same(row(EmptyRow::Uniform), tensor({0.5, 0.5})));
  CHECK(row(EmptyRow::NaN).isnan().all().item<bool>());
  CHECK_THROWS_WITH(row(EmptyRow::Error), Contains("masked throughout"));
  // The other row is as it would be alone.
  for (const EmptyRow policy : {EmptyRow::Zeros, EmptyRow::Uniform, EmptyRow::NaN})
    CHECK(same(masked_softmax(x, mask, -1, policy)[1], softmax(x[1], 0)));
}

TEST_CASE("masked_softmax: no NaN and no inf at masked positions reaches a result or a gradient",
          "[nn][masks]") {
  const double inf = INFINITY, nan = NAN;
  const Tensor mask = tensor({{false, true, false}, {true, true, true}});
  const Tensor clean = tensor({{1.0, 0.0, 2.0}, {0.0, 0.0, 0.0}}).requires_grad_();
  const Tensor dirty = tensor({{1.0, nan, 2.0}, {inf, -inf, nan}}).requires_grad_();
  const Tensor grad_clean = tensor({{1.0, 0.0, -3.0}, {0.0, 0.0, 0.0}});
  const Tensor grad_dirty = tensor({{1.0, inf, -3.0}, {nan, inf, -inf}});
  for (const EmptyRow policy : {EmptyRow::Zeros, EmptyRow::Uniform, EmptyRow::NaN}) {
    const Tensor y_clean = masked_softmax(clean, mask, -1, policy),
                 y_dirty = masked_softmax(dirty, mask, -1, policy);
    CHECK(same(y_clean.detach(), y_dirty.detach()));
    const Tensor g_clean = autograd::grad({y_clean}, {clean}, {grad_clean}, true, /*create_graph=*/true)[0];
    const Tensor g_dirty = autograd::grad({y_dirty}, {dirty}, {grad_dirty}, true, /*create_graph=*/true)[0];
    // And what comes into the second derivative.
    const Tensor twice_clean = autograd::grad({g_clean}, {clean}, {grad_clean})[0];
    const Tensor of_y = autograd::grad({g_dirty}, {y_dirty}, {grad_dirty}, /*retain_graph=*/true)[0];
    CHECK(same(of_y.masked_select(mask), zeros({4})));
    const Tensor twice_dirty = autograd::grad({g_dirty}, {dirty}, {grad_dirty})[0];
    for (const auto& [of_clean, of_dirty] :
         {std::pair(g_clean, g_dirty), std::pair(twice_clean, twice_dirty)}) {
      CHECK(same(of_clean.detach(), of_dirty.detach()));
      CHECK(of_clean.isfinite().all().item<bool>());
      CHECK(same(of_clean.detach().masked_select(mask), zeros({4})));
    }
  }
}

TEST_CASE("masked_softmax: gradients", "[nn][masks]") {
  const Tensor mask = tensor({{false, true, false}, {false, false, true}});
  check_gradients([&mask](const std::vector<Tensor>& xs) { return masked_softmax(xs[0], mask); },
                  {trainable({2, 3})});
  check_gradients([&mask](const std::vector<Tensor>& xs) { return masked_softmax(xs[0], mask, 0); },
                  {trainable({2, 3})});
  check_gradients([&mask](const std::vector<Tensor>& xs) { return masked_softmax(xs[0], mask); },
                  {trainable_strided({2, 3})});
  const Tensor empty_row = tensor({{true, true, true}, {false, true, false}});
  for (const EmptyRow policy : {EmptyRow::Zeros, EmptyRow::Uniform})
    check_gradients(
        [&](const std::vector<Tensor>& xs) { return masked_softmax(xs[0], empty_row, -1, policy); },
        {trainable({2, 3})});
  CHECK(masked_softmax(zeros({0, 3}), zeros({0, 3}, kBool)).sizes() == IntArrayRef({0, 3}));
}

TEST_CASE("masked_softmax: keeps less for backward than masked_fill and softmax", "[nn][masks]") {
  const Tensor x = randn({8, 8}, requires_grad()), mask = padding_mask({1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor fused = masked_softmax(x, mask);
  CHECK(fused.grad_fn()->name() == "MaskedSoftmaxBackward0");
  CHECK(fused.grad_fn()->next_edge(0).function->name() == "torch::autograd::AccumulateGrad");
  CHECK(fused.grad_fn()->saved_tensors().size() == 2);  // the mask and the output
}

TEST_CASE("masked_softmax: errors", "[nn][masks]") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH(masked_softmax(x, zeros({2, 3})), Contains("Bool"));
  CHECK_THROWS_WITH(masked_softmax(x, zeros({2, 4}, kBool)), Contains("does not broadcast"));
  CHECK_THROWS_WITH(masked_softmax(x, zeros({2, 3}, kBool), 2), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(masked_softmax(zeros({2}, kLong), zeros({2}, kBool)), Contains("floating point"));
  CHECK_THROWS_WITH(masked_softmax(Tensor(), zeros({2}, kBool)), Contains("undefined"));
}
