// A recurrent layer over packed sequences, forward and backward. Plain numbers: no tensors, no tape, no
// checks.
#pragma once

#include <frost/array_ref.hpp>
#include <frost/dtype.hpp>

namespace frost::kernels {

// The kinds of cell; nn/recurrence.hpp has their formulas.
enum class Recurrence { RNNTanh, RNNReLU, GRU, LSTM, count };

constexpr int64_t gate_count(Recurrence kind) {
  return kind == Recurrence::LSTM ? 4 : kind == Recurrence::GRU ? 3 : 1;
}

// What the directions of a layer share. H: hidden_size, G: gate_count(kind), B: batch, N: the sum of the
// batch sizes, which never rise and are B at most. Step t takes the next batch_sizes[t] of the N rows, one
// for each of the first sequences. All matrices are contiguous but where a stride is named.
struct RecurrentLayer {
  Recurrence kind;
  Dtype dtype;
  int64_t hidden_size, batch;
  ArrayRef<int64_t> batch_sizes;
};

// One direction forward. What is null is not kept.
struct RecurrentForward {
  bool reverse;
  const void* weight;         // W_hh [G·H, H]
  const void* bias_x;         // [G·H]
  const void* bias_h;         // [G·H]
  void* gates;                // [N, G·H]: from W_ih x to the gates' values; of an RNN those are h
  void *h, *c;                // [B, H]: from the initial to the last states; c of an LSTM alone
  void* output;               // [N, H]: h after each step …
  int64_t output_stride;      // … with so many elements from row to row
  void *before_h, *before_c;  // [N, H]: the states before each step
  void* inner;                // [N, H]: of a GRU, ĥ_n
};

// And backward.
struct RecurrentBackward {
  bool reverse;
  bool wants_initial;  // whether grad_h is to become the gradient of the initial h
  const void* weight;
  const void *gates, *before_h, *before_c, *inner;  // as forward left them; before_h of a GRU alone
  const void* grad_output;                          // [N, H], or null: zeros
  int64_t grad_output_stride;
  void *grad_h, *grad_c;  // [B, H]: from the gradients of the last to those of the initial states
  void* grad_gates_x;     // [N, G·H]: the gradient of W_ih x + b_ih
  void* grad_gates_h;     // of a GRU the gradient of W_hh h + b_hh, else grad_gates_x again
};

// The directions, and blocks of the sequences, are shared among threads; how they are cut changes no bit.
void recurrent_forward(const RecurrentLayer& layer, ArrayRef<RecurrentForward> directions);
void recurrent_backward(const RecurrentLayer& layer, ArrayRef<RecurrentBackward> directions);

// ---- of which the row kernels (rows.hpp) are made

// One row of the above: one step of one sequence.
struct RecurrentForwardRow {
  const void *gates_h, *bias_x, *bias_h;  // W_hh h, b_ih, b_hh
  void* gates;
  void *h, *c;
  void* output;
  void *before_h, *before_c, *inner;
};
// On return grad_h is what came past W_hh alone.
struct RecurrentBackwardRow {
  const void *gates, *before_h, *before_c, *inner, *grad_output;
  void *grad_h, *grad_c, *grad_gates_x, *grad_gates_h;
};

}  // namespace frost::kernels
