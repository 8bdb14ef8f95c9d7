// Tensors put together: cat, stack, repeat; and turned round: flip.
#include <frost/kernels/parallel.hpp>
#include <frost/ops/common.hpp>

#include <algorithm>
#include <cstring>

namespace frost {

namespace {

// Writes x's values to the part of y that has this layout, which is of x's sizes. y is contiguous, and the
// part is too from `dim` on.
void write_part(const Tensor& y, const Layout& part, size_t dim, const Tensor& x) {
  char* const first = y.impl()->data + part.offset * y.element_size();
  if (!x.is_contiguous() || x.scalar_type() != y.scalar_type()) {
    kernels::copy(part.sizes, y.scalar_type(), {first, part.strides}, x.scalar_type(), ops::in(x));
    return;
  }
  int64_t outer = 1, row_bytes = x.element_size();
  for (size_t d = 0; d < part.rank(); ++d) (d < dim ? outer : row_bytes) *= part.sizes[d];
  if (row_bytes == 0) return;
  const int64_t step_bytes = dim == 0 ? 0 : part.strides[dim - 1] * x.element_size();
  const int64_t grain = std::max<int64_t>(1, kernels::kGrain * 4 / row_bytes);
  kernels::parallel_for(
      outer, grain, [first, from = x.impl()->data, row_bytes, step_bytes](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          std::memcpy(first + i * step_bytes, from + i * row_bytes, static_cast<size_t>(row_bytes));
      });
}

// A 1-dim tensor without elements goes with anything: what a list that is still empty was begun with, once.
bool is_nothing(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }
constexpr int64_t kNothing = -1;  // its length, so that it is known again in backward

}  // namespace

// y = x₀ | x₁ | …, along dim:   grad_xᵢ = grad_out at its place
Tensor cat(TensorList tensors, int64_t dim) {
  check(!tensors.empty(), "cat", "expected a non-empty list of Tensors");
  const Tensor* model = nullptr;
  Dtype dtype = kBool;
  for (size_t i = 0; i < tensors.size(); ++i) {
    check_defined(tensors[i], "cat", "tensors");
    check(tensors[i].dim() > 0, "cat", "zero-dimensional tensor (at position ", i,
          ") cannot be concatenated");
    dtype = promote_types(dtype, tensors[i].scalar_type());
    if (model == nullptr && !is_nothing(tensors[i])) model = &tensors[i];
  }
  if (model == nullptr) {
    model = &tensors[0];
    dim = 0;
  }

  Dims sizes = model->layout().sizes;
  const size_t along = static_cast<size_t>(wrap_dim(dim, sizes.size(), "cat"));
  int64_t total = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (is_nothing(tensors[i])) continue;
    const Dims& others = tensors[i].layout().sizes;
    check(others.size() == sizes.size(), "cat", "Tensors must have same number of dimensions: got ",
          sizes.size(), " and ", others.size());
    for (size_t d = 0; d < sizes.size(); ++d)
      check(d == along || others[d] == sizes[d], "cat", "Sizes of tensors must match except in dimension ",
            along, ". Expected size ", sizes[d], " but got size ", others[d], " for tensor number ", i,
            " in the list.");
    check(!__builtin_add_overflow(total, others[along], &total), "cat", "sizes that sum up to ", total, " + ",
          others[along], " overflow a 64-bit integer");
  }
  sizes[along] = total;

  const Tensor y = empty_tensor(sizes, dtype, "cat");
  Layout part = y.layout();
  for (const Tensor& x : tensors) {
    if (is_nothing(x)) continue;
    part.sizes[along] = x.layout().sizes[along];
    write_part(y, part, along, x);
    part.offset += part.sizes[along] * part.strides[along];
  }
  const auto is_trainable = [](const Tensor& x) { return x.requires_grad(); };
  if (!GradMode::is_enabled() || std::none_of(tensors.begin(), tensors.end(), is_trainable)) {
    for (const Tensor& x : tensors) ops::marked(y, x);
    return y;
  }
  PooledVector<int64_t> lengths;
  lengths.reserve(tensors.size());
  for (const Tensor& x : tensors) lengths.push_back(is_nothing(x) ? kNothing : x.layout().sizes[along]);
  record_joint("CatBackward0", tensors, TensorList(y),
               [lengths = std::move(lengths), along](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 const Tensor& grad_out = grad_outs[0];
                 int64_t start = 0;
                 for (size_t i = 0; i < lengths.size(); ++i) {
                   const int64_t length = std::max<int64_t>(lengths[i], 0);
                   if (grads.wanted(i))
                     grads.set(i, lengths[i] == kNothing
                                      ? zeros({0}, grad_out.scalar_type())
                                      : narrow(grad_out, static_cast<int64_t>(along), start, length));
                   start += length;
                 }
               });
  return y;
}

