#include <frost/testing/catch.hpp>

#include "examples/program.hpp"
#include "side_by_side/measure.hpp"
#include "side_by_side/report.hpp"

#include <cmath>

using namespace side_by_side;
using Catch::Contains;
using examples::tests::unwrapped;

TEST_CASE("make_batch: numbers tokens from 1 and pads with 0", "[side_by_side]") {
  const Batch batch = make_batch({{"a", "b", "a"}, {"c"}}, 3);
  CHECK(frost::equal(batch.tokens, frost::tensor({{1, 2, 1}, {3, 0, 0}, {1, 2, 1}})));
  CHECK(frost::equal(batch.lengths, frost::tensor({3, 1, 3})));
  CHECK(batch.vocabulary == 4);
  CHECK(batch.real_tokens() == 7);
}

TEST_CASE("measure: each way of muting shows what it does", "[side_by_side]") {
  const Batch batch = make_batch({{"a", "b", "c", "d"}, {"e"}, {"f", "g"}}, 3);
  const Model model(batch.vocabulary, 8, 0);
  const std::vector<frost::Tensor> truth = true_gradients(model, batch);
  const auto measured = [&](auto muting) {
    return measure(std::make_shared<decltype(muting)>(muting), model, batch, truth);
  };
  using namespace frost::nn;
  const Measured none = measured(NoMuting());
  CHECK(none.leak > 0.1);
  CHECK(none.difference > 0.01);
  CHECK(none.pad_gradient == PadGradient::number);
  CHECK(none.sums_to_one());
  CHECK_FALSE(measured(ZeroedAfterSoftmax()).sums_to_one());
  const Measured masked = measured(Masked());
  CHECK(masked.pad_gradient == PadGradient::zero);
  CHECK(masked.difference < 1e-5);
  CHECK(masked.graphs == 1);
  const Measured frozen = measured(FrozenPads(-INFINITY));
  CHECK(frozen.pad_gradient == PadGradient::absent);
  CHECK(frozen.difference < 1e-5);
  CHECK(frozen.leak == 0);
  CHECK(frozen.graphs == 3);
  CHECK(frozen.nodes > masked.nodes);
  const Measured leaking = measured(FrozenPads(0));
  CHECK(leaking.leak > 0.1);
  CHECK(leaking.difference > 0.01);
  CHECK(measured(FrozenElements()).pad_gradient == PadGradient::zero);
  CHECK(measured(Packed()).pad_gradient == PadGradient::no_pads);
  CHECK(measured(Packed()).difference < 1e-6);
}

TEST_CASE("report: a ratio of times is one number only if the times agree on it", "[side_by_side]") {
  Report report;
  for (const auto& muting : frost::nn::all_mutings()) report.rows.push_back({muting->name()});
  report.positions = 1;
  const auto text = [&report](double lowest, double highest) {
    report.growth = {{256, true, {21, 1, 0, 1e-3}, {3590, 256, 0, 21.4e-3}, lowest, highest}};
    return unwrapped(to_text(report));
  };
  CHECK_THAT(text(20, 24), Contains(" 21 ") && Contains("and 21 times the time of a step."));
  CHECK_THAT(text(5, 21.4), Contains(" 5.0-21 ") && Contains("and 5.0 to 21 times the time of a step."));
}

TEST_CASE("compare: what the time is of, and between which ratios it lies", "[side_by_side]") {
  const Batch batch = make_batch({{"a", "b"}, {"c"}}, 2);
  const Comparison compared =
      compare(std::make_shared<frost::nn::Masked>(), std::make_shared<frost::nn::FrozenPads>(-INFINITY),
              Model(batch.vocabulary, 4, 0), batch);
  CHECK(compared.first.graphs == 1);
  CHECK(compared.second.graphs == 2);
  CHECK(compared.second.seconds > 0);
  CHECK(compared.lowest_ratio > 0);
  CHECK(compared.lowest_ratio <= compared.highest_ratio);
}
