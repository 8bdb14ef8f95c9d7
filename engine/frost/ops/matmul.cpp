// Matrix products. The kernel takes operands by their strides: transposed and broadcast ones are not copied.
#include <frost/kernels/gemm.hpp>
#include <frost/kernels/strided.hpp>
#include <frost/ops/common.hpp>

namespace frost {

namespace {

// ---- plain numbers ----

// A matrix, or a vector as a matrix of one row or one column.
kernels::Matrix matrix(const Tensor& x) {
  return {x.data_ptr(), 0, x.layout().strides[0], x.layout().strides[1]};
}
kernels::Matrix row(const Tensor& x) { return {x.data_ptr(), 0, 0, x.layout().strides[0]}; }
kernels::Matrix column(const Tensor& x) { return {x.data_ptr(), 0, x.layout().strides[0], 0}; }

// x y, of m×k and k×n, as a tensor of `sizes`.
Tensor product(const Dims& sizes, Dtype dtype, int64_t m, int64_t n, int64_t k, const kernels::Matrix& x,
               const kernels::Matrix& y) {
  const Tensor z = empty_tensor(sizes, dtype, "matmul");
  kernels::matmul(dtype, 1, m, n, k, z.data_ptr(), x, y);
  return z;
}

// `sizes` with its last two replaced.
Dims with_matrix(Dims sizes, int64_t rows, int64_t columns) {
  sizes[sizes.size() - 2] = rows;
  sizes[sizes.size() - 1] = columns;
  return sizes;
}

// The products of the matrices in the last two dims; those before them broadcast.
Tensor batched_product(const Tensor& x, const Tensor& y, const Dims& z_sizes) {
  const size_t rank = z_sizes.size();
  const int64_t m = x.size(-2), k = x.size(-1), n = y.size(-1);
  const Tensor z = empty_tensor(z_sizes, x.scalar_type(), "matmul");
  if (z.numel() == 0) return z;
  const kernels::In from_x = ops::in(x, with_matrix(z_sizes, m, k)),
                    from_y = ops::in(y, with_matrix(z_sizes, k, n));
  kernels::Loops<2> batch;
  for (size_t i = rank - 2; i-- > 0;) batch.add(z_sizes[i], {from_x.strides[i], from_y.strides[i]});
  batch.merge();

  // One call for the dims that lie evenly in both operands: usually all of them.
  const bool is_single = batch.rank == 0;
  const int64_t even = is_single ? 1 : batch.sizes[0];
  const int64_t size = x.element_size();
  char* to = static_cast<char*>(z.data_ptr());
  kernels::Walk<2> walk(batch, 1, 0);
  for (int64_t i = 0; i < batch.count_from(1); ++i, walk.next(), to += even * m * n * size) {
    const kernels::Matrix a{static_cast<const char*>(from_x.data) + walk.offset[0] * size,
                            is_single ? 0 : batch.strides[0][0], from_x.strides[rank - 2],
                            from_x.strides[rank - 1]};
    const kernels::Matrix b{static_cast<const char*>(from_y.data) + walk.offset[1] * size,
                            is_single ? 0 : batch.strides[0][1], from_y.strides[rank - 2],
                            from_y.strides[rank - 1]};
    kernels::matmul(x.scalar_type(), even, m, n, k, to, a, b);
  }
  return z;
}

// ---- checks, worded for the function that was called ----

void check_dtypes(const Tensor& x, const Tensor& y, std::string_view function) {
  check(x.scalar_type() == y.scalar_type(), function, "expected scalar type ", x.scalar_type(), " but found ",
        y.scalar_type());
  check(x.scalar_type() != kBool, function, "\"", function, "\" not implemented for 'Bool'");
}

void check_both_defined(const Tensor& x, const Tensor& y, std::string_view function,
                        std::string_view second) {
  check_defined(x, function, "self");
  check_defined(y, function, second);
}

// ---- matrix × matrix, matrix × vector, vector × vector ----

// z = x y:   grad_x = grad_out yᵀ, grad_y = xᵀ grad_out
Tensor multiply(const Tensor& x, const Tensor& y, std::string_view function) {
  const int64_t m = x.size(0), k = x.size(1), n = y.size(1);
  check(k == y.size(0), function, "mat1 and mat2 shapes cannot be multiplied (", Times{x.sizes()}, " and ",
        Times{y.sizes()}, ")");
  check_dtypes(x, y, function);
  return record("MmBackward0", product({m, n}, x.scalar_type(), m, n, k, matrix(x), matrix(y)),
                wrt(x, [y = Saved(y)](const Tensor& grad_out) { return mm(grad_out, t(*y)); }),
                wrt(y, [x = Saved(x)](const Tensor& grad_out) { return mm(t(*x), grad_out); }));
}

// z_i = Σ_j x_ij y_j:   grad_x_ij = grad_out_i y_j, grad_y = xᵀ grad_out
Tensor multiply_vector(const Tensor& x, const Tensor& y) {
  const int64_t m = x.size(0), k = x.size(1);
  check(k == y.size(0), "matmul", "size mismatch, got ", m, ", ", Times{x.sizes()}, ",", y.size(0));
  check_dtypes(x, y, "matmul");
  return record("MvBackward0", product({m}, x.scalar_type(), m, 1, k, matrix(x), column(y)),
                wrt(x, [y = Saved(y)](const Tensor& grad_out) { return outer(grad_out, *y); }),
                wrt(y, [x = Saved(x)](const Tensor& grad_out) { return multiply_vector(t(*x), grad_out); }));
}

// z = Σ_i x_i y_i:   grad_x = grad_out·y, grad_y = grad_out·x
Tensor multiply_vectors(const Tensor& x, const Tensor& y, std::string_view function) {
  const int64_t n = x.numel();
  check(x.scalar_type() == y.scalar_type(), function,
        "dot : expected both vectors to have same dtype, but found ", x.scalar_type(), " and ",
        y.scalar_type());
  check_dtypes(x, y, function);
  check(n == y.numel(), function, "inconsistent tensor size, expected tensor ", x.sizes(), " and src ",
        y.sizes(), " to have the same number of elements, but got ", n, " and ", y.numel(),
        " elements respectively");
  return record("DotBackward0", product({}, x.scalar_type(), 1, 1, n, row(x), column(y)),
                wrt(x, [y = Saved(y)](const Tensor& grad_out) { return grad_out * *y; }),
                wrt(y, [x = Saved(x)](const Tensor& grad_out) { return grad_out * *x; }));
}

// ---- batches ----

// z_b = x_b y_b:   grad_x_b = grad_out_b y_bᵀ, grad_y_b = x_bᵀ grad_out_b, each summed where its batch was
// broadcast
Tensor multiply_batch(const Tensor& x, const Tensor& y, const Dims& z_sizes) {
  return record("BmmBackward0", batched_product(x, y, z_sizes),
                wrt(x,
                    [y = Saved(y), k = x.size(-1)](const Tensor& grad_out) {
                      const Dims sizes = with_matrix(grad_out.layout().sizes, grad_out.size(-2), k);
                      return multiply_batch(grad_out, transpose(*y, -2, -1), sizes);
                    }),
                wrt(y, [x = Saved(x), k = y.size(-2)](const Tensor& grad_out) {
                  const Dims sizes = with_matrix(grad_out.layout().sizes, k, grad_out.size(-1));
                  return multiply_batch(transpose(*x, -2, -1), grad_out, sizes);
                }));
}

// z at other sizes. Nobody else has z, so this need not be a view of it.
Tensor resized(const char* name, const Tensor& z, const Dims& sizes) {
  return record(name, alias(z, Layout::contiguous(sizes)),
                wrt(z, [own = z.layout().sizes](const Tensor& grad_out) { return reshape(grad_out, own); }));
}

// Of x with more than two dims and y with at most two: the rows of all x's matrices are those of one tall
// matrix.
Tensor multiply_rows(const Tensor& x, const Tensor& y) {
  Dims sizes = x.layout().sizes;
  const int64_t k = sizes.back();
  sizes.erase(sizes.size() - 1);
  const Tensor rows = reshape(x, {numel(sizes), k});
  if (y.dim() == 1) return resized("UnsafeViewBackward0", multiply_vector(rows, y), sizes);
  sizes.push_back(y.size(1));
  return resized("UnsafeViewBackward0", multiply(rows, y, "matmul"), sizes);
}

Dims batch_sizes(const Tensor& x) { return IntArrayRef(x.sizes().data(), x.sizes().size() - 2); }

void check_batch(int64_t batch, const Tensor& x, const Tensor& y, int64_t y_batch,
                 std::string_view function) {
  check(batch == y_batch && x.size(-1) == y.size(-2), function,
        "Expected size for first two dimensions of batch2 tensor to be: [", batch, ", ", x.size(-1),
        "] but got: [", y_batch, ", ", y.size(-2), "]: shapes ", x.sizes(), " and ", y.sizes());
}

}  // namespace

Tensor mm(const Tensor& x, const Tensor& y) {
  check_both_defined(x, y, "mm", "mat2");
  check(x.dim() == 2, "mm", "self must be a matrix, got shape ", x.sizes());
  check(y.dim() == 2, "mm", "mat2 must be a matrix, got shape ", y.sizes());
  return multiply(x, y, "mm");
}

Tensor bmm(const Tensor& x, const Tensor& y) {
  check_both_defined(x, y, "bmm", "mat2");
  check(x.dim() == 3, "bmm", "batch1 must be a 3D tensor, got shape ", x.sizes());
  check(y.dim() == 3, "bmm", "batch2 must be a 3D tensor, got shape ", y.sizes());
  check_batch(x.size(0), x, y, y.size(0), "bmm");
  check_dtypes(x, y, "bmm");
  return multiply_batch(x, y, {x.size(0), x.size(1), y.size(2)});
}

Tensor dot(const Tensor& x, const Tensor& y) {
  check_both_defined(x, y, "dot", "tensor");
  check(x.dim() == 1 && y.dim() == 1, "dot", "1D tensors expected, but got ", x.dim(), "D and ", y.dim(),
        "D tensors");
  return multiply_vectors(x, y, "dot");
}

Tensor outer(const Tensor& x, const Tensor& y) {
  check_both_defined(x, y, "outer", "vec2");
  check(x.dim() == 1, "outer", "outer: Expected 1-D argument self, but got ", x.dim(), "-D");
  check(y.dim() == 1, "outer", "outer: Expected 1-D argument vec2, but got ", y.dim(), "-D");
  return mul(reshape(x, {x.numel(), 1}), y);
}

Tensor matmul(const Tensor& x, const Tensor& y) {
  check_both_defined(x, y, "matmul", "other");
  const int64_t x_rank = x.dim(), y_rank = y.dim();
  check(x_rank >= 1 && y_rank >= 1, "matmul",
        "both arguments to matmul need to be at least 1D, but they are ", x_rank, "D and ", y_rank, "D");
  if (x_rank == 2 && y_rank == 2) return multiply(x, y, "matmul");
  if (x_rank == 2 && y_rank == 1) return multiply_vector(x, y);
  if (x_rank == 1 && y_rank == 1) return multiply_vectors(x, y, "matmul");
  if (x_rank == 1 && y_rank == 2)
    return resized("SqueezeBackward3", multiply(unsqueeze(x, 0), y, "matmul"), {y.size(1)});
  if (y_rank <= 2) return multiply_rows(x, y);
  if (x_rank == 1) return multiply_rows(transpose(y, -2, -1), x);
  if (x_rank == 2) return contiguous(transpose(multiply_rows(transpose(y, -2, -1), t(x)), -2, -1));

  Dims sizes = broadcast_sizes(batch_sizes(x), batch_sizes(y), "matmul");
  const int64_t batch = numel(sizes);
  check_batch(batch, x, y, batch, "matmul");
  check_dtypes(x, y, "matmul");
  sizes.push_back(x.size(-2));
  sizes.push_back(y.size(-1));
  return resized("UnsafeViewBackward0", multiply_batch(x, y, sizes), sizes);
}

}  // namespace frost
