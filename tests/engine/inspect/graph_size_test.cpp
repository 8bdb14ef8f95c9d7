#include <frost/inspect/graph_size.hpp>

#include "gradients.hpp"

using namespace frost;
using inspect::graph_size;
using inspect::GraphSize;

TEST_CASE("graph_size: counts ops, leaves and ways for a gradient", "[inspect]") {
  const Tensor x = ones({4}, requires_grad()), w = ones({4}, requires_grad()), frozen = ones({4});
  const Tensor y = (x * frozen + w * x).sum();
  const GraphSize size = graph_size(y);
  CHECK(size.nodes == 4);  // two products, a sum of two, a sum
  CHECK(size.leaves == 2);
  CHECK(size.edges == 6);  // sum → add → each product → x; x and w
  CHECK(graph_size(frozen).nodes == 0);
  CHECK(graph_size({y, y}).nodes == 4);
}

TEST_CASE("graph_size: saved memory counts once, and that of leaves not at all", "[inspect]") {
  const Tensor x = ones({1024}, requires_grad());
  CHECK(graph_size(x * x).saved_bytes == 0);
  const Tensor e = exp(x);
  CHECK(graph_size(e).saved_bytes == 4096 + 64);
  CHECK(graph_size(e * e).saved_bytes == 4096 + 64);
  const Tensor frozen = ones({1024});
  CHECK(graph_size(x * frozen).saved_bytes == 4096 + 64);
  const Tensor loss = exp(x).sum();
  CHECK(graph_size(loss).bytes() > 4096);
  loss.backward();
  CHECK(graph_size(loss).saved_bytes == 0);
}

TEST_CASE("graph_size: what it counts is what dropping the graph gives back", "[inspect]") {
  const Tensor x = ones({4096}, requires_grad());
  x.sum().backward();
  Tensor y = exp(exp(exp(x)));
  const int64_t counted = graph_size(y).bytes(), before = memory_allocated();
  y = Tensor();
  const int64_t given_back = before - memory_allocated();
  // y itself goes too: its handle, and the memory of its values is the last node's saved output.
  CHECK(given_back >= counted);
  CHECK(given_back < counted * 1.02);
}
