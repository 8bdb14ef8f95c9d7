// Do the two ways of keeping attention off padding say the same?
//
//   method 1, masking:   softmax(masked_fill(scores, mask, -inf))
//   method 2, freezing:  per sequence, softmax(cat(real scores, pads)), the pads frozen at one score
//
// With w¹ and w² the weights of the real tokens of a sequence, and `leak` the attention that its pads hold
// under method 2, which is Σ_pads w²:
//
//   w² = w¹ (1 - leak)
//
// So the methods agree if and only if the pads hold no attention. They do where pad_score is -inf, or so far
// below the real scores that exp gives 0; 0, as it is mostly written, leaks.
#pragma once

#include <frost/tensor.hpp>
#include <frost/testing/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace frost::testing {

struct MethodComparison {
  // Weights and gradients of the real scores are the same but for `tolerance`.
  bool agree = true;
  // The attention that the pads hold under method 2: the most of any sequence, and that of each.
  double leak = 0;
  std::vector<double> leaks;
  // The largest (w¹ - w²) / w¹ of a real token: the leak of its sequence, but for rounding. A sequence of
  // length 0 has no real token; its difference is 0.
  double weight_difference = 0;
  // The largest |difference| between the gradients of the real scores under Σ u w, with u drawn from (0, 1).
  double gradient_difference = 0;
  // "the methods agree: the pads hold no attention", or
  // "the methods differ: of sequence 1 (2 of 5 tokens real) the pads, frozen at 0, hold 0.27 of the
  //  attention; …".
  std::string message;

  // Whether the methods agree if and only if nothing leaks, as they must; a failure is a bug in one of them.
  Result consistent() const;
  double tolerance = 0;
};

// Runs both methods on scores [B, T], Double or Float, whose b-th sequence has lengths[b] real tokens.
// `tolerance` is how large differences and leaks may be and still be rounding: by default 1e-12 in Double,
// 1e-5 in Float. Nothing reaches the grad of `scores`. Errors: scores not [B, T] of floating point, or with
// NaN or infinities at real tokens; lengths that don't fit; pad_score NaN or +inf.
//
// A sequence of length 0 has nothing to attend to: method 1 gives NaN. Method 2 gives NaN too where pads are
// at -inf, so that the two agree; else the pads hold all attention, a leak of 1, and they don't.
MethodComparison compare_methods(const Tensor& scores, const std::vector<int64_t>& lengths, double pad_score,
                                 double tolerance = -1);

}  // namespace frost::testing
