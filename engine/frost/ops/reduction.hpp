// What the reductions share: a set of dims is reduced, and stays as size 1 (keepdim) or goes.
#pragma once

#include <frost/kernels/reduce.hpp>
#include <frost/ops/common.hpp>

namespace frost::ops {

// The dims to reduce, as a set of bits: dims_mask of x.
uint32_t reduced_dims(const Tensor& x, IntArrayRef dims, std::string_view function);

// The same dims as a list, for an op that takes one.
Dims listed(uint32_t dims);

// The sizes that are left of `sizes`.
Dims reduced_sizes(const Dims& sizes, uint32_t dims, bool keepdim);

// How many elements make one of the result.
int64_t reduced_count(const Dims& sizes, uint32_t dims);

// x reduced over dims as plain numbers, in x's dtype; not recorded.
Tensor reduced(kernels::Reduce op, const Tensor& x, uint32_t dims, bool keepdim);

// Something of the result's sizes, seen so that it broadcasts against the input, of `sizes`: the dims that
// went are back as size 1.
Tensor restored(const Tensor& y, const Dims& sizes, uint32_t dims);

}  // namespace frost::ops