// y[…, i, …] = xᵢ:   grad_xᵢ = grad_out[…, i, …]
Tensor stack(TensorList tensors, int64_t dim) {
  check(!tensors.empty(), "stack", "stack expects a non-empty TensorList");
  check_defined(tensors[0], "stack", "tensors");
  Dims sizes = tensors[0].layout().sizes;
  dim = wrap_dim(dim, sizes.size() + 1, "stack");
  Dtype dtype = tensors[0].scalar_type();
  for (size_t i = 1; i < tensors.size(); ++i) {
    check_defined(tensors[i], "stack", "tensors");
    check(tensors[i].layout().sizes == sizes, "stack", "stack expects each tensor to be equal size, but got ",
          sizes, " at entry 0 and ", tensors[i].sizes(), " at entry ", i);
    dtype = promote_types(dtype, tensors[i].scalar_type());
  }
  sizes.insert(static_cast<size_t>(dim), static_cast<int64_t>(tensors.size()));

  const Tensor y = empty_tensor(sizes, dtype, "stack");
  Layout part = y.layout().select(dim, 0);
  for (const Tensor& x : tensors) {
    write_part(y, part, static_cast<size_t>(dim), x);
    part.offset += y.layout().strides[static_cast<size_t>(dim)];
  }
  record_joint("StackBackward0", tensors, TensorList(y),
               [dim, count = tensors.size()](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 for (size_t i = 0; i < count; ++i)
                   if (grads.wanted(i)) grads.set(i, select(grad_outs[0], dim, static_cast<int64_t>(i)));
               });
  return y;
}

namespace {

// What repeat does in one dim: seen as [outer, inner], x becomes [outer, times, inner].
struct Repetition {
  int64_t outer, times, inner;
};

Tensor repeated(const Tensor& x, const Repetition& r) {
  const Tensor y = empty_tensor({r.outer, r.times, r.inner}, x.scalar_type(), "repeat");
  kernels::copy(y.sizes(), y.scalar_type(), ops::out(y), x.scalar_type(), {x.data_ptr(), {r.inner, 0, 1}});
  return y;
}

}  // namespace

// y = x, repeats[d] times along each dim d:   grad_x = the sum of grad_out over the repetitions
Tensor Tensor::repeat(IntArrayRef repeats) const {
  const Tensor& x = *this;
  check_defined(x, "repeat", "self");
  check(repeats.size() >= x.layout().rank(), "repeat",
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor, got ",
        repeats, " for shape ", x.sizes());
  const size_t lead = repeats.size() - x.layout().rank();
  Dims sizes(repeats);
  for (size_t d = lead; d < sizes.size(); ++d)
    check(!__builtin_mul_overflow(sizes[d], x.layout().sizes[d - lead], &sizes[d]), "repeat",
          "repeating shape ", x.sizes(), " ", repeats, " times overflows a 64-bit integer");
  checked_numel(sizes, "repeat");

  // From the last dim to the first, so that what is repeated lies together.
  std::vector<Repetition> repetitions;
  Tensor y = ops::packed(x);
  int64_t inner = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    inner *= d < lead ? 1 : x.layout().sizes[d - lead];
    if (repeats[d] == 1) continue;
    repetitions.push_back({inner == 0 ? 0 : y.numel() / inner, repeats[d], inner});
    y = repeated(y, repetitions.back());
    inner *= repeats[d];
  }
  if (repetitions.empty()) y = ops::values_of(y);
  return record(
      "RepeatBackward0", alias(y, Layout::contiguous(sizes)),
      wrt(x, [repetitions = std::move(repetitions), sizes_x = x.layout().sizes](const Tensor& grad_out) {
        Tensor grad_x = grad_out;
        for (size_t i = repetitions.size(); i-- > 0;) {
          const Repetition& r = repetitions[i];
          grad_x = frost::sum(frost::reshape(grad_x, {r.outer, r.times, r.inner}), {1});
        }
        return frost::reshape(grad_x, sizes_x);
      }));
}

// y = x, the order along dims reversed:   grad_x = grad_out reversed likewise
Tensor flip(const Tensor& x, IntArrayRef dims) {
  check_defined(x, "flip");
  const Dims flipped(dims);
  const uint32_t mask = dims.empty() ? 0 : dims_mask(dims, x.layout().rank(), "flip");
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type(), "flip");
  // From the last element of each such dim, in steps back.
  Dims strides = x.layout().strides;
  int64_t offset = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    if ((mask >> d & 1) == 0 || x.numel() == 0) continue;
    offset += (x.layout().sizes[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  const char* const first = x.impl()->data + offset * x.element_size();
  kernels::copy(x.sizes(), y.scalar_type(), ops::out(y), x.scalar_type(), {first, strides});
  return record("FlipBackward0", y,
                wrt(x, [flipped](const Tensor& grad_out) { return flip(grad_out, flipped); }));
}

}  // namespace frost
