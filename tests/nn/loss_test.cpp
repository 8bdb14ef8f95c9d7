#include <frost/nn/functional.hpp>
#include <frost/nn/loss.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
namespace F = frost::nn::functional;

namespace {

const Reduction kReductions[] = {kNone, kMean, kSum};

}  // namespace

TEST_CASE("mse_loss, l1_loss: each reduction", "[nn][loss]") {
  const Tensor x = tensor({1.0, 2.0, 4.0}), y = tensor({1.0, 0.0, 5.0});
  CHECK(same(F::mse_loss(x, y, kNone), tensor({0.0, 4.0, 1.0})));
  CHECK(same(F::mse_loss(x, y, F::MSELossFuncOptions(kSum)), tensor(5.0)));
  CHECK(allclose(F::mse_loss(x, y), tensor(5.0 / 3)));
  CHECK(same(F::l1_loss(x, y, F::L1LossFuncOptions().reduction(kNone)), tensor({0.0, 2.0, 1.0})));
  CHECK(same(F::l1_loss(x, y), tensor(1.0)));
  CHECK(same(nn::MSELoss(nn::MSELossOptions(kSum))(x, y), tensor(5.0)));
  CHECK(same(nn::L1Loss()(x, y), tensor(1.0)));
  CHECK_THROWS_WITH(F::mse_loss(x.to(kLong), y.to(kLong)), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(F::mse_loss(x, zeros({2})), Contains("must match the size"));
}

TEST_CASE("mse_loss: gradcheck, broadcast and of two dtypes", "[nn][loss]") {
  for (const Reduction reduction : {kNone, kSum})
    check_binary_gradients(
        [reduction](const Tensor& x, const Tensor& y) { return F::mse_loss(x, y, reduction) * 2; });
  check_gradients([](const std::vector<Tensor>& xs) { return F::mse_loss(xs[0], xs[1]); },
                  {trainable({2, 1}), trainable_strided({2, 3})});
  const Tensor x = ones({2}, requires_grad()), y = zeros({2}, dtype(kDouble).requires_grad(true));
  F::mse_loss(x, y).backward();
  CHECK(same(x.grad(), ones({2})));
  CHECK(same(y.grad(), -ones({2}, kDouble)));
}

TEST_CASE("nll_loss: picks, weighs and ignores", "[nn][loss]") {
  const Tensor x = tensor({{-1.0, -2.0, -3.0}, {-4.0, -5.0, -6.0}, {-7.0, -8.0, -9.0}});
  const Tensor target = tensor({2, -100, 0});
  CHECK(same(F::nll_loss(x, target, F::NLLLossFuncOptions().reduction(kNone)), tensor({3.0, 0.0, 7.0})));
  CHECK(same(F::nll_loss(x, target), tensor(5.0)));
  const auto weighted = F::NLLLossFuncOptions().weight(tensor({1.0, 0.0, 3.0}));
  CHECK(same(F::nll_loss(x, target, weighted), tensor(16.0 / 4)));
  CHECK(same(F::nll_loss(x, tensor({1, 2, 0}), F::NLLLossFuncOptions().ignore_index(2).reduction(kSum)),
             tensor(9.0)));
}

TEST_CASE("cross_entropy: is safe for scores of any size", "[nn][loss]") {
  const Tensor x = tensor({{1000.0, 0.0}, {-1000.0, 1000.0}}).requires_grad_();
  const Tensor y = F::cross_entropy(x, tensor({1, 0}), F::CrossEntropyFuncOptions().reduction(kNone));
  CHECK(same(y.detach(), tensor({1000.0, 2000.0})));
  CHECK(same(autograd::grad({y}, {x}, {ones({2})})[0], tensor({{1.0, -1.0}, {-1.0, 1.0}})));
}

TEST_CASE("cross_entropy: what is ignored gets a gradient of exactly 0", "[nn][loss]") {
  const auto options = F::CrossEntropyFuncOptions().ignore_index(-1);
  for (const double smoothing : {0.0, 0.1}) {
    const Tensor x = tensor({{1.0, 2.0, 3.0}, {0.5, -0.5, 0.0}}).requires_grad_();
    F::cross_entropy(x, tensor({-1, 2}), F::CrossEntropyFuncOptions(options).label_smoothing(smoothing))
        .backward();
    CHECK(same(x.grad()[0], zeros({3})));
    CHECK(x.grad()[1].ne(0).all().item<bool>());
  }
  SECTION("even where its log-probability is -inf") {
    const Tensor x = tensor({{-INFINITY, 0.0}, {-1.0, -2.0}}).requires_grad_();
    const Tensor y = F::nll_loss(x, tensor({-100, 1}));
    CHECK(same(y.detach(), tensor(2.0)));
    y.backward();
    CHECK(same(x.grad(), tensor({{0.0, 0.0}, {0.0, -1.0}})));
  }
  SECTION("and where all are, the mean is NaN") {
    const Tensor x = zeros({2, 3}, requires_grad());
    const Tensor y = F::cross_entropy(x, tensor({-1, -1}), options);
    CHECK(y.isnan().item<bool>());
    y.backward();
    CHECK(same(x.grad(), zeros({2, 3})));
  }
}

TEST_CASE("cross_entropy: gradcheck of each shape, reduction and option", "[nn][loss]") {
  manual_seed(1);
  const Tensor weight = tensor({0.5, 2.0, 1.0}, kDouble);
  struct Shape {
    std::vector<int64_t> x;
    Tensor target;
  };
  const Shape shapes[] = {{{4, 3}, tensor({2, 0, 1, 2})},
                          {{3}, tensor(1)},
                          {{2, 3, 2}, tensor({{0, 1}, {1, 2}})},
                          {{1, 3, 2, 2}, tensor({{{0, 1}, {1, 2}}})},
                          {{1, 3, 1, 2, 1}, tensor({{{{0}, {1}}}})}};
  for (const Shape& shape : shapes)
    for (const Reduction reduction : kReductions)
      for (const double smoothing : {0.0, 0.2})
        for (const Tensor& w : {Tensor(), weight}) {
          INFO("x " << IntArrayRef(shape.x) << ", smoothing " << smoothing << ", weight " << w.defined());
          const auto options = F::CrossEntropyFuncOptions()
                                   .reduction(reduction)
                                   .ignore_index(1)
                                   .label_smoothing(smoothing)
                                   .weight(w);
          const Op op = [&shape, &options](const std::vector<Tensor>& xs) {
            return F::cross_entropy(xs[0], shape.target, options) * 3;
          };
          if (shape.x.size() == 1 && reduction == kMean) continue;  // all are ignored: NaN
          check_gradients(op, {trainable(shape.x)});
          check_gradients(op, {trainable_strided(shape.x)});
        }
}

TEST_CASE("cross_entropy: of probabilities", "[nn][loss]") {
  manual_seed(1);
  const Tensor x = randn({4, 3}, kDouble), target = tensor({2, 0, 1, 2});
  const Tensor certain = zeros({4, 3}, kDouble).scatter(1, target.unsqueeze(1), 1);
  for (const Reduction reduction : kReductions) {
    const auto options = F::CrossEntropyFuncOptions().reduction(reduction).label_smoothing(0.3);
    CHECK(allclose(F::cross_entropy(x, certain, options), F::cross_entropy(x, target, options)));
    const auto weighted = F::CrossEntropyFuncOptions(options).weight(tensor({0.5, 2.0, 1.0}, kDouble));
    check_gradients(
        [&weighted](const std::vector<Tensor>& xs) { return F::cross_entropy(xs[0], xs[1], weighted); },
        {trainable({4, 3}), trainable({4, 3}, 0, 1)});
  }
  // The mean over no classes, and over no examples.
  CHECK(F::cross_entropy(zeros({2, 0}), zeros({2, 0})).isnan().item<bool>());
  CHECK(F::cross_entropy(zeros({0, 3}), zeros({0, 3})).isnan().item<bool>());
  CHECK_THROWS_WITH(F::cross_entropy(x, certain, F::CrossEntropyFuncOptions().ignore_index(1)),
                    Contains("ignore_index is not supported for floating point target"));
}

TEST_CASE("nll_loss, cross_entropy: targets and weights that do not fit are errors", "[nn][loss]") {
  const Tensor x = zeros({2, 3});
  const auto weighted = [](const Tensor& weight) { return F::CrossEntropyFuncOptions().weight(weight); };
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, 3})), Contains("Target 3 is out of bounds."));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, -1})), Contains("Target -1 is out of bounds."));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, 1, 2})),
                    Contains("Expected input batch_size (2) to match target batch_size (3)."));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0.0, 1.0})),
                    Contains("expected scalar type Long but found Float"));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({{0}, {1}})), Contains("multi-target not supported"));
  CHECK_THROWS_WITH(F::cross_entropy(zeros({2, 3, 4}), zeros({2, 3}, kLong)),
                    Contains("Expected target size [2, 4], got [2, 3]"));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, 1}), weighted(ones({2}))),
                    Contains("weight tensor should be defined either for all 3 classes or no classes"));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, 1}), weighted(ones({3}, kDouble))),
                    Contains("expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, 1}), weighted(ones({3}, requires_grad()))),
                    Contains("is not differentiable with respect to argument 'weight'"));
  CHECK_THROWS_WITH(F::cross_entropy(x, tensor({0, 1}), F::CrossEntropyFuncOptions().label_smoothing(1.5)),
                    Contains("label_smoothing must be between 0.0 and 1.0. Got: 1.5"));
  CHECK_THROWS_WITH(F::cross_entropy(x, zeros({2, 3}, kLong)),
                    Contains("Expected floating point type for target with class probabilities"));
  CHECK_THROWS_WITH(F::nll_loss(zeros({3}), tensor(1)), Contains("Expected 2 or more dimensions (got 1)"));
}

