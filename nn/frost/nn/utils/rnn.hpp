// Sequences of different lengths as one tensor.
#pragma once

#include <frost/tensor.hpp>

namespace frost::nn::utils::rnn {

// Tensors [L_i, *] as one [T, B, *], or [B, T, *] with batch_first, T being the largest L_i; what is left
// over holds padding_value. The gradient of each sequence is its part; the padding is frozen.
Tensor pad_sequence(TensorList sequences, bool batch_first = false, double padding_value = 0);

}  // namespace frost::nn::utils::rnn
