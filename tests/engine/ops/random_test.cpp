// The numbers are libtorch's, of the same seeds. (The streams themselves: tests/engine/random_test.cpp.)
#include "gradients.hpp"

#include <cmath>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

Tensor seeded(const std::function<Tensor()>& draw) {
  manual_seed(42);
  return draw();
}

}  // namespace

TEST_CASE("random: tensors of the same seed", "[ops][random]") {
  CHECK(same(seeded([] {
               return rand({2, 2});
             }),
             tensor({{0.8822692632675171, 0.9150039553642273}, {0.38286375999450684, 0.9593056440353394}})));
  CHECK(same(seeded([] { return rand({2}, kDouble); }),
             tensor({0.05815448596142969, 0.06291016742457756}, kDouble)));
  CHECK(allclose(seeded([] { return randn({3}); }),
                 tensor({0.33669036626815796, 0.12880940735340118, 0.23446236550807953})));
  const Tensor x = seeded([] { return randn({17}); });
  CHECK(allclose(stack({x[0], x[8], x[16]}),
                 tensor({1.9269152879714966, 0.3558599054813385, -0.3097267746925354})));
  CHECK(same(seeded([] { return randint(10, {2, 3}); }), tensor({{2, 7, 6}, {4, 6, 5}})));
  CHECK(same(seeded([] { return randint(-5, 5, {6}, kFloat); }), tensor({-3.0, 2.0, 1.0, -1.0, 1.0, 0.0})));
  CHECK(same(seeded([] { return randperm(6); }), tensor({0, 3, 2, 4, 1, 5})));
  CHECK(same(seeded([] { return randperm(6, kDouble); }), tensor({0.0, 3.0, 2.0, 4.0, 1.0, 5.0}, kDouble)));
  CHECK(same(seeded([] { return bernoulli(tensor({0.1, 0.5, 0.9, 0.5})); }), tensor({0.0, 0.0, 1.0, 0.0})));
}

TEST_CASE("random: in place", "[ops][random]") {
  CHECK(same(seeded([] { return zeros({6}, kLong).bernoulli_(0.5); }), tensor({1, 1, 1, 1, 0, 1})));
  CHECK(same(seeded([] { return zeros({2}, kDouble).uniform_(-1, 1); }),
             tensor({-0.8836910280771406, -0.8741796651508449}, kDouble)));
  CHECK(allclose(seeded([] { return zeros({2}).normal_(10, 2); }),
                 tensor({10.673380851745605, 10.25761890411377})));
  const Tensor x = zeros({2});
  CHECK(x.uniform_().is_same(x));
  CHECK(x._version() == 1);
  x.normal_();
  x.bernoulli_();
  CHECK(x._version() == 3);
}

TEST_CASE("random: one stream runs through all draws", "[ops][random]") {
  manual_seed(42);
  CHECK(rand({1}).item().toFloat() == 0.8822692632675171f);
  CHECK(randn({1}).item().toDouble() == Approx(-0.6381542086601257));
  CHECK(rand({1}).item().toFloat() == 0.600895345211029f);
}

TEST_CASE("random: what isn't contiguous is drawn in the order in which it lies in memory", "[ops][random]") {
  const Tensor x = seeded([] { return rand({2, 3}); });
  CHECK(same(seeded([] {
               return zeros({3, 2}).transpose(0, 1).uniform_();
             }),
             x.reshape({3, 2}).transpose(0, 1)));
  CHECK(same(seeded([] {
               return rand_like(zeros({3, 2}).transpose(0, 1));
             }),
             x.reshape({3, 2}).transpose(0, 1)));
  CHECK(same(seeded([] { return rand_like(zeros({1, 3}).expand({2, 3})); }), x));
  CHECK(rand_like(zeros({3, 2}).transpose(0, 1)).is_contiguous());

  const Tensor spread = zeros({3, 4});
  seeded([&] { return spread.slice(1, 0, nullopt, 2).uniform_(); });
  CHECK(same(spread.slice(1, 0, nullopt, 2).contiguous(), x.reshape({3, 2})));
  CHECK(same(spread.slice(1, 1, nullopt, 2).contiguous(), zeros({3, 2})));

  // Normal numbers are drawn one by one there, and those of bernoulli(p) in the order of its result.
  CHECK(
      allclose(seeded([] {
                 return randn_like(zeros({4, 5}).transpose(0, 1));
               })[0],
               tensor({0.33669036626815796, -0.18632829189300537, 0.5349046587944031, 0.9579718112945557})));
  CHECK(same(seeded([] {
               return bernoulli(full({2, 3}, 0.5).transpose(0, 1));
             }),
             tensor({{0.0, 0.0}, {1.0, 0.0}, {1.0, 0.0}})));
}

TEST_CASE("random: shapes, dtypes and options", "[ops][random]") {
  CHECK(rand({2, 0}).sizes() == IntArrayRef({2, 0}));
  CHECK(randn({}).dim() == 0);
  CHECK(rand({1}).dtype() == kFloat);
  CHECK(randint(5, {2}).dtype() == kLong);
  CHECK(randint(2, {2}, kBool).dtype() == kBool);
  CHECK(randperm(0).sizes() == IntArrayRef({0}));
  CHECK(randperm(3).dtype() == kLong);
  CHECK(rand_like(zeros({2}, kLong), kDouble).dtype() == kDouble);
  CHECK(randint_like(zeros({2}, kDouble), 5).dtype() == kDouble);
  CHECK(randint_like(zeros({2}), 3, 5, kLong).dtype() == kLong);
  CHECK(bernoulli(zeros({2}, kDouble)).dtype() == kDouble);
  CHECK(same(bernoulli(tensor({0.0, 1.0, 0.0})), tensor({0.0, 1.0, 0.0})));
  for (const Tensor& x :
       {rand({2}, requires_grad()), randn({2}, requires_grad()), rand_like(zeros({2}), requires_grad()),
        randn_like(zeros({2}), requires_grad()), randint(5, {2}, dtype(kFloat).requires_grad(true)),
        randint(5, {2}, requires_grad())}) {  // whose options name no dtype: Float, as in libtorch
    CHECK(x.requires_grad());
    CHECK(x.is_leaf());
    CHECK(x._version() == 0);
  }
}

