// Elements in order: sort, argsort, topk. The gradient of each value goes back to the place that it came
// from.
#include <frost/kernels/order.hpp>
#include <frost/ops/common.hpp>

namespace frost {

namespace {

// values = x at the indices along dim:   grad_x = grad_out at the indices, 0 elsewhere
std::tuple<Tensor, Tensor> record_picked(const char* name, const Tensor& x, int64_t dim, const Tensor& values,
                                         const Tensor& indices) {
  ops::marked(indices, x);
  record(name, values,
         wrt(x, [indices = Saved(indices), sizes = x.layout().sizes, dim](const Tensor& grad_out) {
           return scatter(zeros(sizes, grad_out.scalar_type()), dim, *indices, grad_out);
         }));
  return {values, indices};
}

}  // namespace

std::tuple<Tensor, Tensor> sort(const Tensor& x, int64_t dim, bool descending) {
  check_defined(x, "sort");
  dim = wrap_dim(dim, x.layout().rank(), "sort");
  const Tensor values = empty_tensor(x.sizes(), x.scalar_type()), indices = empty_tensor(x.sizes(), kLong);
  kernels::sort(x.scalar_type(), x.sizes(), ops::in(x), dim, descending, values.data_ptr(),
                indices.data_ptr<int64_t>());
  return record_picked("SortBackward0", x, dim, values, indices);
}

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  const NoGradGuard guard;
  return std::get<1>(sort(x, dim, descending));
}

std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted) {
  check_defined(x, "topk");
  dim = wrap_dim(dim, x.layout().rank(), "topk");
  Dims sizes = x.layout().sizes;
  check(0 <= k && k <= (sizes.empty() ? 1 : sizes[static_cast<size_t>(dim)]), "topk",
        "selected index k out of range: k is ", k, ", dim ", dim, " of shape ", x.sizes());
  check(x.scalar_type() != kBool, "topk", "\"topk_cpu\" not implemented for 'Bool'");
  if (sizes.empty())
    k = 1;  // a number is its own top, even of 0
  else
    sizes[static_cast<size_t>(dim)] = k;
  const Tensor values = empty_tensor(sizes, x.scalar_type()), indices = empty_tensor(sizes, kLong);
  kernels::top_k(x.scalar_type(), x.sizes(), ops::in(x), dim, k, largest, sorted, values.data_ptr(),
                 indices.data_ptr<int64_t>());
  return record_picked("TopkBackward0", x, dim, values, indices);
}

}  // namespace frost
