// The recurrences: one step of each kind of cell, and one direction of a layer over a whole batch.
#pragma once

#include <frost/nn/enums.hpp>
#include <frost/tensor.hpp>

namespace frost::nn {

// With x̂ = W_ih x + b_ih and ĥ = W_hh h + b_hh, in as many gates of hidden_size rows as the kind has, and h'
// the next state:
//
//   RNNTanh  h' = tanh(x̂ + ĥ)                                                           (Elman 1990)
//   RNNReLU  h' = relu(x̂ + ĥ)
//   GRU      r = σ(x̂_r + ĥ_r), z = σ(x̂_z + ĥ_z), n = tanh(x̂_n + r ĥ_n)                  (Cho et al. 2014)
//            h' = (1 - z) n + z h                          gates in the order r, z, n
//   LSTM     i, f, o = σ(x̂ + ĥ), g = tanh(x̂_g + ĥ_g)                 (Hochreiter and Schmidhuber 1997)
//            c' = f c + i g, h' = o tanh(c')               gates in the order i, f, g, o
enum class Recurrence { RNNTanh, RNNReLU, GRU, LSTM };

Recurrence rnn_kind(Nonlinearity nonlinearity);  // kTanh or kReLU; others are an error
int64_t gate_count(Recurrence kind);

// What a cell remembers of each sequence, [B, hidden_size]. c is defined for an LSTM alone.
struct RecurrentState {
  Tensor h, c;
};

// The next state. gates_x is x̂ [B, G·hidden_size]; bias_hh may be undefined.
RecurrentState recurrent_step(Recurrence kind, const Tensor& gates_x, const RecurrentState& state,
                              const Tensor& weight_hh, const Tensor& bias_hh);

struct Recurred {
  Tensor output;        // [N, hidden_size]: h after each step
  RecurrentState last;  // [B, hidden_size]: after the last step of each sequence
};

// All steps of B sequences, packed as in utils::rnn::PackedSequence: gates_x [N, G·hidden_size], of which the
// first batch_sizes[0] rows are step 0 of the sequences, and so on. In reverse each sequence begins at its
// own last step. A sequence without steps keeps its initial state.
Recurred recur(Recurrence kind, const Tensor& gates_x, const RecurrentState& initial, const Tensor& weight_hh,
               const Tensor& bias_hh, IntArrayRef batch_sizes, bool reverse);

}  // namespace frost::nn
