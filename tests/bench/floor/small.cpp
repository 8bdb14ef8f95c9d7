#include "floor.hpp"

#include <array>

namespace by_hand {
namespace {

using benchmark::State;

struct FourScores {
  std::array<float, 4> scores{1, 2, 3, 4}, gradient{0, 1, 2, 3}, weights{}, result{};
  std::array<bool, 4> mask{false, false, true, true};

  void pass() {
    float sum = 0, mean = 0;
    for (size_t i = 0; i < 4; ++i) sum += weights[i] = mask[i] ? 0 : exp(scores[i]);
    for (size_t i = 0; i < 4; ++i) mean += gradient[i] * (weights[i] /= sum);
    for (size_t i = 0; i < 4; ++i) result[i] = weights[i] * (gradient[i] - mean);
  }
};

void masked_softmax_of_4(State& state) {
  FourScores four;
  bench::measure(state, [&] {
    keep(&four);
    four.pass();
    keep(&four);
  });
}
BENCHMARK(masked_softmax_of_4);

const bool softmax_is_right = add_check("masked_softmax_of_4", [] {
  FourScores four;
  four.pass();
  const auto near = [](float x, float y) { return std::abs(x - y) < 1e-6f; };
  return near(four.weights[1], 0.731058579f) && near(four.result[0], -0.196611933f) &&
         near(four.result[1], 0.196611933f) && four.result[2] == 0;
});

void frozen_cat_2x5(State& state) {
  std::array<float, 6> real{1, 1, 1, 1, 1, 1}, result{};
  std::array<float, 4> pads{};
  std::array<float, 10> joined{}, gradient{1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  bench::measure(state, [&] {
    keep(&real);
    keep(&gradient);
    for (size_t row = 0; row < 2; ++row) {
      for (size_t i = 0; i < 3; ++i) joined[row * 5 + i] = real[row * 3 + i];
      for (size_t i = 0; i < 2; ++i) joined[row * 5 + 3 + i] = pads[row * 2 + i];
      for (size_t i = 0; i < 3; ++i) result[row * 3 + i] = gradient[row * 5 + i];
    }
    keep(&joined);
    keep(&result);
  });
}
BENCHMARK(frozen_cat_2x5);

// The barest tape: a number, its gradient, and where its operands are.
struct Node {
  double value, gradient;
  int32_t left, right;
};

double gradient_of_chain(std::vector<Node>& tape, int64_t additions) {
  tape.clear();
  tape.push_back({1, 0, 0, 0});
  for (int64_t i = 0; i < additions; ++i) {
    const auto last = static_cast<int32_t>(tape.size() - 1);
    tape.push_back({tape.back().value + tape[0].value, 0, last, 0});
  }
  tape.back().gradient = 1;
  for (size_t i = tape.size() - 1; i > 0; --i) {
    tape[static_cast<size_t>(tape[i].left)].gradient += tape[i].gradient;
    tape[static_cast<size_t>(tape[i].right)].gradient += tape[i].gradient;
  }
  return tape[0].gradient;
}

void chain_of_adds(State& state) {
  std::vector<Node> tape;
  bench::measure(state, [&] {
    benchmark::DoNotOptimize(gradient_of_chain(tape, state.range(0)));
    keep(tape.data());
  });
}
BENCHMARK(chain_of_adds)->Arg(100)->Arg(1000)->Arg(10000)->Arg(100000);

const bool chain_is_right = add_check("chain_of_adds", [] {
  std::vector<Node> tape;
  return gradient_of_chain(tape, 100) == 101 && tape.back().value == 101;
});

}  // namespace
}  // namespace by_hand
