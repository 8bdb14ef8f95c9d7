// A training step of a bidirectional recurrent layer under additive attention. Each direction has a thread.
#include "cells.hpp"
#include "products.hpp"

#include <memory>

namespace by_hand {
namespace {

using benchmark::State;

constexpr int64_t kBatch = 64, kTokens = 24, kFeatures = 64, kClasses = 2;
constexpr int64_t kRows = kTokens * kBatch;  // one step of all sequences after the other
constexpr int64_t kStates = 2 * kHidden;     // both directions' beside one another

float* at(Floats& x, int64_t i) { return x.data() + i; }

template <class Cell>
struct Training {
  static constexpr int64_t kGates = Cell::kGates * kHidden, kJoined = Cell::kJoined * kHidden;

  struct Parameters {
    struct {
      float w_ih[kGates * kFeatures], w_hh[kGates * kHidden], b_ih[kGates], b_hh[kGates];
    } layers[2];
    float map[kHidden * kStates], map_bias[kHidden], score[kHidden], output[kClasses * kStates],
        output_bias[kClasses];
  };
  Parameters parameters{}, gradients{};

  std::vector<int64_t> lengths = bench::ragged_lengths(kBatch, kTokens);
  Floats tokens = normal(kRows * kFeatures, 1, 1);
  std::vector<int> classes;

  struct Direction {
    Floats gates = Floats(kRows * kGates), kept = Floats(kRows * kHidden);
    Floats gradient = Floats(kBatch * kHidden), kept_gradient = gradient;
    Floats w_ih, w_hh, w_hh_turned, states, tokens;  // panels
  };
  Direction directions[2];
  struct Thread {
    float map_bias[kHidden], score[kHidden], output[kClasses * kStates], output_bias[kClasses];
    double loss;
  };
  std::vector<Thread> threads{static_cast<size_t>(omp_get_max_threads())};
  Floats states = Floats(kRows * kStates), state_gradients = states, hidden = Floats(kRows * kHidden);
  Floats steps = tokens, map, map_turned;  // the tokens, step after step; panels

  Training() {
    fill_normal(flat(parameters), 1 / std::sqrt(float{kHidden}), 2);
    std::mt19937 generator(3);
    for (int64_t b = 0; b < kBatch; ++b) classes.push_back(static_cast<int>(generator() % kClasses));
  }

  static constexpr float kZeros[kHidden]{};
  // The step before the i-th of a direction is `back` from it.
  static int64_t step(int64_t direction, int64_t i) { return direction == 0 ? i : kTokens - 1 - i; }
  static int64_t back(int64_t direction) { return direction == 0 ? -kBatch : kBatch; }

  void run_forward(int64_t which) {
    Direction& direction = directions[which];
    const auto& layer = parameters.layers[which];
    const Panels w_ih = pack(kFeatures, kGates, {layer.w_ih, 1, kFeatures}, direction.w_ih);
    const Panels w_hh = pack(kHidden, kGates, {layer.w_hh, 1, kHidden}, direction.w_hh);
    std::fill_n(at(direction.kept, step(which, 0) * kBatch * kHidden), kBatch * kHidden, 0.0f);
    for (int64_t i = 0; i < kTokens; ++i) {
      const int64_t first = step(which, i) * kBatch, before = first + back(which);
      float* const gates = at(direction.gates, first * kGates);
      multiply(kBatch, kGates, kFeatures, gates, kGates, false, {at(steps, first * kFeatures), kFeatures},
               w_ih);
      if (i > 0) {
        const Matrix state{at(states, before * kStates + which * kHidden), kStates};
        multiply(kBatch, kJoined, kHidden, gates, kGates, true, state, w_hh);
        if (kJoined < kGates)
          multiply(kBatch, kGates - kJoined, kHidden, at(direction.kept, first * kHidden), kHidden, false,
                   state, {w_hh.data + kJoined * kHidden, w_hh.row_stride, w_hh.panel_stride});
      }
      for (int64_t b = 0; b < kBatch; ++b)
        Cell::forward(layer.b_ih, layer.b_hh, gates + b * kGates, at(direction.kept, (first + b) * kHidden),
                      i == 0 ? kZeros : at(direction.kept, (before + b) * kHidden),
                      i == 0 ? kZeros : at(states, (before + b) * kStates + which * kHidden),
                      at(states, (first + b) * kStates + which * kHidden));
    }
  }

