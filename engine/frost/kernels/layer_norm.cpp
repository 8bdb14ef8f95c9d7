#include <frost/kernels/layer_norm.hpp>

#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>

#include <algorithm>

namespace frost::kernels {
namespace {

// Columns that are summed as one share of work.
constexpr int64_t kColumnBlock = 64;

template <class T>
const T* shifted(const void* data, int64_t by) {
  return static_cast<const T*>(data) + by;
}

// f(row) for each row, among threads.
template <class F>
void for_rows(const LayerNorm& shape, const F& f) {
  parallel_for(shape.rows, std::max<int64_t>(1, kGrain / 2 / std::max<int64_t>(1, shape.n)),
               [&f](int64_t begin, int64_t end) {
                 for (int64_t row = begin; row < end; ++row) f(row);
               });
}

}  // namespace

void layer_norm(const LayerNorm& shape, double eps, void* y, void* mean, void* reciprocal_std, const void* x,
                const void* weight, const void* bias) {
  const auto normalise = rows().layer_norm_row[index_of(shape.dtype)];
  visit_floating(shape.dtype, [&]<class T>() {
    for_rows(shape, [&](int64_t row) {
      normalise(shape.n, eps, static_cast<T*>(y) + row * shape.n, static_cast<T*>(mean) + row,
                static_cast<T*>(reciprocal_std) + row, shifted<T>(x, row * shape.n), weight, bias);
    });
  });
}

void layer_norm_backward(const LayerNorm& shape, void* grad_x, const void* grad_out, const void* x,
                         const void* mean, const void* reciprocal_std, const void* weight) {
  const auto backward = rows().layer_norm_backward_row[index_of(shape.dtype)];
  visit_floating(shape.dtype, [&]<class T>() {
    for_rows(shape, [&](int64_t row) {
      const int64_t at = row * shape.n;
      backward(shape.n, static_cast<T*>(grad_x) + at, shifted<T>(grad_out, at), shifted<T>(x, at),
               shifted<T>(mean, row), shifted<T>(reciprocal_std, row), weight);
    });
  });
}

void layer_norm_weight_backward(const LayerNorm& shape, void* grad_weight, const void* grad_out,
                                const void* x, const void* mean, const void* reciprocal_std) {
  const auto columns = rows().layer_norm_weight_columns[index_of(shape.dtype)];
  visit_floating(shape.dtype, [&]<class T>() {
    const int64_t blocks = (shape.n + kColumnBlock - 1) / kColumnBlock;
    const int64_t grain = std::max<int64_t>(1, kGrain / 2 / (kColumnBlock * shape.rows));
    parallel_for(blocks, grain, [&](int64_t begin, int64_t end) {
      const int64_t at = begin * kColumnBlock;
      columns(shape.rows, shape.n, std::min(shape.n, end * kColumnBlock) - at,
              static_cast<T*>(grad_weight) + at, shifted<T>(grad_out, at), shifted<T>(x, at), mean,
              reciprocal_std);
    });
  });
}

}  // namespace frost::kernels
