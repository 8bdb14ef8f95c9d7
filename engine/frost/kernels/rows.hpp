// The row kernels: each works on n consecutive elements. One table of them per instruction set; the best that
// the machine has is chosen at first use, or the one that the environment names: FROST_ISA=sse2|avx2|avx512.
#pragma once

#include <frost/kernels/elementwise.hpp>
#include <frost/kernels/optimize.hpp>
#include <frost/kernels/recurrent.hpp>
#include <frost/kernels/reduce.hpp>

#include <cstdint>

namespace frost::kernels {

// One input of a row: n consecutive elements (step 1), or one that stands for all n (step 0).
struct RowIn {
  const void* data;
  int64_t step;
};

constexpr int kDtypes = 4;
constexpr int index_of(Dtype dtype) { return static_cast<int>(dtype); }
template <class Op>
constexpr int index_of(Op op) {
  return static_cast<int>(op);
}

// So deep is a panel of y at most that it stays in the nearest cache.
constexpr int64_t kPanelDepth = 256;

// An entry that no op asks for (sqrt of int64) is null.
struct Rows {
  const char* name;

  using Elementwise = void (*)(int64_t n, void* out, const RowIn* in);
  Elementwise unary[static_cast<int>(Unary::count)][kDtypes];
  Elementwise predicate[static_cast<int>(Predicate::count)][kDtypes];
  Elementwise binary[static_cast<int>(Binary::count)][kDtypes];
  Elementwise add_scaled[kDtypes];  // in: x, y, alpha
  Elementwise compare[static_cast<int>(Compare::count)][kDtypes];
  Elementwise where[kDtypes];          // in: condition, x, y
  Elementwise clamp[kDtypes];          // in: x, low, high
  Elementwise copy[kDtypes][kDtypes];  // [from][to]

  // out[j] = reduction over i < rows of x[i·row_stride + j], for j < n.
  using ReduceColumns = void (*)(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* x);
  ReduceColumns reduce_columns[static_cast<int>(Reduce::count)][kDtypes];
  // *out = reduction of x[0 … n).
  using ReduceRow = void (*)(int64_t n, void* out, const void* x);
  ReduceRow reduce_row[static_cast<int>(Reduce::count)][kDtypes];
  // The same with Σ (x - mean)²; of columns, each has its mean.
  void (*deviations_columns[kDtypes])(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* x,
                                      const void* means);
  void (*deviations_row[kDtypes])(int64_t n, void* out, const void* x, const void* mean);

  // Softmax and its like of one row, or of n columns at once, `row_stride` apart. The backwards take y as x,
  // and grad_out. Those that are masked leave out where the mask is true; it lies as x does.
  using SoftmaxRow = void (*)(int64_t n, void* out, const void* x, const void* grad_out, const bool* mask);
  using SoftmaxColumns = void (*)(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* x,
                                  const void* grad_out, const bool* mask);
  SoftmaxRow softmax_row[kDtypes], log_softmax_row[kDtypes], masked_softmax_row[kDtypes];
  SoftmaxRow softmax_backward_row[kDtypes], log_softmax_backward_row[kDtypes],
      masked_softmax_backward_row[kDtypes];
  SoftmaxColumns softmax_columns[kDtypes], log_softmax_columns[kDtypes], masked_softmax_columns[kDtypes];
  SoftmaxColumns softmax_backward_columns[kDtypes], log_softmax_backward_columns[kDtypes],
      masked_softmax_backward_columns[kDtypes];

  // Layer normalisation, as <frost/kernels/layer_norm.hpp> has it, of one row, and its sums of n columns.
  void (*layer_norm_row[kDtypes])(int64_t n, double eps, void* y, void* mean, void* reciprocal_std,
                                  const void* x, const void* weight, const void* bias);
  void (*layer_norm_backward_row[kDtypes])(int64_t n, void* grad_x, const void* grad_out, const void* x,
                                           const void* mean, const void* reciprocal_std, const void* weight);
  void (*layer_norm_weight_columns[kDtypes])(int64_t rows, int64_t row_stride, int64_t n, void* grad_weight,
                                             const void* grad_out, const void* x, const void* means,
                                             const void* reciprocal_stds);

  // The steps of optimisers, as <frost/kernels/optimize.hpp> has them.
  void (*sgd[kDtypes])(int64_t n, const SgdStep& step, void* p, const void* grad, void* v);
  void (*adam[kDtypes])(int64_t n, const AdamStep& step, void* p, const void* grad, void* m, void* v,
                        void* largest_v);

  // One tile of attention: n queries side by side, and a key in each of `rows`. Of the keys that each query
  // has met, the largest score and the sum of exp(score - largest), with this tile's put in; the scores
  // become exp(score - largest), and decay how much what was summed before now weighs.
  void (*attention_tile[kDtypes])(int64_t rows, int64_t n, void* scores, void* largest, void* sum,
                                  void* decay);
  // weights = exp(scores - largest) / sum in the scores' place, and weights·(grads - dot) in the grads',
  // unless these are null.
  void (*attention_tile_backward[kDtypes])(int64_t rows, int64_t n, void* scores, void* grads,
                                           const void* largest, const void* sum, const void* dot);

  // c = x y for one small or thin product, c having `c_stride` between its rows; strides are of rows and
  // columns.
  using Product = void (*)(int64_t m, int64_t n, int64_t k, void* c, int64_t c_stride, const void* x,
                           int64_t x_row_stride, int64_t x_column_stride, const void* y, int64_t y_row_stride,
                           int64_t y_column_stride);
  Product product[kDtypes];

  // c = x y, or c + x y, with y copied into panels of `width` columns and k ≤ kPanelDepth rows, one beside
  // the other. `multiply` takes `height` rows of x at once. packed.hpp puts them together.
  struct Panels {
    int64_t height, width;
    bool beats_blas;  // at large products
    // One panel, of n ≤ width columns.
    void (*pack)(int64_t k, int64_t n, void* panel, const void* y, int64_t row_stride, int64_t column_stride);
    void (*multiply)(int64_t m, int64_t n, int64_t k, void* c, int64_t c_stride, bool accumulate,
                     const void* x, int64_t row_stride, int64_t column_stride, const void* panels);
  };
  Panels panels[kDtypes];

  // One step of one sequence, n the hidden size.
  void (*recurrent_forward[static_cast<int>(Recurrence::count)][kDtypes])(int64_t n,
                                                                          const RecurrentForwardRow& row);
  void (*recurrent_backward[static_cast<int>(Recurrence::count)][kDtypes])(int64_t n,
                                                                           const RecurrentBackwardRow& row);
};

// The table in use. Throws frost::Error where FROST_ISA names a set that the machine or the build has not.
const Rows& rows();

// The table of a named set, or null where the machine or the build has not got it.
const Rows* find_rows(const char* name);
// The same, or an error that names those that are there.
const Rows& rows_of(const char* name);
// Makes `table` the one in use: for tests, while nothing else runs.
void use_rows(const Rows& table);

}  // namespace frost::kernels
