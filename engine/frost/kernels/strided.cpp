#include <frost/kernels/parallel.hpp>
#include <frost/kernels/strided.hpp>

#include <algorithm>
#include <cstring>

namespace frost::kernels {
namespace {

// y = x of one dtype where x is contiguous in another dimension than y: in square tiles, so that both are
// read and written by whole cache lines. False where the geometry is not of that kind.
template <class T>
bool copy_transposed(const Loops<2>& loops, T* y, const T* x) {
  int across = 1;
  while (across < loops.rank && loops.strides[across][1] != 1) ++across;
  if (across >= loops.rank || loops.strides[0][0] != 1 || loops.strides[0][1] == 1) return false;
  constexpr int64_t tile = 64 / sizeof(T) < 16 ? 16 : 64 / sizeof(T);
  const int64_t rows = loops.sizes[across], columns = loops.sizes[0];
  if (rows < 4 || columns < 4) return false;
  const int64_t y_stride = loops.strides[across][0], x_stride = loops.strides[0][1];
  Loops<2> outer = loops;
  outer.swap(1, across);
  const int64_t bands = (rows + tile - 1) / tile;
  parallel_for(outer.count_from(2) * bands, std::max<int64_t>(1, kGrain / (tile * columns)),
               [&](int64_t begin, int64_t end) {
                 Walk<2> walk(outer, 2, begin / bands);
                 int64_t band = begin % bands;
                 for (int64_t unit = begin; unit < end; ++unit) {
                   const int64_t row_begin = band * tile, row_end = std::min(rows, row_begin + tile);
                   for (int64_t column = 0; column < columns; column += tile) {
                     const int64_t column_end = std::min(columns, column + tile);
                     for (int64_t i = row_begin; i < row_end; ++i) {
                       T* to = y + walk.offset[0] + i * y_stride;
                       const T* from = x + walk.offset[1] + i;
                       for (int64_t j = column; j < column_end; ++j) to[j] = from[j * x_stride];
                     }
                   }
                   if (++band == bands) {
                     band = 0;
                     walk.next();
                   }
                 }
               });
  return true;
}

template <class T>
void gather_as(int64_t n, void* to, const char* from, int64_t stride) {
  T* out = static_cast<T*>(to);
  if (stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    return;
  }
  if (stride == 0) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    std::fill(out, out + n, value);
    return;
  }
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(out + i, from + i * stride * static_cast<int64_t>(sizeof(T)), sizeof(T));
}
template <class T>
void gather_rows_as(int64_t rows, int64_t width, void* to, const char* from, int64_t stride,
                    int64_t row_stride) {
  for (int64_t row = 0; row < rows; ++row)
    gather_as<T>(width, static_cast<T*>(to) + row * width,
                 from + row * row_stride * static_cast<int64_t>(sizeof(T)), stride);
}
template <class T>
void scatter_as(int64_t n, char* to, int64_t stride, const void* from) {
  const T* in = static_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(to + i * stride * static_cast<int64_t>(sizeof(T)), in + i, sizeof(T));
}

}  // namespace

bool copy_transposed(Dtype dtype, IntArrayRef sizes, const Out& y, const In& x) {
  Loops<2> loops;
  for (size_t d = sizes.size(); d-- > 0;)
    if (!loops.add(sizes[d], {y.strides[d], x.strides[d]})) return true;
  loops.sort_by(0);
  loops.merge();
  if (loops.rank < 2) return false;
  return visit(dtype, [&]<class T>() {
    return copy_transposed(loops, static_cast<T*>(y.data), static_cast<const T*>(x.data));
  });
}

void gather(int64_t n, size_t size, void* to, const void* from, int64_t stride) {
  gather_rows(1, n, size, to, from, stride, 0);
}

void gather_rows(int64_t rows, int64_t width, size_t size, void* to, const void* from, int64_t stride,
                 int64_t row_stride) {
  const char* bytes = static_cast<const char*>(from);
  switch (size) {
    case 1:
      return gather_rows_as<uint8_t>(rows, width, to, bytes, stride, row_stride);
    case 4:
      return gather_rows_as<uint32_t>(rows, width, to, bytes, stride, row_stride);
    default:
      return gather_rows_as<uint64_t>(rows, width, to, bytes, stride, row_stride);
  }
}

void scatter(int64_t n, size_t size, void* to, int64_t stride, const void* from) {
  char* bytes = static_cast<char*>(to);
  switch (size) {
    case 1:
      return scatter_as<uint8_t>(n, bytes, stride, from);
    case 4:
      return scatter_as<uint32_t>(n, bytes, stride, from);
    default:
      return scatter_as<uint64_t>(n, bytes, stride, from);
  }
}

}  // namespace frost::kernels
