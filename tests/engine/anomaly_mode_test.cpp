#include <frost/engine.hpp>

#include <frost/testing/catch.hpp>

#include <cmath>
#include <limits>
#include <sstream>

using namespace frost;
using autograd::AnomalyMode;
using autograd::DetectAnomalyGuard;
using Catch::Contains;

namespace {

Tensor zero_and_one() { return tensor({0., 1.}, requires_grad()).set_name("x"); }

// The `where` comes too late: the logarithm's gradient at 0 is 0/0.
Tensor logarithms(const Tensor& x) { return where(x > 0, log(x).set_name("log x"), 0).sum(); }

std::string error_of(const Tensor& loss) {
  try {
    loss.backward();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("DetectAnomalyGuard: backward stops at the first NaN and says which op made the node",
          "[anomaly]") {
  const DetectAnomalyGuard guard;
  const Tensor x = zero_and_one();
  const std::string error = error_of(logarithms(x));
  CHECK_THAT(error, Contains("[backward] Function 'LogBackward0' returned nan values in its 0th output."));
  CHECK_THAT(error, Contains("The first of the 2 is element 0."));
  CHECK_THAT(error, Contains("from 'x' [2] Float to 'log x' [2] Float"));
  CHECK_THAT(error, Contains("It was called at:\n  ") && Contains("engine_tests"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("DetectAnomalyGuard: says which of the inputs, and which of them were frozen", "[anomaly]") {
  const DetectAnomalyGuard guard;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = tensor({{1.F, 2.F}}).set_name("x"), w = tensor({{nan}, {1.F}}, requires_grad());
  const Tensor y = tensor({{1.F}}, requires_grad());
  CHECK_THAT(error_of((matmul(x, w) * y).sum()),
             Contains("'MulBackward0' returned nan values in its 1th output"));
  const Tensor v = tensor({{1.F}, {1.F}}, requires_grad());
  const Tensor bad = tensor({{nan, 1.F}}).set_name("bad");
  CHECK_THAT(error_of(matmul(bad, v).sum()),
             Contains("from 'bad' [1, 2] Float (frozen), [2, 1] Float to [1, 1] Float"));
}

TEST_CASE("DetectAnomalyGuard: names and what they hold are harmless to a terminal", "[anomaly]") {
  const DetectAnomalyGuard guard;
  const Tensor x = tensor({0., 1.}, requires_grad()).set_name("\x1b[31mred\u202e'");
  CHECK_THAT(error_of(logarithms(x)), Contains("from '\\x1b[31mred\\xe2\\x80\\xae'' [2] Float"));
}

TEST_CASE("DetectAnomalyGuard: the element is counted row by row, however the gradient lies", "[anomaly]") {
  const DetectAnomalyGuard guard;
  const Tensor x = tensor({{1., 1.}, {0., 1.}}, requires_grad());
  CHECK_THAT(error_of(logarithms(x)), Contains("The first of the 4 is element 2."));
  const Tensor y = tensor({{1., 1.}, {0., 1.}}, requires_grad());
  CHECK_THAT(error_of(logarithms(y.t()).t()), Contains("The first of the 4 is element 1."));
}

TEST_CASE("DetectAnomalyGuard: the element of a slice is counted in the whole tensor", "[anomaly]") {
  const DetectAnomalyGuard guard;
  const Tensor x = tensor({{1., 2.}, {3., 4.}, {5., 6.}}, requires_grad());
  const Tensor factor = tensor({{1.}, {1.}, {std::numeric_limits<double>::quiet_NaN()}});
  const Tensor z = x.slice(1, 1, 2);  // 2, 4, 6
  z.register_hook([factor](const Tensor& grad) { return grad * factor.to(grad.scalar_type()); });
  CHECK_THAT(error_of(z.sum()),
             Contains("'SliceBackward0' returned nan") && Contains("The first of the 6 is element 5."));
}

// An op of the test's own. With linkage and by address, so that all its frames have symbols.
struct NanRule {
  void operator()(ArrayRef<Tensor> grad_outs, Gradients& grads) const {
    grads.set(0, grad_outs[0] * std::numeric_limits<double>::quiet_NaN());
  }
};
[[gnu::noinline]] inline Tensor bad_op(const Tensor& x) {
  const Tensor y = x.detach().clone();
  void (*volatile record)(const char*, TensorList, TensorList, NanRule) = &record_joint<NanRule>;
  record("BadBackward0", {x}, {y}, NanRule());
  return y;
}

TEST_CASE("DetectAnomalyGuard: the frames of the engine, its templates among them, are left out",
          "[anomaly]") {
  const DetectAnomalyGuard guard;
  const std::string error = error_of(bad_op(zero_and_one()).sum());
  const size_t first = error.find("called at:\n");
  REQUIRE(first != std::string::npos);
  const std::string frame = error.substr(first + 11, error.find('\n', first + 12) - first - 11);
  CHECK_THAT(frame, Contains("engine_tests+0x") && Contains(" bad_op("));
}

TEST_CASE("DetectAnomalyGuard: says it in short lines, without the frames from which main() is called",
          "[anomaly]") {
  const DetectAnomalyGuard guard;
  const std::string error = error_of(logarithms(zero_and_one()));
  std::istringstream lines(error.substr(0, error.find("called at:")));
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 80);
  }
  CHECK_THAT(error, !Contains("libc.so") && !Contains("__libc_start"));
}

TEST_CASE("DetectAnomalyGuard: infinities pass, and NaN where it is not asked for", "[anomaly]") {
  {
    const DetectAnomalyGuard guard;
    const Tensor x = zero_and_one();
    CHECK(error_of(sqrt(x).sum()).empty());
    CHECK(std::isinf(x.grad()[0].item<double>()));
  }
  const DetectAnomalyGuard guard(/*check_nan=*/false);
  CHECK(AnomalyMode::is_enabled());
  CHECK_FALSE(AnomalyMode::should_check_nan());
  CHECK(error_of(logarithms(zero_and_one())).empty());
}

TEST_CASE("DetectAnomalyGuard: what was before comes back after it", "[anomaly]") {
  CHECK_FALSE(AnomalyMode::is_enabled());
  const Tensor loss = logarithms(zero_and_one());
  CHECK(loss.grad_fn()->call_stack().empty());
  {
    const DetectAnomalyGuard outer(false);
    {
      const DetectAnomalyGuard inner;
      CHECK(AnomalyMode::should_check_nan());
      // Of an op that was recorded before, there is less to say.
      CHECK_THAT(error_of(loss),
                 Contains("'LogBackward0' returned nan") && Contains("recorded without anomaly detection"));
    }
    CHECK(AnomalyMode::is_enabled());
    CHECK_FALSE(AnomalyMode::should_check_nan());
  }
  CHECK_FALSE(AnomalyMode::is_enabled());
  CHECK(error_of(logarithms(zero_and_one())).empty());
}
