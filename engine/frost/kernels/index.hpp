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

// The first of n values that is not in [low, high); -1 if there is none.
int64_t find_outside(int64_t n, const int64_t* values, int64_t low, int64_t high);
// offsets[i] += where the element index[i] of a contiguous array of `sizes` is in one of these strides; a
// negative index counts from the end.
void add_offsets(int64_t n, int64_t* offsets, const int64_t* index, IntArrayRef sizes, IntArrayRef strides);
// How many of n are true, and where: places[k] is the index of the k-th. places has room for one more than
// there are.
int64_t count_true(int64_t n, const bool* values);
void find_true(int64_t n, const bool* values, int64_t* places);

// An array of indices along one dim of x: element (i…) of the index speaks of the place in x where (i…) is,
// its coordinate along `dim` being index[i…]. The index is contiguous of `sizes`; x has `size` elements along
// dim.
struct Along {
  IntArrayRef sizes;
  const int64_t* index;
  IntArrayRef strides;  // of x
  int64_t dim, size;
};
// These return the place in the index of a value outside [0, size), and have then done a part of the work;
// else -1.
int64_t gather(Dtype dtype, const Along& along, void* y, const void* x);  // y[i…] = x at its place
int64_t scatter(Dtype dtype, const Along& along, void* x,
                const void* y);  // x at its place = y[i…], the last stays
int64_t scatter(Dtype dtype, const Along& along, void* x, Scalar value);
int64_t scatter_add(Dtype dtype, const Along& along, void* x, const void* y);  // x at its place += y[i…]
int64_t offsets_along(const Along& along, int64_t* offsets);                   // offsets[i…] = its place

// overwritten[i] = whether one of offsets[i+1], … is offsets[i] too; returns whether any is. `last` is room
// to work in, of more numbers than the largest offset; its places that no offset names are not touched.
bool find_overwritten(int64_t n, const int64_t* offsets, int64_t* last, bool* overwritten);

}  // namespace frost::kernels