TEST_CASE("random: no gradient flows through a draw", "[ops][random]") {
  const Tensor p = full({3}, 0.5).requires_grad_();
  const Tensor y = bernoulli(p);
  CHECK(y.grad_fn()->name() == "BernoulliBackward0");
  y.backward(ones({3}));
  CHECK(same(p.grad(), zeros({3})));

  struct Draw {
    const char* name;
    std::function<void(const Tensor&)> in_place;
  };
  for (const Draw& draw : {Draw{"UniformBackward0", [](const Tensor& x) { x.uniform_(); }},
                           Draw{"NormalBackward0", [](const Tensor& x) { x.normal_(); }},
                           Draw{"BernoulliBackward2", [](const Tensor& x) { x.bernoulli_(); }}}) {
    INFO(draw.name);
    const Tensor x = ones({3}).requires_grad_(), z = x.clone();
    const Tensor drawn = seeded([&] {
      draw.in_place(z);
      return z.detach().clone();
    });
    CHECK(same(drawn, seeded([&] {
                 const Tensor plain = ones({3});
                 draw.in_place(plain);
                 return plain;
               })));
    CHECK(z.grad_fn()->name() == draw.name);
    z.backward(ones({3}));
    CHECK(same(x.grad(), zeros({3})));
  }
}

TEST_CASE("random: errors, and nothing is drawn", "[ops][random]") {
  manual_seed(42);
  CHECK_THROWS_WITH(rand({2}, kLong), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(randn({2}, kBool), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(rand_like(zeros({2}, kLong)), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(rand({-1}), Contains("negative dimension -1"));
  CHECK_THROWS_WITH(randint(0, {2}), Contains("'from' to be less than 'to', but got from=0 >= to=0"));
  CHECK_THROWS_WITH(randint(3, 2, {2}), Contains("from=3 >= to=2"));
  CHECK_THROWS_WITH(randint(300, {2}, kBool), Contains("to - 1 is out of bounds for bool"));
  CHECK_THROWS_WITH(randint(2, {2}, dtype(kLong).requires_grad(true)), Contains("can require gradients"));
  CHECK_THROWS_WITH(randperm(-1), Contains("negative dimension -1"));
  CHECK_THROWS_WITH(randperm(3, kBool), Contains("\"randperm\" not implemented for 'Bool'"));
  CHECK_THROWS_WITH(randperm((1 << 24) + 2, kFloat),
                    Contains("n cannot be greater than 2^24+1 for Float type"));
  CHECK_THROWS_WITH(randperm(3, requires_grad()), Contains("can require gradients"));
  CHECK_THROWS_WITH(bernoulli(tensor({0.5, 2.0})), Contains("p_in >= 0 && p_in <= 1"));
  CHECK_THROWS_WITH(bernoulli(tensor({1, 0})), Contains("not implemented for 'Long'"));
  for (const Tensor& undefined : {Tensor()}) {
    CHECK_THROWS_AS(bernoulli(undefined), Error);
    CHECK_THROWS_AS(uniform_(undefined), Error);
    CHECK_THROWS_AS(normal_(undefined), Error);
    CHECK_THROWS_AS(bernoulli_(undefined), Error);
    CHECK_THROWS_AS(rand_like(undefined), Error);
    CHECK_THROWS_AS(randn_like(undefined), Error);
    CHECK_THROWS_AS(randint_like(undefined, 2), Error);
  }

  const Tensor x = ones({2});
  CHECK_THROWS_WITH(x.bernoulli_(2), Contains("expects p to be in [0, 1], but got p=2"));
  CHECK_THROWS_WITH(x.uniform_(2, 1), Contains("[from, to) range, but found from=2 > to=1"));
  CHECK_THROWS_WITH(x.normal_(0, -1), Contains("std >= 0.0, but found std -1"));
  CHECK(same(x, ones({2})));
  CHECK(x._version() == 0);
  CHECK_THROWS_WITH(zeros({2}, kLong).uniform_(), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(zeros({1}).expand({2}).uniform_(),
                    Contains("more than one element of the written-to tensor"));

  const Tensor leaf = ones({2}).requires_grad_();
  const auto refused = Contains("a leaf Variable that requires grad is being used in an in-place operation.");
  CHECK_THROWS_WITH(leaf.uniform_(), refused);
  CHECK_THROWS_WITH(leaf.normal_(), refused);
  CHECK_THROWS_WITH(leaf.bernoulli_(), refused);
  CHECK(same(leaf, ones({2})));
  CHECK(rand({1}).item().toFloat() == 0.8822692632675171f);  // the stream is where it began

  const NoGradGuard no_grad;
  leaf.uniform_();
  CHECK_FALSE(same(leaf, ones({2})));
  CHECK(leaf.is_leaf());
}