  void run_backward(int64_t which) {
    Direction& direction = directions[which];
    auto& layer = gradients.layers[which];
    const Panels w_hh =
        pack(kGates, kHidden, {parameters.layers[which].w_hh, kHidden}, direction.w_hh_turned);
    std::fill(direction.gradient.begin(), direction.gradient.end(), 0.0f);
    std::fill(direction.kept_gradient.begin(), direction.kept_gradient.end(), 0.0f);
    std::fill_n(layer.b_ih, kGates, 0.0f);
    std::fill_n(layer.b_hh, kGates, 0.0f);
    for (int64_t i = kTokens - 1; i >= 0; --i) {
      const int64_t first = step(which, i) * kBatch, before = first + back(which);
      float* const gates = at(direction.gates, first * kGates);
      for (int64_t b = 0; b < kBatch; ++b) {
        float* const kept = at(direction.kept, (first + b) * kHidden);
        Cell::backward(gates + b * kGates, kept, i == 0 ? kZeros : at(direction.kept, (before + b) * kHidden),
                       i == 0 ? kZeros : at(states, (before + b) * kStates + which * kHidden),
                       at(state_gradients, (first + b) * kStates + which * kHidden),
                       at(direction.gradient, b * kHidden), at(direction.kept_gradient, b * kHidden));
        for (int64_t j = 0; j < kGates; ++j) layer.b_hh[j] += gates[b * kGates + j];
        for (int64_t j = kJoined; j < kGates; ++j) layer.b_ih[j] += kept[j - kJoined];
      }
      if (i > 0)
        multiply(kBatch, kHidden, kGates, direction.gradient.data(), kHidden, true, {gates, kGates}, w_hh);
    }
    std::copy_n(layer.b_hh, kJoined, layer.b_ih);

    const Panels x = pack(kRows, kFeatures, {steps.data(), kFeatures}, direction.tokens);
    const Panels h = pack(kRows, kHidden, {at(states, which * kHidden), kStates}, direction.states);
    multiply(kJoined, kFeatures, kRows, layer.w_ih, kFeatures, false, {direction.gates.data(), 1, kGates}, x);
    if (kJoined < kGates)
      multiply(kHidden, kFeatures, kRows, layer.w_ih + kJoined * kFeatures, kFeatures, false,
               {direction.kept.data(), 1, kHidden}, x);
    // Every step but the first has one before it.
    const int64_t later = which == 0 ? kBatch : 0, earlier = kBatch - later;
    multiply(kGates, kHidden, kRows - kBatch, layer.w_hh, kHidden, false,
             {at(direction.gates, later * kGates), 1, kGates},
             {h.data + earlier * h.row_stride, h.row_stride, h.panel_stride});
    multiply(kHidden, kHidden, kRows, gradients.map + which * kHidden, kStates, false,
             {hidden.data(), 1, kHidden}, h);
  }

  // From the hidden values of one sequence's tokens to their gradients, and a part of that of the states.
  void attend(int64_t b, Thread& sums) {
    const Parameters& p = parameters;
    float weights[kTokens], slopes[kTokens], context[kStates]{}, gradient[kStates], logits[kClasses];
    for (int64_t t = 0; t < kTokens; ++t)
      weights[t] = dot(kHidden, at(hidden, (t * kBatch + b) * kHidden), p.score);
    softmax(kTokens, lengths[static_cast<size_t>(b)], 1, weights, weights);
    for (int64_t t = 0; t < kTokens; ++t)
      for (int64_t j = 0; j < kStates; ++j)
        context[j] += weights[t] * *at(states, (t * kBatch + b) * kStates + j);

    for (int64_t c = 0; c < kClasses; ++c)
      logits[c] = dot(kStates, context, p.output + c * kStates) + p.output_bias[c];
    softmax(kClasses, kClasses, 1, logits, logits);
    const int right = classes[static_cast<size_t>(b)];
    sums.loss -= std::log(logits[right]) / kBatch;
    std::fill_n(gradient, kStates, 0.0f);
    for (int64_t c = 0; c < kClasses; ++c) {
      const float d = (logits[c] - (c == right ? 1.0f : 0.0f)) / kBatch;
      sums.output_bias[c] += d;
      for (int64_t j = 0; j < kStates; ++j) {
        sums.output[c * kStates + j] += d * context[j];
        gradient[j] += d * p.output[c * kStates + j];
      }
    }

    for (int64_t t = 0; t < kTokens; ++t)
      slopes[t] = dot(kStates, at(states, (t * kBatch + b) * kStates), gradient);
    softmax_backward(kTokens, 1, weights, slopes, slopes);
    for (int64_t t = 0; t < kTokens; ++t) {
      float* const h = at(hidden, (t * kBatch + b) * kHidden);
      for (int64_t j = 0; j < kHidden; ++j) {
        sums.score[j] += slopes[t] * h[j];
        h[j] = slopes[t] * p.score[j] * (1 - h[j] * h[j]);
        sums.map_bias[j] += h[j];
      }
      float* const d = at(state_gradients, (t * kBatch + b) * kStates);
      for (int64_t j = 0; j < kStates; ++j) d[j] = weights[t] * gradient[j];
    }
  }

