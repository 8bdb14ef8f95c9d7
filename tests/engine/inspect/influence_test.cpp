// Zeros "by structure": at other values of the leaf they must be 0 as well.
#include <frost/inspect/explain.hpp>

#include "engine/inspect/graphs.hpp"

#include <functional>
#include <string>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;

namespace {

using Function = std::function<Tensor(const Tensor&)>;

struct Case {
  const char* name;
  Tensor x;  // where explain is asked
  Function loss;
  // Of the elements that are 0 there, in their order: whether they are by structure, as they should be said.
  std::vector<bool> is_structural;
};

// Whether each element of the gradient is another number than 0 somewhere.
Tensor ever_nonzero(const Case& one) {
  Tensor ever = zeros(one.x.sizes(), kBool);
  for (int i = 0; i < 40; ++i) {
    const Tensor x = (randn(one.x.sizes(), kDouble) * (1 + i % 4)).requires_grad_();
    ever = ever.logical_or(autograd::grad({one.loss(x)}, {x})[0] != 0);
  }
  return ever;
}

void check_case(const Case& one) {
  CAPTURE(one.name);
  const Tensor x = one.x.detach().clone().requires_grad_().set_name("x"), loss = one.loss(x);
  const Tensor ever = ever_nonzero(one).reshape({-1});
  std::vector<bool> said;
  bool is_any_nonzero = false;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const std::vector<int64_t> index =
        x.dim() == 1 ? std::vector<int64_t>{i} : std::vector<int64_t>{i / x.size(1), i % x.size(1)};
    const Explanation told = explain(loss, x, index);
    if (told.kind != Explanation::Kind::zero) continue;
    const bool is_nonzero = ever[i].item<bool>();
    is_any_nonzero |= is_nonzero;
    CAPTURE(i, to_text(told));
    CHECK_FALSE((told.is_zero_by_structure && is_nonzero));
    CHECK(told.is_zero_by_structure !=
          std::any_of(told.cuts.begin(), told.cuts.end(), [](const Cut& cut) { return !cut.is_structural; }));
    said.push_back(told.is_zero_by_structure);
  }
  CHECK(said == one.is_structural);
  CHECK_FALSE((explain(loss, x).is_zero_by_structure && is_any_nonzero));
}

Tensor vector_of(const std::vector<double>& values) { return tensor(values, dtype(kDouble)); }

}  // namespace

TEST_CASE("explain: what is 0 because a factor is, or a choice fell so, may be a number at other values",
          "[inspect]") {
  manual_seed(1);
  // The first four elements as a matrix, times the other two.
  const auto matrix = [](const Tensor& x) { return x.slice(0, 0, 4).view({2, 2}); };
  const auto times = [](const Tensor& m, const Tensor& x) { return matmul(m, x.slice(0, 4)); };
  check_case({"cross_entropy",
              vector_of({800, 0, 0}),
              [](const Tensor& x) { return -x.log_softmax(0)[0]; },
              {false, false, false}});
  check_case({"log_softmax",
              vector_of({1000, 0, -5}),
              [](const Tensor& x) { return -x.log_softmax(0)[1]; },
              {false}});
  check_case({"a 0 in a matrix",
              vector_of({0.5, 0, 1, 1, 1, 2}),
              [&](const Tensor& x) { return times(matrix(x), x)[0]; },
              {true, true, false}});
  check_case({"a saturated row",
              vector_of({0, 900, 0, 0, 1, 2}),
              [&](const Tensor& x) { return times(matrix(x).softmax(1), x)[0]; },
              {false, false, true, true, false}});
  check_case({"a dead relu",
              vector_of({-1, 2}),
              [](const Tensor& x) { return (relu(x).unsqueeze(0) * x.unsqueeze(1))[0][0]; },
              {false, true}});
  check_case({"outer",
              vector_of({0, 2}),
              [](const Tensor& x) { return (x.unsqueeze(1) * x.unsqueeze(0))[0][0]; },
              {false, true}});
  check_case({"a product with itself",
              tensor({{0., 1.}, {0., 2.}}),
              [](const Tensor& x) { return x.mm(x)[0][0]; },
              {false, false, true}});
  check_case({"sort",
              vector_of({3, 1, 2}),
              [](const Tensor& x) { return std::get<0>(x.sort(0))[1]; },
              {false, false}});
  check_case({"argsort",
              vector_of({3, 1, 2}),
              [](const Tensor& x) { return x.index_select(0, x.argsort(0)).slice(0, 1).sum(); },
              {false}});
  check_case({"argmax",
              vector_of({3, 1, 2}),
              [](const Tensor& x) { return x.index_select(0, x.argmax(0).view({1})).sum(); },
              {false, false}});
  check_case({"the larger of one and several",
              vector_of({2, 0, 1}),
              [](const Tensor& x) { return maximum(x[2], x.slice(0, 0, 2))[0]; },
              {false, false}});
  check_case({"a factor, a part of which was detached",
              vector_of({0, 1}),
              [](const Tensor& x) { return ((x * 0 + x.detach()) * x).sum(); },
              {false}});
  check_case({"a negative number and its absolute value",
              vector_of({-2, 1}),
              [](const Tensor& x) {
                const Tensor smaller = std::get<0>(x.topk(2, 0))[1];
                return smaller + smaller.abs();
              },
              {false, false}});
  check_case(
      {"where", vector_of({-1, 2}), [](const Tensor& x) { return where(x > 0, x, x * 0).sum(); }, {false}});
}

TEST_CASE("explain: what no value can change stays 0 by structure", "[inspect]") {
  manual_seed(1);
  const Tensor causal = ones({3, 3}, kBool).triu(1);
  const Tensor w = randn({2, 2}, dtype(kDouble).requires_grad(true));
  check_case({"causal attention, the first row",
              randn({3, 2}, kDouble),
              [&](const Tensor& x) {
                const Tensor scores = x.mm(w).mm(x.t()).masked_fill(causal, -kInfinity);
                return scores.softmax(1).mm(x)[0].sum();
              },
              {true, true, true, true}});
  check_case({"rows of products",
              randn({2, 3}, kDouble),
              [](const Tensor& x) { return x.prod(1)[0]; },
              {true, true, true}});
  check_case({"rows of a product",
              randn({2, 2}, kDouble),
              [&](const Tensor& x) { return tanh(x.mm(w))[1].sum(); },
              {true, true}});
  check_case({"a dead relu behind a mask",
              vector_of({-1, 2, 3}),
              [](const Tensor& x) {
                return relu(x).masked_fill(tensor({false, true, true}), 0).sum();
              },
              {false, true, true}});
}
