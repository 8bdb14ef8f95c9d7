// Functions of each element. In each rule x is the input, y the output, and the formula above it says the
// gradient.
#include <frost/ops/common.hpp>

#include <cmath>
#include <limits>
#include <numbers>

namespace frost {

using kernels::Binary;
using kernels::Unary;
using ops::binary;
using ops::unary;

namespace {

void check_not_bool(const Tensor& x, std::string_view function) {
  check_defined(x, function);
  ops::check_implemented(x.scalar_type() != kBool, kBool, function);
}

void check_floating(const Tensor& x, std::string_view function) {
  check_defined(x, function);
  ops::check_implemented(x.is_floating_point(), x.scalar_type(), function);
}

// 1 where x > 0, -1 where x < 0, else 0; its slope is 0
Tensor sign(const Tensor& x) {
  const Tensor y = binary(Binary::sub, ops::converted(x > 0, x.scalar_type()),
                          ops::converted(x < 0, x.scalar_type()), "abs");
  return record("SgnBackward0", y, wrt(x, [](const Tensor& grad_out) { return zeros_like(grad_out); }));
}

}  // namespace

// ---- powers and their like ----

// y = |x|:   grad_x = grad_out·sign(x), which is 0 at 0
Tensor abs(const Tensor& x) {
  check_not_bool(x, "abs");
  return record("AbsBackward0", unary(Unary::abs, x, "abs"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out * sign(*x); }));
}

// y = -x:   grad_x = -grad_out
Tensor neg(const Tensor& x) {
  check(!x.defined() || x.scalar_type() != kBool, "neg",
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
        "use the `~` or `logical_not()` operator instead.");
  return record("NegBackward0", unary(Unary::neg, x, "neg"),
                wrt(x, [](const Tensor& grad_out) { return -grad_out; }));
}

Tensor square(const Tensor& x) {
  check_defined(x, "square");
  return pow(x, 2);
}

// y = √x:   grad_x = grad_out / 2y
Tensor sqrt(const Tensor& x) {
  return record("SqrtBackward0", unary(Unary::sqrt, x, "sqrt"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return grad_out / (y * 2); }));
}

// y = 1 / √x:   grad_x = -grad_out·y³ / 2
Tensor rsqrt(const Tensor& x) {
  return record("RsqrtBackward0", unary(Unary::rsqrt, x, "rsqrt"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return grad_out * -0.5 * pow(y, 3); }));
}

// y = 1 / x:   grad_x = -grad_out·y²
Tensor reciprocal(const Tensor& x) {
  return record("ReciprocalBackward0", unary(Unary::reciprocal, x, "reciprocal"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return -grad_out * (y * y); }));
}

// ---- exponentials and logarithms ----

// y = eˣ:   grad_x = grad_out·y
Tensor exp(const Tensor& x) {
  return record("ExpBackward0", unary(Unary::exp, x, "exp"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return grad_out * y; }));
}

// y = eˣ - 1:   grad_x = grad_out (y + 1)
Tensor expm1(const Tensor& x) {
  return record("Expm1Backward0", unary(Unary::expm1, x, "expm1"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return grad_out * (y + 1); }));
}

// y = log x:   grad_x = grad_out / x
Tensor log(const Tensor& x) {
  return record("LogBackward0", unary(Unary::log, x, "log"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out / *x; }));
}

// y = log(1 + x):   grad_x = grad_out / (x + 1)
Tensor log1p(const Tensor& x) {
  return record("Log1PBackward0", unary(Unary::log1p, x, "log1p"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out / (*x + 1); }));
}

// ---- waves ----

// y = sin x:   grad_x = grad_out·cos x
Tensor sin(const Tensor& x) {
  return record("SinBackward0", unary(Unary::sin, x, "sin"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out * cos(*x); }));
}

// y = cos x:   grad_x = -grad_out·sin x
Tensor cos(const Tensor& x) {
  return record("CosBackward0", unary(Unary::cos, x, "cos"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out * -sin(*x); }));
}

// y = 2/√π ∫₀ˣ exp(-t²) dt:   grad_x = grad_out·2/√π·exp(-x²)
Tensor erf(const Tensor& x) {
  return record("ErfBackward0", unary(Unary::erf, x, "erf"), wrt(x, [x = Saved(x)](const Tensor& grad_out) {
                  return grad_out * (exp(-(*x * *x)) * (2 * std::numbers::inv_sqrtpi));
                }));
}

// ---- activations: each backward is one kernel, and an op that has a backward of its own ----

