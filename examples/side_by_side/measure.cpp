#include "measure.hpp"

#include "common/padded.hpp"

#include <frost/inspect/graph_size.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace side_by_side {

using namespace frost;

Batch make_batch(const std::vector<std::vector<std::string>>& sequences, size_t count) {
  std::unordered_map<std::string, int64_t> numbers;  // from 1; 0 is padding
  std::vector<std::vector<int64_t>> rows(count);
  for (size_t i = 0; i < count; ++i)
    for (const std::string& token : sequences[i % sequences.size()])
      rows[i].push_back(numbers.emplace(token, static_cast<int64_t>(numbers.size()) + 1).first->second);
  const examples::Padded batch = examples::padded(rows);
  return {batch.numbers, batch.lengths, static_cast<int64_t>(numbers.size()) + 1};
}

Model::Model(int64_t vocabulary, int64_t features, uint64_t seed) {
  manual_seed(seed);
  embedding = randn({vocabulary, features}, requires_grad());
  pooling = nn::AttentionPooling(features, features);
  target = randn({features});
  // Scores of the size that training would give them: with the first, small weights all tokens look alike.
  const NoGradGuard guard;
  pooling->score->weight.mul_(4);
}

std::vector<Tensor> Model::parameters() const {
  std::vector<Tensor> all = pooling->parameters();
  all.push_back(embedding);
  return all;
}

Model::Pass Model::forward(const Muting& muting, const Batch& batch) const {
  const Tensor input = embedding.index_select(0, batch.tokens.flatten())
                           .reshape({batch.size(), batch.longest(), embedding.size(1)});
  pooling->set_muting(muting);
  Pass pass{pooling->attend(input, batch.lengths), {}};
  pass.loss = (pass.attended.context * target).sum() / static_cast<double>(batch.size());
  return pass;
}

namespace {

std::vector<Tensor> gradients(const Model& model, const Tensor& loss) {
  return autograd::grad({loss}, model.parameters(), {}, nullopt, false, /*allow_unused=*/true);
}

double largest(const Tensor& x) { return x.numel() == 0 ? 0 : x.abs().max().item<double>(); }

double difference(const std::vector<Tensor>& grads, const std::vector<Tensor>& truth) {
  double apart = 0, scale = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const double gap = largest(grads[i].defined() ? grads[i] - truth[i] : truth[i]);
    if (std::isnan(gap)) return gap;
    apart = std::max(apart, gap);
    scale = std::max(scale, largest(truth[i]));
  }
  return scale == 0 ? apart : apart / scale;
}

void measure_pad_gradient(Measured& row, const nn::Attended& attended, const Tensor& mask) {
  if (!mask.any().item<bool>()) return;
  Tensor at_pads;
  if (attended.scores.defined()) {
    if (attended.scores.grad().defined()) at_pads = attended.scores.grad().masked_select(mask);
  } else if (attended.frozen_pads.empty()) {
    return;  // packed
  } else {
    for (const Tensor& pads : attended.frozen_pads)
      if (pads.grad().defined()) at_pads = pads.grad();
  }
  row.pad_gradient = PadGradient::absent;
  if (!at_pads.defined()) return;
  row.largest_pad_gradient = largest(at_pads);
  row.pad_gradient = std::isnan(row.largest_pad_gradient) ? PadGradient::nan
                     : row.largest_pad_gradient == 0      ? PadGradient::zero
                                                          : PadGradient::number;
}

}  // namespace

bool Measured::sums_to_one() const {
  return std::abs(smallest_sum - 1) < 1e-4 && std::abs(largest_sum - 1) < 1e-4;
}

std::vector<Tensor> true_gradients(const Model& model, const Batch& batch) {
  std::vector<Tensor> truth = gradients(model, model.forward(std::make_shared<nn::Packed>(), batch).loss);
  for (size_t i = 0; i < truth.size(); ++i)
    if (!truth[i].defined()) truth[i] = zeros_like(model.parameters()[i]);
  return truth;
}

namespace {

// Nodes, graphs and bytes alone.
Cost measure_size(const Muting& muting, const Model& model, const Batch& batch) {
  Cost cost;
  const Model::Pass pass = model.forward(muting, batch);
  const inspect::GraphSize size = inspect::graph_size(pass.loss);
  cost.nodes = size.nodes;
  cost.bytes = size.bytes();
  cost.graphs = pass.attended.graphs;
  cost.seconds = std::numeric_limits<double>::infinity();
  return cost;
}

// The fastest of some steps: of those that fit into `least` seconds, and of 20 if they fit into 10 times
// that. Other programs only ever make a step slower, and on a busy machine few steps are left alone. What it
// took is added to `spent`.
double fastest_step(const Muting& muting, const Model& model, const Batch& batch, double least,
                    double& spent) {
  using Clock = std::chrono::steady_clock;
  double total = 0, fastest = std::numeric_limits<double>::infinity();
  for (int steps = 0; total < least || (steps < 20 && total < 10 * least); ++steps) {
    for (const Tensor& parameter : model.parameters()) parameter.mutable_grad().reset();
    const auto start = Clock::now();
    model.forward(muting, batch).loss.backward();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    fastest = std::min(fastest, seconds);
    total += seconds;
  }
  spent += total;
  return fastest;
}

}  // namespace

Cost measure_cost(const Muting& muting, const Model& model, const Batch& batch) {
  Cost cost = measure_size(muting, model, batch);
  double spent = 0;
  cost.seconds = fastest_step(muting, model, batch, 0.05, spent);
  return cost;
}

Comparison compare(const Muting& first, const Muting& second, const Model& model, const Batch& batch) {
  Comparison compared{measure_size(first, model, batch), measure_size(second, model, batch),
                      std::numeric_limits<double>::infinity(), 0};
  double spent = 0;
  for (int round = 0; round < 2 || (round < 5 && spent < 1); ++round) {
    const double a = fastest_step(first, model, batch, 0.01, spent);
    const double b = fastest_step(second, model, batch, 0.01, spent);
    compared.first.seconds = std::min(compared.first.seconds, a);
    compared.second.seconds = std::min(compared.second.seconds, b);
    compared.lowest_ratio = std::min(compared.lowest_ratio, b / a);
    compared.highest_ratio = std::max(compared.highest_ratio, b / a);
  }
  return compared;
}

Measured measure(const Muting& muting, const Model& model, const Batch& batch,
                 const std::vector<Tensor>& truth) {
  Measured row;
  row.name = muting->name();
  const Tensor mask = nn::padding_mask(batch.lengths, batch.longest());

  const Model::Pass pass = model.forward(muting, batch);
  if (pass.attended.scores.defined()) pass.attended.scores.retain_grad();
  const Tensor sums = pass.attended.weights.detach().sum(1);
  row.smallest_sum = sums.min().item<double>();
  row.largest_sum = sums.max().item<double>();
  row.leak =
      where(mask, pass.attended.weights.detach(), 0).sum().item<double>() / static_cast<double>(batch.size());
  for (const Tensor& parameter : model.parameters()) parameter.mutable_grad().reset();
  pass.loss.backward();
  std::vector<Tensor> grads;
  for (const Tensor& parameter : model.parameters()) grads.push_back(parameter.grad());
  row.difference = difference(grads, truth);
  measure_pad_gradient(row, pass.attended, mask);

  const Cost cost = measure_cost(muting, model, batch);
  row.nodes = cost.nodes;
  row.graphs = cost.graphs;
  row.bytes = cost.bytes;
  row.seconds = cost.seconds;
  return row;
}

}  // namespace side_by_side
