// Frozen against masked weights, as tests: what each does to the attention, to the gradients, and to what an
// optimiser then does.
#include <frost/frost.hpp>
#include <frost/nn/testing/compare_methods.hpp>
#include <frost/nn/testing/matchers.hpp>
#include <frost/nn/testing/ragged.hpp>

#include <cmath>

using namespace frost;
using namespace frost::testing;

namespace {

// The scores of four tokens, the last two of them padding.
Tensor make_scores() {
  return tensor({1., 2., 3., 4.}, dtype(kDouble).requires_grad(true)).set_name("scores");
}
const Tensor& padded() {
  static const Tensor mask = nn::padding_mask({2}, 4)[0];
  return mask;
}

}  // namespace

TEST_CASE("masked: one tensor of scores, zero gradient at the padding") {
  const Tensor scores = make_scores();
  const Tensor weights = softmax(masked_fill(scores, padded(), -INFINITY), 0);
  const Tensor loss = weights[1] * 2;
  loss.backward();
  CHECK_THAT(weights, SumsToOne() && AllClose(tensor({0.2689, 0.7311, 0., 0.}, kDouble), 0, 1e-4));
  CHECK_THAT(scores, GradZeroAt(padded()).from(loss) && GradNonZeroAt(~padded()).from(loss));
  CHECK_THAT(scores, GradMatches([](const Tensor& x) {
               return softmax(masked_fill(x, padded(), -INFINITY), 0)[1] * 2;
             }));
}

TEST_CASE("frozen: scores of the real tokens joined to pads that have no gradient at all") {
  const Tensor real = make_scores().detach().narrow(0, 0, 2).clone().requires_grad_();
  const Tensor pads = full({2}, -INFINITY, kDouble);
  const Tensor loss = softmax(cat({real, pads}), 0)[1] * 2;
  loss.backward();
  CHECK_THAT(real, GradNonZeroAt().from(loss));
  CHECK_THAT(pads, GradAbsent().from(loss) && !GradZeroAt());
}

TEST_CASE("masked scores do not leak, whatever stands in the padding; scores muted too late do") {
  const Tensor x = make_scores().detach();
  CHECK_THAT(x, NoLeakFrom(padded(), [](const Tensor& scores) {
               return softmax(masked_fill(scores, padded(), -INFINITY), 0);
             }));
  CHECK_THAT(x, !NoLeakFrom(padded(), [](const Tensor& scores) {
               return masked_fill(softmax(scores, 0), padded(), 0);
             }));
}

TEST_CASE("the methods agree if and only if the frozen pads hold no attention") {
  manual_seed(1);
  for (const RaggedBatch& batch : ragged_batches(4, 6)) {
    INFO(batch.name);
    const Tensor scores = randn({batch.size(), batch.max_len}, kDouble);
    CHECK(compare_methods(scores, batch.lengths, -INFINITY).agree);
    const MethodComparison at_zero = compare_methods(scores, batch.lengths, 0);
    CHECK(at_zero.agree == (at_zero.leak == 0));
  }
}

TEST_CASE("an optimiser passes a frozen weight by; a weight whose gradient is masked to zero drifts") {
  manual_seed(1);
  const Tensor frozen_rows = tensor({true, false, false}).unsqueeze(1);
  const auto train = [&frozen_rows](const Tensor& weight, optim::Optimizer& optimizer) {
    for (int step = 0; step < 2; ++step) {
      optimizer.zero_grad();
      nn::frozen(weight, frozen_rows).square().sum().backward();
      optimizer.step();
    }
  };
  const Tensor masked = rand({3, 2}, requires_grad()).set_name("masked");
  optim::SGD decaying({masked}, optim::SGDOptions(0.1).weight_decay(0.1));
  const auto decay = [&] { train(masked, decaying); };
  CHECK_THAT(masked, !UnchangedBy(decay, frozen_rows));
  CHECK_THAT(masked, GradZeroAt(frozen_rows) && GradNonZeroAt(~frozen_rows));

  nn::PartlyFrozen table(rand({3, 2}), frozen_rows);
  optim::SGD optimizer(table->parameters(), optim::SGDOptions(0.1).weight_decay(0.1));
  const Tensor before = table().detach().clone();
  table().square().sum().backward();
  optimizer.step();
  CHECK_THAT(table().detach()[0], AllClose(before[0], 0, 0));
  CHECK_THAT(table().detach()[1], !AllClose(before[1], 0, 0));
}

TEST_CASE("a frozen encoder has no gradients, and the rest of the model has the right ones") {
  manual_seed(1);
  nn::Linear encoder(3, 4), decoder(4, 2);
  encoder->to(kDouble);
  decoder->to(kDouble);
  encoder->freeze();
  const Tensor input = rand({2, 3}, kDouble);
  const auto model = [&](const std::vector<Tensor>& xs) {
    return std::vector<Tensor>{decoder(encoder(xs[0]).tanh())};
  };
  CHECK(gradcheck(*decoder, model, {input}));
  CHECK(gradgradcheck(*decoder, model, {input}));
  model({input})[0].sum().backward();
  CHECK_THAT(*encoder, Frozen());
  CHECK_THAT(*decoder, !Frozen());
  CHECK_THAT(decoder->weight, GradNonZeroAt());
}
