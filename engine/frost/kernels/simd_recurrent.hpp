// The rows of the recurrent layers. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/recurrent.hpp>
#include <frost/kernels/simd_elementwise.hpp>

#include <cstdint>

namespace frost::kernels {
namespace {

// h' and the gates' values from x̂ - b_ih (in `gates`) and ĥ - b_hh.
template <Recurrence kind, class T, class A>
void recurrent_forward_row(int64_t size, const RecurrentForwardRow& row) {
  using B = Batch<T, A>;
  const T* gates_h = static_cast<const T*>(row.gates_h);
  const T *bias_x = static_cast<const T*>(row.bias_x), *bias_h = static_cast<const T*>(row.bias_h);
  T *gates = static_cast<T*>(row.gates), *h = static_cast<T*>(row.h), *c = static_cast<T*>(row.c);
  T *output = static_cast<T*>(row.output), *inner = static_cast<T*>(row.inner);
  T *before_h = static_cast<T*>(row.before_h), *before_c = static_cast<T*>(row.before_c);
  for (int64_t i = 0; i < size; i += B::size) {
    const int64_t count = size - i;
    const auto of_x = [=](int64_t gate) {
      return load<T, A>(gates + gate * size + i, count) + load<T, A>(bias_x + gate * size + i, count);
    };
    const auto of_h = [=](int64_t gate) {
      return load<T, A>(gates_h + gate * size + i, count) + load<T, A>(bias_h + gate * size + i, count);
    };
    const auto keep = [=](int64_t gate, const B& value) {
      store<T, A>(gates + gate * size + i, count, value);
    };

    const B h_old = load<T, A>(h + i, count);
    if (before_h != nullptr) store<T, A>(before_h + i, count, h_old);
    B h_new;
    if constexpr (kind == Recurrence::GRU) {
      const B reset = math::sigmoid(of_x(0) + of_h(0)), update = math::sigmoid(of_x(1) + of_h(1));
      const B h_candidate = of_h(2);
      const B candidate = apply<Unary::tanh>(of_x(2) + reset * h_candidate);
      if (inner != nullptr) store<T, A>(inner + i, count, h_candidate);
      keep(0, reset);
      keep(1, update);
      keep(2, candidate);
      h_new = candidate + update * (h_old - candidate);
    } else if constexpr (kind == Recurrence::LSTM) {
      const B input = math::sigmoid(of_x(0) + of_h(0)), forget = math::sigmoid(of_x(1) + of_h(1));
      const B candidate = apply<Unary::tanh>(of_x(2) + of_h(2)), out = math::sigmoid(of_x(3) + of_h(3));
      keep(0, input);
      keep(1, forget);
      keep(2, candidate);
      keep(3, out);
      const B c_old = load<T, A>(c + i, count);
      if (before_c != nullptr) store<T, A>(before_c + i, count, c_old);
      const B c_new = forget * c_old + input * candidate;
      store<T, A>(c + i, count, c_new);
      h_new = out * apply<Unary::tanh>(c_new);
    } else {
      constexpr Unary nonlinearity = kind == Recurrence::RNNTanh ? Unary::tanh : Unary::relu;
      h_new = apply<nonlinearity>(of_x(0) + of_h(0));
      keep(0, h_new);
    }
    store<T, A>(h + i, count, h_new);
    store<T, A>(output + i, count, h_new);
  }
}

// With g = grad h', σ' = σ (1 - σ) and tanh' = 1 - tanh²:
//   RNN   grad x̂ = g tanh' or, for relu, g where h' > 0
//   GRU   grad x̂_n = g (1 - z) tanh', grad x̂_z = g (h - n) σ', grad x̂_r = grad x̂_n ĥ_n σ', grad h = g z + …
//   LSTM  grad x̂_o = g tanh(c') σ', g_c = grad c' + g o tanh', grad x̂_i = g_c g σ', grad x̂_f = g_c c σ',
//         grad x̂_g = g_c i tanh', grad c = g_c f
template <Recurrence kind, class T, class A>
void recurrent_backward_row(int64_t size, const RecurrentBackwardRow& row) {
  using B = Batch<T, A>;
  const T *gates = static_cast<const T*>(row.gates), *grad_output = static_cast<const T*>(row.grad_output);
  T *grad_h = static_cast<T*>(row.grad_h), *grad_gates_x = static_cast<T*>(row.grad_gates_x);
  const B one(1);
  for (int64_t i = 0; i < size; i += B::size) {
    const int64_t count = size - i;
    const auto gate = [=](int64_t number) { return load<T, A>(gates + number * size + i, count); };
    const auto set = [=](int64_t number, const B& value) {
      store<T, A>(grad_gates_x + number * size + i, count, value);
    };
    B g = load<T, A>(grad_h + i, count);
    if (grad_output != nullptr) g = g + load<T, A>(grad_output + i, count);
    B past_weight(0);  // what of g reaches h not through W_hh
    if constexpr (kind == Recurrence::GRU) {
      const T *before_h = static_cast<const T*>(row.before_h), *inner = static_cast<const T*>(row.inner);
      T* grad_gates_h = static_cast<T*>(row.grad_gates_h);
      const B reset = gate(0), update = gate(1), candidate = gate(2);
      const B grad_candidate = g * (one - update) * (one - candidate * candidate);
      const B grad_reset = grad_candidate * load<T, A>(inner + i, count) * reset * (one - reset);
      const B grad_update = g * (load<T, A>(before_h + i, count) - candidate) * update * (one - update);
      set(0, grad_reset);
      set(1, grad_update);
      set(2, grad_candidate);
      store<T, A>(grad_gates_h + i, count, grad_reset);
      store<T, A>(grad_gates_h + size + i, count, grad_update);
      store<T, A>(grad_gates_h + 2 * size + i, count, grad_candidate * reset);
      past_weight = g * update;
    } else if constexpr (kind == Recurrence::LSTM) {
      T* grad_c = static_cast<T*>(row.grad_c);
      const B input = gate(0), forget = gate(1), candidate = gate(2), out = gate(3);
      const B c_old = load<T, A>(static_cast<const T*>(row.before_c) + i, count);
      const B h_of_c = apply<Unary::tanh>(forget * c_old + input * candidate);
      const B g_c = load<T, A>(grad_c + i, count) + g * out * (one - h_of_c * h_of_c);
      set(0, g_c * candidate * input * (one - input));
      set(1, g_c * c_old * forget * (one - forget));
      set(2, g_c * input * (one - candidate * candidate));
      set(3, g * h_of_c * out * (one - out));
      store<T, A>(grad_c + i, count, g_c * forget);
    } else {
      const B h = gate(0);
      set(0, kind == Recurrence::RNNTanh ? g * (one - h * h) : xsimd::select(h <= B(0), B(0), g));
    }
    store<T, A>(grad_h + i, count, past_weight);
  }
}

}  // namespace
}  // namespace frost::kernels
