#include <frost/inspect/derivative.hpp>
#include <frost/inspect/stepper.hpp>

#include "engine/inspect/graphs.hpp"

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;

TEST_CASE("local_derivatives: softmax's Jacobian", "[inspect]") {
  const Tensor x = leaf({1, 2, 3}, "x");
  const Tensor y = x.softmax(0);
  const Tensor plain = y.detach();
  const Tensor expected = eye(3, kDouble) * plain - outer(plain, plain);
  const std::vector<Tensor> derivatives = local_derivatives(*y.grad_fn());
  REQUIRE(derivatives.size() == 1);
  CHECK(allclose(derivatives[0], expected, 1e-12, 1e-15));
}

TEST_CASE("local_derivatives: a row for each element of each output, none for frozen inputs", "[inspect]") {
  const Tensor x = leaf({1, 2, 3}, "x");
  const Ref<Node> split = x.split(2)[0].grad_fn();  // pieces of two and of one
  CHECK(same(local_derivatives(*split)[0], eye(3, kDouble)));
  const std::vector<Tensor> product = local_derivatives(*(x * doubles({4, 5, 6})).grad_fn());
  CHECK(same(product[0].sum(0), doubles({4, 5, 6})));
  CHECK_FALSE(product[1].defined());
  // Picked by index: the other output has no gradient.
  const Ref<Node> largest = std::get<0>(x.max(0)).grad_fn();
  CHECK(same(local_derivatives(*largest)[0][0], doubles({0, 0, 1})));
}

TEST_CASE("local_derivatives: an infinite slope stays with its own element", "[inspect]") {
  const Tensor x = leaf({0, 1}, "x");
  CHECK(same(local_derivatives(*log(x).grad_fn())[0], doubles({kInfinity, 0, 0, 1}).view({2, 2})));
  // Of what is no op on each element NaN is the answer.
  const Tensor infinite = doubles({kInfinity, kInfinity, 3, 4}).view({2, 2});
  CHECK(any(isnan(local_derivatives(*matmul(infinite, x).grad_fn())[1])).item<bool>());
  const Tensor w = doubles({kInfinity, 2, 3, 4}).view({2, 2});
  CHECK(any(isnan(local_derivatives(*matmul(w, x).grad_fn())[1])).item<bool>());
}

TEST_CASE("written_out: terms of which each gradient is the sum, in every small node", "[inspect]") {
  manual_seed(5);
  const Tensor x = randn({2, 3}, kDouble).requires_grad_(), w = randn({3, 2}, kDouble).requires_grad_();
  const Tensor row = randn({3}, kDouble).requires_grad_();
  const std::vector<Tensor> parts = (x * row).unbind(0);
  Stepper stepper(((matmul(x, w).softmax(1) * 2).norm() + (parts[0] * tanh(parts[1])).sum()) / 3);
  size_t elements = 0;
  while (stepper.next())
    for (const WrittenOut& element : written_out(*stepper.node())) {
      double sum = 0;
      for (const WrittenOut::Term& term : element.terms) sum += term.grad_out * term.derivative;
      INFO(stepper.node()->name << " " << element.input << " " << element.element);
      CHECK(sum == Approx(element.grad).margin(1e-14));
      ++elements;
    }
  CHECK(elements > 50);
}

TEST_CASE("written_out: a masked element depends on nothing, whatever comes in", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  Stepper stepper(x.masked_fill(tensor({false, true}), 0), {.gradients = {doubles({3, kInfinity})}});
  CHECK(written_out(stepper.trace().nodes()[0]).empty());  // it has not run
  stepper.next();
  const std::vector<WrittenOut> elements = written_out(*stepper.node());
  REQUIRE(elements.size() == 2);
  REQUIRE(elements[0].terms.size() == 1);
  CHECK(elements[0].terms[0].grad_out == 3);
  CHECK(elements[0].terms[0].derivative == 1);
  CHECK(elements[1].terms.empty());
  CHECK(elements[1].grad == 0);
}

TEST_CASE("written_out: not of large nodes", "[inspect]") {
  const Tensor x = ones({17}, requires_grad());
  Stepper stepper(x.sum());
  stepper.run_to("SumBackward0");
  CHECK_FALSE(is_small(*stepper.node()->node));
  CHECK(written_out(*stepper.node()).empty());
}
