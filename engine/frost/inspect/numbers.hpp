// The elements of a tensor as plain numbers. For inspect's own files.
#pragma once

#include <frost/ops.hpp>

#include <cstdint>
#include <vector>

namespace frost::inspect {

// Row by row.
inline std::vector<double> numbers(const Tensor& x) {
  const NoGradGuard guard;
  const Tensor y = x.detach().to(kDouble).contiguous();
  return {y.data_ptr<double>(), y.data_ptr<double>() + y.numel()};
}

// The element, counted row by row, as a tensor without dims.
inline Tensor element_of(const Tensor& x, int64_t element) {
  const NoGradGuard guard;
  return x.detach().reshape({-1})[element].clone();
}

}  // namespace frost::inspect
