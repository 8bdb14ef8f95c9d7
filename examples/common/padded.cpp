#include "padded.hpp"

#include <frost/frost.hpp>

namespace examples {

using namespace frost;

Padded padded(const std::vector<std::vector<int64_t>>& rows, int64_t extra) {
  std::vector<Tensor> sequences;
  std::vector<int64_t> lengths;
  for (const std::vector<int64_t>& row : rows) {
    sequences.push_back(tensor(row));
    lengths.push_back(sequences.back().numel());
  }
  const Tensor numbers = nn::utils::rnn::pad_sequence(sequences, /*batch_first=*/true);
  return {extra > 0 ? cat({numbers, zeros({numbers.size(0), extra}, kLong)}, 1) : numbers, tensor(lengths)};
}

}  // namespace examples
