#include <frost/nn/muting.hpp>

#include <frost/nn/freezing.hpp>
#include <frost/nn/masks.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <cmath>

namespace frost::nn {

namespace {

// The lengths as numbers, checked against the input.
std::vector<int64_t> checked_lengths(const Tensor& input, const Tensor& lengths) {
  check_defined(input, "attend");
  check_defined(lengths, "attend", "lengths");
  check(input.dim() == 3, "attend", "input must be [B, T, E], got ", input.sizes());
  check(lengths.dim() == 1 && lengths.scalar_type() == kLong && lengths.size(0) == input.size(0), "attend",
        "lengths must be a Long tensor of ", input.size(0), " elements, one per sequence, got ",
        lengths.sizes(), " ", lengths.scalar_type());
  const Tensor flat = lengths.contiguous();
  const std::vector<int64_t> values(flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel());
  for (size_t b = 0; b < values.size(); ++b)
    check(0 <= values[b] && values[b] <= input.size(1), "attend", "length ", values[b], " of sequence ", b,
          " is not in [0, ", input.size(1), "], the padded length");
  return values;
}

// Scores of tokens [*, E], one for each of them.
Tensor scored(const Muting::Scorer& score, const Tensor& tokens) {
  check(score != nullptr, "attend", "expected a scorer, got an empty function");
  const Tensor scores = score(tokens);
  check(scores.sizes() == tokens.sizes().slice(0, static_cast<size_t>(tokens.dim() - 1)), "attend",
        "the scorer must give one score per token, of tokens ", tokens.sizes(), " it gave ", scores.sizes());
  return scores;
}

}  // namespace

Attended BatchedMuting::attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const {
  const Tensor mask = padding_mask(checked_lengths(input, lengths), input.size(1));
  Attended result;
  result.scores = scored(score, input);
  result.weights = weights(result.scores, mask);
  result.context = squeeze(bmm(unsqueeze(result.weights, 1), input), 1);  // [B, 1, T] [B, T, E] → [B, E]
  return result;
}

Tensor NoMuting::weights(const Tensor& scores, const Tensor&) const { return softmax(scores, -1); }

Tensor ZeroedAfterSoftmax::weights(const Tensor& scores, const Tensor& mask) const {
  return masked_fill(softmax(scores, -1), mask, 0);
}

Tensor ZeroedAndRenormalised::weights(const Tensor& scores, const Tensor& mask) const {
  const Tensor kept = masked_fill(softmax(scores, -1), mask, 0);
  return kept / sum(kept, -1, /*keepdim=*/true);
}

Tensor Masked::weights(const Tensor& scores, const Tensor& mask) const {
  return softmax(masked_fill(scores, mask, -INFINITY), -1);
}

Tensor MaskedInOneOp::weights(const Tensor& scores, const Tensor& mask) const {
  return functional::masked_softmax(scores, mask, -1);
}

Tensor FrozenAfterSoftmax::weights(const Tensor& scores, const Tensor& mask) const {
  const Tensor all = softmax(scores, -1);
  return frozen(all, mask);
}

Tensor FrozenElements::weights(const Tensor& scores, const Tensor& mask) const {
  return softmax(frozen(scores, mask), -1);
}

std::string FrozenPads::name() const {
  return std::string("2: pads frozen at ") + (pad_score_ == -INFINITY ? "-inf" : to_text(pad_score_));
}

Attended FrozenPads::attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const {
  const std::vector<int64_t> counts = checked_lengths(input, lengths);
  Attended result;
  result.graphs = static_cast<int64_t>(counts.size());
  std::vector<Tensor> contexts, weights;
  for (size_t b = 0; b < counts.size(); ++b) {
    const Tensor tokens = input.select(0, static_cast<int64_t>(b));  // [T, E]
    const Tensor real = scored(score, tokens.narrow(0, 0, counts[b]));
    const Tensor pads = full({input.size(1) - counts[b]}, pad_score_, input.options());
    pads.set_name("pads");  // by which the tape remembers that they are frozen
    weights.push_back(softmax(cat({real, pads}), 0));
    contexts.push_back(matmul(weights.back(), tokens));  // [T] [T, E] → [E]
    result.frozen_pads.push_back(pads);
  }
  result.weights = counts.empty() ? zeros({0, input.size(1)}, input.options()) : stack(weights);
  result.context = counts.empty() ? zeros({0, input.size(2)}, input.options()) : stack(contexts);
  return result;
}

Attended Packed::attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const {
  const std::vector<int64_t> counts = checked_lengths(input, lengths);
  const int64_t batch = input.size(0), longest = input.size(1), features = input.size(2);
  std::vector<int64_t> places, owners;  // of each real token: its row in input as [B·T, E], and its sequence
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t t = 0; t < counts[static_cast<size_t>(b)]; ++t) {
      places.push_back(b * longest + t);
      owners.push_back(b);
    }
  const Tensor place = tensor(places), owner = tensor(owners);
  const int64_t count = place.numel();

  const Tensor tokens = input.reshape({batch * longest, features}).index_select(0, place);  // [N, E]
  const Tensor scores = scored(score, tokens);
  // Each sequence's largest score is taken off first, so that exp does not overflow; it cancels, and needs no
  // gradient.
  std::vector<double> largest(counts.size(), -INFINITY);
  const Tensor values = scores.detach().to(kDouble).contiguous();
  for (size_t i = 0; i < owners.size(); ++i) {
    double& mine = largest[static_cast<size_t>(owners[i])];
    mine = std::max(mine, values.data_ptr<double>()[i]);
  }
  const Tensor exps = exp(scores - tensor(largest, scores.options()).index_select(0, owner));
  const Tensor sums = zeros({batch}, scores.options()).scatter_add(0, owner, exps);
  const Tensor weights = exps / sums.index_select(0, owner);  // [N]

  Attended result;
  result.context =
      zeros({batch, features}, scores.options())
          .scatter_add(0, owner.unsqueeze(1).expand({count, features}), weights.unsqueeze(1) * tokens);
  result.weights =
      zeros({batch * longest}, scores.options()).scatter_add(0, place, weights).reshape({batch, longest});
  return result;
}

std::vector<std::shared_ptr<const Muting>> all_mutings() {
  return {std::make_shared<NoMuting>(),
          std::make_shared<ZeroedAfterSoftmax>(),
          std::make_shared<ZeroedAndRenormalised>(),
          std::make_shared<FrozenPads>(0),
          std::make_shared<FrozenAfterSoftmax>(),
          std::make_shared<FrozenElements>(),
          std::make_shared<FrozenPads>(-INFINITY),
          std::make_shared<Masked>(),
          std::make_shared<MaskedInOneOp>(),
          std::make_shared<Packed>()};
}

}  // namespace frost::nn
