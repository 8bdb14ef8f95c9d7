// Ways to keep attention off the padding of a batch, and ways that only seem to.
//
// A sequence that is shorter than the longest of its batch is filled up with padding. Softmax gives every
// position some attention, the padding too, unless something mutes it. Each class here is one way of muting.
// They differ in what they do to the weights, in what gradient the padding gets (a number, exact zero, or
// none at all), and in how many graphs the tape needs for a batch. `examples/side_by_side` prints them next
// to each other.
#pragma once

#include <frost/tensor.hpp>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace frost::nn {

// What attention makes of a batch.
struct Attended {
  Tensor context;  // [B, E]: Σ_t weights[b, t] · input[b, t]
  Tensor weights;  // [B, T]
  Tensor scores;   // [B, T] before softmax, where the padding has scores and they stand in one tensor; else
                   // undefined
  std::vector<Tensor> frozen_pads;  // the frozen scores put in place of the padding's, one tensor per example
  int64_t graphs = 1;               // how many graphs the batch took
};

class Muting {
 public:
  // Scores for tokens: [*, E] → [*].
  using Scorer = std::function<Tensor(const Tensor& tokens)>;

  virtual ~Muting() = default;
  virtual std::string name() const = 0;

  // Attention over input [B, T, E], whose b-th sequence has lengths[b] real tokens, the rest being padding.
  // lengths is [B] Long with 0 ≤ lengths[b] ≤ T. The padding must hold finite numbers: a weight of 0 does not
  // keep NaN out of a sum, 0 · NaN being NaN. Only Packed never reads it. A sequence of length 0 has nothing
  // to attend to: where the padding is muted by -inf or by dividing by what is left, its weights are NaN;
  // MaskedInOneOp and Packed give zeros.
  virtual Attended attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const = 0;
};

// Those that treat the whole batch in one graph: from scores [B, T] and the mask (true = padded) to weights
// [B, T].
class BatchedMuting : public Muting {
 public:
  Attended attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const override;
  virtual Tensor weights(const Tensor& scores, const Tensor& mask) const = 0;
};

// Nothing is muted: softmax(scores). The padding takes attention and learns.
class NoMuting : public BatchedMuting {
 public:
  std::string name() const override { return "no mask"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// softmax, then 0 at the padding. The rest no longer sums to 1.
class ZeroedAfterSoftmax : public BatchedMuting {
 public:
  std::string name() const override { return "zeroed after softmax"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// softmax, 0 at the padding, then divided by what is left.
class ZeroedAndRenormalised : public BatchedMuting {
 public:
  std::string name() const override { return "zeroed, renormalised"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// Method 1: -inf at the padding by masked_fill, then softmax.
class Masked : public BatchedMuting {
 public:
  std::string name() const override { return "1: masked with -inf"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// Method 1 as one op, functional::masked_softmax.
class MaskedInOneOp : public BatchedMuting {
 public:
  std::string name() const override { return "1: masked, in one op"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// Method 2: per example, the scores of its real tokens concatenated with frozen scores for its
// padding, then softmax; the examples' results are stacked. Each example has another number of pads, and so a
// graph of its own. With pad scores of 0, as it is mostly written, the padding still takes attention; with
// -inf it takes none.
class FrozenPads : public Muting {
 public:
  explicit FrozenPads(double pad_score) : pad_score_(pad_score) {}
  std::string name() const override;
  Attended attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const override;

 private:
  double pad_score_;
};

// softmax, then the padding's weights are frozen: they keep their attention, and their scores still get a
// gradient, through the sum that the real weights are divided by.
class FrozenAfterSoftmax : public BatchedMuting {
 public:
  std::string name() const override { return "frozen after softmax"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// The padding's scores are frozen element by element, where(mask, x.detach(), x), then softmax: freezing, but
// in one graph for the batch. The padding keeps its attention, as with any frozen score that is not -inf.
class FrozenElements : public BatchedMuting {
 public:
  std::string name() const override { return "frozen by where()"; }
  Tensor weights(const Tensor& scores, const Tensor& mask) const override;
};

// No padding at all: the real tokens of all sequences in one row, and a softmax over each sequence's part of
// it. One graph, and by construction what every other way should equal. A sequence without tokens gets
// context 0.
class Packed : public Muting {
 public:
  std::string name() const override { return "packed: no padding"; }
  Attended attend(const Scorer& score, const Tensor& input, const Tensor& lengths) const override;
};

// All of the above, in the order of a table that leads from wrong to right.
std::vector<std::shared_ptr<const Muting>> all_mutings();

}  // namespace frost::nn
