// What the tape asks of the ops: adding gradients up, and putting slices in their places.
#include <frost/ops/common.hpp>

namespace frost::detail {

void accumulate(Tensor& total, const Tensor& gradient) {
  if (GradMode::is_enabled() || !is_sole_owner(total) || !total.is_contiguous()) {
    total = total + gradient;
    return;
  }
  add_values(total, gradient);
}

void add_values(const Tensor& y, const Tensor& x) {
  const Dims& sizes = y.layout().sizes;
  kernels::binary(kernels::Binary::add, y.scalar_type(), sizes, ops::out(y), ops::in(y), ops::in(x));
}

Tensor ones_of(const Dims& sizes, Dtype dtype) { return ones(sizes, dtype); }

Tensor copy_of(const Tensor& x) { return clone(x); }

void copy_values(const Tensor& y, const Tensor& x) {
  kernels::copy(y.layout().sizes, y.scalar_type(), ops::out(y), x.scalar_type(),
                ops::in(x, y.layout().sizes));
}

// y = x summed to `sizes`:   grad_x = grad_out, broadcast back
Tensor reduce_to(const Tensor& x, const Dims& sizes, Dtype dtype) {
  Tensor y = x;
  if (!(x.layout().sizes == sizes)) {
    const size_t lead = x.layout().rank() - sizes.size();
    Dims summed;
    for (size_t i = 0; i < x.layout().rank(); ++i)
      if (i < lead || (sizes[i - lead] == 1 && x.layout().sizes[i] != 1))
        summed.push_back(static_cast<int64_t>(i));
    y = reshape(summed.empty() ? x : sum(x, summed, /*keepdim=*/true), sizes);
  }
  return to(y, dtype);
}

// y = total + Σ slices:   grad_total = grad_out, grad_slice = grad_out at its region
Tensor assemble(const Tensor& total, const Dims& sizes, Dtype dtype, ArrayRef<GradientSlice> slices) {
  const bool is_ours =
      total.defined() && !GradMode::is_enabled() && is_sole_owner(total) && total.is_contiguous();
  Tensor y = is_ours ? total : empty_tensor(sizes, dtype);
  if (!total.defined())
    kernels::fill(dtype, sizes, ops::out(y), 0);
  else if (!is_ours)
    copy_values(y, total);
  std::vector<Tensor> inputs{total};
  std::vector<Layout> regions;
  for (const GradientSlice& slice : slices) {
    Layout place = slice.region;
    place.offset += y.layout().offset;
    add_values(alias(y, place), slice.value);
    if (!GradMode::is_enabled()) continue;
    inputs.push_back(slice.value);
    regions.push_back(slice.region);
  }
  if (!GradMode::is_enabled()) return y;
  record_joint("SliceBackward0", inputs, TensorList(y),
               [regions = std::move(regions)](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 const Tensor grad_out = grad_outs[0].contiguous();
                 if (grads.wanted(0)) grads.set(0, grad_out);
                 for (size_t i = 0; i < regions.size(); ++i)
                   if (grads.wanted(i + 1)) grads.set(i + 1, inside(grad_out, regions[i]));
               });
  return y;
}

// y = x at the region:   grad_x is grad_out there, 0 elsewhere
Tensor inside(const Tensor& x, const Layout& region) {
  const Tensor source = x.contiguous();
  Layout layout = region;
  layout.offset += source.layout().offset;
  return record("AsStridedBackward0", view_of(source, layout), wrt(source, [region](const Tensor& grad_out) {
                  return GradientSlice{grad_out, region};
                }));
}

// y = x, with 0 at the region:   grad_x = grad_out, with 0 at the region
Tensor outside(const Tensor& x, const Layout& region) {
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type());
  copy_values(y, x);
  kernels::fill(y.scalar_type(), region.sizes, ops::out(alias(y, region)), 0);
  return record("CopySlices", y,
                wrt(x, [region](const Tensor& grad_out) { return outside(grad_out, region); }));
}

}  // namespace frost::detail
