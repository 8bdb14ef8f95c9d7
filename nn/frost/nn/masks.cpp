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

// A mask that broadcasts to `sizes`, as the kernel takes it: spread from dim on, read through its strides
// before.
class SlicedMask {
 public:
  SlicedMask(const Tensor& mask, const Dims& sizes, int64_t dim) {
    Dims spread = mask.layout().sizes;
    while (spread.size() < sizes.size()) spread.insert(0, 1);
    const size_t first = static_cast<size_t>(dim);
    for (size_t d = first; d < sizes.size(); ++d) spread[d] = sizes[d];
    slices_ = ops::packed(mask.detach().expand(spread));
    kernel_.data = slices_.data_ptr<bool>();
    for (size_t d = 0; d < first; ++d) {
      kernel_.sizes.push_back(sizes[d]);
      kernel_.strides.push_back(spread[d] == 1 ? 0 : slices_.layout().strides[d]);
    }
  }
  operator const kernels::SoftmaxMask&() const { return kernel_; }

 private:
  Tensor slices_;
  kernels::SoftmaxMask kernel_;
};

// z_i = y_i (g_i - Σ_j g_j y_j) where mask is false, j running over these places; 0 where it is true:
//   grad_g = the same of grad_out;   grad_y_i = grad_out_i (g_i - Σ_j g_j y_j) - g_i Σ_j grad_out_j y_j
Tensor masked_softmax_backward(const Tensor& g, const Tensor& y, const Tensor& mask, int64_t dim) {
  const Tensor grad = ops::packed(g), weights = ops::packed(y), z = empty_tensor(y.sizes(), y.scalar_type());
  kernels::masked_softmax_backward(y.scalar_type(), softmax_shape(y, dim), z.data_ptr(), grad.data_ptr(),
                                   weights.data_ptr(), SlicedMask(mask, y.layout().sizes, dim));
  return record(
      "MaskedSoftmaxBackwardDataBackward0", z,
      wrt(g, [y = Saved(y), mask = Saved(mask),
              dim](const Tensor& grad_out) { return masked_softmax_backward(grad_out, *y, *mask, dim); }),
      wrt(y, [g = Saved(g), y = Saved(y), mask = Saved(mask), dim](const Tensor& grad_out) {
        // y is 0 where masked already, but in rows that are masked throughout, of which nothing is left.
        const Tensor h = masked_fill(grad_out, *mask, 0), kept_g = masked_fill(*g, *mask, 0);
        const Tensor centered = kept_g - sum(kept_g * *y, dim, /*keepdim=*/true);
        return masked_fill(h * centered - kept_g * sum(h * *y, dim, /*keepdim=*/true), *mask, 0);
      }));
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
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type());
  const bool all_given =
      kernels::masked_softmax(x.scalar_type(), softmax_shape(x, dim), y.data_ptr(), source.data_ptr(),
                              SlicedMask(mask, x.layout().sizes, dim), empty_row);
  check(all_given, "masked_softmax", "a row of scores is masked throughout, which EmptyRow::Error forbids");
  return record("MaskedSoftmaxBackward0", y,
                wrt(x, Told{[dim, mask = Saved(mask)](const Tensor& grad_out, const Tensor& weights) {
                              return masked_softmax_backward(grad_out, weights, *mask, dim);
                            },
                            static_cast<double>(dim)}));
}

}  // namespace functional

}  // namespace frost::nn
