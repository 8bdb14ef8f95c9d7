#include <frost/nn/functional/embedding.hpp>

#include <frost/grad_mode.hpp>
#include <frost/kernels/index.hpp>
#include <frost/ops.hpp>
#include <frost/ops/common.hpp>

namespace frost::nn::functional {

namespace {

// Where each row that is looked up begins in a contiguous table.
Tensor row_offsets(const Tensor& input, int64_t row_size) {
  const NoGradGuard guard;
  return ops::packed(input * row_size);
}

kernels::Picks picks(const Tensor& table, const Tensor& offsets) {
  return {table.sizes(), table.strides(), /*dims=*/1, /*at=*/0, offsets.data_ptr<int64_t>(), offsets.numel()};
}

// grad_weight[input[…], :] += g[…, :], but 0 in row padding_idx:
//   grad_g[…, :] = grad_out[input[…], :], but 0 where input is padding_idx
Tensor embedding_backward(const Tensor& g, const Tensor& input, const Dims& weight_sizes,
                          optional<int64_t> padding_idx) {
  const Tensor grad_weight = zeros(weight_sizes, g.scalar_type()), values = ops::packed(g);
  const Tensor offsets = row_offsets(input, weight_sizes[1]);
  kernels::add(g.scalar_type(), picks(grad_weight, offsets), grad_weight.data_ptr(), values.data_ptr());
  if (padding_idx) grad_weight.select(0, *padding_idx).zero_();
  return record("EmbeddingDenseBackwardBackward0", grad_weight,
                wrt(g, [input = Saved(input), padding_idx](const Tensor& grad_out) {
                  const Tensor grad_g = embedding(*input, grad_out);
                  if (!padding_idx) return grad_g;
                  return masked_fill(grad_g, unsqueeze(*input == *padding_idx, -1), 0);
                }));
}

}  // namespace

optional<int64_t> wrap_padding_idx(optional<int64_t> padding_idx, int64_t num_embeddings) {
  if (!padding_idx) return padding_idx;
  check(-num_embeddings <= *padding_idx && *padding_idx < num_embeddings, "embedding",
        "Padding_idx must be within num_embeddings, got ", *padding_idx, " for ", num_embeddings);
  return *padding_idx < 0 ? *padding_idx + num_embeddings : *padding_idx;
}

Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options) {
  check_defined(input, "embedding");
  check_defined(weight, "embedding", "weight");
  check(weight.dim() == 2, "embedding", "'weight' must be 2-D, got sizes ", weight.sizes());
  check(input.scalar_type() == kLong, "embedding",
        "Expected tensor for argument #1 'indices' to have scalar type Long; but got ", input.scalar_type());
  const optional<int64_t> padding_idx = wrap_padding_idx(options.padding_idx(), weight.size(0));
  const Tensor index = ops::packed(input);
  const int64_t bad = kernels::find_outside(index.numel(), index.data_ptr<int64_t>(), 0, weight.size(0));
  if (bad >= 0)
    fail("embedding", "index out of range in self: index ", index.data_ptr<int64_t>()[bad],
         " for a table of ", weight.size(0), " rows");

  Dims sizes(input.sizes());
  sizes.push_back(weight.size(1));
  const Tensor y = empty_tensor(sizes, weight.scalar_type(), "embedding"), table = ops::packed(weight);
  const Tensor offsets = row_offsets(index, weight.size(1));
  kernels::take(weight.scalar_type(), picks(table, offsets), y.data_ptr(), table.data_ptr());
  return record("EmbeddingBackward0", y,
                wrt(weight, [input = Saved(input), weight_sizes = weight.layout().sizes,
                             padding_idx](const Tensor& grad_out) {
                  return embedding_backward(grad_out, *input, weight_sizes, padding_idx);
                }));
}

}  // namespace frost::nn::functional
