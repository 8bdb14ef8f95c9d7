#include "gradients.hpp"

#include <frost/tensor_impl.hpp>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

struct View {
  const char* name;
  const char* grad_fn;
  std::function<Tensor(const Tensor&)> of;  // of a 3-dim tensor
  bool writable = true;
};

std::vector<View> views() {
  return {
      {"view", "ViewBackward0",
       [](const Tensor& x) {
         return x.view({x.size(0) * x.size(1), x.size(2)});
       }},
      {"reshape", "ReshapeAliasBackward0",
       [](const Tensor& x) {
         return x.reshape({x.size(0), 1, x.size(1) * x.size(2)});
       }},
      {"flatten", "ReshapeAliasBackward0", [](const Tensor& x) { return x.flatten(1); }},
      {"squeeze", "SqueezeBackward0", [](const Tensor& x) { return x.squeeze(); }},
      {"squeeze(0)", "SqueezeBackward1", [](const Tensor& x) { return x.squeeze(0); }},
      {"unsqueeze", "UnsqueezeBackward0", [](const Tensor& x) { return x.unsqueeze(-2); }},
      {"transpose", "TransposeBackward0", [](const Tensor& x) { return x.transpose(0, -1); }},
      {"permute", "PermuteBackward0",
       [](const Tensor& x) {
         return x.permute({1, 2, 0});
       }},
      {"expand", "ExpandBackward0",
       [](const Tensor& x) {
         return x.expand({2, -1, -1, -1});
       },
       false},
      {"select", "SelectBackward0", [](const Tensor& x) { return x.select(1, -1); }},
      {"narrow", "SliceBackward0", [](const Tensor& x) { return x.narrow(1, 0, 1); }},
      {"slice", "SliceBackward0", [](const Tensor& x) { return x.slice(2, 0, nullopt, 2); }},
  };
}

Tensor counting(IntArrayRef sizes) { return arange(numel(sizes), kDouble).reshape(sizes); }

}  // namespace

TEST_CASE("views: forward", "[ops][view]") {
  const Tensor x = tensor({{0, 1, 2}, {3, 4, 5}});
  CHECK(same(x.view({3, 2}), tensor({{0, 1}, {2, 3}, {4, 5}})));
  CHECK(same(x.view({-1}), tensor({0, 1, 2, 3, 4, 5})));
  CHECK(same(x.t().reshape({2, -1}), tensor({{0, 3, 1}, {4, 2, 5}})));
  CHECK(same(x.t(), tensor({{0, 3}, {1, 4}, {2, 5}})));
  CHECK(same(x.transpose(0, -1), x.t()));
  CHECK(same(x.view({1, 2, 3}).permute({2, 0, -2}), tensor({{{0, 3}}, {{1, 4}}, {{2, 5}}})));
  CHECK(same(x.select(1, -1), tensor({2, 5})));
  CHECK(same(x[1], tensor({3, 4, 5})));
  CHECK(same(x[tensor(-1)], x[1]));
  CHECK(same(x.narrow(1, 1, 2), tensor({{1, 2}, {4, 5}})));
  CHECK(same(x.narrow(1, -2, 1), tensor({{1}, {4}})));
  CHECK(same(x.slice(1, 0, nullopt, 2), tensor({{0, 2}, {3, 5}})));
  CHECK(same(x.slice(0, -9, 9), x));
  CHECK(x.slice(1, 2, 1).sizes() == IntArrayRef({2, 0}));
  CHECK(same(x.unsqueeze(1).squeeze(1), x));
  CHECK(x.unsqueeze(-1).sizes() == IntArrayRef({2, 3, 1}));
  CHECK(x.unsqueeze(1).unsqueeze(0).squeeze().sizes() == IntArrayRef({2, 3}));
  CHECK(x.squeeze(0).sizes() == IntArrayRef({2, 3}));
  CHECK(same(tensor({{7}, {8}}).expand({2, 3}), tensor({{7, 7, 7}, {8, 8, 8}})));
  CHECK(same(tensor({7, 8}).expand({2, -1}), tensor({{7, 8}, {7, 8}})));
  CHECK(tensor(1).flatten().sizes() == IntArrayRef({1}));
  CHECK(ones({2, 3, 4}).flatten(0, 1).sizes() == IntArrayRef({6, 4}));
  CHECK(x.flatten(1, 1).is_same(x));
}

