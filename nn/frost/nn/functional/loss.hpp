// Losses. Each gives one number per element or per example, of which reduction makes the mean (kMean, the
// default), the sum (kSum), or nothing else (kNone).
#pragma once

#include <frost/nn/enums.hpp>
#include <frost/nn/options.hpp>
#include <frost/tensor.hpp>

namespace frost::nn {

// Of losses that have no other option: a reduction alone will do, as in mse_loss(x, y, kSum).
struct ReductionOptions : OptionsOf<ReductionOptions> {
  ReductionOptions(Reduction reduction = kMean) : reduction_(reduction) {}
  ReductionOptions& reduction(Reduction reduction) { return set(reduction_, reduction); }
  Reduction reduction() const { return reduction_; }

 private:
  Reduction reduction_;
};
using L1LossOptions = ReductionOptions;
using MSELossOptions = ReductionOptions;

// weight: of each class, [C]. Targets that are ignore_index count for nothing.
struct NLLLossOptions : OptionsOf<NLLLossOptions> {
  NLLLossOptions& weight(const Tensor& weight) { return set(weight_, weight); }
  NLLLossOptions& ignore_index(int64_t index) { return set(ignore_index_, index); }
  NLLLossOptions& reduction(Reduction reduction) { return set(reduction_, reduction); }
  const Tensor& weight() const { return weight_; }
  int64_t ignore_index() const { return ignore_index_; }
  Reduction reduction() const { return reduction_; }

 private:
  Tensor weight_;
  int64_t ignore_index_ = -100;
  Reduction reduction_ = kMean;
};

// The same; label_smoothing in [0, 1] is the share of the target that is spread over all classes.
struct CrossEntropyLossOptions : OptionsOf<CrossEntropyLossOptions> {
  CrossEntropyLossOptions& weight(const Tensor& weight) { return set(weight_, weight); }
  CrossEntropyLossOptions& ignore_index(int64_t index) { return set(ignore_index_, index); }
  CrossEntropyLossOptions& reduction(Reduction reduction) { return set(reduction_, reduction); }
  CrossEntropyLossOptions& label_smoothing(double share) { return set(label_smoothing_, share); }
  const Tensor& weight() const { return weight_; }
  int64_t ignore_index() const { return ignore_index_; }
  Reduction reduction() const { return reduction_; }
  double label_smoothing() const { return label_smoothing_; }

 private:
  Tensor weight_;
  int64_t ignore_index_ = -100;
  Reduction reduction_ = kMean;
  double label_smoothing_ = 0;
};

// weight: of each element. pos_weight: of the positive side, so that recall trades against precision. Both
// broadcast to the input.
struct BCEWithLogitsLossOptions : OptionsOf<BCEWithLogitsLossOptions> {
  BCEWithLogitsLossOptions& weight(const Tensor& weight) { return set(weight_, weight); }
  BCEWithLogitsLossOptions& reduction(Reduction reduction) { return set(reduction_, reduction); }
  BCEWithLogitsLossOptions& pos_weight(const Tensor& weight) { return set(pos_weight_, weight); }
  const Tensor& weight() const { return weight_; }
  Reduction reduction() const { return reduction_; }
  const Tensor& pos_weight() const { return pos_weight_; }

 private:
  Tensor weight_, pos_weight_;
  Reduction reduction_ = kMean;
};

namespace functional {

using L1LossFuncOptions = L1LossOptions;
using MSELossFuncOptions = MSELossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;

// |x - target| and (x - target)². The two broadcast.
Tensor l1_loss(const Tensor& x, const Tensor& target, const L1LossFuncOptions& options = {});
Tensor mse_loss(const Tensor& x, const Tensor& target, const MSELossFuncOptions& options = {});

// -weight[t] · x[t] of each example, x being log-probabilities and t the class that target names; the mean is
// over Σ weight[t]. An example whose target is ignore_index has loss 0 and a gradient of exactly 0, whatever
// x holds; where all are, the mean is NaN.
//   x: [N, C] or [N, C, d…], target: [N] or [N, d…] Long
// Errors: shapes that differ from these, a target outside [0, C), a weight that requires grad.
Tensor nll_loss(const Tensor& x, const Tensor& target, const NLLLossFuncOptions& options = {});

// nll_loss of log_softmax(x): safe for scores of any size. x may also be [C], with a 0-dim target.
// With label_smoothing s:   (1 - s) nll_loss + s/C Σ_c -weight[c] log_softmax(x)[c]
// A target of x's own sizes holds the probability of each class instead:
//   Σ_c -target[c] weight[c] log_softmax(x)[c], the mean being over the examples.
Tensor cross_entropy(const Tensor& x, const Tensor& target, const CrossEntropyFuncOptions& options = {});

// Of probabilities σ(x):   weight · -(pos_weight · target · log σ(x) + (1 - target) · log(1 - σ(x)))
// without overflow. target has x's sizes.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options = {});

}  // namespace functional

}  // namespace frost::nn
