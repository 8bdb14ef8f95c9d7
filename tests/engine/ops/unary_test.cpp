#include "elementwise.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

using Function = Tensor (*)(const Tensor&);

Tensor default_softplus(const Tensor& x) { return softplus(x); }
Tensor steep_softplus(const Tensor& x) { return softplus(x, 2, 3); }

struct Named {
  const char* name;  // of its node
  Function f;
  double low, high;  // where it is smooth
};

const Named kFunctions[] = {
    {"AbsBackward0", abs, 0.5, 2},
    {"AbsBackward0", abs, -2, -0.5},
    {"NegBackward0", neg, -2, 2},
    {"ExpBackward0", exp, -2, 2},
    {"Expm1Backward0", expm1, -2, 2},
    {"LogBackward0", log, 0.5, 3},
    {"Log1PBackward0", log1p, -0.5, 3},
    {"SqrtBackward0", sqrt, 0.5, 3},
    {"RsqrtBackward0", rsqrt, 0.5, 3},
    {"PowBackward0", square, -2, 2},
    {"ReciprocalBackward0", reciprocal, -3, -0.5},
    {"SinBackward0", sin, -2, 2},
    {"CosBackward0", cos, -2, 2},
    {"TanhBackward0", tanh, -2, 2},
    {"SigmoidBackward0", sigmoid, -3, 3},
    {"ReluBackward0", relu, 0.5, 2},
    {"ReluBackward0", relu, -2, -0.5},
    {"GeluBackward0", gelu, -3, 3},
    {"ErfBackward0", erf, -2, 2},
    {"SoftplusBackward0", default_softplus, -3, 3},
    {"SoftplusBackward0", default_softplus, 21, 23},
    {"SoftplusBackward0", steep_softplus, -1.4, 1.4},
    {"SoftplusBackward0", steep_softplus, 1.6, 2},
};

// Within a few roundings of Float, NaN being equal to NaN.
bool close(const Tensor& x, const Tensor& y) {
  return x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() && allclose(x, y, 2e-6, 1e-7, true);
}

}  // namespace

TEST_CASE("unary: forward", "[ops][unary]") {
  const Tensor x = tensor({-2., -0.5, 0., 0.25, 3.}), positive = tensor({0.25, 1., 2., 9.});
  CHECK(same(abs(x), tensor({2., 0.5, 0., 0.25, 3.})));
  CHECK(same(neg(x), tensor({2., 0.5, -0., -0.25, -3.})));
  CHECK(same(-x, neg(x)));
  CHECK(close(exp(x), tensor({0.13533528, 0.60653067, 1., 1.2840254, 20.085537})));
  CHECK(close(expm1(x), tensor({-0.86466473, -0.39346933, 0., 0.28402543, 19.085537})));
  CHECK(same(square(x), tensor({4., 0.25, 0., 0.0625, 9.})));
  CHECK(close(sin(x), tensor({-0.90929741, -0.47942555, 0., 0.24740396, 0.14112})));
  CHECK(close(cos(x), tensor({-0.41614684, 0.87758255, 1., 0.96891242, -0.9899925})));
  CHECK(close(tanh(x), tensor({-0.96402758, -0.46211717, 0., 0.24491866, 0.99505478})));
  CHECK(close(sigmoid(x), tensor({0.11920292, 0.37754068, 0.5, 0.56217653, 0.95257413})));
  CHECK(same(relu(x), tensor({0., 0., 0., 0.25, 3.})));
  CHECK(close(gelu(x), tensor({-0.0455001, -0.15426879, 0., 0.14967656, 2.9959502})));
  CHECK(close(erf(x), tensor({-0.99532229, -0.52049989, 0., 0.27632639, 0.99997789})));
  CHECK(close(softplus(x), tensor({0.126928, 0.47407699, 0.69314718, 0.82593942, 3.0485873})));
  CHECK(close(log(positive), tensor({-1.3862944, 0., 0.69314718, 2.1972246})));
  CHECK(close(log1p(positive), tensor({0.22314355, 0.69314718, 1.0986123, 2.3025851})));
  CHECK(close(sqrt(positive), tensor({0.5, 1., 1.4142135, 3.})));
  CHECK(close(rsqrt(positive), tensor({2., 1., 0.70710677, 0.33333334})));
  CHECK(close(reciprocal(positive), tensor({4., 1., 0.5, 0.11111111})));
}

