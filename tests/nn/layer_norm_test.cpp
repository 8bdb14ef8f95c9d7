#include <frost/nn/functional.hpp>
#include <frost/nn/layer_norm.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace F = frost::nn::functional;

TEST_CASE("layer_norm: mean 0 and variance 1 over the last dims", "[nn][layer_norm]") {
  manual_seed(1);
  const Tensor x = randn({4, 3, 5}, kDouble) * 3 + 2;
  const Tensor y = F::layer_norm(x, F::LayerNormFuncOptions({3, 5}).eps(0));
  CHECK(allclose(y.mean({1, 2}), zeros({4}, kDouble), 0, 1e-12));
  CHECK(allclose(y.var({1, 2}, /*unbiased=*/false), ones({4}, kDouble)));
  // (1, 2, 3): mean 2, var 2/3
  CHECK(allclose(F::layer_norm(tensor({1.0, 2.0, 3.0}), F::LayerNormFuncOptions({3})),
                 tensor({-1.2247357, 0.0, 1.2247357})));
}

TEST_CASE("layer_norm: weight and bias are of normalized_shape", "[nn][layer_norm]") {
  manual_seed(1);
  const Tensor x = randn({4, 3}), weight = randn({3}), bias = randn({3});
  const Tensor y = F::layer_norm(x, F::LayerNormFuncOptions({3}).weight(weight).bias(bias));
  CHECK(allclose(y, F::layer_norm(x, F::LayerNormFuncOptions({3})) * weight + bias));
}

TEST_CASE("layer_norm: gradcheck, with each input frozen or absent", "[nn][layer_norm]") {
  manual_seed(1);
  const auto options = [](const Tensor& weight, const Tensor& bias) {
    return F::LayerNormFuncOptions({2, 3}).weight(weight).bias(bias).eps(0.1);
  };
  const Op affine = [&options](const std::vector<Tensor>& xs) {
    return F::layer_norm(xs[0], options(xs[1], xs[2]));
  };
  const Op plain = [&options](const std::vector<Tensor>& xs) {
    return F::layer_norm(xs[0], options({}, {}));
  };
  const Op scaled = [&options](const std::vector<Tensor>& xs) {
    return F::layer_norm(xs[0], options(xs[1], {}));
  };
  check_gradients(affine, {trainable({4, 2, 3}), trainable({2, 3}), trainable({2, 3})});
  check_gradients(affine, {trainable({2, 3}), trainable({2, 3}), trainable({2, 3})});
  check_gradients(affine, {trainable_strided({2, 2, 3}), trainable_strided({2, 3}), trainable({2, 3})});
  check_gradients(affine, {trainable({2, 2, 3}).detach(), trainable({2, 3}), trainable({2, 3})});
  check_gradients(affine, {trainable({2, 2, 3}), trainable({2, 3}).detach(), trainable({2, 3}).detach()});
  check_gradients(affine, {trainable({0, 2, 3}), trainable({2, 3}), trainable({2, 3})});
  check_gradients(plain, {trainable({2, 2, 3})});
  check_gradients(scaled, {trainable({2, 2, 3}), trainable({2, 3})});
}

TEST_CASE("layer_norm: agrees with the ops that define it, for rows of any length and any number of threads",
          "[nn][layer_norm]") {
  manual_seed(1);
  const int threads = get_num_threads();
  for (const int64_t n : {1, 7, 16, 130, 513}) {
    const Tensor x = trainable({200, n}), weight = trainable({n}), bias = trainable({n});
    const Tensor direction = randn({200, n}, kDouble);
    const auto gradients = [&](const Tensor& y) {
      return autograd::grad({(y * direction).sum()}, {x, weight, bias});
    };
    const Tensor centred = x - x.mean(1, true);
    const Tensor want = centred / sqrt(centred.square().mean(1, true) + 0.1) * weight + bias;
    const std::vector<Tensor> want_gradients = gradients(want);
    for (const int count : {1, 3}) {
      set_num_threads(count);
      const Tensor got = F::layer_norm(x, F::LayerNormFuncOptions({n}).weight(weight).bias(bias).eps(0.1));
      INFO("rows of " << n << ", threads " << count);
      CHECK(allclose(got, want, 1e-10, 1e-12));
      const std::vector<Tensor> got_gradients = gradients(got);
      for (size_t i = 0; i < 3; ++i) CHECK(allclose(got_gradients[i], want_gradients[i], 1e-10, 1e-11));
    }
  }
  set_num_threads(threads);
}

