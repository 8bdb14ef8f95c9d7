#include <frost/kernels/elementwise.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>
#include <frost/kernels/strided.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

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

// Rows shorter than this are put together in blocks where that can be: a call for each would cost more than
// what it does.
constexpr int64_t kShortRow = 128;

// An input over `rows` short rows of `width` elements as one row of the kernel: as it lies, or packed. A row
// that stands for all of them is packed but once.
class BlockOfRows {
 public:
  BlockOfRows(size_t size, int64_t width, int64_t step, int64_t row_step)
      : size_(size), width_(width), step_(step), row_step_(row_step) {}

  RowIn at(const char* from, int64_t rows) {
    if (step_ == 0 && row_step_ == 0) return {from, 0};
    if (step_ == 1 && row_step_ == width_) return {from, 1};
    if (row_step_ == 0 && from == packed_from_ && rows <= packed_rows_) return {packed_, 1};
    gather_rows(rows, width_, size_, packed_, from, step_, row_step_);
    packed_from_ = from;
    packed_rows_ = rows;
    return {packed_, 1};
  }

 private:
  size_t size_;
  int64_t width_, step_, row_step_;
  const char* packed_from_ = nullptr;
  int64_t packed_rows_ = 0;
  alignas(64) char packed_[kBlock * sizeof(double)];
};

// As run_strided, where the output's innermost rows are short and lie one after the other.
template <int inputs>
void run_short_rows(Rows::Elementwise row, const Loops<inputs + 1>& loops, const Out& out, size_t out_size,
                    const Input (&ins)[inputs]) {
  const int64_t width = loops.sizes[0], rows = loops.sizes[1];
  const int64_t rows_of_block = kBlock / width, blocks = (rows + rows_of_block - 1) / rows_of_block;
  const auto block_of = [&loops, &ins, width](size_t k) {
    return BlockOfRows(ins[k].size, width, loops.strides[0][k + 1], loops.strides[1][k + 1]);
  };
  parallel_for(loops.count_from(2) * blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
    const auto run_with = [&]<size_t... k>(std::index_sequence<k...>) {
      BlockOfRows packed[inputs] = {block_of(k)...};
      Walk<inputs + 1> walk(loops, 2, begin / blocks);
      int64_t block = begin % blocks;
      for (int64_t unit = begin; unit < end; ++unit) {
        const int64_t first = block * rows_of_block, count = std::min(rows_of_block, rows - first);
        const RowIn in[inputs] = {
            packed[k].at(advance(static_cast<const char*>(ins[k].operand.data),
                                 walk.offset[k + 1] + first * loops.strides[1][k + 1], ins[k].size),
                         count)...};
        row(count * width, advance(static_cast<char*>(out.data), walk.offset[0] + first * width, out_size),
            in);
        if (++block == blocks) {
          block = 0;
          walk.next();
        }
      }
    };
    run_with(std::make_index_sequence<inputs>());
  });
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

  if (loops.rank > 1 && loops.sizes[0] < kShortRow && loops.strides[0][0] == 1 &&
      loops.strides[1][0] == loops.sizes[0])
    return run_short_rows<inputs>(row, loops, out, out_size, ins);

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

}  // namespace

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
