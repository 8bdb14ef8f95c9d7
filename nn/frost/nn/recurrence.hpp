// The recurrences: one step of each kind of cell, and a layer of them over a whole batch.
#pragma once

#include <frost/kernels/recurrent.hpp>
#include <frost/nn/enums.hpp>
#include <frost/tensor.hpp>

#include <string_view>
#include <vector>

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
using kernels::gate_count;
using kernels::Recurrence;

Recurrence rnn_kind(Nonlinearity nonlinearity);  // kTanh or kReLU; others are an error

// What a cell remembers of each sequence, [B, hidden_size]. c is defined for an LSTM alone.
struct RecurrentState {
  Tensor h, c;
};

// The next state. gates_x is x̂ [B, G·hidden_size]; bias_hh may be undefined.
RecurrentState recurrent_step(Recurrence kind, const Tensor& gates_x, const RecurrentState& state,
                              const Tensor& weight_hh, const Tensor& bias_hh);

// One direction of a layer: its weights, of which the biases may be undefined, and where it starts from.
struct RecurrentDirection {
  Tensor weight_ih, weight_hh, bias_ih, bias_hh;
  RecurrentState initial;
};

struct Recurred {
  Tensor output;                     // [N, D·hidden_size]: h after each step, the D directions side by side
  std::vector<RecurrentState> last;  // of each direction, after the last step of each sequence
};

// All steps of B sequences in one direction or, the second being in reverse, two. Packed as in
// utils::rnn::PackedSequence: x is [N, input_size], of which the first batch_sizes[0] rows are step 0 of the
// sequences, and so on. In reverse each sequence begins at its own last step. A sequence without steps keeps
// its initial state. Weights of other shapes, or of another dtype than x's, are an error.
//
// One op, fused: the tape has one node for all outputs, and a pass through it frees what it saved, whichever
// outputs it came from. The gradients of the gradients are those of recur_by_steps.
Recurred recur(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
               IntArrayRef batch_sizes);

// The same, composed of one op after another: what recur means.
Recurred recur_by_steps(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
                        IntArrayRef batch_sizes);

namespace detail {
// An error "[name] what must have the dtype of the weights …" unless x has it.
void check_dtype(const Tensor& x, const Tensor& weight, std::string_view name, const char* what);
}  // namespace detail

}  // namespace frost::nn
