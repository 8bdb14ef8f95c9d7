// Memory that runs out where tensors are large: work that is shared among threads, whose requests fail as
// well, and the buffers of the kernels.
#include <frost/frost.hpp>

#include "faults/operands.hpp"

using namespace frost;
using namespace frost::tests;

namespace {

// Of two rows: enough for two threads in every kernel.
constexpr int64_t kColumns = kernels::kGrain;

void check_undone_large(const char* name, const std::function<void(Operands&)>& call) {
  const int threads = get_num_threads();
  set_num_threads(3);
  check_undone(
      name, call, [](Operands&) { return true; }, kColumns);
  set_num_threads(threads);
}

// A pass through what call() makes of x.
void pass(const Operands& o, const Tensor& made) { autograd::grad({made.sum()}, {o.leaf}); }

}  // namespace

TEST_CASE("faults: large writes in place", "[faults][large]") {
  check_undone_large("add_", [](Operands& o) { o.x.add_(o.y); });
  check_undone_large("mul_ by a broadcast leaf", [](Operands& o) { o.x.mul_(o.leaf.select(0, 1)); });
  check_undone_large("masked_fill_", [](Operands& o) { o.x.masked_fill_(o.mask, 0); });
  check_undone_large("copy_ of a transpose", [](Operands& o) { o.y.copy_(o.x.reshape({kColumns, 2}).t()); });
  check_undone_large("index_put_", [](Operands& o) { o.x.index_put_({o.index}, o.y); });
  check_undone_large("index_put_ by a mask", [](Operands& o) { o.x.index_put_({o.mask}, 1); });
  check_undone_large("write through a view", [](Operands& o) { o.x.select(0, 1).mul_(3); });
}

TEST_CASE("faults: large functions and reductions", "[faults][large]") {
  check_undone_large("functions", [](Operands& o) { pass(o, o.x.tanh().exp().mul(o.y)); });
  check_undone_large("softmax of long rows", [](Operands& o) { pass(o, o.x.softmax(1).log_softmax(1)); });
  check_undone_large("softmax down columns", [](Operands& o) { pass(o, o.x.softmax(0).logsumexp(0)); });
  check_undone_large("softmax of short rows", [](Operands& o) {
    pass(o, o.x.reshape({-1, 8}).masked_fill(o.mask.reshape({-1, 8}), -INFINITY).softmax(-1));
  });
  check_undone_large("sums", [](Operands& o) { pass(o, o.x.sum(0).mean() + o.x.var(1) + o.x.norm()); });
  check_undone_large("cumsum and prod",
                     [](Operands& o) { pass(o, o.x.cumsum(1).select(0, 0) + o.x.prod(0)); });
  check_undone_large("extrema", [](Operands& o) { pass(o, std::get<0>(o.x.max(0)) + o.x.amin(1).sum()); });
}

TEST_CASE("faults: large sorts, picks and scatters", "[faults][large]") {
  check_undone_large("sort", [](Operands& o) { pass(o, std::get<0>(o.x.sort(1, true))); });
  check_undone_large("sort of many rows", [](Operands& o) {
    pass(o, std::get<0>(o.x.reshape({-1, 32}).topk(5)));
  });
  check_undone_large("masked_select", [](Operands& o) { pass(o, o.x.masked_select(o.mask)); });
  check_undone_large("index and gather", [](Operands& o) {
    const Tensor columns = arange(kColumns - 1, -1, -1);
    pass(o, o.x.index_select(1, columns) + o.x.gather(1, columns.expand({2, -1})));
  });
  check_undone_large("scatter_add", [](Operands& o) {
    pass(o, zeros({2, 4}).scatter_add(1, arange(4).repeat({2, kColumns / 4}), o.x));
  });
  check_undone_large("cat, repeat and flip", [](Operands& o) {
    pass(o, cat({o.x, o.y}, 1).flip({1}).repeat({1, 2}));
  });
}

TEST_CASE("faults: large products and layers", "[faults][large]") {
  check_undone_large("matmul", [](Operands& o) {
    pass(o, o.x.reshape({256, -1}).matmul(o.y.reshape({-1, 256})));
  });
  check_undone_large("bmm of what is not contiguous", [](Operands& o) {
    pass(o, o.x.reshape({64, 32, -1}).transpose(1, 2).matmul(o.y.reshape({64, -1, 32}).transpose(1, 2)));
  });
  check_undone_large("masked attention", [](Operands& o) {
    const auto split = [](const Tensor& x) { return x.reshape({16, 4, -1, 16}); };
    const Tensor mask = nn::padding_mask(arange(49, 65), 64);
    pass(o, nn::functional::masked_attention(split(o.x), split(o.y), split(o.x),
                                             mask.unsqueeze(1).unsqueeze(1)));
  });
  check_undone_large("layer_norm", [](Operands& o) {
    pass(o, nn::functional::layer_norm(o.x.reshape({-1, 64}), nn::functional::LayerNormFuncOptions({64})));
  });
  check_undone_large("gru", [](Operands& o) {
    manual_seed(0);
    nn::GRU gru(nn::GRUOptions(64, 64).batch_first(true));
    pass(o, std::get<0>(gru(o.x.reshape({256, -1, 64}))));
  });
}
