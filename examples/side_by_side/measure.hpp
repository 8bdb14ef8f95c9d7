// The model that every way of muting is tried on, and what is measured of each.
#pragma once

#include <frost/frost.hpp>

#include <memory>
#include <string>
#include <vector>

namespace side_by_side {

using Muting = std::shared_ptr<const frost::nn::Muting>;

// A batch of sequences: token numbers, padded to the longest with number 0.
struct Batch {
  frost::Tensor tokens;   // [B, T] Long
  frost::Tensor lengths;  // [B] Long
  int64_t vocabulary = 0;

  int64_t size() const { return tokens.size(0); }
  int64_t longest() const { return tokens.size(1); }
  int64_t positions() const { return tokens.numel(); }
  int64_t real_tokens() const { return lengths.sum().item<int64_t>(); }
};

// The first `count` sequences, repeated from the start where there are fewer.
Batch make_batch(const std::vector<std::vector<std::string>>& sequences, size_t count);

// Embeds tokens, attends over them with additive scores v·tanh(W h + b), and compares what comes out with a
// target. The padding token has an embedding like any other, as it has in a real model before it is muted.
struct Model {
  Model(int64_t vocabulary, int64_t features, uint64_t seed);

  struct Pass {
    frost::nn::Attended attended;
    frost::Tensor loss;
  };
  Pass forward(const Muting& muting, const Batch& batch) const;

  frost::Tensor embedding;  // [V, E]
  frost::nn::AttentionPooling pooling{nullptr};
  frost::Tensor target;  // [E]; the loss is the mean of context · target

  std::vector<frost::Tensor> parameters() const;
};

// What happened to the gradient at the padding's scores.
enum class PadGradient { no_pads, absent, zero, number, nan };

struct Measured {
  std::string name;
  double smallest_sum = 0, largest_sum = 0;  // of the weights of the real tokens and pads of one sequence
  double leak = 0;                           // attention on padding, mean over the sequences
  PadGradient pad_gradient = PadGradient::no_pads;
  double largest_pad_gradient = 0;
  double difference = 0;  // largest |gradient - truth| of any parameter, over the largest |truth|
  int64_t nodes = 0, graphs = 0, bytes = 0;  // of the tape
  double seconds = 0;                        // of a step, forward and backward: the fastest

  bool sums_to_one() const;
};

// The parameters' gradients where no padding takes part.
std::vector<frost::Tensor> true_gradients(const Model& model, const Batch& batch);

Measured measure(const Muting& muting, const Model& model, const Batch& batch,
                 const std::vector<frost::Tensor>& truth);

// Nodes, bytes and time alone.
struct Cost {
  int64_t nodes = 0, graphs = 0, bytes = 0;
  double seconds = 0;
};
Cost measure_cost(const Muting& muting, const Model& model, const Batch& batch);

// The costs of two ways. Their times are taken in turns, of several steps each: how many times the first's
// the second's is, of each turn, lies between the ratios, which are far apart on a busy machine.
struct Comparison {
  Cost first, second;
  double lowest_ratio = 0, highest_ratio = 0;
};
Comparison compare(const Muting& first, const Muting& second, const Model& model, const Batch& batch);

}  // namespace side_by_side
