#include <frost/nn/recurrence.hpp>

#include <frost/nn/functional.hpp>
#include <frost/ops.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace frost::nn {

namespace {

// Gates `first` to `first + count` of gates [B, G·size].
Tensor gates_at(const Tensor& gates, int64_t first, int64_t size, int64_t count = 1) {
  return narrow(gates, 1, first * size, count * size);
}

RecurrentState lstm_step(const Tensor& gates, const RecurrentState& state) {
  const int64_t size = state.h.size(1);
  const Tensor input_and_forget = sigmoid(gates_at(gates, 0, size, 2));
  const Tensor input = gates_at(input_and_forget, 0, size), forget = gates_at(input_and_forget, 1, size);
  const Tensor candidate = tanh(gates_at(gates, 2, size)), output = sigmoid(gates_at(gates, 3, size));
  const Tensor c = forget * state.c + input * candidate;
  return {output * tanh(c), c};
}

RecurrentState gru_step(const Tensor& gates_x, const Tensor& gates_h, const RecurrentState& state) {
  const int64_t size = state.h.size(1);
  const Tensor reset_and_update = sigmoid(gates_at(gates_x, 0, size, 2) + gates_at(gates_h, 0, size, 2));
  const Tensor reset = gates_at(reset_and_update, 0, size), update = gates_at(reset_and_update, 1, size);
  const Tensor candidate = tanh(gates_at(gates_x, 2, size) + reset * gates_at(gates_h, 2, size));
  return {candidate + update * (state.h - candidate), {}};
}

// gates_h is ĥ, or W_hh h alone where b_hh is in gates_x already.
RecurrentState step(Recurrence kind, const Tensor& gates_x, const Tensor& gates_h,
                    const RecurrentState& state) {
  switch (kind) {
    case Recurrence::RNNTanh:
      return {tanh(gates_x + gates_h), {}};
    case Recurrence::RNNReLU:
      return {relu(gates_x + gates_h), {}};
    case Recurrence::GRU:
      return gru_step(gates_x, gates_h, state);
    case Recurrence::LSTM:
      return lstm_step(gates_x + gates_h, state);
    case Recurrence::count:
      break;
  }
  fail("recurrent_step", "unknown kind ", static_cast<int>(kind));
}

Tensor plus(const Tensor& x, const Tensor& bias) { return bias.defined() ? x + bias : x; }

// The states of sequences `first` to `first + count`.
RecurrentState states_at(const RecurrentState& state, int64_t first, int64_t count) {
  if (count == state.h.size(0)) return state;
  return {narrow(state.h, 0, first, count), state.c.defined() ? narrow(state.c, 0, first, count) : Tensor()};
}

RecurrentState joined(const std::vector<RecurrentState>& parts) {
  if (parts.size() == 1) return parts[0];
  std::vector<Tensor> h, c;
  for (const RecurrentState& part : parts) {
    h.push_back(part.h);
    if (part.c.defined()) c.push_back(part.c);
  }
  return {cat(h), c.empty() ? Tensor() : cat(c)};
}

// One direction. The states after each step, and the last.
std::pair<Tensor, RecurrentState> run_direction(Recurrence kind, const Tensor& x, const RecurrentDirection& d,
                                                IntArrayRef batch_sizes, bool reverse) {
  const RecurrentState& initial = d.initial;
  const size_t steps = batch_sizes.size();
  const int64_t batch = initial.h.size(0);
  if (steps == 0) return {zeros({0, initial.h.size(1)}, x.scalar_type()), initial};

  const Tensor gates_x = functional::linear(x, d.weight_ih, d.bias_ih);
  const auto next = [kind, &gates_x, &d](const RecurrentState& state, int64_t first_row) {
    const Tensor gates = narrow(gates_x, 0, first_row, state.h.size(0));
    return recurrent_step(kind, gates, state, d.weight_hh, d.bias_hh);
  };

  std::vector<Tensor> outputs(steps);
  std::vector<RecurrentState> last;  // of the sequences from the longest on
  if (reverse) {
    // The longest begin; the others join them where their own last step is reached.
    int64_t running = batch_sizes[steps - 1], row = gates_x.size(0);
    RecurrentState state = states_at(initial, 0, running);
    for (size_t t = steps; t-- > 0;) {
      const int64_t joining = batch_sizes[t] - running;
      if (joining > 0) state = joined({state, states_at(initial, running, joining)});
      running += joining;
      row -= running;
      state = next(state, row);
      outputs[t] = state.h;
    }
    last.push_back(state);
    if (running < batch) last.push_back(states_at(initial, running, batch - running));
  } else {
    // All begin, those without any steps too; the shortest leave first.
    int64_t running = batch, row = 0;
    RecurrentState state = initial;
    for (size_t t = 0; t < steps; ++t) {
      const int64_t leaving = running - batch_sizes[t];
      running -= leaving;
      if (leaving > 0) last.push_back(states_at(state, running, leaving));
      state = next(states_at(state, 0, running), row);
      outputs[t] = state.h;
      row += running;
    }
    last.push_back(state);
    std::reverse(last.begin(), last.end());
  }
  return {cat(outputs), joined(last)};
}

}  // namespace

Recurrence rnn_kind(Nonlinearity nonlinearity) {
  check(nonlinearity == kTanh || nonlinearity == kReLU, "RNN", "nonlinearity must be kTanh or kReLU");
  return nonlinearity == kTanh ? Recurrence::RNNTanh : Recurrence::RNNReLU;
}

RecurrentState recurrent_step(Recurrence kind, const Tensor& gates_x, const RecurrentState& state,
                              const Tensor& weight_hh, const Tensor& bias_hh) {
  return step(kind, gates_x, plus(matmul(state.h, t(weight_hh)), bias_hh), state);
}

Recurred recur_by_steps(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
                        IntArrayRef batch_sizes) {
  std::vector<Tensor> outputs;
  Recurred result;
  for (const RecurrentDirection& direction : directions) {
    auto [output, last] = run_direction(kind, x, direction, batch_sizes, /*reverse=*/!outputs.empty());
    outputs.push_back(std::move(output));
    result.last.push_back(std::move(last));
  }
  result.output = outputs.size() == 1 ? outputs[0] : cat(outputs, 1);
  return result;
}

void detail::check_dtype(const Tensor& x, const Tensor& weight, std::string_view name, const char* what) {
  check(x.scalar_type() == weight.scalar_type(), name, what,
        " must have the dtype of the weights: expected scalar type ", weight.scalar_type(), " but found ",
        x.scalar_type());
}

}  // namespace frost::nn