TEST_CASE("views: what is written to one is seen in the other, and both count it", "[ops][view]") {
  for (const View& view : views()) {
    INFO(view.name);
    const Tensor base = counting({2, 3, 4}), y = view.of(base);
    CHECK(y.is_view());
    base.fill_(7);
    CHECK(equal(y, full_like(y, 7)));
    CHECK(y._version() == 1);
    if (!view.writable) continue;
    y.fill_(-1);
    CHECK((base == -1).sum().item<int64_t>() == y.numel());
    CHECK(base._version() == 2);
  }
}

TEST_CASE("views: cost the same whatever they are of", "[ops][view]") {
  for (const View& view : views()) {
    INFO(view.name);
    const auto bytes_of_view = [&view](IntArrayRef sizes) {
      const Tensor x = zeros(sizes, requires_grad());
      const int64_t before = memory_allocated();
      const Tensor y = view.of(x);
      return memory_allocated() - before;
    };
    CHECK(bytes_of_view({2, 3, 4}) == bytes_of_view({20, 30, 40}));
  }
}

TEST_CASE("views: of no elements, however far they lie", "[ops][view]") {
  const int64_t far = int64_t{1} << 61;
  const Tensor none = zeros({0, far}, kDouble);
  CHECK(none.slice(1, far).sizes() == IntArrayRef{0, 0});
  CHECK(none.slice(1, far - 1).sizes() == IntArrayRef{0, 1});
  CHECK(none.select(1, far - 1).sum().item<double>() == 0);
}

TEST_CASE("views: grad_fn, and none for frozen input, integers or under NoGradGuard", "[ops][view]") {
  for (const View& view : views()) {
    INFO(view.name);
    const Tensor y = view.of(trainable({2, 3, 4}));
    REQUIRE(y.grad_fn());
    CHECK(y.grad_fn()->name() == view.grad_fn);
    CHECK(y.grad_fn()->saved_tensors().empty());
    CHECK_FALSE(view.of(ones({2, 3, 4})).requires_grad());
    CHECK_FALSE(view.of(ones({2, 3, 4}, kLong)).requires_grad());
    const Tensor x = trainable({2, 3, 4});
    const NoGradGuard guard;
    CHECK_FALSE(view.of(x).requires_grad());
  }
  CHECK(trainable({2, 3}).t().grad_fn()->name() == "TBackward0");
  CHECK(trainable({2, 3}).t().reshape({6}).grad_fn()->name() == "UnsafeViewBackward0");
}

TEST_CASE("views: gradients", "[ops][view]") {
  manual_seed(1);
  for (const View& view : views()) {
    const Op op = [&view](const std::vector<Tensor>& xs) { return view.of(xs[0]); };
    for (const std::vector<int64_t>& sizes :
         {std::vector<int64_t>{2, 3, 4}, std::vector<int64_t>{1, 1, 1}, std::vector<int64_t>{0, 2, 3}}) {
      INFO(view.name << " of " << IntArrayRef(sizes));
      check_gradients(op, {trainable(sizes)});
    }
    INFO(view.name << ", not contiguous");
    if (std::string(view.name) != "view") check_gradients(op, {trainable_strided({2, 3, 4})});
  }
  const auto check_0_dim = [](const std::function<Tensor(const Tensor&)>& f) {
    check_gradients([&f](const std::vector<Tensor>& xs) { return f(xs[0]); }, {trainable({})});
  };
  check_0_dim([](const Tensor& x) { return x.view({1, 1}); });
  check_0_dim([](const Tensor& x) { return x.squeeze(); });
  check_0_dim([](const Tensor& x) { return x.squeeze(-1); });
  check_0_dim([](const Tensor& x) { return x.unsqueeze(0); });
  check_0_dim([](const Tensor& x) { return x.transpose(0, -1); });
  check_0_dim([](const Tensor& x) { return x.t(); });
  check_0_dim([](const Tensor& x) { return x.permute({}); });
  check_0_dim([](const Tensor& x) { return x.expand({2, 2}); });
  check_0_dim([](const Tensor& x) { return x.flatten(); });
  check_gradients([](const std::vector<Tensor>& xs) { return xs[0].t(); }, {trainable({2, 3})});
  check_gradients([](const std::vector<Tensor>& xs) { return xs[0].expand({2, 3, 4}); }, {trainable({3, 1})});
  check_gradients([](const std::vector<Tensor>& xs) { return xs[0].expand({2, 0}); }, {trainable({2, 1})});
}

