#include <frost/kernels/buffer.hpp>
#include <frost/kernels/elementwise.hpp>
#include <frost/kernels/gemm.hpp>
#include <frost/kernels/packed.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>

#include <cblas.h>

#include <algorithm>
#include <optional>

extern "C" {
void openblas_set_num_threads(int count) __attribute__((weak));  // absent from other libraries
}

namespace frost::kernels {
namespace {

// Multiplications below which our own loops are quicker than a call of BLAS.
constexpr int64_t kSmallProduct = 8192;
// Multiplications that make a share of one product worth another thread.
constexpr int64_t kLargeProduct = int64_t{1} << 21;
constexpr int64_t kMostBlocks = 16;
// How much of y is copied into panels at once. The depth is a multiple of kPanelDepth.
constexpr int64_t kPackedDepth = 4 * kPanelDepth, kPackedColumns = 1024;

// Threads are ours to start: BLAS stays in the one that calls it. Where OpenBLAS shares OpenMP's threads, how
// many it may use is a setting of each thread that calls it.
void keep_blas_to_one_thread() {
  thread_local const bool done = [] {
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(done);
}

// A matrix as BLAS takes it: rows (or, transposed, columns) contiguous, `leading` elements apart.
template <class T>
struct Operand {
  const T* data;
  CBLAS_TRANSPOSE transpose;
  int64_t leading;
};

// Whether BLAS can step through a matrix of rows × columns as it lies.
bool is_steppable(const Matrix& matrix, int64_t rows, int64_t columns) {
  const bool rows_contiguous =
      (matrix.column_stride == 1 || columns == 1) && (rows == 1 || matrix.row_stride >= columns);
  const bool columns_contiguous =
      (matrix.row_stride == 1 || rows == 1) && (columns == 1 || matrix.column_stride >= rows);
  return rows_contiguous || columns_contiguous;
}

template <class T>
Operand<T> operand_of(const Matrix& matrix, int64_t b, int64_t rows, int64_t columns) {
  const T* data = static_cast<const T*>(matrix.data) + b * matrix.batch_stride;
  if ((matrix.column_stride == 1 || columns == 1) && (rows == 1 || matrix.row_stride >= columns))
    return {data, CblasNoTrans, rows == 1 ? std::max<int64_t>(1, columns) : matrix.row_stride};
  return {data, CblasTrans, columns == 1 ? std::max<int64_t>(1, rows) : matrix.column_stride};
}

void call_blas(int64_t m, int64_t n, int64_t k, float* c, int64_t ldc, const Operand<float>& x,
               const Operand<float>& y) {
  cblas_sgemm(CblasRowMajor, x.transpose, y.transpose, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1.f, x.data, static_cast<int>(x.leading), y.data,
              static_cast<int>(y.leading), 0.f, c, static_cast<int>(ldc));
}
void call_blas(int64_t m, int64_t n, int64_t k, double* c, int64_t ldc, const Operand<double>& x,
               const Operand<double>& y) {
  cblas_dgemm(CblasRowMajor, x.transpose, y.transpose, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1., x.data, static_cast<int>(x.leading), y.data,
              static_cast<int>(y.leading), 0., c, static_cast<int>(ldc));
}

// How one product is cut, by its sizes alone: into blocks of rows, or of columns where there are more of
// those.
struct Blocks {
  int64_t count, length;
  bool of_rows;

  Blocks(int64_t m, int64_t n, int64_t k) : of_rows(m >= n) {
    const int64_t whole = of_rows ? m : n;
    const int64_t wanted = std::clamp<int64_t>(m * n * k / kLargeProduct, 1, kMostBlocks);
    length = std::max<int64_t>(1, ((whole + wanted - 1) / wanted + 15) / 16 * 16);
    count = std::max<int64_t>(1, (whole + length - 1) / length);
  }
};

// f(b, first row, rows, first column, columns) for each block of each product.
template <class F>
void for_blocks(int64_t batch, int64_t m, int64_t n, int64_t k, const F& f) {
  const Blocks blocks(m, n, k);
  const int64_t work = std::max<int64_t>(1, m * n * k / blocks.count);
  parallel_for(batch * blocks.count, std::max<int64_t>(1, kLargeProduct / 4 / work),
               [&](int64_t begin, int64_t end) {
                 for (int64_t unit = begin; unit < end; ++unit) {
                   const int64_t first = unit % blocks.count * blocks.length;
                   if (blocks.of_rows)
                     f(unit / blocks.count, first, std::min(blocks.length, m - first), int64_t{0}, n);
                   else
                     f(unit / blocks.count, int64_t{0}, m, first, std::min(blocks.length, n - first));
                 }
               });
}

// By our own loops: small or thin products, and int64.
template <class T>
void multiply_by_loops(int64_t batch, int64_t m, int64_t n, int64_t k, T* c, const Matrix& x,
                       const Matrix& y) {
  const Rows::Product product = rows().product[index_of(dtype_of<T>)];
  for_blocks(batch, m, n, k, [&](int64_t b, int64_t row, int64_t height, int64_t column, int64_t width) {
    const T* from_x = static_cast<const T*>(x.data) + b * x.batch_stride + row * x.row_stride;
    const T* from_y = static_cast<const T*>(y.data) + b * y.batch_stride + column * y.column_stride;
    T* to = c + (b * m + row) * n + column;
    // A single column of c is contiguous: as a row it can be filled by vectors, where x's columns are.
    if (n == 1 && x.column_stride != 1)
      product(1, height, k, to, height, from_y, y.column_stride, y.row_stride, from_x, x.column_stride,
              x.row_stride);
    else
      product(height, width, k, to, n, from_x, x.row_stride, x.column_stride, from_y, y.row_stride,
              y.column_stride);
  });
}

template <class T>
void multiply_by_blas(int64_t batch, int64_t m, int64_t n, int64_t k, T* c, const Matrix& x,
                      const Matrix& y) {
  for_blocks(batch, m, n, k, [&](int64_t b, int64_t row, int64_t height, int64_t column, int64_t width) {
    Operand<T> from_x = operand_of<T>(x, b, m, k), from_y = operand_of<T>(y, b, k, n);
    from_x.data += row * x.row_stride;
    from_y.data += column * y.column_stride;
    keep_blas_to_one_thread();
    call_blas(height, width, k, c + (b * m + row) * n + column, n, from_x, from_y);
  });
}

// One product of at most kPackedDepth × kPackedColumns of y.
template <class T>
void multiply_packed(const Rows::Panels& panels, int64_t m, int64_t n, int64_t k, T* c, int64_t c_stride,
                     bool accumulate, const T* x, const Matrix& x_at, const T* y, const Matrix& y_at) {
  const int64_t height = panels.height;
  const PackedMatrix<T> packed(k, n, y, y_at.row_stride, y_at.column_stride);
  parallel_for((m + height - 1) / height, std::max<int64_t>(1, kLargeProduct / 4 / (height * n * k)),
               [&](int64_t begin, int64_t end) {
                 const int64_t row = begin * height;
                 packed.multiply(std::min(m, end * height) - row, c + row * c_stride, c_stride, accumulate,
                                 x + row * x_at.row_stride, x_at.row_stride, x_at.column_stride);
               });
}

template <class T>
void multiply_by_panels(const Rows::Panels& panels, int64_t batch, int64_t m, int64_t n, int64_t k, T* c,
                        const Matrix& x, const Matrix& y) {
  parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const T* from_x = static_cast<const T*>(x.data) + b * x.batch_stride;
      const T* from_y = static_cast<const T*>(y.data) + b * y.batch_stride;
      for (int64_t column = 0; column < n; column += kPackedColumns)
        for (int64_t first = 0; first < k; first += kPackedDepth)
          multiply_packed(panels, m, std::min(kPackedColumns, n - column), std::min(kPackedDepth, k - first),
                          c + b * m * n + column, n, first > 0, from_x + first * x.column_stride, x,
                          from_y + first * y.row_stride + column * y.column_stride, y);
    }
  });
}

