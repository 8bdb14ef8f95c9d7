// Attention over padded batches, without the matrix of its weights.
#pragma once

#include <frost/nn/masks.hpp>
#include <frost/tensor.hpp>

namespace frost::nn::functional {

// Scaled dot-product attention in which padded keys take no part (Vaswani et al. 2017): for each query i
//
//   y_i = Σ_j w_ij v_j       w_i = masked_softmax(q_i·k_j / √D over j)
//
// q: [B, H, T, D], k: [B, H, S, D], v: [B, H, S, E] → [B, H, T, E], or all of them without the dim of heads
// H. key_padding_mask: [B, S] Bool, true = padded, or undefined where nothing is. Causal: query i attends to
// keys j ≤ i alone. Padded keys and values are never read: NaN there reaches nothing, and their gradients are
// 0.
//
// A query with no key to attend to gets what empty_row says: zeros, NaN, the mean of all values (Uniform), or
// an error; no gradient comes from it, but with Uniform to the values.
//
// The weights are made and used a tile at a time, with the softmax put right as larger scores come (Milakov &
// Gimelshein 2018; Dao et al. 2022), and made anew in backward: memory grows with T + S, not with T·S.
// (Second derivatives are computed from whole weights.)
//
// Libtorch's scaled_dot_product_attention has no such mask, and the opposite convention for its own.
// Errors: other numbers of dims, sizes that do not fit, dtypes that differ or are not floating point.
Tensor masked_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                        const Tensor& key_padding_mask = {}, bool causal = false,
                        EmptyRow empty_row = EmptyRow::Zeros);

}  // namespace frost::nn::functional
