#include <frost/nn/utils/rnn.hpp>

#include <frost/ops.hpp>
#include <frost/tape_ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace frost::nn::utils::rnn {

namespace {

// For each row of a packed sequence, the row of the flattened padded batch that it is.
Tensor packed_rows(const Tensor& batch_sizes, const Tensor& sorted_indices, int64_t steps, int64_t batch,
                   bool batch_first) {
  const int64_t* const counts = batch_sizes.data_ptr<int64_t>();
  const int64_t* const order = sorted_indices.defined() ? sorted_indices.data_ptr<int64_t>() : nullptr;
  const Tensor rows =
      empty_tensor({std::accumulate(counts, counts + batch_sizes.numel(), int64_t{0})}, kLong);
  int64_t* row = rows.data_ptr<int64_t>();
  for (int64_t t = 0; t < batch_sizes.numel(); ++t)
    for (int64_t j = 0; j < counts[t]; ++j) {
      const int64_t b = order ? order[j] : j;
      *row++ = batch_first ? b * steps + t : t * batch + b;
    }
  return rows;
}

// [T, B, *] as [T·B, *]
Dims flattened(const Dims& padded) {
  Dims sizes = padded;
  sizes[1] *= sizes[0];
  sizes.erase(0);
  return sizes;
}

Tensor unpacked(const Tensor& data, const Tensor& rows, const Dims& sizes, double padding_value);

// y_i = x[rows_i], x being flattened. rows names no row twice, so the gradient needs no adding up.
Tensor packed(const Tensor& padded, const Tensor& rows) {
  const Dims& sizes = padded.layout().sizes;
  return record("PackPaddedSequenceBackward0",
                index_select(reshape(detach(padded), flattened(sizes)), 0, rows),
                wrt(padded, [sizes, rows = Saved(rows)](const Tensor& grad_out) {
                  return unpacked(grad_out, *rows, sizes, 0);
                }));
}

// The inverse: y[rows_i] = x_i, and padding_value in the other rows.
Tensor unpacked(const Tensor& data, const Tensor& rows, const Dims& sizes, double padding_value) {
  Tensor flat = full(flattened(sizes), padding_value, data.scalar_type());
  flat.index_put_({rows}, detach(data));
  return record("PadPackedSequenceBackward0", alias(flat, Layout::contiguous(sizes)),
                wrt(data, [rows = Saved(rows)](const Tensor& grad_out) { return packed(grad_out, *rows); }));
}

// How many of the lengths exceed t, for each t below the largest of them.
Tensor count_per_step(IntArrayRef lengths) {
  const int64_t longest = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
  const Tensor counts = zeros({longest}, kLong);
  for (const int64_t length : lengths)
    for (int64_t t = 0; t < length; ++t) ++counts.data_ptr<int64_t>()[t];
  return counts;
}

IntArrayRef values(const Tensor& x) { return {x.data_ptr<int64_t>(), static_cast<size_t>(x.numel())}; }

constexpr const char* kName = "PackedSequence";

// Whatever reads a packed sequence goes by these counts, without looking again.
void check_counts(const Tensor& data, const Tensor& batch_sizes) {
  check_defined(data, kName, "data");
  check(data.dim() >= 1, kName, "data must be [N, *], got a 0-dim tensor");
  check(batch_sizes.dim() == 1 && batch_sizes.scalar_type() == kLong, kName,
        "batch_sizes must be 1-dim and Long, got ", batch_sizes.dim(), "-dim and ",
        batch_sizes.scalar_type());
  int64_t rows_left = data.size(0), previous = rows_left;
  for (const int64_t count : values(batch_sizes)) {
    check(count >= 1 && count <= previous, kName,
          "batch_sizes must be at least 1 and must not rise, nor exceed ", data.size(0),
          " rows of data, got ", values(batch_sizes));
    check(count <= rows_left, kName, "batch_sizes must sum up to the ", data.size(0), " rows of data, got ",
          values(batch_sizes));
    rows_left -= count;
    previous = count;
  }
  check(rows_left == 0, kName, "batch_sizes must sum up to the ", data.size(0), " rows of data, got ",
        values(batch_sizes));
}

// The inverse of sorted_indices. Sequences without steps may follow those that batch_sizes counts.
Tensor inverse_order(const Tensor& sorted_indices, const Tensor& batch_sizes) {
  check(sorted_indices.dim() == 1 && sorted_indices.scalar_type() == kLong, kName,
        "sorted_indices must be 1-dim and Long, got ", sorted_indices.dim(), "-dim and ",
        sorted_indices.scalar_type());
  const int64_t count = sorted_indices.numel(), with_steps = batch_sizes.numel() ? values(batch_sizes)[0] : 0;
  check(count >= with_steps, kName, "sorted_indices must name all ", with_steps, " sequences, got ", count);
  const Tensor inverse = full({count}, -1, kLong);
  int64_t* const places = inverse.data_ptr<int64_t>();
  for (int64_t j = 0; j < count; ++j) {
    const int64_t b = values(sorted_indices)[static_cast<size_t>(j)];
    check(b >= 0 && b < count && places[b] < 0, kName, "sorted_indices must name each of ", count,
          " sequences once, got ", values(sorted_indices));
    places[b] = j;
  }
  return inverse;
}

PackedSequence pack(const Tensor& input, const Tensor& lengths, bool batch_first, bool enforce_sorted,
                    int64_t least, std::string_view function) {
  check_defined(input, function);
  check_defined(lengths, function, "lengths");
  check(input.dim() >= 2, function, "input must be [T, B, *], or [B, T, *] with batch_first, got ",
        input.sizes());
  check(lengths.dim() == 1, function, "'lengths' argument should be a 1D CPU int64 tensor, but got ",
        lengths.dim(), "D");
  const int64_t batch = input.size(batch_first ? 0 : 1), steps = input.size(batch_first ? 1 : 0);
  check(lengths.numel() == batch, function, "Expected `len(lengths)` to be equal to batch_size, but got ",
        lengths.numel(), " (batch_size=", batch, ")");
  const Tensor whole = lengths.to(kLong).contiguous();
  check(equal(whole.to(lengths.scalar_type()), lengths), function, "lengths must be whole numbers, got ",
        lengths.scalar_type(), " lengths that are not");
  for (const int64_t length : values(whole)) {
    check(length >= least, function, "Length of all samples has to be ",
          least > 0 ? "greater than 0" : "at least 0", ", but found an element in 'lengths' that is ",
          length);
    check(length <= steps, function, "a sequence of length ", length, " does not fit input of ", steps,
          " steps");
  }
  Tensor sorted_indices;
  if (enforce_sorted)
    check(std::is_sorted(values(whole).begin(), values(whole).end(), std::greater<>()), function,
          "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True, got ",
          values(whole), ". Pass enforce_sorted=false to have the batch sorted");
  else
    sorted_indices = argsort(whole, 0, /*descending=*/true);
  const Tensor batch_sizes = count_per_step(values(whole));
  return PackedSequence(packed(input, packed_rows(batch_sizes, sorted_indices, steps, batch, batch_first)),
                        batch_sizes, sorted_indices);
}

}  // namespace

