// Views: other sizes and strides over the same memory. Forward they move no numbers; backward a gradient is
// seen through the inverse view, or put at its place in zeros (GradientSlice).
#include <frost/ops/common.hpp>

#include <limits>

namespace frost {

namespace {

// Where the elements of a view lie in a contiguous tensor: the view that `change` makes of such a tensor's
// layout.
template <class Change>
Layout region_of(const Tensor& x, const Change& change) {
  return change(Layout::contiguous(x.sizes()));
}

// A view that picks some of x's elements, each once:   grad_x is grad_out at their places, 0 elsewhere
template <class Change>
Tensor pick(const char* name, const Tensor& x, const Change& change) {
  return record(name, view_of(x, change(x.layout())),
                wrt(x, [region = region_of(x, change)](const Tensor& grad_out) {
                  return GradientSlice{grad_out, region};
                }));
}

// A view of all of x's elements in their order, at other sizes:   grad_x = grad_out at x's sizes
Tensor resized(const char* name, const Tensor& x, const Layout& layout) {
  return record(name, view_of(x, layout), wrt(x, [sizes = x.layout().sizes](const Tensor& grad_out) {
                  return reshape(grad_out, sizes);
                }));
}

}  // namespace

// ---- some of x's elements ----

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  check_defined(x, "select");
  return pick("SelectBackward0", x, [dim, index](const Layout& layout) { return layout.select(dim, index); });
}

Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  check_defined(x, "narrow");
  return pick("SliceBackward0", x,
              [dim, start, length](const Layout& layout) { return layout.narrow(dim, start, length); });
}

Tensor slice(const Tensor& x, int64_t dim, optional<int64_t> start, optional<int64_t> end, int64_t step) {
  check_defined(x, "slice");
  const int64_t from = start.value_or(0), to = end.value_or(std::numeric_limits<int64_t>::max());
  return pick("SliceBackward0", x,
              [dim, from, to, step](const Layout& layout) { return layout.slice(dim, from, to, step); });
}

// ---- all of them, at other sizes ----

Tensor Tensor::view(IntArrayRef sizes) const {
  check_defined(*this, "view", "self");
  Layout viewed;
  check(layout().try_view(infer_sizes(sizes, numel(), "view"), viewed), "view",
        "view size is not compatible with input tensor's size and stride (at least one dimension spans "
        "across two contiguous subspaces). Use .reshape(...) instead. Size ",
        this->sizes(), ", stride ", strides(), ", view size ", sizes);
  return resized("ViewBackward0", *this, viewed);
}

Tensor reshape(const Tensor& x, IntArrayRef sizes) {
  check_defined(x, "reshape");
  const Dims target = infer_sizes(sizes, x.numel(), "reshape");
  Layout layout;
  if (x.layout().try_view(target, layout)) return resized("ReshapeAliasBackward0", x, layout);
  // A copy has no other name to be written through: it is not a view.
  const Tensor copy = clone(x);
  return record(
      "UnsafeViewBackward0", alias(copy, Layout::contiguous(target)),
      wrt(copy, [sizes_x = x.layout().sizes](const Tensor& grad_out) { return reshape(grad_out, sizes_x); }));
}

Tensor flatten(const Tensor& x, int64_t start_dim, int64_t end_dim) {
  check_defined(x, "flatten");
  const Dims& sizes = x.layout().sizes;
  const int64_t start = wrap_dim(start_dim, sizes.size(), "flatten"),
                end = wrap_dim(end_dim, sizes.size(), "flatten");
  check(start <= end, "flatten", "flatten() has invalid args: start_dim cannot come after end_dim, got ",
        start_dim, " and ", end_dim);
  if (sizes.empty()) return reshape(x, {1});
  if (start == end) return x;
  Dims target;
  for (int64_t d = 0; d < x.dim(); ++d) {
    const size_t i = static_cast<size_t>(d);
    if (start < d && d <= end)
      target[static_cast<size_t>(start)] *= sizes[i];
    else
      target.push_back(sizes[i]);
  }
  return reshape(x, target);
}

Tensor squeeze(const Tensor& x) {
  check_defined(x, "squeeze");
  return resized("SqueezeBackward0", x, x.layout().squeeze());
}

Tensor squeeze(const Tensor& x, int64_t dim) {
  check_defined(x, "squeeze");
  return resized("SqueezeBackward1", x, x.layout().squeeze(dim));
}

Tensor unsqueeze(const Tensor& x, int64_t dim) {
  check_defined(x, "unsqueeze");
  return resized("UnsqueezeBackward0", x, x.layout().unsqueeze(dim));
}

// ---- in another order ----

// grad_x = grad_out, the two dims exchanged
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1) {
  check_defined(x, "transpose");
  return record("TransposeBackward0", view_of(x, x.layout().transpose(dim0, dim1)),
                wrt(x, [dim0, dim1](const Tensor& grad_out) { return transpose(grad_out, dim0, dim1); }));
}

// grad_x = grad_out transposed
Tensor t(const Tensor& x) {
  check_defined(x, "t");
  check(x.dim() <= 2, "t", "t() expects a tensor with <= 2 dimensions, but self is ", x.dim(), "D");
  return record("TBackward0", view_of(x, x.layout().transpose(0, x.dim() < 2 ? 0 : 1)),
                wrt(x, [](const Tensor& grad_out) { return t(grad_out); }));
}

// grad_x = grad_out, the dims put back
Tensor permute(const Tensor& x, IntArrayRef dims) {
  check_defined(x, "permute");
  const Layout layout = x.layout().permute(dims);
  Dims inverse(dims);
  for (size_t i = 0; i < dims.size(); ++i)
    inverse[static_cast<size_t>(wrap_dim(dims[i], dims.size(), "permute"))] = static_cast<int64_t>(i);
  return record("PermuteBackward0", view_of(x, layout),
                wrt(x, [inverse](const Tensor& grad_out) { return permute(grad_out, inverse); }));
}

// ---- each of them often ----

// grad_x = grad_out, which the tape sums over the dims that were stretched or added
Tensor Tensor::expand(IntArrayRef sizes) const {
  check_defined(*this, "expand", "self");
  return record("ExpandBackward0", view_of(*this, layout().expand(sizes)),
                wrt(*this, [](const Tensor& grad_out) { return grad_out; }));
}

}  // namespace frost