// A contiguous copy of matrices that BLAS cannot step through; each once, where the batch repeats one.
template <class T>
std::optional<Buffer<T>> make_steppable(int64_t batch, int64_t rows_count, int64_t columns, Matrix& matrix) {
  if (is_steppable(matrix, rows_count, columns)) return std::nullopt;
  const int64_t copies = matrix.batch_stride == 0 ? 1 : batch;
  Buffer<T> buffer(copies * rows_count * columns);
  const Dims strides{rows_count * columns, columns, int64_t{1}};
  const Dims sizes{copies, rows_count, columns};
  copy(sizes, dtype_of<T>, {buffer.data(), strides}, dtype_of<T>,
       {matrix.data, Dims{matrix.batch_stride, matrix.row_stride, matrix.column_stride}});
  matrix = {buffer.data(), copies == 1 ? 0 : rows_count * columns, columns, 1};
  return buffer;
}

template <class T>
void multiply(int64_t batch, int64_t m, int64_t n, int64_t k, T* c, Matrix x, Matrix y) {
  const bool thin = m == 1 || n == 1;
  if (k == 0 || thin || m * n * k <= kSmallProduct) return multiply_by_loops(batch, m, n, k, c, x, y);
  // A batch that shares y, with x's rows evenly spaced throughout, is one tall product.
  if (batch > 1 && y.batch_stride == 0 && x.batch_stride == m * x.row_stride) {
    m *= batch;
    batch = 1;
  }
  if (const Rows::Panels& panels = rows().panels[index_of(dtype_of<T>)]; panels.beats_blas)
    return multiply_by_panels(panels, batch, m, n, k, c, x, y);
  const std::optional<Buffer<T>> x_copy = make_steppable<T>(batch, m, k, x),
                                 y_copy = make_steppable<T>(batch, k, n, y);
  multiply_by_blas(batch, m, n, k, c, x, y);
}

}  // namespace

void matmul(Dtype dtype, int64_t batch, int64_t m, int64_t n, int64_t k, void* c, const Matrix& x,
            const Matrix& y) {
  if (batch == 0 || m == 0 || n == 0) return;
  if (dtype == kLong)
    multiply_by_loops(batch, m, n, k, static_cast<int64_t*>(c), x, y);
  else if (dtype == kFloat)
    multiply(batch, m, n, k, static_cast<float*>(c), x, y);
  else
    multiply(batch, m, n, k, static_cast<double*>(c), x, y);
}

}  // namespace frost::kernels
