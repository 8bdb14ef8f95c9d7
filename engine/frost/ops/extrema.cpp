// The largest and the smallest: their values, and where they stand.
#include <frost/ops/reduction.hpp>

namespace frost {

using kernels::Extremum;
using kernels::Reduce;
using ops::restored;

namespace {

// An empty set has no extremum.
void check_some(const Tensor& x, uint32_t dims, std::string_view function) {
  for (size_t i = 0; i < x.layout().rank(); ++i)
    check((dims >> i & 1) == 0 || x.layout().sizes[i] != 0, function, function, "(): Expected reduction dim ",
          i, " to have non-zero size.");
}

void check_not_empty(const Tensor& x, std::string_view function) {
  check(x.numel() != 0, function, function,
        "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
        "the 'dim' argument. Its sizes are ",
        x.sizes());
}

// ---- of all elements, or over dims ----

// Where x holds the extremum y. A NaN is one, and then only NaN is.
Tensor ties(const Tensor& x, const Tensor& y) {
  return logical_or(eq(x, y), logical_and(isnan(x), isnan(y)));
}

// y = extremum of x:   grad_x = grad_out / (how many elements equal y) at those elements, 0 elsewhere
Tensor extremum_over(Reduce op, const char* name, const Tensor& x, uint32_t dims, bool keepdim) {
  return record(name, ops::reduced(op, x, dims, keepdim),
                wrt(x, [x = Saved(x), dims](const Tensor& grad_out, const Tensor& y) {
                  const Dims& sizes = x->layout().sizes;
                  const Tensor tied = ties(*x, restored(y, sizes, dims));
                  const Tensor count =
                      ops::reduced(Reduce::sum, to(tied, grad_out.scalar_type()), dims, true);
                  return where(tied, restored(grad_out, sizes, dims) / count, 0);
                }));
}

Tensor extremum_of_all(Reduce op, const char* name, const Tensor& x, std::string_view function) {
  const uint32_t dims = ops::reduced_dims(x, {}, function);
  check_not_empty(x, function);
  return extremum_over(op, name, x, dims, false);
}

Tensor extremum_over_dims(Reduce op, const char* name, const Tensor& x, IntArrayRef dim, bool keepdim,
                          std::string_view function) {
  const uint32_t dims = ops::reduced_dims(x, dim, function);
  if (dim.empty()) check_not_empty(x, function);
  check_some(x, dims, function);
  return extremum_over(op, name, x, dims, keepdim);
}

// ---- along one dim, with the place where it stands ----

struct Place {
  Tensor values, indices;
};

Place extremum_along(Extremum op, const Tensor& x, int64_t dim, bool keepdim) {
  const Dims sizes = ops::reduced_sizes(x.layout().sizes, 1u << dim, keepdim);
  const Place place{empty_tensor(sizes, x.scalar_type()), empty_tensor(sizes, kLong)};
  kernels::extremum(op, x.scalar_type(), x.sizes(), ops::in(x), dim, place.values.data_ptr(),
                    place.indices.data_ptr<int64_t>());
  ops::marked(place.indices, x);
  return place;
}

// (y, k): y = x_k is the extremum along dim:   grad_x = grad_out at k, 0 elsewhere
std::tuple<Tensor, Tensor> extremum_with_index(Extremum op, const char* name, const Tensor& x, int64_t dim,
                                               bool keepdim, std::string_view function) {
  const uint32_t dims = ops::reduced_dims(x, dim, function);
  check_some(x, dims, function);
  dim = wrap_dim(dim, x.layout().rank(), function);
  const Place y = extremum_along(op, x, dim, keepdim);
  record(name, y.values,
         wrt(x, [indices = Saved(y.indices), sizes = x.layout().sizes, dim, dims](const Tensor& grad_out) {
           const Tensor zero = zeros(sizes, grad_out.scalar_type());
           return scatter(zero, dim, restored(*indices, sizes, dims), restored(grad_out, sizes, dims));
         }));
  return {y.values, y.indices};
}

Tensor index_of_extremum(Extremum op, const Tensor& x, optional<int64_t> dim, bool keepdim,
                         std::string_view function) {
  check_defined(x, function);
  check(x.scalar_type() != kBool, function, "\"", function, "_cpu\" not implemented for 'Bool'");
  if (dim) {
    check_some(x, ops::reduced_dims(x, *dim, function), function);
    return extremum_along(op, x, wrap_dim(*dim, x.layout().rank(), function), keepdim).indices;
  }
  check(x.numel() != 0, function, function,
        "(): Expected reduction dim to be specified for input.numel() == 0. Its sizes are ", x.sizes());
  const NoGradGuard guard;
  const Tensor index = extremum_along(op, reshape(x, {x.numel()}), 0, false).indices;
  return keepdim ? alias(index, Layout::contiguous(Dims(x.layout().rank(), 1))) : index;
}

}  // namespace

Tensor max(const Tensor& x) { return extremum_of_all(Reduce::max, "MaxBackward1", x, "max"); }
Tensor min(const Tensor& x) { return extremum_of_all(Reduce::min, "MinBackward1", x, "min"); }

Tensor max(const Tensor& x, const Tensor& y) { return maximum(x, y); }
Tensor min(const Tensor& x, const Tensor& y) { return minimum(x, y); }

Tensor amax(const Tensor& x, IntArrayRef dim, bool keepdim) {
  return extremum_over_dims(Reduce::max, "AmaxBackward0", x, dim, keepdim, "amax");
}
Tensor amin(const Tensor& x, IntArrayRef dim, bool keepdim) {
  return extremum_over_dims(Reduce::min, "AminBackward0", x, dim, keepdim, "amin");
}

std::tuple<Tensor, Tensor> max(const Tensor& x, int64_t dim, bool keepdim) {
  return extremum_with_index(Extremum::max, "MaxBackward0", x, dim, keepdim, "max");
}
std::tuple<Tensor, Tensor> min(const Tensor& x, int64_t dim, bool keepdim) {
  return extremum_with_index(Extremum::min, "MinBackward0", x, dim, keepdim, "min");
}

Tensor argmax(const Tensor& x, optional<int64_t> dim, bool keepdim) {
  return index_of_extremum(Extremum::max, x, dim, keepdim, "argmax");
}
Tensor argmin(const Tensor& x, optional<int64_t> dim, bool keepdim) {
  return index_of_extremum(Extremum::min, x, dim, keepdim, "argmin");
}

}  // namespace frost
