#include <frost/nn/linear.hpp>
#include <frost/nn/masks.hpp>
#include <frost/nn/muting.hpp>

#include "gradients.hpp"

#include <cmath>

using namespace frost;
using namespace frost::tests;
using namespace frost::nn;
using Catch::Contains;

namespace {

// A padded batch with lengths 3, 1 and 2, and a scorer with a trainable weight.
struct Fixture {
  Fixture() {
    manual_seed(3);
    input = randn({3, 3, 4}, kDouble);
    lengths = tensor({3, 1, 2});
    weight = randn({4}, dtype(kDouble).requires_grad(true));
    mask = padding_mask(lengths);
  }
  Muting::Scorer scorer() const {
    return [w = weight](const Tensor& tokens) { return matmul(tokens, w); };
  }
  Attended attend(const Muting& muting) const { return muting.attend(scorer(), input, lengths); }
  // The gradient of the weight under a loss that looks at every part of the context differently.
  Tensor gradient(const Muting& muting) const {
    const Tensor context = attend(muting).context;
    return autograd::grad({(context * arange(12, kDouble).reshape({3, 4})).sum()}, {weight})[0];
  }

  Tensor input, lengths, weight, mask;
};

double leak(const Attended& attended, const Tensor& mask) {
  return attended.weights.detach().masked_select(mask).sum().item<double>();
}

}  // namespace

TEST_CASE("muting: what mutes agrees with the packed batch, in weights and gradients", "[nn][muting]") {
  const Fixture f;
  const Attended truth = f.attend(Packed());
  for (const Muting* muting : std::initializer_list<const Muting*>{
           new Masked, new MaskedInOneOp, new FrozenPads(-INFINITY), new ZeroedAndRenormalised}) {
    INFO(muting->name());
    const Attended attended = f.attend(*muting);
    CHECK(allclose(attended.weights, truth.weights, 1e-9, 1e-12));
    CHECK(allclose(attended.context, truth.context, 1e-9, 1e-12));
    CHECK(allclose(f.gradient(*muting), f.gradient(Packed()), 1e-9, 1e-12));
    CHECK(leak(attended, f.mask) == 0);
    delete muting;
  }
}

TEST_CASE("muting: what leaves attention on pads has other gradients than the packed batch", "[nn][muting]") {
  const Fixture f;
  const NoMuting none;
  const FrozenPads frozen_at_zero(0);
  const FrozenAfterSoftmax after;
  const FrozenElements elements;
  for (const Muting* muting :
       std::initializer_list<const Muting*>{&none, &frozen_at_zero, &after, &elements}) {
    INFO(muting->name());
    CHECK(leak(f.attend(*muting), f.mask) > 0.1);
    CHECK_FALSE(allclose(f.gradient(*muting), f.gradient(Packed()), 1e-3, 1e-6));
    CHECK(allclose(f.attend(*muting).weights.sum(1), ones({3}, kDouble)));
  }
}

TEST_CASE("ZeroedAfterSoftmax: breaks the sum", "[nn][muting]") {
  const Fixture f;
  const Tensor sums = f.attend(ZeroedAfterSoftmax()).weights.sum(1);
  CHECK(sums[0].item<double>() == Approx(1));  // no padding there
  CHECK(sums[1].item<double>() < 0.99);
}

TEST_CASE("muting: the gradient at the pads is a number, zero or absent", "[nn][muting]") {
  const Fixture f;
  const auto at_pads = [&f](const Muting& muting) {
    const Attended attended = f.attend(muting);
    attended.scores.retain_grad();
    (attended.context * arange(12, kDouble).reshape({3, 4})).sum().backward();
    return attended.scores.grad().masked_select(f.mask);
  };
  CHECK(at_pads(NoMuting()).abs().min().item<double>() > 0);
  CHECK(at_pads(FrozenAfterSoftmax()).abs().max().item<double>() > 0);
  for (const double zero :
       {at_pads(Masked()).abs().max().item<double>(), at_pads(MaskedInOneOp()).abs().max().item<double>(),
        at_pads(FrozenElements()).abs().max().item<double>()})
    CHECK(zero == 0);

  const Attended frozen = f.attend(FrozenPads(0));
  frozen.context.sum().backward();
  REQUIRE(frozen.frozen_pads.size() == 3);
  for (const Tensor& pads : frozen.frozen_pads) CHECK_FALSE(pads.grad().defined());
}