PackedSequence::PackedSequence(Tensor data, const Tensor& batch_sizes, const Tensor& sorted_indices,
                               const Tensor& unsorted_indices)
    : data_(std::move(data)) {
  check_defined(batch_sizes, kName, "batch_sizes");
  batch_sizes_ = contiguous(batch_sizes);
  check_counts(data_, batch_sizes_);
  check(sorted_indices.defined() || !unsorted_indices.defined(), kName,
        "unsorted_indices are given without sorted_indices");
  if (!sorted_indices.defined()) return;
  sorted_indices_ = contiguous(sorted_indices);
  unsorted_indices_ = inverse_order(sorted_indices_, batch_sizes_);
  check(!unsorted_indices.defined() ||
            (unsorted_indices.scalar_type() == kLong && equal(unsorted_indices, unsorted_indices_)),
        kName, "unsorted_indices must be Long and the inverse of sorted_indices");
}

PackedSequence PackedSequence::to(const TensorOptions& options) const {
  return PackedSequence(data_.to(options), batch_sizes_, sorted_indices_, unsorted_indices_);
}

PackedSequence pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first,
                                    bool enforce_sorted) {
  check_defined(input, "pack_padded_sequence");
  check(input.numel() > 0, "pack_padded_sequence", "Cannot pack empty tensors.");
  return pack(input, lengths, batch_first, enforce_sorted, /*least=*/1, "pack_padded_sequence");
}

PackedSequence pack_allowing_empty(const Tensor& input, const Tensor& lengths, bool batch_first,
                                   std::string_view function) {
  return pack(input, lengths, batch_first, /*enforce_sorted=*/false, /*least=*/0, function);
}

std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first,
                                               double padding_value, optional<int64_t> total_length) {
  const Tensor& counts = sequence.batch_sizes();
  const int64_t longest = counts.numel(), steps = total_length.value_or(longest);
  check(steps >= longest, "pad_packed_sequence",
        "Expected total_length to be at least the length of the longest sequence in input, but got "
        "total_length=",
        steps, " and max sequence length being ", longest);
  const Tensor& order = sequence.sorted_indices();
  const int64_t batch = order.defined() ? order.numel() : longest > 0 ? values(counts)[0] : 0;

  const Tensor lengths = zeros({batch}, kLong);
  for (const int64_t count : values(counts))
    for (int64_t j = 0; j < count; ++j)
      ++lengths.data_ptr<int64_t>()[order.defined() ? values(order)[static_cast<size_t>(j)] : j];

  Dims sizes(sequence.data().sizes());
  sizes[0] = batch_first ? steps : batch;
  sizes.insert(0, batch_first ? batch : steps);
  return {
      unpacked(sequence.data(), packed_rows(counts, order, steps, batch, batch_first), sizes, padding_value),
      lengths};
}

PackedSequence pack_sequence(TensorList sequences, bool enforce_sorted) {
  const Tensor padded = pad_sequence(sequences);
  const Tensor lengths = empty_tensor({static_cast<int64_t>(sequences.size())}, kLong);
  for (size_t i = 0; i < sequences.size(); ++i) lengths.data_ptr<int64_t>()[i] = sequences[i].size(0);
  return pack_padded_sequence(padded, lengths, /*batch_first=*/false, enforce_sorted);
}

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
    frost::detail::copy_values(alias(padded, regions.back()), sequences[i]);
  }
  record_joint("PadSequenceBackward0", sequences, TensorList(padded),
               [regions = std::move(regions)](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 for (size_t i = 0; i < regions.size(); ++i)
                   if (grads.wanted(i)) grads.set(i, frost::detail::inside(grad_outs[0], regions[i]));
               });
  return padded;
}

}  // namespace frost::nn::utils::rnn
