// Checks of what tensors hold. Each returns a Result whose message names the element at fault, what was
// expected there and what was found; <frost/testing/matchers.hpp> has them as Catch2 matchers.
//
// Errors are for checks that make no sense (a mask that does not broadcast, an undefined `expected`), never
// for what is being checked.
#pragma once

#include <frost/tensor.hpp>
#include <frost/testing/result.hpp>

#include <functional>

namespace frost::testing {

// The same sizes and dtype, and |found - expected| ≤ atol + rtol·|expected| at each element. Infinities
// equal themselves, NaN nothing but, with equal_nan, NaN.
//   element [1]: expected 0.5, found 0.7, off by 0.2 where 5.01e-06 is allowed; 1 of 3 elements differ
Result all_close(const Tensor& found, const Tensor& expected, double rtol = 1e-5, double atol = 1e-8,
                 bool equal_nan = false);

// |Σ x - 1| ≤ atol along dim, everywhere: weights of attention, probabilities. NaN fails. Of two dims or
// more, the message names the sum by its indices in the other ones.
Result sums_to_one(const Tensor& x, int64_t dim = -1, double atol = 1e-6);

// Calls step, and says whether x holds what it did before, bit for bit: everywhere, or where mask is true.
// What moved says what its gradient was, since a gradient of zero holds nothing in place: momentum, weight
// decay and Adam's averages move it, and only an absent gradient makes an optimiser pass x by.
//
//   unchanged_by(embedding->weight, [&optimizer] { optimizer.step(); }, frozen_rows.unsqueeze(1))
Result unchanged_by(const Tensor& x, const std::function<void()>& step, const Tensor& mask = {});

}  // namespace frost::testing
