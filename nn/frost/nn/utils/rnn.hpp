// Sequences of different lengths as one tensor: padded, or packed.
#pragma once

#include <frost/tensor.hpp>

#include <string_view>
#include <tuple>

namespace frost::nn::utils::rnn {

// The steps of B sequences without any padding, longest sequence first: data [N, *] holds step 0 of each,
// then step 1 of those that have one, and so on; batch_sizes [T] (Long) says how many rows each step has.
// Sequence j of them is number sorted_indices[j] of the batch that was packed, and unsorted_indices is the
// inverse; both are undefined where the batch was in this order already.
class PackedSequence {
 public:
  // Errors: batch_sizes not 1-dim Long, below 1, rising or not summing up to N; sorted_indices that don't
  // name each sequence once, or with fewer sequences than batch_sizes[0] (more are sequences without steps);
  // unsorted_indices, if given, not the inverse.
  explicit PackedSequence(Tensor data, const Tensor& batch_sizes, const Tensor& sorted_indices = {},
                          const Tensor& unsorted_indices = {});
  const Tensor& data() const { return data_; }
  const Tensor& batch_sizes() const { return batch_sizes_; }
  const Tensor& sorted_indices() const { return sorted_indices_; }
  const Tensor& unsorted_indices() const { return unsorted_indices_; }
  PackedSequence to(const TensorOptions& options) const;  // data in another dtype

 private:
  Tensor data_, batch_sizes_, sorted_indices_, unsorted_indices_;
};

// Packs input [T, B, *], or [B, T, *] with batch_first, of whose b-th sequence the first lengths[b] steps are
// real. With enforce_sorted the lengths must fall. Padding is left out: whatever it holds changes nothing,
// and its gradient is exactly 0. Errors: lengths not 1-dim or not B of them; one with a fraction, below 1 or
// above T.
PackedSequence pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first = false,
                                    bool enforce_sorted = true);
// The same in any order, and with lengths of 0: such a sequence has no rows and stands last in
// sorted_indices. Errors name `function`.
PackedSequence pack_allowing_empty(const Tensor& input, const Tensor& lengths, bool batch_first = false,
                                   std::string_view function = "pack_allowing_empty");
// The padded batch again, in its order before packing, with padding_value beyond each sequence, and the
// lengths. T is the largest length, or total_length. The gradient of the padding goes nowhere.
std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first = false,
                                               double padding_value = 0,
                                               optional<int64_t> total_length = nullopt);
// Packs tensors [L_i, *].
PackedSequence pack_sequence(TensorList sequences, bool enforce_sorted = true);

// Tensors [L_i, *] as one [T, B, *], or [B, T, *] with batch_first, T being the largest L_i; what is left
// over holds padding_value. The gradient of each sequence is its part; the padding is frozen.
Tensor pad_sequence(TensorList sequences, bool batch_first = false, double padding_value = 0);

}  // namespace frost::nn::utils::rnn
