#include <frost/engine.hpp>
#include <frost/testing/gradient_path.hpp>

#include <frost/testing/catch.hpp>

#include <cmath>

using namespace frost;
using namespace frost::testing;
using Paths = std::vector<std::string>;

TEST_CASE("gradient_paths: the nodes from a leaf to the root, by their names", "[testing]") {
  const Tensor scores = tensor({1., 2.}, requires_grad()).set_name("scores");
  const Tensor weights = softmax(masked_fill(scores, tensor({false, true}), -INFINITY), 0);
  const Tensor loss = weights.sum();
  const Paths expected = {"scores <- MaskedFillBackward0 <- SoftmaxBackward0 <- SumBackward0"};
  CHECK(gradient_paths(loss, scores) == expected);
  loss.backward();  // frees what the graph saved, not the graph
  CHECK(gradient_paths(loss, scores) == expected);
  CHECK(gradient_paths(loss, loss) == Paths{"tensor"});
  CHECK(gradient_paths(scores, scores) == Paths{"scores"});
  weights.set_name("weights");
  CHECK(gradient_paths(loss, weights) == Paths{"weights <- SumBackward0"});
  CHECK(describe_gradient_paths(loss, scores) ==
        "gradient path: scores <- MaskedFillBackward0 <- SoftmaxBackward0 (weights) <- SumBackward0");
}

TEST_CASE("gradient_paths: several ways, the shortest first", "[testing]") {
  const Tensor x = tensor(1., requires_grad());
  const Tensor y = x.exp() * x;
  CHECK(gradient_paths(y, x, 5) == Paths{"leaf <- MulBackward0", "leaf <- ExpBackward0 <- MulBackward0"});
  CHECK(gradient_paths(y, x, 1) == Paths{"leaf <- MulBackward0"});
  // Sixty times two ways: 2^60 in all, of which no more are taken up than are asked for.
  Tensor doubled = x;
  for (int i = 0; i < 60; ++i) doubled = doubled + doubled;
  CHECK(gradient_paths(doubled, x, 3).size() == 3);
  CHECK_THAT(describe_gradient_paths(doubled, x), Catch::Contains("gradient paths: leaf <- AddBackward0") &&
                                                      Catch::Contains("; …") &&
                                                      Catch::Contains("… 48 more …"));
}

TEST_CASE("gradient_paths: where none leads", "[testing]") {
  const Tensor x = tensor(1., requires_grad()).set_name("x"), other = tensor(1., requires_grad());
  const Tensor frozen = tensor(1.).set_name("pads");
  const Tensor loss = x * frozen;
  CHECK(gradient_paths(loss, other).empty());
  CHECK(describe_gradient_paths(loss, other) == "no gradient path leads from MulBackward0 to the tensor");
  CHECK(describe_gradient_paths(loss, frozen) ==
        "no gradient path leads from MulBackward0 to pads, which is frozen (requires_grad is false)");
  CHECK(describe_gradient_paths(loss.detach(), x) == "no gradient path leads from the tensor to x");
  CHECK_THROWS_WITH(gradient_paths(Tensor(), x), Catch::Contains("[gradient_paths]"));
}

TEST_CASE("gradient_paths: outputs of one node are told apart", "[testing]") {
  const Tensor x = tensor({1., 2.}, requires_grad());
  const std::vector<Tensor> parts = x.unbind();
  const Tensor loss = parts[0].exp();
  CHECK(gradient_paths(loss, parts[0]) == Paths{"tensor <- ExpBackward0"});
  CHECK(gradient_paths(loss, parts[1]).empty());
  CHECK(gradient_paths(loss, x) == Paths{"leaf <- UnbindBackward0 <- ExpBackward0"});
}