TEST_CASE("unary: of views, Double, 0-dim and empty input", "[ops][unary]") {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  for (const Named& named : kFunctions) {
    INFO(named.name);
    CHECK(close(named.f(x.t()), named.f(x).t()));
    CHECK(named.f(x.t()).is_contiguous());
    CHECK(close(named.f(x.slice(1, 0, nullopt, 2)), named.f(x).slice(1, 0, nullopt, 2)));
    CHECK(close(named.f(x.to(kDouble)).to(kFloat), named.f(x)));
    CHECK(named.f(tensor(2.)).dim() == 0);
    CHECK(named.f(zeros({0, 3})).sizes() == IntArrayRef({0, 3}));
    CHECK_THROWS_WITH(named.f(Tensor()), Contains("Expected a proper Tensor"));
  }
}

TEST_CASE("unary: dtypes", "[ops][unary]") {
  const Tensor l = tensor({4, 1}), b = tensor({true, false});
  for (const Function f : {exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, sin, cos, tanh, sigmoid, erf}) {
    CHECK(same(f(l), f(l.to(kFloat))));
    CHECK(same(f(b), f(b.to(kFloat))));
  }
  CHECK(same(abs(tensor({-4, 1})), l));
  CHECK(same(neg(l), tensor({-4, -1})));
  CHECK(same(relu(tensor({-4, 1})), tensor({0, 1})));
  CHECK(same(square(l), tensor({16, 1})));
  CHECK(same(square(b), tensor({1, 0})));
  CHECK_THROWS_WITH(neg(b), Contains("Negation, the `-` operator, on a bool tensor is not supported"));
  CHECK_THROWS_WITH(-b, Contains("use the `~` or `logical_not()` operator instead"));
  CHECK_THROWS_WITH(relu(b), Contains("Boolean inputs not supported for relu"));
  CHECK_THROWS_WITH(abs(b), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(gelu(l), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(gelu(b), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(softplus(l), Contains("not implemented for 'Long'"));
  CHECK_THROWS_WITH(softplus(b), Contains("not implemented for 'Bool'"));
}

TEST_CASE("unary: gradients", "[ops][unary]") {
  for (const Named& named : kFunctions) {
    INFO(named.name);
    check_unary_gradients(named.f, named.low, named.high);
  }
}

TEST_CASE("unary: names on the tape; a frozen input is not recorded", "[ops][unary]") {
  for (const Named& named : kFunctions) {
    const Tensor x = full({2}, named.high);
    CHECK_FALSE(named.f(x).grad_fn());
    const Ref<Node> node = named.f(leaf(x)).grad_fn();
    REQUIRE(node);
    CHECK(node->name() == named.name);
    CHECK(node->next_edges().size() == 1);
  }
  // What is a function of the output keeps that, and not the input.
  for (const Function f : {neg, exp, expm1, sqrt, rsqrt, reciprocal, tanh, sigmoid, relu}) {
    const Tensor y = f(leaf(ones({2})));
    for (const Tensor& saved : y.grad_fn()->saved_tensors()) CHECK(saved.data_ptr() == y.data_ptr());
  }
}

TEST_CASE("unary: names in a second backward", "[ops][unary]") {
  struct Case {
    Function f;
    const char* name;
  };
  for (const Case& c : {Case{tanh, "TanhBackwardBackward0"}, Case{sigmoid, "SigmoidBackwardBackward0"},
                        Case{relu, "ThresholdBackwardBackward0"}, Case{gelu, "GeluBackwardBackward0"},
                        Case{default_softplus, "SoftplusBackwardBackward0"},
                        Case{steep_softplus, "SoftplusBackwardBackward0"}}) {
    const Tensor x = leaf(tensor({1., -2.}));
    const Tensor grad_x = autograd::grad({c.f(x).sum()}, {x}, {}, nullopt, /*create_graph=*/true)[0];
    REQUIRE(grad_x.grad_fn());
    CHECK(grad_x.grad_fn()->name() == c.name);
    CHECK(grad_x.grad_fn()->next_edges().size() == 2);
  }
}

TEST_CASE("unary: third derivatives", "[ops][unary]") {
  manual_seed(3);
  for (const Function f : {tanh, sigmoid, gelu, default_softplus, steep_softplus}) {
    const Op second = [f](const std::vector<Tensor>& xs) {
      const AutoGradMode mode(true);
      const Tensor first = autograd::grad({f(xs[0]).sum()}, {xs[0]}, {}, nullopt, true)[0];
      return autograd::grad({first.sum()}, {xs[0]}, {}, nullopt, true)[0];
    };
    check_gradients(second, {trainable({3}, -1, 1)});
  }
}

TEST_CASE("unary: a slope that is 0 everywhere is a gradient of zeros, not an absent one", "[ops][unary]") {
  for (const Function f : {relu, abs}) {
    const Tensor x = leaf(tensor({1., -2.}));
    const Tensor grad_x = autograd::grad({f(x).sum()}, {x}, {}, nullopt, /*create_graph=*/true)[0];
    REQUIRE(grad_x.requires_grad());
    grad_x.sum().backward();
    CHECK(same(x.grad(), tensor({0., 0.})));
  }
}

TEST_CASE("unary: gradients at the edges", "[ops][unary]") {
  CHECK(same(gradient_of(abs, tensor({0., -0., nan_value, inf, -inf, -2.})),
             tensor({0., 0., 0., 1., -1., -1.})));
  CHECK(same(gradient_of(sqrt, tensor({0., -1., inf, nan_value})), tensor({inf, nan_value, 0., nan_value})));
  CHECK(
      same(gradient_of(rsqrt, tensor({0., -1., inf, nan_value})), tensor({-inf, nan_value, -0., nan_value})));
  CHECK(same(gradient_of(log, tensor({0., -1., inf, nan_value})), tensor({inf, -1., 0., nan_value})));
  CHECK(same(gradient_of(log1p, tensor({-1., -2., inf, nan_value})), tensor({inf, -1., 0., nan_value})));
  CHECK(same(gradient_of(reciprocal, tensor({0., inf, nan_value})), tensor({-inf, -0., nan_value})));
  CHECK(same(gradient_of(relu, tensor({0., -1., inf, nan_value, 2.})), tensor({0., 0., 1., 1., 1.})));
  CHECK(same(gradient_of(relu, tensor({0., -1.}), tensor({inf, nan_value})), tensor({0., 0.})));
  const Tensor far = tensor({0., -200., 200., nan_value, inf, -inf});
  CHECK(same(gradient_of(sigmoid, far), tensor({0.25, 0., 0., nan_value, 0., 0.})));
  CHECK(same(gradient_of(tanh, far), tensor({1., 0., 0., nan_value, 0., 0.})));
  CHECK(close(gradient_of(default_softplus, tensor({0., -200., 20., 21., nan_value, inf, -inf})),
              tensor({0.5, 0., 1., 1., nan_value, 1., 0.})));
}

TEST_CASE("softplus: beta and threshold", "[ops][unary]") {
  const Tensor x = tensor({0., -1., 1.4, 1.5, 1.6, nan_value, -200., 25.});
  CHECK(close(softplus(x, 2, 3),
              tensor({0.34657359, 0.06346401, 1.4295164, 1.5242937, 1.6, nan_value, 0., 25.})));
  CHECK(close(softplus(tensor({0., -1., 1.4}), -1, 3), tensor({-0.69314718, -1.3132616, -0.22041743})));
  CHECK(same(softplus(tensor({1., -1.}), 0, 3), tensor({inf, inf})));
  CHECK(close(gradient_of(steep_softplus, tensor({0., -1., 1.4, 1.5, 1.6, nan_value})),
              tensor({0.5, 0.11920292, 0.94267582, 0.95257413, 1., nan_value})));
}

// ---- clamp ----

TEST_CASE("clamp: forward", "[ops][unary]") {
  const Tensor x = tensor({nan_value, 5., inf, -inf, 2.});
  CHECK(same(clamp(x, 1, 3), tensor({nan_value, 3., 3., 1., 2.})));
  CHECK(same(clamp(x, 1), tensor({nan_value, 5., inf, 1., 2.})));
  CHECK(same(clamp(x, nullopt, 3), tensor({nan_value, 3., 3., -inf, 2.})));
  CHECK(same(clamp(x, 4, 2), tensor({nan_value, 2., 2., 2., 2.})));
  CHECK(same(clamp(x, 1, nan_value), full({5}, nan_value)));
  CHECK(same(clamp(x, nan_value, 1), full({5}, nan_value)));
  CHECK(same(clamp(x, nan_value), x));
  CHECK(same(clamp(x, -inf, inf), x));
  CHECK(same(clamp(x, inf, inf), tensor({nan_value, inf, inf, inf, inf})));
  CHECK(same(clamp(tensor({{1., 2.}, {3., 4.}}).t(), 2, 3), tensor({{2., 3.}, {2., 3.}})));
  CHECK(same(clamp(zeros({0}), 1, 2), zeros({0})));
  CHECK(same(x.clamp(1, 3), clamp(x, 1, 3)));
}

TEST_CASE("clamp_min, clamp_max: clamp with one bound, but that one of NaN makes everything NaN",
          "[ops][unary]") {
  const Tensor x = tensor({nan_value, 5., inf, -inf, 2.});
  CHECK(same(clamp_min(x, 3), tensor({nan_value, 5., inf, 3., 3.})));
  CHECK(same(clamp_max(x, 3), tensor({nan_value, 3., 3., -inf, 2.})));
  CHECK(same(x.clamp_min(nan_value), full({5}, nan_value)));
  CHECK(same(x.clamp_max(nan_value), full({5}, nan_value)));
  CHECK(same(clamp_min(tensor({1, 2}), 1.5), tensor({1.5, 2.})));
  CHECK(same(clamp_max(tensor({true, false}), 0), tensor({0, 0})));
  CHECK_THROWS_WITH(clamp_min(tensor({true}), false),
                    Contains("[clamp_min]") && Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(clamp_max(Tensor(), 1), Contains("[clamp_max]"));

  check_unary_gradients([](const Tensor& a) { return clamp_min(a, -1); });
  check_unary_gradients([](const Tensor& a) { return clamp_max(a, 1); });
  const Tensor at = tensor({0., 1., 2., nan_value});
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp_min(a, 1); }, at),
             tensor({0., 1., 1., 0.})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp_max(a, 1); }, at),
             tensor({1., 1., 0., 0.})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp_min(a, nan_value); }, at),
             zeros({4})));
  CHECK(clamp_min(leaf(at), 1).grad_fn()->name() == "ClampMinBackward0");
  CHECK(clamp_max(leaf(at), 1).grad_fn()->name() == "ClampMaxBackward0");

  Tensor y = tensor({1., 2., 3.});
  CHECK(&y.clamp_min_(2) == &y);
  CHECK(same(y.clamp_max_(2.5), tensor({2., 2., 2.5})));
  CHECK_THROWS_WITH(tensor({1}).clamp_min_(1.5),
                    Contains("[clamp_min_]") && Contains("can't be cast to the desired output type"));
  const Tensor z = leaf(at) * 1;
  CHECK(z.clamp_max_(1).grad_fn()->name() == "ClampMaxBackward0");
  const Tensor w = leaf(at) * 1;
  CHECK(w.clamp_min_(1).grad_fn()->name() == "ClampMinBackward0");
}

