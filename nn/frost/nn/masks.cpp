#include <frost/nn/masks.hpp>

#include <frost/ops.hpp>
#include <frost/ops/common.hpp>
#include <frost/ops/softmax.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>

namespace frost::nn {

Tensor padding_mask(const Tensor& lengths, optional<int64_t> max_len) {
  check_defined(lengths, "padding_mask", "lengths");
  check(lengths.dim() == 1 && lengths.scalar_type() == kLong, "padding_mask",
        "lengths must be a 1-dim Long tensor, got sizes ", lengths.sizes(), " and dtype ",
        lengths.scalar_type());
  const Tensor flat = lengths.contiguous();
  return padding_mask(IntArrayRef(flat.data_ptr<int64_t>(), static_cast<size_t>(flat.numel())), max_len);
}

Tensor padding_mask(IntArrayRef lengths, optional<int64_t> max_len) {
  int64_t longest = 0;
  for (const int64_t length : lengths) {
    check(length >= 0, "padding_mask", "a length can't be negative, got ", lengths);
    longest = std::max(longest, length);
  }
  const int64_t columns = max_len.value_or(longest);
  check(longest <= columns, "padding_mask", "a sequence of length ", longest, " does not fit max_len ",
        columns);
  const Tensor mask = empty_tensor({static_cast<int64_t>(lengths.size()), columns}, kBool, "padding_mask");
  bool* row = mask.data_ptr<bool>();
  for (const int64_t length : lengths) {
    std::fill(row, row + length, false);
    std::fill(row + length, row + columns, true);
    row += columns;
  }
  return mask;
}

namespace functional {

namespace {

// A mask as the kernel takes it: contiguous, and one slice of it for `repeat` consecutive slices of x.
struct RepeatedMask {
  Tensor mask;
  int64_t repeat;
};

RepeatedMask repeated(const Tensor& mask, const Tensor& x, int64_t dim) {
  // Its sizes, aligned with x's: those of x in front, then 1 over the dims that it repeats, then x's from dim
  // on.
  const size_t lead = x.layout().rank() - mask.layout().rank();
  const auto size = [&mask, lead](size_t d) { return d < lead ? 1 : mask.layout().sizes[d - lead]; };
  const size_t softmax_dim = static_cast<size_t>(dim);
  int64_t repeat = 1;
  bool fits = true;
  for (size_t d = 0; d < x.layout().rank(); ++d) {
    const int64_t whole = x.layout().sizes[d];
    if (d < softmax_dim && size(d) != whole)
      repeat *= whole;
    else
      fits &= size(d) == whole && (d >= softmax_dim || repeat == 1 || whole == 1);
  }
  if (fits) return {ops::packed(mask), repeat};
  return {ops::packed(mask.expand(x.sizes())), 1};
}

}  // namespace

Tensor masked_softmax(const Tensor& x, const Tensor& mask, int64_t dim, EmptyRow empty_row) {
  check_defined(x, "masked_softmax");
  check_defined(mask, "masked_softmax", "mask");
  check(x.is_floating_point(), "masked_softmax", "expected floating point scores, got ", x.scalar_type());
  check(mask.scalar_type() == kBool, "masked_softmax", "expected mask dtype to be Bool but got ",
        mask.scalar_type());
  check(is_broadcastable_to(mask.sizes(), x.sizes()), "masked_softmax", "a mask of sizes ", mask.sizes(),
        " does not broadcast to scores of sizes ", x.sizes());
  dim = wrap_dim(dim, static_cast<size_t>(x.dim()), "masked_softmax");

  const Tensor source = ops::packed(x);
  const RepeatedMask pads = repeated(mask, x, dim);
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type());
  const bool all_given =
      kernels::masked_softmax(x.scalar_type(), softmax_shape(x, dim), y.data_ptr(), source.data_ptr(),
                              pads.mask.data_ptr<bool>(), pads.repeat, empty_row);
  check(all_given, "masked_softmax", "a row of scores is masked throughout, which EmptyRow::Error forbids");
  return record("MaskedSoftmaxBackward0", y,
                wrt(x, [dim, mask = Saved(mask)](const Tensor& grad_out, const Tensor& weights) {
                  const Tensor g = masked_fill(grad_out, *mask, 0);
                  return masked_fill(softmax_backward(g, weights, dim), *mask, 0);
                }));
}

}  // namespace functional

}  // namespace frost::nn