// grad_x = g (1 - y²):   its own gradients: of g, h (1 - y²); of y, -2 h g y, where h is what comes in
static Tensor tanh_backward(const Tensor& g, const Tensor& y) {
  return record("TanhBackwardBackward0", binary(Binary::tanh_backward, g, y, "tanh"),
                wrt(g, [y = Saved(y)](const Tensor& h) { return tanh_backward(h, *y); }),
                wrt(y, [g = Saved(g), y = Saved(y)](const Tensor& h) { return h * *g * (*y * -2); }));
}

// y = tanh x:   grad_x = grad_out (1 - y²)
Tensor tanh(const Tensor& x) {
  return record("TanhBackward0", unary(Unary::tanh, x, "tanh"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return tanh_backward(grad_out, y); }));
}

// grad_x = g·y (1 - y):   its own gradients: of g, h·y (1 - y); of y, h·g (1 - 2y)
static Tensor sigmoid_backward(const Tensor& g, const Tensor& y) {
  return record("SigmoidBackwardBackward0", binary(Binary::sigmoid_backward, g, y, "sigmoid"),
                wrt(g, [y = Saved(y)](const Tensor& h) { return sigmoid_backward(h, *y); }),
                wrt(y, [g = Saved(g), y = Saved(y)](const Tensor& h) { return h * *g * (*y * -2 + 1); }));
}

// y = 1 / (1 + e⁻ˣ):   grad_x = grad_out·y (1 - y)
Tensor sigmoid(const Tensor& x) {
  return record(
      "SigmoidBackward0", unary(Unary::sigmoid, x, "sigmoid"),
      wrt(x, [](const Tensor& grad_out, const Tensor& y) { return sigmoid_backward(grad_out, y); }));
}

// grad_x = g where y > 0, else 0:   its own gradients: of g, h where y > 0; of y, 0
static Tensor relu_backward(const Tensor& g, const Tensor& y) {
  return record("ThresholdBackwardBackward0", binary(Binary::relu_backward, g, y, "relu"),
                wrt(g, [y = Saved(y)](const Tensor& h) { return relu_backward(h, *y); }),
                wrt(y, [](const Tensor& h) { return zeros_like(h); }));
}

// y = max(x, 0):   grad_x = grad_out where y > 0, else 0
Tensor relu(const Tensor& x) {
  check(!x.defined() || x.scalar_type() != kBool, "relu", "Boolean inputs not supported for relu");
  return record("ReluBackward0", unary(Unary::relu, x, "relu"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return relu_backward(grad_out, y); }));
}

// grad_x = g (Φ(x) + x·φ(x)):   its own gradients: of g, h (Φ(x) + x·φ(x)); of x, h·g·φ(x) (2 - x²)
static Tensor gelu_backward(const Tensor& g, const Tensor& x) {
  return record("GeluBackwardBackward0", binary(Binary::gelu_backward, g, x, "gelu"),
                wrt(g, [x = Saved(x)](const Tensor& h) { return gelu_backward(h, *x); }),
                wrt(x, [g = Saved(g), x = Saved(x)](const Tensor& h) {
                  const double norm = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
                  const Tensor squared = *x * *x, density = exp(squared * -0.5) * norm;
                  return h * *g * (density * (2 - squared));
                }));
}

// y = x·Φ(x), Φ and φ the normal distribution's cdf and pdf:   grad_x = grad_out (Φ(x) + x·φ(x))
Tensor gelu(const Tensor& x) {
  check_floating(x, "gelu");
  return record("GeluBackward0", unary(Unary::gelu, x, "gelu"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return gelu_backward(grad_out, *x); }));
}

namespace {

// The kernels are for β = 1 and threshold 20, which is what everyone uses.
struct Softplus {
  double beta, threshold;
  bool has_kernel() const { return beta == 1 && threshold == 20; }
};

Tensor softplus_values(const Tensor& x, Softplus how) {
  if (how.has_kernel()) return unary(Unary::softplus, x, "softplus");
  const NoGradGuard guard;
  const Tensor scaled = x * how.beta;
  return where(scaled > how.threshold, x, log1p(exp(scaled)) / how.beta);
}

Tensor softplus_slope(const Tensor& g, const Tensor& x, Softplus how) {
  if (how.has_kernel()) return binary(Binary::softplus_backward, g, x, "softplus");
  const NoGradGuard guard;
  const Tensor scaled = x * how.beta;
  return where(scaled > how.threshold, g, g * sigmoid(scaled));
}

// grad_x = g·σ(βx):   its own gradients: of g, h·σ(βx); of x, h·g·β·σ(βx) (1 - σ(βx)), and 0 above the
// threshold
Tensor softplus_backward(const Tensor& g, const Tensor& x, Softplus how) {
  return record("SoftplusBackwardBackward0", softplus_slope(g, x, how),
                wrt(g, [x = Saved(x), how](const Tensor& h) { return softplus_backward(h, *x, how); }),
                wrt(x, [g = Saved(g), x = Saved(x), how](const Tensor& h) {
                  const Tensor scaled = *x * how.beta;
                  const Tensor curve = sigmoid_backward(h * *g * how.beta, sigmoid(scaled));
                  return masked_fill(curve, scaled > how.threshold, 0);
                }));
}

}  // namespace

