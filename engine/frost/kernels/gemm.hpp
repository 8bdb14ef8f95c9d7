// Matrix products, from strided operands. Plain numbers: no tensors, no tape, no checks.
#pragma once

#include <frost/dtype.hpp>

namespace frost::kernels {

// One matrix of a batch: element (i, j) of matrix b is at data[b·batch_stride + i·row_stride +
// j·column_stride].
struct Matrix {
  const void* data;
  int64_t batch_stride, row_stride, column_stride;
};

// c[b] = x[b] y[b] for b < batch, with x[b] of m×k, y[b] of k×n, and c contiguous [batch, m, n]. Any dtype
// but bool. k = 0 gives zeros. Transposed operands are not copied. Small products do not go to BLAS.
void matmul(Dtype dtype, int64_t batch, int64_t m, int64_t n, int64_t k, void* c, const Matrix& x,
            const Matrix& y);

}  // namespace frost::kernels
