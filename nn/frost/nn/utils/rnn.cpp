#include <frost/nn/utils/rnn.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>

namespace frost::nn::utils::rnn {

Tensor pad_sequence(TensorList sequences, bool batch_first, double padding_value) {
  check(!sequences.empty(), "pad_sequence", "received an empty list of sequences");
  int64_t longest = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const Tensor& sequence = sequences[i];
    check_defined(sequence, "pad_sequence", "sequences");
    check(sequence.dim() >= 1, "pad_sequence", "sequence ", i,
          " is 0-dim; it needs a dimension to be padded along");
    check(sequence.sizes().slice(1) == sequences[0].sizes().slice(1) &&
              sequence.scalar_type() == sequences[0].scalar_type(),
          "pad_sequence",
          "The size of tensor a must match the size of tensor b but for the first dimension: sequence ", i,
          " has ", sequence.sizes(), " and ", sequence.scalar_type(), ", the first one ",
          sequences[0].sizes(), " and ", sequences[0].scalar_type());
    longest = std::max(longest, sequence.size(0));
  }
  const int64_t count = static_cast<int64_t>(sequences.size());
  Dims sizes(sequences[0].sizes().slice(1));
  sizes.insert(0, batch_first ? longest : count);
  sizes.insert(0, batch_first ? count : longest);
  const Tensor padded = full(sizes, padding_value, sequences[0].scalar_type());

  // Where sequence i lies in the result.
  std::vector<Layout> regions;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const Layout row = Layout::contiguous(sizes).select(batch_first ? 0 : 1, static_cast<int64_t>(i));
    regions.push_back(row.narrow(0, 0, sequences[i].size(0)));
    copy_values(alias(padded, regions.back()), sequences[i]);
  }
  record_joint("PadSequenceBackward0", sequences, TensorList(padded),
               [regions = std::move(regions)](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 for (size_t i = 0; i < regions.size(); ++i)
                   if (grads.wanted(i)) grads.set(i, inside(grad_outs[0], regions[i]));
               });
  return padded;
}

}  // namespace frost::nn::utils::rnn