TEST_CASE("layer_norm: what is saved is listed, freed by backward, and missed by a second one",
          "[nn][layer_norm]") {
  manual_seed(1);
  const auto once = [](const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const Tensor y = F::layer_norm(x, F::LayerNormFuncOptions({3}).weight(weight).bias(bias));
    int64_t statistics = 0;
    for (const Tensor& saved : y.grad_fn()->saved_tensors())
      if (saved.sizes() == std::vector<int64_t>{4, 1}) ++statistics;
    CHECK(statistics == 2);
    y.sum().backward({}, /*retain_graph=*/true);
    y.sum().backward();
    CHECK(y.grad_fn()->saved_tensors().empty());
    CHECK_THROWS_WITH(y.sum().backward(), Contains("Trying to backward through the graph a second time"));
  };
  const Tensor x = randn({4, 3}), weight = ones({3}), bias = zeros({3});
  for (const Tensor& trained : {x, weight, bias}) {
    trained.set_requires_grad(true);
    once(x, weight, bias);
    trained.set_requires_grad(false);
  }
  bias.set_requires_grad(true);
  once(x, {}, bias);
}

TEST_CASE("layer_norm: a graph that backward went through holds no memory", "[nn][layer_norm]") {
  const Tensor x = trainable({1000, 2});
  x.mutable_grad() = zeros_like(x);
  const int64_t before = memory_allocated();
  const Tensor y = F::layer_norm(x, F::LayerNormFuncOptions({2}));
  y.sum().backward();
  CHECK(memory_allocated() - before < 1000 * 8 * 3);  // y has 2 columns, mean and reciprocal_std 1 each
}

TEST_CASE("layer_norm: shapes that do not fit are errors", "[nn][layer_norm]") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH(
      F::layer_norm(x, F::LayerNormFuncOptions({2})),
      Contains("Given normalized_shape=[2], expected input with shape [*, 2], but got input of size"));
  CHECK_THROWS_WITH(F::layer_norm(x, F::LayerNormFuncOptions({4, 2, 3})),
                    Contains("expected input with shape"));
  CHECK_THROWS_WITH(F::layer_norm(x, F::LayerNormFuncOptions(std::vector<int64_t>())),
                    Contains("Expected normalized_shape to be at least 1-dimensional"));
  CHECK_THROWS_WITH(F::layer_norm(x, F::LayerNormFuncOptions({3}).weight(ones({2}))),
                    Contains("Expected weight to be of same shape as normalized_shape"));
  CHECK_THROWS_WITH(F::layer_norm(x, F::LayerNormFuncOptions({3}).bias(ones({3, 1}))),
                    Contains("Expected bias to be of same shape as normalized_shape"));
  CHECK_THROWS_WITH(F::layer_norm(x, F::LayerNormFuncOptions({3}).bias(ones({3}, kDouble))),
                    Contains("expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(F::layer_norm(x.to(kLong), F::LayerNormFuncOptions({3})),
                    Contains("not implemented for 'Long'"));
}

TEST_CASE("LayerNorm: starts as the plain normalisation", "[nn][layer_norm]") {
  const nn::LayerNorm norm(nn::LayerNormOptions({3}).eps(1e-3));
  const Tensor x = randn({2, 3});
  CHECK(norm->named_parameters().keys() == std::vector<std::string>{"weight", "bias"});
  CHECK(same(norm(x), F::layer_norm(x, F::LayerNormFuncOptions({3}).eps(1e-3))));
  CHECK(norm(x).grad_fn()->name() == std::string("NativeLayerNormBackward0"));
  const nn::LayerNorm bare(nn::LayerNormOptions({3}).elementwise_affine(false));
  CHECK(bare->parameters().empty());
  CHECK_FALSE(bare(x).requires_grad());
}
