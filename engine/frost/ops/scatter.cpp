// gather, scatter, scatter_add: an index tensor says for each element of a result (or source) where along one
// dim its place in x is.
#include <frost/ops/pick.hpp>

namespace frost {

namespace {

size_t rank_of(const Tensor& x) {
  return std::max<size_t>(x.layout().rank(), 1);
}  // a 0-dim tensor is one of size 1
int64_t size_of(const Tensor& x, size_t dim) { return x.dim() == 0 ? 1 : x.layout().sizes[dim]; }

bool fits_into(const Tensor& index, const Tensor& x, size_t except_dim) {
  for (size_t d = 0; d < rank_of(index); ++d)
    if (d != except_dim && size_of(index, d) > size_of(x, d)) return false;
  return true;
}

// Wraps dim and checks all but the values of index. `op` is the name libtorch's messages have.
int64_t check_index(const Tensor& x, int64_t dim, const Tensor& index, std::string_view function,
                    std::string_view op, std::string_view x_name) {
  check_defined(x, function, "self");
  check_defined(index, function, "index");
  dim = wrap_dim(dim, x.layout().rank(), function);
  check(index.scalar_type() == kLong, function, op, "(): Expected dtype int64 for index, got ",
        index.scalar_type());
  check(index.numel() == 0 || rank_of(index) == rank_of(x), function,
        "Index tensor must have the same number of dimensions as ", x_name, " tensor, got shapes ",
        index.sizes(), " and ", x.sizes());
  return dim;
}

// Calls f(along), which returns the place of an index that is outside x, or -1; an error if there is one.
template <class F>
void for_index(const Tensor& x, int64_t dim, const Tensor& index, std::string_view function, const F& f) {
  if (index.numel() == 0) return;
  const Tensor source = ops::packed(index);
  const int64_t* const values = source.data_ptr<int64_t>();
  const int64_t size = size_of(x, static_cast<size_t>(dim));
  const int64_t bad = f(kernels::Along{source.sizes(), values, x.strides(), dim, size});
  if (bad >= 0)
    fail(function, "index ", values[bad], " is out of bounds for dimension ", dim, " with size ", size);
}

// The part of a source that the index speaks of: its first elements along each dim.
Layout corner(const Layout& source, const Dims& index_sizes) {
  Layout layout{index_sizes, Dims(index_sizes.size(), 1), source.offset};
  for (size_t d = 0; d < std::min(index_sizes.size(), source.rank()); ++d)
    layout.strides[d] = source.strides[d];
  return layout;
}

// The gradient of such a source from that of its corner: zero elsewhere.
Tensor from_corner(const Tensor& grad, const Dims& sizes) {
  if (grad.layout().sizes == sizes) return grad;
  if (grad.numel() == 0) return zeros(sizes, grad.scalar_type());
  const GradientSlice slice{grad, corner(Layout::contiguous(sizes), grad.layout().sizes)};
  return detail::assemble(Tensor(), sizes, grad.scalar_type(), slice);
}

int64_t check_source(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                     std::string_view function) {
  dim = check_index(x, dim, index, function, "scatter", "self");
  check_defined(source, function, "src");
  check(source.scalar_type() == x.scalar_type(), function,
        "scatter(): Expected self.dtype to be equal to src.dtype, got ", x.scalar_type(), " and ",
        source.scalar_type());
  if (index.numel() == 0) return dim;
  check(rank_of(index) == rank_of(source), function,
        "Index tensor must have the same number of dimensions as src tensor, got shapes ", index.sizes(),
        " and ", source.sizes());
  const size_t no_dim = kMaxDims;
  check(fits_into(index, x, static_cast<size_t>(dim)) && fits_into(index, source, no_dim), function,
        "Expected index ", index.sizes(), " to be smaller than self ", x.sizes(), " apart from dimension ",
        dim, " and to be smaller size than src ", source.sizes());
  return dim;
}

// The corner's values, contiguous.
Tensor corner_values(const Tensor& source, const Tensor& index) {
  return ops::packed(alias(source, corner(source.layout(), index.layout().sizes)));
}

// y += source at the places that index names, as plain numbers.
void add_at(const Tensor& y, int64_t dim, const Tensor& index, const Tensor& source,
            std::string_view function) {
  const Tensor values = corner_values(source, index);
  for_index(y, dim, index, function, [&y, &values](const kernels::Along& along) {
    return kernels::scatter_add(y.scalar_type(), along, y.data_ptr(), values.data_ptr());
  });
}

// Which elements of a source, scattered to a tensor like x, a later one writes over.
Tensor overwritten(const Tensor& x, int64_t dim, const Tensor& index) {
  const Tensor offsets = empty_tensor(index.sizes(), kLong), whole = alias(x, Layout::contiguous(x.sizes()));
  for_index(whole, dim, index, "scatter", [&offsets](const kernels::Along& along) {
    return kernels::offsets_along(along, offsets.data_ptr<int64_t>());
  });
  return ops::overwritten(offsets, x.numel());
}

// grad_x of gather, from grad_out = y:   grad_y = grad_out gathered
Tensor gather_backward(const Tensor& y, const Dims& sizes, int64_t dim, const Tensor& index) {
  const Tensor x = zeros(sizes, y.scalar_type());
  add_at(x, dim, index, y, "gather");
  return record("ScatterAddBackward0", x, wrt(y, [dim, index = Saved(index)](const Tensor& grad_out) {
                  return gather(grad_out, dim, *index);
                }));
}

}  // namespace

// y[i] = x[index[i]]:   grad_x[index[i]] += grad_out[i]
Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  dim = check_index(x, dim, index, "gather", "gather", "input");
  for (size_t d = 0; d < rank_of(index) && index.numel() > 0; ++d)
    check(static_cast<int64_t>(d) == dim || size_of(index, d) <= size_of(x, d), "gather",
          "Size does not match at dimension ", d, " expected index ", index.sizes(),
          " to be smaller than self ", x.sizes(), " apart from dimension ", dim);
  const Tensor y = empty_tensor(index.sizes(), x.scalar_type(), "gather");
  for_index(x, dim, index, "gather", [&x, &y](const kernels::Along& along) {
    return kernels::gather(x.scalar_type(), along, y.data_ptr(), x.data_ptr());
  });
  return ops::marked(
      record("GatherBackward0", y,
             wrt(x, [dim, index = Saved(index), sizes = x.layout().sizes](
                        const Tensor& grad_out) { return gather_backward(grad_out, sizes, dim, *index); })),
      index);
}

