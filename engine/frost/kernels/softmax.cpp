#include <frost/kernels/parallel.hpp>
#include <frost/kernels/reduce.hpp>
#include <frost/kernels/rows.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

namespace frost::kernels {
namespace {

// Columns that one unit of work takes: enough for whole cache lines.
constexpr int64_t kColumnBlock = 64;

// f(first element, columns) for each row (inner == 1) or block of neighbouring columns, among threads.
template <class F>
void for_blocks(Softmax shape, const F& f) {
  if (shape.outer == 0 || shape.n == 0 || shape.inner == 0) return;
  const int64_t blocks = (shape.inner + kColumnBlock - 1) / kColumnBlock;
  const int64_t size = shape.n * std::min(shape.inner, kColumnBlock);
  parallel_for(shape.outer * blocks, std::max<int64_t>(1, kGrain / size), [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t column = unit % blocks * kColumnBlock;
      f(unit / blocks, column, std::min(kColumnBlock, shape.inner - column));
    }
  });
}

void run(Rows::SoftmaxRow row, Rows::SoftmaxColumns columns, Dtype dtype, Softmax shape, void* out,
         const void* x, const void* grad_out) {
  const int64_t size = static_cast<int64_t>(element_size(dtype));
  for_blocks(shape, [&](int64_t slice, int64_t column, int64_t width) {
    const int64_t at = (slice * shape.n * shape.inner + column) * size;
    char* to = static_cast<char*>(out) + at;
    const char* from = static_cast<const char*>(x) + at;
    const char* grad = grad_out == nullptr ? nullptr : static_cast<const char*>(grad_out) + at;
    if (shape.inner == 1)
      row(shape.n, to, from, grad);
    else
      columns(shape.n, shape.inner, width, to, from, grad);
  });
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

void softmax(Dtype dtype, Softmax shape, void* y, const void* x) {
  const Rows& table = rows();
  run(table.softmax_row[index_of(dtype)], table.softmax_columns[index_of(dtype)], dtype, shape, y, x,
      nullptr);
}

void log_softmax(Dtype dtype, Softmax shape, void* y, const void* x) {
  const Rows& table = rows();
  run(table.log_softmax_row[index_of(dtype)], table.log_softmax_columns[index_of(dtype)], dtype, shape, y, x,
      nullptr);
}

void softmax_backward(Dtype dtype, Softmax shape, void* grad_x, const void* grad_out, const void* y) {
  const Rows& table = rows();
  run(table.softmax_backward_row[index_of(dtype)], table.softmax_backward_columns[index_of(dtype)], dtype,
      shape, grad_x, y, grad_out);
}

void log_softmax_backward(Dtype dtype, Softmax shape, void* grad_x, const void* grad_out, const void* y) {
  const Rows& table = rows();
  run(table.log_softmax_backward_row[index_of(dtype)], table.log_softmax_backward_columns[index_of(dtype)],
      dtype, shape, grad_x, y, grad_out);
}

bool masked_softmax(Dtype dtype, Softmax shape, void* y, const void* x, const bool* mask, int64_t mask_repeat,
                    EmptyRow empty_row) {
  const Rows& table = rows();
  std::atomic<bool> any_empty{false};
  visit_floating(dtype, [&]<class T>() {
    const T lowest = -INFINITY;
    const Rows::Elementwise where = table.where[index_of(dtype)];
    for_blocks(shape, [&](int64_t slice, int64_t column, int64_t width) {
      const int64_t at = slice * shape.n * shape.inner + column;
      const T* from = static_cast<const T*>(x) + at;
      T* to = static_cast<T*>(y) + at;
      const bool* masked = mask + slice / mask_repeat * shape.n * shape.inner + column;
      // Muted before anything is computed: NaN and infinity that are masked never take part.
      if (shape.inner == 1) {
        const RowIn in[3] = {{masked, 1}, {&lowest, 0}, {from, 1}};
        where(shape.n, to, in);
        table.softmax_row[index_of(dtype)](shape.n, to, to, nullptr);
      } else {
        for (int64_t i = 0; i < shape.n * shape.inner; i += shape.inner) {
          const RowIn in[3] = {{masked + i, 1}, {&lowest, 0}, {from + i, 1}};
          where(width, to + i, in);
        }
        table.softmax_columns[index_of(dtype)](shape.n, shape.inner, width, to, to, nullptr);
      }
      // A row with NaN in it has NaN everywhere: only then is there anything to mend.
      for (int64_t j = 0; j < width; ++j)
        if (std::isnan(to[j]) && mend_masked(shape.n, shape.inner, to + j, masked + j, empty_row))
          any_empty.store(true, std::memory_order_relaxed);
    });
  });
  return empty_row != EmptyRow::Error || !any_empty.load(std::memory_order_relaxed);
}

}  // namespace frost::kernels