  // The mean loss, and the gradients of the parameters.
  double pass() {
    for (Thread& thread : threads) thread = {};
    split(kTokens, false, [this](int64_t begin, int64_t end, int) {
      for (int64_t t = begin; t < end; ++t)
        for (int64_t b = 0; b < kBatch; ++b)
          std::copy_n(at(tokens, (b * kTokens + t) * kFeatures), kFeatures,
                      at(steps, (t * kBatch + b) * kFeatures));
    });
    split(2, false, [this](int64_t begin, int64_t end, int) {
      for (int64_t which = begin; which < end; ++which) {
        run_forward(which);
        if (which == 0)
          pack(kStates, kHidden, {parameters.map, 1, kStates}, map);
        else
          pack(kHidden, kStates, {parameters.map, kStates}, map_turned);
      }
    });
    split(kRows / kTileRows, false, [this](int64_t begin, int64_t end, int) {
      float* const h = at(hidden, begin * kTileRows * kHidden);
      const int64_t rows = (end - begin) * kTileRows;
      multiply(rows, kHidden, kStates, h, kHidden, false, {at(states, begin * kTileRows * kStates), kStates},
               {map.data(), kPanelWidth, kStates * kPanelWidth});
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < kHidden; ++j)
          h[i * kHidden + j] = tanh(h[i * kHidden + j] + parameters.map_bias[j]);
    });
    split(kBatch, false, [this](int64_t begin, int64_t end, int thread) {
      for (int64_t b = begin; b < end; ++b) attend(b, threads[static_cast<size_t>(thread)]);
    });
    split(kRows / kTileRows, false, [this](int64_t begin, int64_t end, int) {
      multiply((end - begin) * kTileRows, kStates, kHidden, at(state_gradients, begin * kTileRows * kStates),
               kStates, true, {at(hidden, begin * kTileRows * kHidden), kHidden},
               {map_turned.data(), kPanelWidth, kHidden * kPanelWidth});
    });
    split(2, false, [this](int64_t begin, int64_t end, int) {
      for (int64_t which = begin; which < end; ++which) run_backward(which);
    });
    return add_up();
  }

  double add_up() {
    double loss = 0;
    const auto add = [](auto& sum, const auto& part, bool first) {
      for (size_t j = 0; j < std::size(sum); ++j) sum[j] = first ? part[j] : sum[j] + part[j];
    };
    for (size_t i = 0; i < threads.size(); ++i) {
      add(gradients.map_bias, threads[i].map_bias, i == 0);
      add(gradients.score, threads[i].score, i == 0);
      add(gradients.output, threads[i].output, i == 0);
      add(gradients.output_bias, threads[i].output_bias, i == 0);
      loss += threads[i].loss;
    }
    return loss;
  }

  void descend() {
    const std::span<float> p = flat(parameters), g = flat(gradients);
    split(static_cast<int64_t>(p.size()), false, [&p, &g](int64_t begin, int64_t end, int) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) p[i] -= 0.1f * g[i];
    });
  }
};

template <class Cell>
void run(State& state) {
  const auto work = std::make_unique<Training<Cell>>();
  bench::measure(state, [&work] {
    benchmark::DoNotOptimize(work->pass());
    work->descend();
    keep(work.get());
  });
}
void bigru_step(State& state) { run<Gru>(state); }
void bilstm_step(State& state) { run<Lstm>(state); }
BENCHMARK(bigru_step)->Arg(kBatch);
BENCHMARK(bilstm_step)->Arg(kBatch);

template <class Cell>
bool learns() {
  const auto work = std::make_unique<Training<Cell>>();
  const double before = work->pass();
  const auto gradients = std::make_unique<typename Training<Cell>::Parameters>(work->gradients);
  const auto agrees = [&work](std::span<float> part, std::span<const float> gradient) {
    return is_gradient(part, gradient, [&work] { return work->pass(); });
  };
  auto &p = work->parameters, &g = *gradients;
  for (size_t i = 0; i < 2; ++i)
    if (!agrees(p.layers[i].w_ih, g.layers[i].w_ih) || !agrees(p.layers[i].w_hh, g.layers[i].w_hh) ||
        !agrees(p.layers[i].b_ih, g.layers[i].b_ih) || !agrees(p.layers[i].b_hh, g.layers[i].b_hh))
      return false;
  if (!agrees(p.map, g.map) || !agrees(p.map_bias, g.map_bias) || !agrees(p.score, g.score) ||
      !agrees(p.output, g.output) || !agrees(p.output_bias, g.output_bias))
    return false;
  for (int i = 0; i < 5; ++i) {
    work->pass();
    work->descend();
  }
  return work->pass() < before;
}
const bool gru_is_right = add_check("bigru_step", [] { return learns<Gru>(); });
const bool lstm_is_right = add_check("bilstm_step", [] { return learns<Lstm>(); });

}  // namespace
}  // namespace by_hand
