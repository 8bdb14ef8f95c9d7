// Making and copying tensors: values, dtypes, flags, what goes on the tape, and errors.
#include "peer.hpp"

#include <cmath>

namespace {

using fw::kBool;
using fw::kDouble;
using fw::kFloat;
using fw::kLong;
using fw::Tensor;

const peer::Section filled("create/filled", [] {
  peer::show("zeros", fw::zeros({2, 3}));
  peer::show("ones", fw::ones({2}, kLong));
  peer::show("full of an integer", fw::full({2}, 3));
  peer::show("full of a bool", fw::full({2}, true));
  peer::show("full of a double", fw::full({2}, 2.5));
  peer::show("full, converted", fw::full({2}, 2.9, kLong));
  peer::show("full of infinity", fw::full({2}, -INFINITY, kDouble));
  peer::show("scalar_tensor", fw::scalar_tensor(3));
  peer::show("eye", fw::eye(3, 2));
  peer::show("eye of bools", fw::eye(2, kBool));
  peer::show("no elements", fw::zeros({0, 3}));
  peer::show("trainable", fw::ones({2}, fw::requires_grad()));
  peer::show("trainable doubles", fw::ones({2}, fw::dtype(kDouble).requires_grad(true)));
  const Tensor x = fw::ones({2, 1}, kLong);
  peer::show("zeros_like", fw::zeros_like(x));
  peer::show("ones_like", fw::ones_like(x, kDouble));
  peer::show("full_like", fw::full_like(x, 2.9));
  peer::show("like a trainable one", fw::zeros_like(fw::ones({2}, fw::requires_grad())));
});

const peer::Section ranges("create/ranges", [] {
  peer::show("arange", fw::arange(3));
  peer::show("arange of a double", fw::arange(2.5));
  peer::show("arange of a bool", fw::arange(true));
  peer::show("arange down", fw::arange(5, 0, -2));
  peer::show("arange, uneven", fw::arange(0, 1, 0.3));
  peer::show("arange, none", fw::arange(3, 3));
  peer::show("arange of integers from doubles", fw::arange(2.9, 5.1, kLong));
  peer::show("arange, steps cut", fw::arange(0, 5, 2.5, kLong));
  peer::show("linspace", fw::linspace(-1, 2, 7));
  peer::show("linspace down", fw::linspace(5, 1, 3, kDouble));
  peer::show("linspace, one", fw::linspace(2, 7, 1));
  peer::show("linspace, none", fw::linspace(2, 7, 0));
  peer::show("linspace of integers", fw::linspace(0, 10, 5, kLong));
});

const peer::Section numbers("create/numbers", [] {
  peer::show("integers", fw::tensor({{1, 2}, {3, 4}}));
  peer::show("doubles", fw::tensor({1.5, -2.5}));
  peer::show("bools", fw::tensor({true, false}));
  peer::show("one number", fw::tensor(2.5));
  peer::show("doubles to integers", fw::tensor({1.9, -1.9}, kLong));
  peer::show("doubles to bools", fw::tensor({0.5, 0.0}, kBool));
  peer::show("empty rows", fw::tensor({{}, {}}));
  peer::show("a vector of doubles", fw::tensor(std::vector<double>{1, 2}));
  peer::show("a vector of integers", fw::tensor(std::vector<int64_t>{1, 2}));
  peer::show("trainable", fw::tensor({1.0, 2.0}, fw::requires_grad()));
});

const peer::Section errors("create/errors", [] {
  const char* const no_gradients = "Only Tensors of floating point and complex dtype can require gradients";
  peer::show_error(no_gradients, [] { fw::zeros({2}, fw::dtype(kLong).requires_grad(true)); });
  peer::show_error(no_gradients, [] { fw::tensor({1, 2}, fw::requires_grad()); });
  peer::show_error(no_gradients, [] { fw::arange(5, fw::requires_grad()); });
  peer::show_error("Trying to create tensor with negative dimension -1: [2, -1]", [] { fw::zeros({2, -1}); });
  peer::show_error("can't allocate memory", [] { fw::ones({int64_t{1} << 60}); });
  peer::show_error("n must be greater or equal to 0, got -1", [] { fw::eye(-1); });
  peer::show_error("step must be nonzero", [] { fw::arange(0, 5, 0); });
  peer::show_error("upper bound and larger bound inconsistent with step sign", [] { fw::arange(5, 0); });
  peer::show_error("unsupported range: 0 -> inf", [] { fw::arange(INFINITY); });
  peer::show_error("\"arange_cpu\" not implemented for 'Bool'", [] { fw::arange(2, kBool); });
  peer::show_error("number of steps must be non-negative", [] { fw::linspace(0, 1, -1); });
  peer::show_error("value cannot be converted to type float without overflow", [] { fw::full({1}, 1e300); });
  peer::show_error("value cannot be converted to type int64_t without overflow",
                   [] { fw::full({1}, NAN, kLong); });
  peer::show_error(
      "Expected all sub-lists to have sizes: 2 (e.g. {1, 2}), but got sub-list {3} with sizes: 1", [] {
        fw::tensor({{1, 2}, {3}});
      });
  peer::show_error("Expected all elements of the tensor to have the same scalar type", [] {
    fw::tensor({1, 2.5});
  });
});

const peer::Section copies("create/copies", [] {
  const Tensor x = fw::tensor({{1.5, -2.5}, {0.0, 4.0}}).requires_grad_();
  peer::show("clone", x.clone());
  peer::show("contiguous", x.contiguous());
  peer::show("contiguous of a transpose", x.t().contiguous());
  peer::show("detach", x.detach());
  peer::show("to itself", x.to(kFloat));
  peer::show("to doubles", x.to(kDouble));
  peer::show("to integers", x.to(kLong));
  peer::show("to bools", x.to(kBool));
  peer::show("type_as", x.type_as(fw::zeros({1}, kDouble)));
  (x.clone().t().contiguous().to(kDouble) * fw::arange(4, kDouble).view({2, 2})).sum().backward();
  peer::show("grad", x.grad());
  peer::show("is_same", x.to(kFloat).is_same(x) && x.contiguous().is_same(x) && x.type_as(x).is_same(x));
});

const peer::Section written("create/written", [] {
  const Tensor weights = fw::tensor({{1.0, 2.0}, {3.0, 4.0}});
  struct Write {
    const char* name;
    std::function<void(Tensor, const Tensor&)> to;
  };
  const Write writes[] = {
      {"copy_", [](Tensor y, const Tensor& z) { y.copy_(z); }},
      {"copy_ of a constant", [](Tensor y, const Tensor&) { y.copy_(fw::ones({2})); }},
      {"copy_ of doubles", [](Tensor y, const Tensor& z) { y.copy_(z.to(kDouble)); }},
      {"copy_ into a row", [](Tensor y, const Tensor& z) { y[0].copy_(z); }},
      {"fill_", [](Tensor y, const Tensor&) { y.fill_(3); }},
      {"fill_ with a tensor", [](Tensor y, const Tensor& z) { y.fill_(z[0]); }},
      {"fill_ of a row", [](Tensor y, const Tensor& z) { y[1].fill_(z[0]); }},
      {"zero_", [](Tensor y, const Tensor&) { y.zero_(); }},
      {"zero_ of a column", [](Tensor y, const Tensor&) { y.select(1, 0).zero_(); }},
      {"uniform_", [](Tensor y, const Tensor&) { y.uniform_(); }},
      {"normal_ of a row", [](Tensor y, const Tensor&) { y[0].normal_(); }},
      {"bernoulli_", [](Tensor y, const Tensor&) { y.bernoulli_(); }},
      {"assignment", [](Tensor y, const Tensor& z) { y[0] = z; }},
      {"assignment of a number", [](Tensor y, const Tensor&) { y[0][1] = 5; }},
  };
  for (const Write& write : writes)
    for (const bool is_trainable : {true, false}) {
      fw::manual_seed(3);
      const Tensor x = fw::tensor({{0.5, 1.5}, {2.5, 3.5}}).requires_grad_(is_trainable);
      const Tensor z = fw::tensor({7.0, 8.0}).requires_grad_();
      const Tensor y = x * 1;
      write.to(y, z);
      const std::string name = std::string(write.name) + (is_trainable ? ", x trainable" : ", x frozen");
      peer::show(name, y);
      if (!y.requires_grad()) continue;
      (y * weights).sum().backward();
      if (is_trainable) peer::show(name + ", grad of x", x.grad());
      if (z.grad().defined()) peer::show(name + ", grad of z", z.grad());
    }
  peer::show("into integers", fw::zeros({2}, kLong).copy_(fw::tensor({1.9, -1.9}).requires_grad_()));
});

const peer::Section refused("create/refused", [] {
  const Tensor leaf = fw::ones({2, 3}, fw::requires_grad()), x = fw::ones({2, 3});
  const char* const of_leaf = "a leaf Variable that requires grad is being used in an in-place operation.";
  peer::show_error(of_leaf, [&] { leaf.detach().requires_grad_().zero_(); });
  peer::show_error(of_leaf, [&] { Tensor(leaf).fill_(1); });
  peer::show_error(of_leaf, [&] { Tensor(leaf).copy_(x); });
  peer::show_error(of_leaf, [&] { Tensor(leaf).uniform_(); });
  peer::show_error("a view of a leaf Variable that requires grad is being used in an in-place operation.",
                   [&] { leaf[0].zero_(); });
  peer::show_error(
      "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1", [&] {
        Tensor(x).copy_(fw::ones({2, 2}));
      });
  peer::show_error("output with shape [2, 3] doesn't match the broadcast shape [4, 2, 3]", [&] {
    Tensor(x).copy_(fw::ones({4, 2, 3}));
  });
  peer::show_error("fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions.",
                   [&] { Tensor(x).fill_(fw::ones({1})); });
  peer::show_error("more than one element of the written-to tensor refers to a single memory location", [&] {
    fw::ones({3}).expand({2, 3}).copy_(x);
  });
});

const peer::Section promotion("create/promotion", [] {
  const fw::Dtype dtypes[] = {kBool, kLong, kFloat, kDouble};
  for (const fw::Dtype a : dtypes) {
    for (const bool a_has_dims : {true, false}) {
      const Tensor x = a_has_dims ? fw::ones({2}, a) : fw::ones({}, a);
      peer::show("with a bool", result_type(x, true));
      peer::show("with an integer", result_type(x, 2));
      peer::show("with a double", result_type(x, 2.5));
      for (const fw::Dtype b : dtypes) {
        peer::show("with a tensor", result_type(x, fw::ones({2}, b)));
        peer::show("with a 0-dim tensor", result_type(x, fw::ones({}, b)));
      }
    }
  }
});

}  // namespace
