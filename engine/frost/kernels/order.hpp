// Sorting along a dimension. Plain numbers: no tensors, no tape, no checks. Outputs are contiguous.
// NaN counts as larger than every number.
#pragma once

#include <frost/kernels/elementwise.hpp>

namespace frost::kernels {

// values[…, i, …] and indices[…, i, …]: the elements of x along `dim` in rising (or falling) order, and where
// each stands in x. Equal elements keep their order.
void sort(Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, bool descending, void* values,
          int64_t* indices);

// The k largest (or smallest) of them, the outputs having size k in `dim`: in falling (or rising) order, or,
// unless `sorted`, in any. Which of equal elements are taken, and in what order, is not said.
void top_k(Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, int64_t k, bool largest, bool sorted,
           void* values, int64_t* indices);

}  // namespace frost::kernels