TEST_CASE("clamp: dtypes", "[ops][unary]") {
  const Tensor l = tensor({int64_t{1} << 60, int64_t{-5}});
  CHECK(same(clamp(l, 0), tensor({int64_t{1} << 60, int64_t{0}})));
  CHECK(same(clamp(l, nullopt, 0), tensor({int64_t{0}, int64_t{-5}})));
  CHECK(same(clamp(tensor({1, 2}), 1.5), tensor({1.5, 2.})));
  CHECK(same(clamp(tensor({1, 2}), 1, inf), tensor({1., 2.})));
  CHECK(same(clamp(tensor({true, false}), 0), tensor({1, 0})));
  CHECK(same(clamp(tensor({1., 2.}, kDouble), 1.5), tensor({1.5, 2.}, kDouble)));
  CHECK_THROWS_WITH(clamp(tensor({true}), false, true), Contains("not implemented for 'Bool'"));
  CHECK_THROWS_WITH(clamp(l, nullopt, nullopt), Contains("At least one of 'min' or 'max' must not be None"));
  CHECK_THROWS_WITH(clamp(tensor({1.}), 1e300),
                    Contains("value cannot be converted to type float without overflow"));
  CHECK_THROWS_WITH(clamp(Tensor(), 1), Contains("Expected a proper Tensor"));
}