TEST_CASE("binary_cross_entropy_with_logits: is safe for scores of any size", "[nn][loss]") {
  const Tensor x = tensor({1000.0, -1000.0, 0.0, 0.0}, kDouble).requires_grad_();
  const Tensor target = tensor({0.0, 1.0, 1.0, 0.0}, kDouble);
  const Tensor y = F::binary_cross_entropy_with_logits(
      x, target, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(kNone));
  CHECK(allclose(y.detach(), tensor({1000.0, 1000.0, std::log(2.0), std::log(2.0)}, kDouble), 1e-15));
  CHECK(same(autograd::grad({y}, {x}, {ones({4}, kDouble)})[0], tensor({1.0, -1.0, -0.5, 0.5}, kDouble)));
}

TEST_CASE("binary_cross_entropy_with_logits: is exact where it is near 0", "[nn][loss]") {
  const double tiny = std::log1p(std::exp(-21.0));
  for (const double sign : {1.0, -1.0}) {
    const Tensor x = tensor({21 * sign}), target = tensor({sign > 0 ? 1.0 : 0.0});
    CHECK(F::binary_cross_entropy_with_logits(x, target).item<double>() == Approx(tiny).epsilon(1e-6));
  }
  SECTION("and so is its gradient for the target") {
    const Tensor x = tensor({-25.0}, kDouble), target = zeros({1}, dtype(kDouble).requires_grad(true));
    const auto options = F::BinaryCrossEntropyWithLogitsFuncOptions().pos_weight(full({1}, 3.0, kDouble));
    F::binary_cross_entropy_with_logits(x, target, options).backward();
    CHECK(target.grad().item<double>() - 75 == Approx(2 * std::log1p(std::exp(-25.0))).epsilon(1e-2));
  }
}

