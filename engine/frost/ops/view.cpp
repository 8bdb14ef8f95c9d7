// Views: other sizes and strides over the same memory. Forward they move no numbers; backward a gradient is
// seen through the inverse view, or put at its place in zeros (Slice).
#include <frost/ops/common.hpp>

#include <algorithm>

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
                  return Slice{grad_out, region};
                }));
}

}  // namespace

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  check_defined(x, "select");
  return pick("SelectBackward0", x, [dim, index](const Layout& layout) { return layout.select(dim, index); });
}

Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  check_defined(x, "narrow");
  return pick("SliceBackward0", x,
              [dim, start, length](const Layout& layout) { return layout.narrow(dim, start, length); });
}

// grad_x = grad_out, the two dims exchanged
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1) {
  check_defined(x, "transpose");
  return record("TransposeBackward0", view_of(x, x.layout().transpose(dim0, dim1)),
                wrt(x, [dim0, dim1](const Tensor& grad_out) { return transpose(grad_out, dim0, dim1); }));
}

// y = x at other sizes:   grad_x = grad_out at x's sizes
Tensor reshape(const Tensor& x, IntArrayRef sizes) {
  check_defined(x, "reshape");
  const Dims target = infer_sizes(sizes, x.numel(), "reshape");
  Layout layout;
  if (!x.layout().try_view(target, layout)) return reshape(clone(x), target);
  return record(
      "ViewBackward0", view_of(x, layout),
      wrt(x, [sizes_x = x.layout().sizes](const Tensor& grad_out) { return reshape(grad_out, sizes_x); }));
}

}  // namespace frost
