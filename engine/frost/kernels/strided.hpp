// The geometry of a loop over several strided operands at once.
#pragma once

#include <frost/kernels/elementwise.hpp>

#include <cstdint>
#include <initializer_list>
#include <utility>

namespace frost::kernels {

// A nest of loops over `operands` arrays: dimension 0 is the innermost. Strides are in elements.
template <int operands>
struct Loops {
  int rank = 0;
  int64_t sizes[kMaxDims];
  int64_t strides[kMaxDims][operands];

  // Sizes of 1 are left out. Returns false where there is nothing to loop over: a size is 0.
  bool add(int64_t size, const int64_t (&steps)[operands]) {
    if (size == 1) return true;
    sizes[rank] = size;
    for (int k = 0; k < operands; ++k) strides[rank][k] = steps[k];
    ++rank;
    return size != 0;
  }

  // Orders the dimensions by the strides of operand `key`, smallest first; equal ones stay as they are.
  void sort_by(int key) {
    const auto magnitude = [](int64_t stride) { return stride < 0 ? -stride : stride; };
    for (int d = 1; d < rank; ++d)
      for (int e = d; e > 0 && magnitude(strides[e][key]) < magnitude(strides[e - 1][key]); --e)
        swap(e, e - 1);
  }

  // Makes one dimension of two wherever all operands step evenly through both.
  void merge() {
    int last = 0;
    for (int d = 1; d < rank; ++d) {
      bool even = true;
      for (int k = 0; k < operands; ++k) even = even && strides[d][k] == strides[last][k] * sizes[last];
      if (even) {
        sizes[last] *= sizes[d];
      } else if (++last != d) {
        sizes[last] = sizes[d];
        for (int k = 0; k < operands; ++k) strides[last][k] = strides[d][k];
      }
    }
    if (rank > 0) rank = last + 1;
  }

  void swap(int d, int e) {
    std::swap(sizes[d], sizes[e]);
    for (int k = 0; k < operands; ++k) std::swap(strides[d][k], strides[e][k]);
  }

  int64_t count_from(int first) const {
    int64_t n = 1;
    for (int d = first; d < rank; ++d) n *= sizes[d];
    return n;
  }
};

// Walks the dimensions of a nest from `first` on, in order, and knows where each operand stands.
template <int operands>
class Walk {
 public:
  Walk(const Loops<operands>& loops, int first, int64_t start) : loops_(loops), first_(first) {
    for (int d = first; d < loops.rank; ++d) {
      index_[d] = start % loops.sizes[d];
      start /= loops.sizes[d];
      for (int k = 0; k < operands; ++k) offset[k] += index_[d] * loops.strides[d][k];
    }
  }

  void next() {
    for (int d = first_; d < loops_.rank; ++d) {
      for (int k = 0; k < operands; ++k) offset[k] += loops_.strides[d][k];
      if (++index_[d] < loops_.sizes[d]) return;
      for (int k = 0; k < operands; ++k) offset[k] -= loops_.strides[d][k] * loops_.sizes[d];
      index_[d] = 0;
    }
  }

  int64_t offset[operands] = {};

 private:
  const Loops<operands>& loops_;
  int first_;
  int64_t index_[kMaxDims];
};

// Elements to and from a contiguous block; size is that of an element: 1, 4 or 8 bytes.
void gather(int64_t n, size_t size, void* to, const void* from, int64_t stride);
void gather_rows(int64_t rows, int64_t width, size_t size, void* to, const void* from, int64_t stride,
                 int64_t row_stride);
void scatter(int64_t n, size_t size, void* to, int64_t stride, const void* from);

// y = x of one dtype, where x is contiguous in another dimension than y; false, with nothing done, where the
// geometry is not of that kind.
bool copy_transposed(Dtype dtype, IntArrayRef sizes, const Out& y, const In& x);

}  // namespace frost::kernels
