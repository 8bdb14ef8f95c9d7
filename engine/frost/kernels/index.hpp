// Elements picked by tables of offsets. Plain numbers: no tensors, no tape, no checks.
#pragma once

#include <frost/kernels/strided.hpp>

namespace frost::kernels {

// Some elements of an array x, and the array y of the same elements in order:
//
//   y[outer][row][inner]  is  x[outer + rows[row] + inner]
//
// `outer` walks the dims that are not indexed, but for those at the end that x steps through evenly: they are
// `inner`. y is contiguous, its rows standing after `at` of the dims that are not indexed. No two picks but
// those of equal rows are of one place.
struct Picks {
  Loops<2> outer;         // strides of y and of x
  bool is_empty = false;  // a size of `outer` or `inner` is 0
  const int64_t* rows;
  int64_t row_count, row_stride;    // of y
  int64_t inner = 1, inner_stride;  // of x
  // x has these sizes and strides; its dims that are indexed are the bits of `dims`.
  Picks(IntArrayRef sizes, IntArrayRef strides, uint32_t dims, size_t at, const int64_t* table,
        int64_t count);
  // Every dim of x is indexed: single elements.
  Picks(const int64_t* table, int64_t count) : Picks({}, {}, 0, 0, table, count) {}
};

// y = the picked elements of x.
void take(Dtype dtype, const Picks& picks, void* y, const void* x);
// The picked elements of x = y; where one is picked more than once, the last in y's order stays.
void put(Dtype dtype, const Picks& picks, void* x, const void* y);
void put(Dtype dtype, const Picks& picks, void* x, Scalar value);
// The picked elements of x += y, each as often as it is picked, in y's order.
void add(Dtype dtype, const Picks& picks, void* x, const void* y);

// The first of n values that is not in [low, high); n if there is none.
int64_t find_outside(int64_t n, const int64_t* values, int64_t low, int64_t high);
// offsets[i] += stride·index[i], where a negative index counts from size.
void add_offsets(int64_t n, int64_t* offsets, const int64_t* index, int64_t size, int64_t stride);
// offsets[i…] = the offset of (i…) in an array of `strides`, its coordinate along `dim` being index[i…]
// instead. `index` is contiguous of `sizes`.
void offsets_along(IntArrayRef sizes, IntArrayRef strides, int64_t dim, const int64_t* index,
                   int64_t* offsets);
// overwritten[i] = whether one of offsets[i+1], … is offsets[i] too; returns whether any is. `last` is room
// to work in, of more numbers than the largest offset; its places that no offset names are not touched.
bool find_overwritten(int64_t n, const int64_t* offsets, int64_t* last, bool* overwritten);

}  // namespace frost::kernels
