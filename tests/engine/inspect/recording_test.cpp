#include <frost/inspect/recording.hpp>

#include <frost/inspect/trace.hpp>

#include "engine/inspect/graphs.hpp"

#include <memory>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;

TEST_CASE("Recording: keeps what is put on the tape while it lives, and nothing else", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x"), frozen = doubles({1, 2});
  Recording outer;
  const Tensor y = x * 2;
  {
    const Recording inner;
    const Tensor z = y + 1, constant = frozen * 2;
    {
      const NoGradGuard guard;
      const Tensor unrecorded = x * 3;
    }
    REQUIRE(inner.outputs().size() == 1);
    CHECK(inner.outputs()[0].grad_fn() == z.grad_fn());
  }
  const std::vector<Tensor> chunks = chunk(y, 2);
  REQUIRE(outer.outputs().size() == 4);
  CHECK(outer.outputs()[3].output_nr() == chunks[1].output_nr());
}

TEST_CASE("Recording: several may end in any order", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  auto first = std::make_unique<Recording>();
  auto second = std::make_unique<Recording>();
  first.reset();
  const Tensor y = x * 2;
  CHECK(second->outputs().size() == 1);
  second.reset();
  const Tensor z = y * 3;
  CHECK(z.requires_grad());
}

TEST_CASE("Recording: a trace shows values that the tape does not hold", "[inspect]") {
  const Recording recording;
  const Masked graph;  // sum and masked_fill keep nothing of their outputs
  const Trace without(graph.loss);
  const Trace with(TensorList(graph.loss), {.outputs = recording.outputs()});
  REQUIRE(with.nodes().size() == without.nodes().size());
  CHECK_FALSE(without.nodes()[3].outputs[0].tensor.is_held);
  const TracedTensor& masked = with.nodes()[3].outputs[0].tensor;
  CHECK(with.nodes()[3].name == "MaskedFillBackward0");
  CHECK(masked.is_held);
  CHECK(equal(masked.values, graph.masked));
  CHECK(with.options().outputs.empty());  // they would hold the graph
}

TEST_CASE("Recording: outputs of other graphs are passed over", "[inspect]") {
  const Recording recording;
  const Tensor x = leaf({1, 2}, "x");
  const Tensor other = exp(x), loss = x.sum();
  const Trace trace(TensorList(loss), {.outputs = recording.outputs()});
  CHECK(trace.nodes().size() == 2);
}

TEST_CASE("Recording: what is written through a view is kept, and the view after it", "[inspect]") {
  const Recording recording;
  const Tensor x = leaf({1, 2}, "x");
  const Tensor y = x * 1, first = y[0], second = y[1];
  first.mul_(x[1]);
  const Tensor z = second * 3;  // where second finds its place behind the write
  const Trace trace(TensorList(z), {.outputs = recording.outputs()});
  size_t found = 0;
  for (const TracedNode& node : trace.nodes())
    if (node.name == "torch::autograd::CopySlices") {
      ++found;
      CHECK(node.outputs[0].tensor.is_held);
      CHECK(equal(node.outputs[0].tensor.values, tensor({2.0, 2.0}, kDouble)));
    } else if (node.name == "AsStridedBackward0") {
      ++found;
      CHECK(node.outputs[0].tensor.is_held);
    }
  CHECK(found == 2);
}