TEST_CASE("binary_cross_entropy_with_logits: gradcheck with each weight", "[nn][loss]") {
  manual_seed(1);
  const Tensor weight = rand({3}, kDouble), pos_weight = rand({1, 3}, kDouble) + 1;
  for (const Reduction reduction : kReductions)
    for (const Tensor& w : {Tensor(), weight})
      for (const Tensor& p : {Tensor(), pos_weight}) {
        const auto options =
            F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(reduction).weight(w).pos_weight(p);
        const Op op = [&options](const std::vector<Tensor>& xs) {
          return F::binary_cross_entropy_with_logits(xs[0], xs[1], options);
        };
        check_gradients(op, {trainable({2, 3}), trainable({2, 3}, 0, 1)});
        check_gradients(op, {trainable_strided({2, 3}), trainable({2, 3}, 0, 1).detach()});
        check_gradients(op, {trainable({0, 3}), trainable({0, 3}, 0, 1)});
      }
  CHECK_THROWS_WITH(F::binary_cross_entropy_with_logits(zeros({2}), zeros({3})),
                    Contains("Target size [3] must be the same as input size [2]") ||
                        Contains("Target size ([3]) must be the same as input size ([2])"));
}

TEST_CASE("losses: as modules keep their weights as buffers", "[nn][loss]") {
  const Tensor x = randn({2, 3}), target = tensor({0, 2}), weight = tensor({1.0, 2.0, 3.0});
  const nn::CrossEntropyLoss loss(nn::CrossEntropyLossOptions().weight(weight).reduction(kSum));
  CHECK(loss->named_buffers().keys() == std::vector<std::string>{"weight"});
  CHECK(loss->parameters().empty());
  CHECK(same(loss(x, target), F::cross_entropy(x, target, loss->options)));
  CHECK(same(nn::NLLLoss()(x, target), F::nll_loss(x, target)));
  const nn::BCEWithLogitsLoss binary(nn::BCEWithLogitsLossOptions().pos_weight(weight));
  CHECK(binary->named_buffers().keys() == std::vector<std::string>{"pos_weight"});
  CHECK(same(binary(x, ones({2, 3})), F::binary_cross_entropy_with_logits(x, ones({2, 3}), binary->options)));
}