TEST_CASE("muting: gradients match central differences", "[nn][muting]") {
  const Fixture f;
  for (const std::shared_ptr<const Muting>& muting : all_mutings()) {
    // Where a frozen pad's score depends on the weight, the gradient leaves that way out by design.
    if (muting->name() == FrozenElements().name() || muting->name() == FrozenAfterSoftmax().name()) continue;
    INFO(muting->name());
    const Op op = [&](const std::vector<Tensor>& xs) {
      const auto scorer = [&xs](const Tensor& tokens) { return matmul(tokens, xs[0]); };
      return muting->attend(scorer, xs[1], f.lengths).context;
    };
    check_gradients(op, {trainable({4}), trainable({3, 3, 4})});
  }
}

TEST_CASE("muting: only what concatenates needs a graph per example", "[nn][muting]") {
  const Fixture f;
  for (const std::shared_ptr<const Muting>& muting : all_mutings()) {
    INFO(muting->name());
    const bool concatenates = dynamic_cast<const FrozenPads*>(muting.get()) != nullptr;
    CHECK(f.attend(*muting).graphs == (concatenates ? 3 : 1));
  }
}

TEST_CASE("muting: sequences without tokens", "[nn][muting]") {
  Fixture f;
  f.lengths = tensor({3, 0, 2});
  const Tensor fused = f.attend(MaskedInOneOp()).weights, packed = f.attend(Packed()).weights;
  CHECK(same(fused[1].detach(), zeros({3}, kDouble)));
  CHECK(same(packed[1].detach(), zeros({3}, kDouble)));
  CHECK(allclose(f.gradient(MaskedInOneOp()), f.gradient(Packed())));
  CHECK(f.attend(Masked()).weights[1].isnan().all().item<bool>());  // softmax of nothing but -inf
  CHECK(f.attend(Masked()).weights[0].isfinite().all().item<bool>());
}

TEST_CASE("muting: a batch without sequences", "[nn][muting]") {
  Fixture f;
  f.input = zeros({0, 3, 4}, kDouble);
  f.lengths = zeros({0}, kLong);
  for (const std::shared_ptr<const Muting>& muting : all_mutings()) {
    INFO(muting->name());
    CHECK(f.attend(*muting).context.sizes() == IntArrayRef({0, 4}));
    CHECK(f.attend(*muting).weights.sizes() == IntArrayRef({0, 3}));
  }
}

TEST_CASE("muting: a scorer must give one score per token", "[nn][muting]") {
  const Fixture f;
  for (const std::shared_ptr<const Muting>& muting : all_mutings()) {
    INFO(muting->name());
    const auto attend = [&](const Muting::Scorer& score) {
      return muting->attend(score, f.input, f.lengths);
    };
    CHECK_THROWS_WITH(attend(nullptr), Contains("expected a scorer"));
    CHECK_THROWS_WITH(attend([](const Tensor& tokens) { return tokens; }), Contains("one score per token"));
  }
}

TEST_CASE("muting: wrong lengths are refused before anything is computed", "[nn][muting]") {
  Fixture f;
  for (const std::shared_ptr<const Muting>& muting : all_mutings()) {
    INFO(muting->name());
    f.lengths = tensor({3, 4, 2});
    CHECK_THROWS_WITH(f.attend(*muting), Contains("length 4 of sequence 1 is not in [0, 3]"));
    f.lengths = tensor({3, -1, 2});
    CHECK_THROWS_WITH(f.attend(*muting), Contains("length -1"));
    f.lengths = tensor({3, 1});
    CHECK_THROWS_WITH(f.attend(*muting), Contains("one per sequence"));
    f.lengths = tensor({3.0, 1.0, 2.0});
    CHECK_THROWS_WITH(f.attend(*muting), Contains("Long"));
  }
}
