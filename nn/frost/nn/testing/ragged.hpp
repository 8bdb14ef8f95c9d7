// Batches of ragged lengths, for tests: the ones on which attention over padding goes wrong.
#pragma once

#include <frost/tensor.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace frost::testing {

// Sequences of these lengths, padded to max_len.
struct RaggedBatch {
  std::string name;  // what is special about it: "one sequence of length 0"
  std::vector<int64_t> lengths;
  int64_t max_len = 0;

  int64_t size() const { return static_cast<int64_t>(lengths.size()); }
  Tensor length_tensor() const;  // [B], Long
  Tensor mask() const;           // [B, max_len], true = padded: nn::padding_mask
};

// Lengths drawn evenly from min_len … max_len. They depend on the seed alone, and leave the default
// generator as it is. Errors: a negative size; not 0 ≤ min_len ≤ max_len.
RaggedBatch random_lengths(int64_t batch, int64_t max_len, uint64_t seed, int64_t min_len = 0);

// Every kind: all of length 0, of length 1, of full length, of one length between; one of length 0, of length
// 1 and of full length among others; each length from 0 to max_len; then `random` of them with seeds seed,
// seed + 1, …. A batch of `batch` sequences, but for the one of each length. Kinds that are the same where
// max_len or batch is small come once. Errors: batch or max_len < 1.
//
//   for (const RaggedBatch& batch : ragged_batches(3, 5)) {
//     INFO(batch.name);
//     …
//   }
std::vector<RaggedBatch> ragged_batches(int64_t batch, int64_t max_len, int64_t random = 10,
                                        uint64_t seed = 0);

}  // namespace frost::testing