// y = x, but y[index[i]] = source[i]; of two writes to one place the last stays:
//   grad_x = grad_out, 0 where it was written over;  grad_source[i] = grad_out[index[i]], 0 where i was
//   written over
Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  dim = check_source(x, dim, index, source, "scatter");
  const Tensor y = ops::values_of(x), values = corner_values(source, index);
  for_index(y, dim, index, "scatter", [&y, &values](const kernels::Along& along) {
    return kernels::scatter(y.scalar_type(), along, y.data_ptr(), values.data_ptr());
  });
  return record(
      "ScatterBackward0", y,
      wrt(x,
          [dim, index = Saved(index)](const Tensor& grad_out) { return scatter(grad_out, dim, *index, 0); }),
      wrt(source, [dim, index = Saved(index), sizes = source.layout().sizes](const Tensor& grad_out) {
        Tensor grad = gather(grad_out, dim, *index);
        const Tensor lost = overwritten(grad_out, dim, *index);
        if (lost.defined()) grad = masked_fill(grad, lost, 0);
        return from_corner(grad, sizes);
      }));
}

// The same of one number:   grad_x = grad_out, 0 where it was written over
Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value) {
  dim = check_index(x, dim, index, "scatter", "scatter", "self");
  check(index.numel() == 0 || fits_into(index, x, static_cast<size_t>(dim)), "scatter", "Expected index ",
        index.sizes(), " to be smaller than self ", x.sizes(), " apart from dimension ", dim);
  ops::check_fits(value, x.scalar_type(), "scatter");
  const Tensor y = ops::values_of(x);
  for_index(y, dim, index, "scatter", [&y, &value](const kernels::Along& along) {
    return kernels::scatter(y.scalar_type(), along, y.data_ptr(), value);
  });
  return record("ScatterBackward1", y, wrt(x, [dim, index = Saved(index)](const Tensor& grad_out) {
                  return scatter(grad_out, dim, *index, 0);
                }));
}

// y = x, and y[index[i]] += source[i]:   grad_x = grad_out, grad_source[i] = grad_out[index[i]]
Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  dim = check_source(x, dim, index, source, "scatter_add");
  const Tensor y = ops::values_of(x);
  add_at(y, dim, index, source, "scatter_add");
  return record(
      "ScatterAddBackward0", y, wrt(x, [](const Tensor& grad_out) { return grad_out; }),
      wrt(source, [dim, index = Saved(index), sizes = source.layout().sizes](const Tensor& grad_out) {
        return from_corner(gather(grad_out, dim, *index), sizes);
      }));
}

}  // namespace frost