TEST_CASE("views: errors", "[ops][view]") {
  const Tensor x = zeros({2, 3, 4}), s = zeros({}), undefined;
  CHECK_THROWS_WITH(x.transpose(0, 2).view({-1}),
                    Contains("view size is not compatible with input tensor's size and stride"));
  CHECK_THROWS_WITH(x.view({5, 5}), Contains("shape '[5, 5]' is invalid for input of size 24"));
  CHECK_THROWS_WITH(x.reshape({-1, -1}), Contains("only one dimension can be inferred"));
  CHECK_THROWS_WITH(zeros({0}).view({-1, 0}), Contains("can be any value and is ambiguous"));
  CHECK_THROWS_WITH(x.flatten(2, 1), Contains("start_dim cannot come after end_dim"));
  CHECK_THROWS_WITH(x.squeeze(3),
                    Contains("Dimension out of range (expected to be in range of [-3, 2], but got 3)"));
  CHECK_THROWS_WITH(x.unsqueeze(4), Contains("Dimension out of range (expected to be in range of [-4, 3]"));
  CHECK_THROWS_WITH(x.transpose(0, -4), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.t(), Contains("t() expects a tensor with <= 2 dimensions, but self is 3D"));
  CHECK_THROWS_WITH(x.permute({0, 1}),
                    Contains("does not match the length of the desired ordering of dimensions"));
  CHECK_THROWS_WITH(x.permute({0, 0, 1}), Contains("duplicate dims are not allowed"));
  CHECK_THROWS_WITH(x.expand({5, 3, 4}),
                    Contains("The expanded size of the tensor (5) must match the existing size (2) "
                             "at non-singleton dimension 0"));
  CHECK_THROWS_WITH(x.expand({-1, 2, 3, 4}),
                    Contains("isn't allowed in a leading, non-existing dimension 0"));
  CHECK_THROWS_WITH(x.expand({4}), Contains("the number of sizes provided (1) must be greater or equal"));
  CHECK_THROWS_WITH(x.narrow(0, 1, 2), Contains("start (1) + length (2) exceeds dimension size (2)"));
  CHECK_THROWS_WITH(x.narrow(0, 0, -1), Contains("start (0) + length (-1) exceeds dimension size (2)"));
  CHECK_THROWS_WITH(s.narrow(0, 0, 1), Contains("narrow() cannot be applied to a 0-dim tensor"));
  CHECK_THROWS_WITH(x.select(1, 3),
                    Contains("index 3 out of range for tensor of size [2, 3, 4] at dimension 1"));
  CHECK_THROWS_WITH(s[0], Contains("select() cannot be applied to a 0-dim tensor"));
  CHECK_THROWS_WITH(x.slice(0, 0, 1, 0), Contains("slice step must be positive"));
  CHECK_THROWS_WITH(s.slice(), Contains("slice() cannot be applied to a 0-dim tensor"));
  CHECK_THROWS_WITH(x[tensor({1})], Contains("Can only index with tensors that are scalars (zero-dim)"));
  CHECK_THROWS_WITH(x[tensor(1.0)], Contains("Can only index tensors with integral scalars"));
  CHECK_THROWS_WITH(x[undefined], Contains("Can only index with tensors that are defined"));
  CHECK_THROWS_AS(ones({1}).view({1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);  // too many dims
  for (const View& view : views()) CHECK_THROWS_WITH(view.of(undefined), Contains("undefined"));
  CHECK_THROWS_WITH(undefined.t(), Contains("undefined"));
}

// What one step of a pass takes for itself, beyond what was there before.
static int64_t peak_of_step(Backward& pass) {
  const int64_t before = memory_allocated();
  reset_peak_memory_stats();
  pass.step();
  return max_memory_allocated() - before;
}

TEST_CASE("select: the gradients of n selects of one tensor take work in proportion to n", "[ops][view]") {
  // A rule that made each gradient as large as x would take memory, step by step, in proportion to n².
  const auto work_of_selects = [](int64_t n) {
    const Tensor x = ones({n, 4}, requires_grad());
    std::vector<Tensor> rows;
    for (int64_t i = 0; i < n; ++i) rows.push_back(x[i]);
    Backward pass(rows, std::vector<Tensor>(rows.size(), ones({4})), {});
    int64_t work = 0;
    while (pass.next() != nullptr) work += peak_of_step(pass);
    CHECK(equal(x.grad(), ones({n, 4})));
    return work;
  };
  // Powers of two, for lists grow by doubling.
  const int64_t few = work_of_selects(1024), many = work_of_selects(8192);
  CHECK(10 * many < 88 * few);
}
