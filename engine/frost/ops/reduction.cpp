#include <frost/ops/reduction.hpp>

namespace frost::ops {

uint32_t reduced_dims(const Tensor& x, IntArrayRef dims, std::string_view function) {
  check_defined(x, function);
  return dims_mask(dims, x.layout().rank(), function);
}

Dims listed(uint32_t dims) {
  Dims list;
  for (int64_t dim = 0; dims >> dim != 0; ++dim)
    if ((dims >> dim & 1) != 0) list.push_back(dim);
  return list;
}

Dims reduced_sizes(const Dims& sizes, uint32_t dims, bool keepdim) {
  Dims result;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const bool is_reduced = (dims >> i & 1) != 0;
    if (!is_reduced || keepdim) result.push_back(is_reduced ? 1 : sizes[i]);
  }
  return result;
}

int64_t reduced_count(const Dims& sizes, uint32_t dims) {
  int64_t count = 1;
  for (size_t i = 0; i < sizes.size(); ++i)
    if ((dims >> i & 1) != 0) count *= sizes[i];
  return count;
}

Tensor reduced(kernels::Reduce op, const Tensor& x, uint32_t dims, bool keepdim) {
  const Dims& sizes = x.layout().sizes;
  const Tensor y = empty_tensor(reduced_sizes(sizes, dims, keepdim), x.scalar_type());
  kernels::reduce(op, x.scalar_type(), sizes, in(x), dims, y.data_ptr());
  return y;
}

Tensor restored(const Tensor& y, const Dims& sizes, uint32_t dims) {
  if (y.dim() == 0 || y.layout().rank() == sizes.size()) return y;
  return reshape(y, reduced_sizes(sizes, dims, /*keepdim=*/true));
}

}  // namespace frost::ops
