#include <frost/kernels/elementwise.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>
#include <frost/kernels/strided.hpp>

#include <algorithm>
#include <cstring>

namespace frost::kernels {
namespace {

// Elements of a block that is packed to be contiguous: few enough to stay in the first cache and on a small
// stack.
constexpr int64_t kBlock = 512;

struct Input {
  const In& operand;
  size_t size;  // of an element, in bytes
};

template <class Byte>
Byte* advance(Byte* data, int64_t elements, size_t size) {
  return data + elements * static_cast<int64_t>(size);
}

// One inner loop of n elements. Operands that the row kernel cannot step through are packed, a block at a
// time.
template <int inputs>
void run_row(Rows::Elementwise row, int64_t n, char* out, int64_t out_stride, size_t out_size,
             const char* const (&data)[inputs], const int64_t* strides, const size_t (&sizes)[inputs]) {
  RowIn in[inputs];
  bool direct = out_stride == 1;
  for (int k = 0; k < inputs; ++k) {
    in[k] = {data[k], strides[k]};
    direct = direct && (strides[k] == 0 || strides[k] == 1);
  }
  if (direct) return row(n, out, in);

  alignas(64) char packed[inputs + 1][kBlock * sizeof(double)];
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t count = std::min(kBlock, n - begin);
    for (int k = 0; k < inputs; ++k) {
      const char* from = advance(data[k], begin * strides[k], sizes[k]);
      if (strides[k] == 0 || strides[k] == 1) {
        in[k].data = from;
      } else {
        gather(count, sizes[k], packed[k], from, strides[k]);
        in[k] = {packed[k], 1};
      }
    }
    char* to = advance(out, begin * out_stride, out_size);
    if (out_stride == 1) {
      row(count, to, in);
    } else {
      row(count, packed[inputs], in);
      scatter(count, out_size, to, out_stride, packed[inputs]);
    }
  }
}

// As `run`, where not all operands are contiguous or one element.
template <int inputs>
void run_strided(Rows::Elementwise row, IntArrayRef sizes, const Out& out, size_t out_size,
                 const Input (&ins)[inputs]) {
  Loops<inputs + 1> loops;
  for (size_t d = sizes.size(); d-- > 0;) {
    int64_t steps[inputs + 1] = {out.strides[d]};
    for (int k = 0; k < inputs; ++k) steps[k + 1] = ins[k].operand.strides[d];
    loops.add(sizes[d], steps);
  }
  loops.sort_by(0);
  loops.merge();

  size_t element_sizes[inputs];
  for (int k = 0; k < inputs; ++k) element_sizes[k] = ins[k].size;
  // A unit of work is one inner loop, or a piece of a long one.
  const int64_t inner = loops.sizes[0], pieces = (inner + kGrain - 1) / kGrain;
  const int64_t units = loops.count_from(1) * pieces;
  parallel_for(units, std::max<int64_t>(1, kGrain / inner), [&](int64_t begin, int64_t end) {
    Walk<inputs + 1> walk(loops, 1, begin / pieces);
    int64_t piece = begin % pieces;
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t first = piece * kGrain, count = std::min(kGrain, inner - first);
      const char* data[inputs];
      for (int k = 0; k < inputs; ++k)
        data[k] = advance(static_cast<const char*>(ins[k].operand.data),
                          walk.offset[k + 1] + first * loops.strides[0][k + 1], element_sizes[k]);
      char* to =
          advance(static_cast<char*>(out.data), walk.offset[0] + first * loops.strides[0][0], out_size);
      run_row<inputs>(row, count, to, loops.strides[0][0], out_size, data, loops.strides[0] + 1,
                      element_sizes);
      if (++piece == pieces) {
        piece = 0;
        walk.next();
      }
    }
  });
}

// Applies a row kernel to every element of strided operands. Contiguous operands (and single elements that
// stand for all) are the common case, and a short one must cost little more than the row: it is looked for
// first.
template <int inputs>
void run(Rows::Elementwise row, IntArrayRef sizes, const Out& out, size_t out_size,
         const Input (&ins)[inputs]) {
  int64_t n = 1;
  bool flat = true;
  bool contiguous[inputs], single[inputs];
  for (int k = 0; k < inputs; ++k) contiguous[k] = single[k] = true;
  for (size_t d = sizes.size(); d-- > 0;) {
    if (sizes[d] == 1) continue;
    flat = flat && out.strides[d] == n;
    for (int k = 0; k < inputs; ++k) {
      const int64_t stride = ins[k].operand.strides[d];
      contiguous[k] = contiguous[k] && stride == n;
      single[k] = single[k] && stride == 0;
    }
    n *= sizes[d];
  }
  if (n == 0) return;
  RowIn in[inputs];
  for (int k = 0; k < inputs; ++k) {
    flat = flat && (contiguous[k] || single[k]);
    in[k] = {ins[k].operand.data, contiguous[k] ? 1 : 0};
  }
  if (!flat) return run_strided<inputs>(row, sizes, out, out_size, ins);
  if (n <= kGrain) return row(n, out.data, in);
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    RowIn piece[inputs];
    for (int k = 0; k < inputs; ++k)
      piece[k] = {advance(static_cast<const char*>(in[k].data), begin * in[k].step, ins[k].size), in[k].step};
    row(end - begin, advance(static_cast<char*>(out.data), begin, out_size), piece);
  });
}

