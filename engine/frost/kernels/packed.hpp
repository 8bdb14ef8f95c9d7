// A matrix copied into panels, for fast products with it. For the kernels' own files.
#pragma once

#include <frost/kernels/buffer.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>

#include <algorithm>

namespace frost::kernels {

// y [k, n]. The panels of one depth lie side by side, those of the next behind them.
template <class T>
class PackedMatrix {
 public:
  PackedMatrix(int64_t k, int64_t n, const T* y, int64_t row_stride, int64_t column_stride)
      : panels_(rows().panels[index_of(dtype_of<T>)]),
        k_(k),
        n_(n),
        count_((n + panels_.width - 1) / panels_.width),
        buffer_(count_ * panels_.width * k) {
    const int64_t width = panels_.width, depths = (k + kPanelDepth - 1) / kPanelDepth;
    const int64_t elements = std::max<int64_t>(1, std::min(k, kPanelDepth) * width);
    parallel_for(depths * count_, std::max<int64_t>(1, 2 * kGrain / elements),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t first = i / count_ * kPanelDepth, column = i % count_ * width;
                     const int64_t depth = std::min(kPanelDepth, k - first);
                     panels_.pack(depth, std::min(width, n - column),
                                  buffer_.data() + count_ * width * first + depth * column,
                                  y + first * row_stride + column * column_stride, row_stride, column_stride);
                   }
                 });
  }

  // c = x y, or c + x y, of m rows, in this thread. An element's terms are added in their order, however the
  // rows of c are cut.
  void multiply(int64_t m, T* c, int64_t c_stride, bool accumulate, const T* x, int64_t row_stride,
                int64_t column_stride) const {
    for (int64_t first = 0; first < k_; first += kPanelDepth)
      panels_.multiply(m, n_, std::min(kPanelDepth, k_ - first), c, c_stride, accumulate || first > 0,
                       x + first * column_stride, row_stride, column_stride,
                       buffer_.data() + count_ * panels_.width * first);
  }

 private:
  const Rows::Panels& panels_;
  int64_t k_, n_, count_;  // count_: of panels side by side
  Buffer<T> buffer_;
};

}  // namespace frost::kernels
