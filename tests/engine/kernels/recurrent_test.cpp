#include "engine/kernels/geometry.hpp"

#include <frost/kernels/recurrent.hpp>

namespace frost::kernels {
namespace {

// A layer of one direction with numbers of its own, forward and backward.
template <class T>
struct Run {
  std::vector<T> weight, bias_x, bias_h, gates, h, c, output, before_h, before_c, inner;
  std::vector<T> grad_output, grad_h, grad_c, grad_gates_x, grad_gates_h;

  Run(Recurrence kind, bool reverse, int64_t size, int64_t batch, const std::vector<int64_t>& batch_sizes) {
    Generator random(5);
    const int64_t width = gate_count(kind) * size;
    int64_t n = 0;
    for (const int64_t count : batch_sizes) n += count;
    const auto numbers = [&random](int64_t count) {
      std::vector<T> x(static_cast<size_t>(count));
      for (T& value : x) value = static_cast<T>(std::uniform_real_distribution<double>(-1, 1)(random));
      return x;
    };
    weight = numbers(width * size);
    for (T& value : weight) value /= std::sqrt(static_cast<T>(size));  // so that no difference grows
    bias_x = numbers(width);
    bias_h = numbers(width);
    gates = numbers(n * width);
    h = numbers(batch * size);
    c = numbers(batch * size);
    grad_output = numbers(n * size);
    grad_h = numbers(batch * size);
    grad_c = numbers(batch * size);
    output = before_h = before_c = inner = std::vector<T>(static_cast<size_t>(n * size), T(NAN));
    grad_gates_x = grad_gates_h = std::vector<T>(static_cast<size_t>(n * width), T(NAN));
    const RecurrentLayer layer{kind, dtype_of<T>, size, batch, batch_sizes};
    recurrent_forward(layer, RecurrentForward{reverse, weight.data(), bias_x.data(), bias_h.data(),
                                              gates.data(), h.data(), c.data(), output.data(), size,
                                              before_h.data(), before_c.data(), inner.data()});
    recurrent_backward(
        layer, RecurrentBackward{reverse, true, weight.data(), gates.data(), before_h.data(), before_c.data(),
                                 inner.data(), grad_output.data(), size, grad_h.data(), grad_c.data(),
                                 grad_gates_x.data(),
                                 kind == Recurrence::GRU ? grad_gates_h.data() : grad_gates_x.data()});
  }
};

template <class T>
void check_close(const std::vector<T>& got, const std::vector<double>& want, const char* what) {
  REQUIRE(got.size() == want.size());
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-13;
  for (size_t i = 0; i < want.size(); ++i) {
    INFO(what << " at " << i << " got " << got[i] << " want " << want[i]);
    if (std::isnan(want[i])) {
      if (!std::isnan(got[i])) REQUIRE(false);
    } else if (!(std::abs(static_cast<double>(got[i]) - want[i]) <= tolerance * (1 + std::abs(want[i])))) {
      REQUIRE(false);
    }
  }
}

template <class T>
void check_close(const Run<T>& got, const Run<double>& want) {
  check_close(got.output, want.output, "output");
  check_close(got.h, want.h, "h");
  check_close(got.c, want.c, "c");
  check_close(got.grad_gates_x, want.grad_gates_x, "grad_gates_x");
  check_close(got.grad_gates_h, want.grad_gates_h, "grad_gates_h");
  check_close(got.grad_h, want.grad_h, "grad_h");
  check_close(got.grad_c, want.grad_c, "grad_c");
}

}  // namespace

// What the numbers are is tested with the layers (nn/recur_test.cpp), on the machine's own set.
TEST_CASE("recurrent layers: instruction sets and dtypes agree", "[kernels][recurrent]") {
  for (const Recurrence kind : {Recurrence::RNNTanh, Recurrence::RNNReLU, Recurrence::GRU, Recurrence::LSTM})
    for (const int64_t size : {1, 3, 16, 37, 100})
      for (const bool reverse : {false, true}) {
        const std::vector<int64_t> batch_sizes = {19, 19, 8, 1};
        const Run<double> want(kind, reverse, size, 20, batch_sizes);
        for_each_instruction_set([&] {
          INFO("kind " << static_cast<int>(kind) << " hidden size " << size);
          check_close(Run<double>(kind, reverse, size, 20, batch_sizes), want);
          check_close(Run<float>(kind, reverse, size, 20, batch_sizes), want);
        });
      }
}

}  // namespace frost::kernels
