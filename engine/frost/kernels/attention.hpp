// Scaled dot-product attention, a tile at a time. Plain numbers: no tensors, no tape, no checks.
#pragma once

#include <frost/dtype.hpp>

namespace frost::kernels {

// q [batch, heads, queries, features], k [batch, heads, keys, features], v [batch, heads, keys, values]. Of
// keys where padding [batch, keys] is true, nothing is read, and no query attends to them; if causal, nor
// does query i to keys past the i-th. A null padding is false everywhere.
struct Attention {
  int64_t batch, heads, queries, keys, features, values;
  const bool* padding;
  bool causal;
  double scale;
};

// One such tensor: where it begins, and its strides.
struct Heads {
  const void* data;
  int64_t batch_stride, head_stride, row_stride, column_stride;
};

// y_i = Σ_j exp(scale q_i·k_j - largest_i) v_j / sum_i, j running over the keys that i attends to, with
// largest_i = max_j scale q_i·k_j and sum_i = Σ_j exp(scale q_i·k_j - largest_i). A query with no such key
// gets y = 0, largest = -inf and sum = 0. All three are contiguous. Memory: that of k and v, at most, once
// more; never queries × keys.
void attention(Dtype dtype, const Attention& shape, void* y, void* largest, void* sums, const Heads& q,
               const Heads& k, const Heads& v);
// The gradients, contiguous, from what `attention` gave; those of padded keys are 0. One that is null is not
// computed.
void attention_backward(Dtype dtype, const Attention& shape, void* grad_q, void* grad_k, void* grad_v,
                        const Heads& grad_out, const Heads& q, const Heads& k, const Heads& v, const Heads& y,
                        const void* largest, const void* sums);

}  // namespace frost::kernels
