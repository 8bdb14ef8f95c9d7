// Masks for padded batches, and softmax under one.
//
// One convention everywhere in frost: a mask is a bool tensor, and TRUE MEANS PADDED, to be muted. It is the
// sense of masked_fill and of key_padding_mask. The inverse, ~mask, is true in place of real tokens.
#pragma once

#include <frost/kernels/reduce.hpp>
#include <frost/tensor.hpp>

namespace frost::nn {

// [B, T] from the lengths of B sequences ([B], Long): true at (b, t) where t ≥ lengths[b]. T is max_len, or
// the largest length. Errors: lengths not 1-dim Long, negative, or larger than max_len.
Tensor padding_mask(const Tensor& lengths, optional<int64_t> max_len = nullopt);
Tensor padding_mask(IntArrayRef lengths, optional<int64_t> max_len = nullopt);

namespace functional {

// What a row gets that is masked throughout, so that there is nothing to attend to:
//   NaN       as softmax of a row of -inf gives (PyTorch's softmax)
//   Zeros     no attention at all
//   Uniform   1/n everywhere, pads included (what filling with a large negative number instead of -inf gives)
//   Error     frost::Error
using kernels::EmptyRow;

// softmax over the positions where mask is false, exactly 0 where it is true: masked_fill with -inf and
// softmax in one op, which keeps the output and the mask for backward. mask broadcasts to x. Whatever masked
// positions of x or of the incoming gradient hold, NaN and inf included, touches neither the result nor a
// gradient: theirs is exactly 0, and so is that of a row masked throughout, whatever it was given.
//
//   y_i = exp(x_i) / Σ_{j not masked} exp(x_j)       grad_x = y (grad_out - Σ_{j not masked} grad_out_j y_j)
Tensor masked_softmax(const Tensor& x, const Tensor& mask, int64_t dim = -1,
                      EmptyRow empty_row = EmptyRow::Zeros);

}  // namespace functional

}  // namespace frost::nn