// y = log(1 + e^(βx)) / β, or x where βx > threshold:   grad_x = grad_out·σ(βx), or grad_out
Tensor softplus(const Tensor& x, const Scalar& beta, const Scalar& threshold) {
  check_floating(x, "softplus");
  const Softplus how{beta.toDouble(), threshold.toDouble()};
  return record(
      "SoftplusBackward0", softplus_values(x, how),
      wrt(x, [x = Saved(x), how](const Tensor& grad_out) { return softplus_backward(grad_out, *x, how); }));
}

// ---- clamp ----

namespace {

// The dtype of the result.
Dtype check_bounds(const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max,
                   std::string_view function) {
  check_defined(x, function);
  check(min || max, function, "At least one of 'min' or 'max' must not be None");
  Dtype dtype = x.scalar_type();
  for (const optional<Scalar>& bound : {min, max})
    if (bound) dtype = promote_types(dtype, result_type(x, *bound));
  ops::check_implemented(dtype != kBool, dtype, function);
  for (const optional<Scalar>& bound : {min, max})
    if (bound) ops::check_fits(*bound, dtype, function);
  return dtype;
}

// y = x held between min and max; y may be x. As in libtorch, a bound that is NaN makes everything NaN where
// there are two, and is none where it stands alone.
void clamp_into(const Tensor& y, const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max) {
  const Dtype dtype = y.scalar_type();
  const Dims& sizes = y.layout().sizes;
  const bool is_nan = min && max && (std::isnan(min->toDouble()) || std::isnan(max->toDouble()));
  if (is_nan) return kernels::fill(dtype, sizes, ops::out(y), std::nan(""));
  constexpr double inf = std::numeric_limits<double>::infinity();
  using Long = std::numeric_limits<int64_t>;
  const Scalar lowest = dtype == kLong ? Scalar(Long::min()) : -inf;
  const Scalar highest = dtype == kLong ? Scalar(Long::max()) : inf;
  kernels::clamp(dtype, sizes, ops::out(y), ops::in(x), min.value_or(lowest), max.value_or(highest));
}

Tensor clamp_as(const char* node, const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max,
                std::string_view function) {
  const Dtype dtype = check_bounds(x, min, max, function);
  const Tensor y = empty_tensor(x.sizes(), dtype, function);
  clamp_into(y, ops::converted(x, dtype), min, max);
  return record(node, y, wrt(x, [x = Saved(x), min, max](const Tensor& grad_out) {
                  const Tensor is_high_enough = min ? *x >= *min : *x <= *max;
                  const Tensor is_inside = max ? bitwise_and(is_high_enough, *x <= *max) : is_high_enough;
                  return where(is_inside, grad_out, 0);
                }));
}

Tensor& clamp_in_place_as(const char* node, const Tensor& x, const optional<Scalar>& min,
                          const optional<Scalar>& max, std::string_view function) {
  const Dtype dtype = check_bounds(x, min, max, function);
  ops::check_in_place(x, dtype, function);
  if (ops::is_recorded(x))
    return ops::write_recorded(x, clamp_as(node, ops::former(x), min, max, function), function);
  clamp_into(x, x, min, max);
  return ops::written(x);
}

// Of clamp_min and clamp_max a bound that is NaN makes everything NaN, as two of clamp do.
optional<Scalar> if_nan(const Scalar& bound) {
  return std::isnan(bound.toDouble()) ? optional<Scalar>(bound) : nullopt;
}

}  // namespace

// y = min(max(x, low), high):   grad_x = grad_out where low ≤ x ≤ high, else 0
Tensor clamp(const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max) {
  return clamp_as("ClampBackward1", x, min, max, "clamp");
}
Tensor clamp_min(const Tensor& x, const Scalar& min) {
  return clamp_as("ClampMinBackward0", x, min, if_nan(min), "clamp_min");
}
Tensor clamp_max(const Tensor& x, const Scalar& max) {
  return clamp_as("ClampMaxBackward0", x, if_nan(max), max, "clamp_max");
}

Tensor& clamp_(const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max) {
  return clamp_in_place_as("ClampBackward1", x, min, max, "clamp_");
}
Tensor& clamp_min_(const Tensor& x, const Scalar& min) {
  return clamp_in_place_as("ClampMinBackward0", x, min, if_nan(min), "clamp_min_");
}
Tensor& clamp_max_(const Tensor& x, const Scalar& max) {
  return clamp_in_place_as("ClampMaxBackward0", x, if_nan(max), max, "clamp_max_");
}

}  // namespace frost
