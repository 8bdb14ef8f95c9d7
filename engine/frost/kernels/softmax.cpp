#include <frost/kernels/parallel.hpp>
#include <frost/kernels/reduce.hpp>
#include <frost/kernels/rows.hpp>
#include <frost/kernels/strided.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <type_traits>

namespace frost::kernels {
namespace {

// Columns that one unit of work takes: enough for whole cache lines.
constexpr int64_t kColumnBlock = 64;

// f(slice, first column, columns, the mask's offset) for each row (inner == 1) or block of neighbouring
// columns, among threads.
template <class F>
void for_blocks(const Softmax& shape, const Loops<1>& mask, const F& f) {
  if (shape.outer == 0 || shape.n == 0 || shape.inner == 0) return;
  if (shape.outer == 1 && shape.inner == 1)
    return f(0, 0, 1, 0);  // of a few elements the divisions would cost most
  const int64_t blocks = (shape.inner + kColumnBlock - 1) / kColumnBlock;
  const int64_t size = shape.n * std::min(shape.inner, kColumnBlock);
  parallel_for(shape.outer * blocks, std::max<int64_t>(1, kGrain / size), [&](int64_t begin, int64_t end) {
    Walk<1> slice_of_mask(mask, 0, begin / blocks);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t block = unit % blocks, column = block * kColumnBlock;
      f(unit / blocks, column, std::min(kColumnBlock, shape.inner - column),
        slice_of_mask.offset[0] + column);
      if (block == blocks - 1) slice_of_mask.next();
    }
  });
}

// The address of an element of a slice.
template <class Void>
Void* at(const Softmax& shape, Dtype dtype, Void* data, int64_t slice, int64_t column) {
  using Byte = std::conditional_t<std::is_const_v<Void>, const char, char>;
  return static_cast<Byte*>(data) +
         (slice * shape.n * shape.inner + column) * static_cast<int64_t>(element_size(dtype));
}

void run(Rows::SoftmaxRow row, Rows::SoftmaxColumns columns, Dtype dtype, const Softmax& shape, void* out,
         const void* x, const void* grad_out, const bool* mask = nullptr, const Loops<1>& mask_loops = {}) {
  for_blocks(shape, mask_loops, [&](int64_t slice, int64_t column, int64_t width, int64_t offset) {
    void* to = at(shape, dtype, out, slice, column);
    const void* from = at(shape, dtype, x, slice, column);
    const void* grad = grad_out == nullptr ? nullptr : at(shape, dtype, grad_out, slice, column);
    const bool* masked = mask == nullptr ? nullptr : mask + offset;
    if (shape.inner == 1)
      row(shape.n, to, from, grad, masked);
    else
      columns(shape.n, shape.inner, width, to, from, grad, masked);
  });
}

Loops<1> loops_of(const SoftmaxMask& mask) {
  Loops<1> loops;
  for (size_t d = mask.sizes.size(); d-- > 0;) loops.add(mask.sizes[d], {mask.strides[d]});
  loops.merge();
  return loops;
}

// What the plain softmax leaves at masked positions is 0, or NaN where the row had nothing finite to give.
// Puts the masked positions right, and a row that is wholly masked; true where there is such a row.
template <class T>
bool mend_masked(int64_t n, int64_t stride, T* y, const bool* mask, EmptyRow empty_row) {
  bool empty = true;
  for (int64_t i = 0; i < n * stride; i += stride) empty = empty && mask[i];
  T value = 0;
  if (empty && empty_row == EmptyRow::NaN) value = std::nan("");
  if (empty && empty_row == EmptyRow::Uniform) value = T(1) / static_cast<T>(n);
  for (int64_t i = 0; i < n * stride; i += stride) y[i] = mask[i] ? value : y[i];
  return empty;
}

}  // namespace

void softmax(Dtype dtype, const Softmax& shape, void* y, const void* x) {
  const Rows& table = rows();
  run(table.softmax_row[index_of(dtype)], table.softmax_columns[index_of(dtype)], dtype, shape, y, x,
      nullptr);
}

void log_softmax(Dtype dtype, const Softmax& shape, void* y, const void* x) {
  const Rows& table = rows();
  run(table.log_softmax_row[index_of(dtype)], table.log_softmax_columns[index_of(dtype)], dtype, shape, y, x,
      nullptr);
}

void softmax_backward(Dtype dtype, const Softmax& shape, void* grad_x, const void* grad_out, const void* y) {
  const Rows& table = rows();
  run(table.softmax_backward_row[index_of(dtype)], table.softmax_backward_columns[index_of(dtype)], dtype,
      shape, grad_x, y, grad_out);
}

void log_softmax_backward(Dtype dtype, const Softmax& shape, void* grad_x, const void* grad_out,
                          const void* y) {
  const Rows& table = rows();
  run(table.log_softmax_backward_row[index_of(dtype)], table.log_softmax_backward_columns[index_of(dtype)],
      dtype, shape, grad_x, y, grad_out);
}

bool masked_softmax(Dtype dtype, const Softmax& shape, void* y, const void* x, const SoftmaxMask& mask,
                    EmptyRow empty_row) {
  const Rows& table = rows();
  const Rows::SoftmaxRow row = table.masked_softmax_row[index_of(dtype)];
  const Rows::SoftmaxColumns columns = table.masked_softmax_columns[index_of(dtype)];
  std::atomic<bool> any_empty{false};
  visit_floating(dtype, [&]<class T>() {
    for_blocks(shape, loops_of(mask), [&](int64_t slice, int64_t column, int64_t width, int64_t offset) {
      const void* from = at(shape, dtype, x, slice, column);
      T* to = static_cast<T*>(at(shape, dtype, y, slice, column));
      const bool* masked = mask.data + offset;
      if (shape.inner == 1)
        row(shape.n, to, from, nullptr, masked);
      else
        columns(shape.n, shape.inner, width, to, from, nullptr, masked);
      // A row with NaN in it has NaN everywhere: only then is there anything to mend.
      for (int64_t j = 0; j < width; ++j)
        if (std::isnan(to[j]) && mend_masked(shape.n, shape.inner, to + j, masked + j, empty_row))
          any_empty.store(true, std::memory_order_relaxed);
    });
  });
  return empty_row != EmptyRow::Error || !any_empty.load(std::memory_order_relaxed);
}

void masked_softmax_backward(Dtype dtype, const Softmax& shape, void* grad_x, const void* grad_out,
                             const void* y, const SoftmaxMask& mask) {
  const Rows& table = rows();
  run(table.masked_softmax_backward_row[index_of(dtype)],
      table.masked_softmax_backward_columns[index_of(dtype)], dtype, shape, grad_x, y, grad_out, mask.data,
      loops_of(mask));
}

}  // namespace frost::kernels
