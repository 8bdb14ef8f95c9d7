// The elements of tensors, one by one, and how messages write them. For the files of frost::testing.
#pragma once

#include <frost/tensor.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace frost::testing::detail {

// The elements in row-major order; a long double holds those of every dtype.
std::vector<long double> elements(const Tensor& x);
// The elements of a bool mask, spread to `sizes`; all true of an undefined one. An error of `function` where
// it is not bool, or does not broadcast to these sizes.
std::vector<bool> mask_elements(const Tensor& mask, IntArrayRef sizes, const char* function);

// Whether both are the same, the sign of zero included; NaN is NaN.
bool same_bits(long double a, long double b);
// The indices of the element at this row-major place: "[1, 2]".
std::string index_text(int64_t place, IntArrayRef sizes);
// With as many digits as tell it from its neighbours.
std::string number_text(long double value, Dtype dtype = kDouble);

// "3 of 6 elements differ"
std::string count_text(int64_t count, int64_t of, const char* what = "differ");
// A tensor's name, or `otherwise`.
std::string name_of(const Tensor& x, const char* otherwise = "the tensor");
// "sizes [2, 3] and dtype Float"
std::string shape_text(const Tensor& x);

// How often, and where first, a comparison failed.
class Tally {
 public:
  void add(size_t place) {
    if (count_++ == 0) first_ = place;
  }
  int64_t count() const { return count_; }
  size_t first() const { return first_; }

 private:
  int64_t count_ = 0;
  size_t first_ = 0;
};

}  // namespace frost::testing::detail
