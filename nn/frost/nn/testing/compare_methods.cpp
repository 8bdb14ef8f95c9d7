#include <frost/nn/testing/compare_methods.hpp>

#include <frost/nn/masks.hpp>
#include <frost/ops.hpp>
#include <frost/random.hpp>
#include <frost/tape.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <cmath>

namespace frost::testing {

namespace {

void check_arguments(const Tensor& scores, const std::vector<int64_t>& lengths, double pad_score) {
  check_defined(scores, "compare_methods", "scores");
  check(scores.dim() == 2 && scores.is_floating_point(), "compare_methods",
        "scores must be [B, T] of floating point, got ", scores.sizes(), " ", scores.scalar_type());
  check(static_cast<int64_t>(lengths.size()) == scores.size(0), "compare_methods", "got ", lengths.size(),
        " lengths for scores ", scores.sizes());
  check(pad_score < INFINITY, "compare_methods", "pads can't be frozen at ", pad_score);
  const Tensor mask = nn::padding_mask(IntArrayRef(lengths), scores.size(1));  // checks the lengths
  check(isfinite(masked_fill(scores.detach(), mask, 0)).all().item<bool>(), "compare_methods",
        "the scores of real tokens must be finite");
}

// The elements of the upstream gradient: a generator of its own leaves the default one as it is.
Tensor random_upstream(const Tensor& like) {
  Generator generator(1);
  const Tensor upstream = empty_tensor(like.sizes(), like.scalar_type(), "compare_methods");
  random::uniform(upstream.scalar_type(), upstream.data_ptr(), upstream.numel(), 0, 1, generator);
  return upstream;
}

// The weights of one sequence and the gradient of its real scores, under one of the methods.
struct Attention {
  Tensor weights, grad;
};

Attention masked(const Tensor& row, int64_t length, const Tensor& upstream) {
  const AutoGradMode recording(true);
  const Tensor scores = row.detach().clone().requires_grad_();
  const Tensor mask = arange(row.numel()) >= length;
  const Tensor weights = softmax(masked_fill(scores, mask, -INFINITY), 0);
  const Tensor grad = autograd::grad({weights}, {scores}, {upstream})[0];
  return {weights.detach(), grad.narrow(0, 0, length)};
}

Attention frozen_pads(const Tensor& row, int64_t length, double pad_score, const Tensor& upstream) {
  const AutoGradMode recording(true);
  const Tensor real = row.detach().narrow(0, 0, length).clone().requires_grad_();
  const Tensor pads = full({row.numel() - length}, pad_score, row.options());
  const Tensor weights = softmax(cat({real, pads}), 0);
  return {weights.detach(), autograd::grad({weights}, {real}, {upstream})[0]};
}

std::vector<double> doubles(const Tensor& x) {
  const Tensor packed = x.detach().to(kDouble).contiguous();
  return std::vector<double>(packed.data_ptr<double>(), packed.data_ptr<double>() + packed.numel());
}

}  // namespace

MethodComparison compare_methods(const Tensor& scores, const std::vector<int64_t>& lengths, double pad_score,
                                 double tolerance) {
  check_arguments(scores, lengths, pad_score);
  MethodComparison result;
  result.tolerance = tolerance >= 0 ? tolerance : scores.scalar_type() == kDouble ? 1e-12 : 1e-5;
  const Tensor upstream = random_upstream(scores);
  const int64_t longest = scores.size(1);
  size_t worst = 0;
  for (size_t b = 0; b < lengths.size(); ++b) {
    const auto place = static_cast<int64_t>(b);
    const int64_t length = lengths[b];
    const Tensor row = scores.select(0, place), u = upstream.select(0, place);
    const Attention one = masked(row, length, u), two = frozen_pads(row, length, pad_score, u);
    const std::vector<double> w1 = doubles(one.weights), w2 = doubles(two.weights), g1 = doubles(one.grad),
                              g2 = doubles(two.grad);
    double leak = 0;
    for (int64_t t = length; t < longest; ++t) {
      const double weight = w2[static_cast<size_t>(t)];
      if (!std::isnan(weight)) leak += weight;  // NaN: there is nothing to attend to at all
    }
    for (size_t t = 0; t < static_cast<size_t>(length); ++t) {
      if (w1[t] > 0)
        result.weight_difference = std::max(result.weight_difference, std::abs(w1[t] - w2[t]) / w1[t]);
      result.gradient_difference = std::max(result.gradient_difference, std::abs(g1[t] - g2[t]));
    }
    const bool is_empty_filled = length == 0 && leak > 0;  // NaN under method 1, numbers under method 2
    result.agree = result.agree && !is_empty_filled;
    result.leaks.push_back(leak);
    if (leak > result.leaks[worst]) worst = b;
    result.leak = std::max(result.leak, leak);
  }
  // g¹ - g² = w¹ leak (u - 2 Σ u w¹ + …), which with u in (0, 1) is at most twice the leak.
  result.agree = result.agree && result.weight_difference <= result.tolerance &&
                 result.gradient_difference <= 2 * result.tolerance;
  const std::string verdict = result.agree ? "the methods agree: " : "the methods differ: ";
  if (result.leak == 0)
    result.message = verdict + "the pads hold no attention";
  else
    result.message = verdict + "of sequence " + to_text(worst) + " (" + to_text(lengths[worst]) + " of " +
                     to_text(longest) + " tokens real) the pads, frozen at " + to_text(pad_score) +
                     ", hold " + to_text(result.leak) + " of the attention";
  result.message += "; largest differences: weights " + to_text(result.weight_difference) +
                    " of their size, gradients " + to_text(result.gradient_difference);
  return result;
}

Result MethodComparison::consistent() const {
  const bool is_leaking = leak > tolerance;
  if (agree != is_leaking) return {};
  return Result::failure(std::string("expected the methods to ") + (is_leaking ? "differ" : "agree") +
                         " where the pads hold " + to_text(leak) + " of the attention, but " + message);
}

}  // namespace frost::testing
