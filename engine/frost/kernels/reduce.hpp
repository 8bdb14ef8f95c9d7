// Reductions over any set of dimensions, scans and softmax. Plain numbers: no tensors, no tape, no checks.
// Outputs are contiguous. Results do not depend on the number of threads.
#pragma once

#include <frost/kernels/elementwise.hpp>

namespace frost::kernels {

// out[kept dims] = reduction of x over the dims whose bit is set in `dims`. Nothing to reduce gives sum 0,
// prod 1, all true, any false; max and min are not called so. Of NaN, max and min are NaN.
//   sum, prod: out has x's dtype. Float sums are pairwise or compensated: the error does not grow with the
//   length n faster than log n.  max, min: any dtype.  all, any: x and out are bool.
enum class Reduce : uint8_t { sum, prod, max, min, all, any, count };
void reduce(Reduce op, Dtype dtype, IntArrayRef sizes, const In& x, uint32_t dims, void* out);

// values[kept] and indices[kept]: the largest (smallest) element along `dim` and the first place where it
// stands. The first NaN wins over any number.
enum class Extremum : uint8_t { max, min };
void extremum(Extremum op, Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, void* values,
              int64_t* indices);

// Σ (x - mean)² over `dims`, by two passes. x floating point.
void sum_of_squared_deviations(Dtype dtype, IntArrayRef sizes, const In& x, uint32_t dims, void* out);

// out[…, i, …] = Σ_{j ≤ i} x[…, j, …]. x of any dtype but bool.
void cumsum(Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, void* out);

// The softmax family works on contiguous floating-point x of [outer, n, inner], along n.
struct Softmax {
  int64_t outer, n, inner;
};
// y_i = exp(x_i - max) / Σ_j exp(x_j - max). A row all at -inf is NaN.
void softmax(Dtype dtype, const Softmax& shape, void* y, const void* x);
// y_i = x_i - max - log Σ_j exp(x_j - max)
void log_softmax(Dtype dtype, const Softmax& shape, void* y, const void* x);
// grad_x_i = y_i · (g_i - Σ_j g_j y_j)
void softmax_backward(Dtype dtype, const Softmax& shape, void* grad_x, const void* grad_out, const void* y);
// grad_x_i = g_i - exp(y_i) · Σ_j g_j
void log_softmax_backward(Dtype dtype, const Softmax& shape, void* grad_x, const void* grad_out,
                          const void* y);

// Which of x's positions are muted: slices of [n, inner], each contiguous. `sizes` are the dims that make up
// `outer`, and `strides` those between the slices that serve them: 0 where one serves all.
struct SoftmaxMask {
  const bool* data;
  Dims sizes, strides;
};

// Softmax over the positions where `mask` is false; exactly 0 where it is true, whatever x holds there (NaN
// and inf too). What a row that is wholly masked gets:
enum class EmptyRow : uint8_t { NaN, Zeros, Uniform, Error };
// Returns false where EmptyRow::Error is asked for and a row is empty; y is then unspecified.
bool masked_softmax(Dtype dtype, const Softmax& shape, void* y, const void* x, const SoftmaxMask& mask,
                    EmptyRow empty_row);
// grad_x_i = y_i · (g_i - Σ_j g_j y_j) where mask is false, j running over these positions; 0 where it is
// true.
void masked_softmax_backward(Dtype dtype, const Softmax& shape, void* grad_x, const void* grad_out,
                             const void* y, const SoftmaxMask& mask);

}  // namespace frost::kernels