TEST_CASE("clamp: gradients", "[ops][unary]") {
  check_unary_gradients([](const Tensor& x) { return clamp(x, -1, 1); });
  check_unary_gradients([](const Tensor& x) { return clamp(x, -1); });
  check_unary_gradients([](const Tensor& x) { return clamp(x, nullopt, 1); });
  const Tensor x = tensor({0., 1., 2., 3., 4., nan_value});
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp(a, 1, 3); }, x),
             tensor({0., 1., 1., 1., 0., 0.})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp(a, 1); }, x),
             tensor({0., 1., 1., 1., 1., 0.})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp(a, nullopt, 3); }, x),
             tensor({1., 1., 1., 1., 0., 0.})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp(a, 4, 2); }, x),
             zeros({6})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp(a, 1, nan_value); }, x),
             zeros({6})));
  CHECK(same(gradient_of(
                 +[](const Tensor& a) { return clamp(a, 1, 3); }, tensor({0., 4.}), tensor({inf, nan_value})),
             tensor({0., 0.})));
  CHECK(clamp(leaf(x), 1).grad_fn()->name() == "ClampBackward1");
}

TEST_CASE("clamp_: values, errors, gradients", "[ops][unary]") {
  Tensor x = tensor({{1., 2.}, {3., 4.}});
  CHECK(&x.clamp_(2, 3) == &x);
  CHECK(same(x, tensor({{2., 2.}, {3., 3.}})));
  CHECK(x._version() == 1);
  x[0].clamp_(nullopt, 1);
  CHECK(same(x, tensor({{1., 1.}, {3., 3.}})));
  CHECK_THROWS_WITH(tensor({1}).clamp_(1.5),
                    Contains("result type Float can't be cast to the desired output type"));
  CHECK_THROWS_WITH(tensor({true}).clamp_(0),
                    Contains("result type Long can't be cast to the desired output type"));
  CHECK_THROWS_WITH(leaf(x).clamp_(0), Contains("a leaf Variable that requires grad"));
  CHECK_THROWS_WITH(x.clamp_(nullopt), Contains("At least one of 'min' or 'max' must not be None"));
  CHECK_THROWS_WITH(clamp_(Tensor(), 1), Contains("Expected a proper Tensor"));

  manual_seed(4);
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        Tensor z = xs[0] * 2;
        z.clamp_(-1, 1);
        return z * xs[0];
      },
      {trainable({2, 3})});
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        const Tensor z = xs[0] * 2;
        z[1].clamp_(-1);
        return z * xs[0];
      },
      {trainable({2, 3})});
  Tensor z = leaf(x) * 1;
  const Ref<Node> before = z.grad_fn();
  z.clamp_(0, 2);
  CHECK(z.grad_fn()->name() == "ClampBackward1");
  CHECK(z.grad_fn()->next_edge(0).function == before);
}