// A value in the form of an operand.
class Constant {
 public:
  Constant(Scalar value, Dtype dtype, size_t rank) : in_{bytes_, Dims(rank, 0)} {
    visit(dtype, [&]<class T>() {
      const T converted = value.to<T>();
      std::memcpy(bytes_, &converted, sizeof(T));
    });
  }
  Constant(const Constant&) = delete;
  Constant& operator=(const Constant&) = delete;
  const In& in() const { return in_; }

 private:
  alignas(8) char bytes_[8];
  In in_;
};

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

template <class T>
void gather_as(int64_t n, void* to, const char* from, int64_t stride) {
  T* out = static_cast<T*>(to);
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(out + i, from + i * stride * static_cast<int64_t>(sizeof(T)), sizeof(T));
}
template <class T>
void scatter_as(int64_t n, char* to, int64_t stride, const void* from) {
  const T* in = static_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(to + i * stride * static_cast<int64_t>(sizeof(T)), in + i, sizeof(T));
}

}  // namespace

void gather(int64_t n, size_t size, void* to, const void* from, int64_t stride) {
  const char* bytes = static_cast<const char*>(from);
  switch (size) {
    case 1:
      return gather_as<uint8_t>(n, to, bytes, stride);
    case 4:
      return gather_as<uint32_t>(n, to, bytes, stride);
    default:
      return gather_as<uint64_t>(n, to, bytes, stride);
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

void unary(Unary op, Dtype dtype, IntArrayRef sizes, const Out& y, const In& x) {
  const size_t size = element_size(dtype);
  run<1>(rows().unary[index_of(op)][index_of(dtype)], sizes, y, size, {{x, size}});
}

void predicate(Predicate op, Dtype dtype, IntArrayRef sizes, const Out& y, const In& x) {
  run<1>(rows().predicate[index_of(op)][index_of(dtype)], sizes, y, 1, {{x, element_size(dtype)}});
}

void binary(Binary op, Dtype dtype, IntArrayRef sizes, const Out& z, const In& x, const In& y) {
  const size_t size = element_size(dtype);
  run<2>(rows().binary[index_of(op)][index_of(dtype)], sizes, z, size, {{x, size}, {y, size}});
}

void add_scaled(Dtype dtype, IntArrayRef sizes, const Out& z, const In& x, const In& y, Scalar alpha) {
  const size_t size = element_size(dtype);
  const Constant scale(alpha, dtype, sizes.size());
  run<3>(rows().add_scaled[index_of(dtype)], sizes, z, size, {{x, size}, {y, size}, {scale.in(), size}});
}

void compare(Compare op, Dtype dtype, IntArrayRef sizes, const Out& z, const In& x, const In& y) {
  const size_t size = element_size(dtype);
  run<2>(rows().compare[index_of(op)][index_of(dtype)], sizes, z, 1, {{x, size}, {y, size}});
}

void where(Dtype dtype, IntArrayRef sizes, const Out& z, const In& condition, const In& x, const In& y) {
  const size_t size = element_size(dtype);
  run<3>(rows().where[index_of(dtype)], sizes, z, size, {{condition, 1}, {x, size}, {y, size}});
}

void clamp(Dtype dtype, IntArrayRef sizes, const Out& y, const In& x, Scalar low, Scalar high) {
  const size_t size = element_size(dtype);
  const Constant lowest(low, dtype, sizes.size()), highest(high, dtype, sizes.size());
  run<3>(rows().clamp[index_of(dtype)], sizes, y, size,
         {{x, size}, {lowest.in(), size}, {highest.in(), size}});
}

void copy(IntArrayRef sizes, Dtype y_dtype, const Out& y, Dtype x_dtype, const In& x) {
  const size_t size = element_size(y_dtype);
  if (y_dtype == x_dtype && sizes.size() > 1 && x.strides.back() != 1 &&
      copy_transposed(y_dtype, sizes, y, x))
    return;
  run<1>(rows().copy[index_of(x_dtype)][index_of(y_dtype)], sizes, y, size, {{x, element_size(x_dtype)}});
}

void fill(Dtype dtype, IntArrayRef sizes, const Out& y, Scalar value) {
  const Constant x(value, dtype, sizes.size());
  const size_t size = element_size(dtype);
  run<1>(rows().copy[index_of(dtype)][index_of(dtype)], sizes, y, size, {{x.in(), size}});
}

}  // namespace frost::kernels
