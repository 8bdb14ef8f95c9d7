// Sequences of different lengths as one batch.
#pragma once

#include <frost/tensor.hpp>

#include <cstdint>
#include <vector>

namespace examples {

struct Padded {
  frost::Tensor numbers;  // [B, T] Long: each row's, then 0
  frost::Tensor lengths;  // [B] Long
};
// With `extra` more positions of padding than the longest row needs.
Padded padded(const std::vector<std::vector<int64_t>>& rows, int64_t extra = 0);

}  // namespace examples
