// Rows of a table, looked up.
#pragma once

#include <frost/nn/options.hpp>
#include <frost/tensor.hpp>

namespace frost::nn::functional {

struct EmbeddingFuncOptions : OptionsOf<EmbeddingFuncOptions> {
  EmbeddingFuncOptions& padding_idx(optional<int64_t> index) { return set(padding_idx_, index); }
  optional<int64_t> padding_idx() const { return padding_idx_; }

 private:
  optional<int64_t> padding_idx_;
};

// The rows of weight that input names: y[…, :] = weight[input[…], :].
//   input: [*] Long, weight: [num_embeddings, embedding_dim] → [*, embedding_dim]
// The gradient of a row is the sum of those of its uses, in their order; that of row padding_idx (counted
// from the end where negative) is exactly 0. Errors: an index or padding_idx outside the table.
Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options = {});

// padding_idx counted from the start; an error where the table has no such row.
optional<int64_t> wrap_padding_idx(optional<int64_t> padding_idx, int64_t num_embeddings);

}  // namespace frost::nn::functional
