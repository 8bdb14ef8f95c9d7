// Where a NaN or an infinity of the forward pass comes from. For explain.
#pragma once

#include <frost/inspect/paths.hpp>
#include <frost/inspect/trace.hpp>

#include <cstdint>
#include <optional>

namespace frost::inspect {

// True where x is NaN or infinite; x may have any dtype.
Tensor is_nonfinite(const Tensor& x);
// The first true element, counted row by row.
std::optional<int64_t> first_of(const Tensor& mask);

struct Origin {
  size_t node;        // its output is the first that is known to be so
  bool is_nan;        // else it is infinite
  bool is_empty_row;  // a softmax of a row in which everything is masked
};

// Of this element of the forward pass: goes back, along what it was made of, as long as a NaN was made of
// NaN, or, where there was none, of infinities. The values that the tape keeps are known, and no others; none
// where this element is finite.
std::optional<Origin> origin_of(const Trace& trace, const Uses& uses, const Trace::Place& place,
                                int64_t element);

}  // namespace frost::inspect
