// Several views at once: split, chunk, unbind. They share one node, so that their gradients are put in their
// places together, those of unused views being zero. As in libtorch, none of them may be written to on the
// tape.
#include <frost/ops/common.hpp>

#include <algorithm>

namespace frost {

namespace {

// The views that part(layout, i) makes of x, for i < count:   grad_x is each grad_out at the place of its
// view
template <class Part>
std::vector<Tensor> divide(const char* name, const Tensor& x, int64_t count, const Part& part,
                           std::string_view function) {
  check_room(count, sizeof(TensorImpl), function);
  std::vector<Tensor> views;
  views.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) views.push_back(view_of(x, part(x.layout(), i), ViewKind::multiple));
  record_joint(name, TensorList(x), views,
               [part, sizes = x.layout().sizes, dtype = x.scalar_type()](ArrayRef<Tensor> grad_outs,
                                                                         Gradients& grads) {
                 if (!grads.wanted(0)) return;
                 const Layout whole = Layout::contiguous(sizes);
                 std::vector<GradientSlice> slices;
                 for (size_t i = 0; i < grad_outs.size(); ++i)
                   if (grad_outs[i].defined())
                     slices.push_back({grad_outs[i], part(whole, static_cast<int64_t>(i))});
                 grads.set(0, detail::assemble(Tensor(), sizes, dtype, slices));
               });
  return views;
}

std::vector<Tensor> split_evenly(const Tensor& x, int64_t split_size, int64_t dim,
                                 std::string_view function) {
  const int64_t size = x.layout().sizes[static_cast<size_t>(dim)];
  const int64_t count = size == 0 ? 1 : size / split_size + (size % split_size != 0);
  const auto part = [dim, split_size, size](const Layout& layout, int64_t i) {
    return layout.narrow(dim, i * split_size, std::min(split_size, size - i * split_size));
  };
  return divide("SplitBackward0", x, count, part, function);
}

int64_t wrapped(const Tensor& x, int64_t dim, std::string_view function) {
  check_defined(x, function);
  check(x.dim() > 0, function, function, " expects at least a 1-dimensional tensor");
  return wrap_dim(dim, x.layout().rank(), function);
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, int64_t split_size, int64_t dim) {
  dim = wrapped(x, dim, "split");
  const int64_t size = x.size(dim);
  check(split_size >= 0, "split",
        "split expects split_size be non-negative, but got split_size=", split_size);
  check(split_size > 0 || size == 0, "split",
        "split_size can only be 0 if dimension size is 0, but got dimension size of ", size);
  return split_evenly(x, split_size, dim, "split");
}

std::vector<Tensor> split(const Tensor& x, IntArrayRef split_sizes, int64_t dim) {
  dim = wrapped(x, dim, "split");
  std::vector<int64_t> ends;  // of each part; the first begins at 0
  ends.reserve(split_sizes.size());
  int64_t end = 0;
  bool overflow = false;
  for (const int64_t size : split_sizes) {
    check(size >= 0, "split",
          "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=",
          split_sizes);
    overflow |= __builtin_add_overflow(end, size, &end);
    ends.push_back(end);
  }
  check(!overflow && end == x.size(dim), "split", "split_with_sizes expects split_sizes to sum exactly to ",
        x.size(dim), " (input tensor's size at dimension ", dim, "), but got split_sizes=", split_sizes);
  const int64_t count = static_cast<int64_t>(ends.size());
  const auto part = [dim, ends = std::move(ends)](const Layout& layout, int64_t i) {
    const int64_t start = i == 0 ? 0 : ends[static_cast<size_t>(i) - 1];
    return layout.narrow(dim, start, ends[static_cast<size_t>(i)] - start);
  };
  return divide("SplitWithSizesBackward0", x, count, part, "split");
}

std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim) {
  dim = wrapped(x, dim, "chunk");
  check(chunks > 0, "chunk", "chunk expects `chunks` to be greater than 0, got: ", chunks);
  const int64_t size = x.size(dim);
  // Nothing to share out is shared out all the same, so that the number of chunks is the one asked for.
  if (size == 0) {
    check_room(chunks, sizeof(TensorImpl), "chunk");
    return split(x, std::vector<int64_t>(static_cast<size_t>(chunks), 0), dim);
  }
  return split_evenly(x, size / chunks + (size % chunks != 0), dim, "chunk");
}

std::vector<Tensor> unbind(const Tensor& x, int64_t dim) {
  check_defined(x, "unbind");
  check(x.dim() > 0, "unbind", "Dimension specified as ", dim, " but tensor has no dimensions");
  dim = wrap_dim(dim, x.layout().rank(), "unbind");
  const auto part = [dim](const Layout& layout, int64_t i) { return layout.select(dim, i); };
  return divide("UnbindBackward0", x, x.size(dim), part, "unbind");
}

}  // namespace frost
