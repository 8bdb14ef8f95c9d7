#include <frost/nn/activation.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace F = frost::nn::functional;

TEST_CASE("activations: are their functions", "[nn][activation]") {
  const Tensor x = randn({2, 3});
  CHECK(same(nn::ReLU()(x), relu(x)));
  CHECK(same(nn::Tanh()(x), tanh(x)));
  CHECK(same(nn::Sigmoid()(x), sigmoid(x)));
  CHECK(same(nn::GELU()(x), gelu(x)));
  CHECK(same(nn::Softmax(0)(x), softmax(x, 0)));
  CHECK(same(nn::LogSoftmax(nn::LogSoftmaxOptions(1))(x), log_softmax(x, 1)));
  CHECK(same(F::relu(x), relu(x)));
  CHECK(same(F::softmax(x, F::SoftmaxFuncOptions(1).dtype(kDouble)), softmax(x, 1, kDouble)));
  CHECK(same(F::log_softmax(x, 0), log_softmax(x, 0)));
}

TEST_CASE("gelu: by tanh is near gelu, and has gradients of its own", "[nn][activation]") {
  const auto by_tanh = F::GELUFuncOptions().approximate("tanh");
  const Tensor x = linspace(-3, 3, 13, kDouble);
  CHECK(allclose(F::gelu(x, by_tanh), gelu(x), 0, 1e-3));
  CHECK_FALSE(allclose(F::gelu(x, by_tanh), gelu(x), 0, 1e-5));
  // torch.nn.functional.gelu(torch.tensor(1.), approximate='tanh')
  CHECK(F::gelu(tensor({1.0}), by_tanh).item<float>() == Approx(0.8411920071));
  check_unary_gradients([&by_tanh](const Tensor& z) { return F::gelu(z, by_tanh); });
  CHECK_THROWS_WITH(F::gelu(x, F::GELUFuncOptions().approximate("fast")),
                    Contains("approximate argument must be either none or tanh"));
}
