// Random tensors: what <frost/random.hpp> draws into plain memory, put into tensors. No gradient flows
// through a draw: that of a tensor that is drawn over, or of a probability, is zero.
#include <frost/ops/common.hpp>
#include <frost/random.hpp>

#include <utility>

namespace frost {

namespace {

// The dims of a layout from the largest stride to the smallest: libtorch draws elements in the order in which
// they lie in memory. A stride of 0 leaves its dim where it is.
Dims memory_order(const Layout& layout) {
  Dims order;
  for (size_t i = 0; i < layout.rank(); ++i) {
    order.push_back(static_cast<int64_t>(i));
    size_t to = i;
    for (size_t from = i; from-- > 0;) {
      const int64_t before = layout.strides[order[from]], stride = layout.strides[order[to]];
      if (before == 0 || stride == 0 || before == stride) continue;
      if (before > stride) break;
      std::swap(order[from], order[to]);
      to = from;
    }
  }
  return order;
}

// x ← what fill(data, n) writes, the elements being drawn in the order in which those of `layout` lie in
// memory.
template <class Fill>
Tensor draw(const Tensor& x, const Layout& layout, const Fill& fill) {
  if (x.is_contiguous() && layout.is_contiguous()) {
    fill(x.data_ptr(), x.numel());
    return x;
  }
  const Tensor place = alias(x, x.layout().permute(memory_order(layout)));
  if (place.is_contiguous()) {
    fill(place.data_ptr(), place.numel());
    return x;
  }
  const Tensor drawn = empty_tensor(place.sizes(), place.scalar_type());
  fill(drawn.data_ptr(), drawn.numel());
  detail::copy_values(place, drawn);
  return x;
}

// x ← a draw:   grad_x = 0
template <class Fill>
Tensor& draw_in_place(const char* name, const Tensor& x, std::string_view function, const Fill& fill) {
  check_defined(x, function, "self");
  const bool is_recorded = ops::is_recorded(x);
  check_in_place(x, function, is_recorded);
  if (is_recorded) {
    const Tensor y = draw(empty_tensor(x.sizes(), x.scalar_type()), x.layout(), fill);
    write_in_place(x, record(name, y, wrt(x, [](const Tensor& grad_out) { return zeros_like(grad_out); })),
                   function);
  } else {
    draw(x, x.layout(), fill);
    x.impl()->storage->bump_version();
  }
  return const_cast<Tensor&>(x);
}

auto uniform(Dtype dtype, double from, double to) {
  return [=](void* data, int64_t n) { random::uniform(dtype, data, n, from, to); };
}

auto normal(Dtype dtype, bool is_contiguous, double mean, double std) {
  return [=](void* data, int64_t n) {
    (is_contiguous ? random::normal : random::normal_one_by_one)(dtype, data, n, mean, std,
                                                                 default_generator());
  };
}

auto integers(Dtype dtype, int64_t low, int64_t high) {
  return [=](void* data, int64_t n) { random::random_from_to(dtype, data, n, low, high); };
}

}  // namespace

Tensor rand(IntArrayRef sizes, const TensorOptions& options) {
  ops::check_implemented(is_floating_point(options.dtype()), options.dtype(), "rand");
  const Tensor x = ops::make(sizes, options.dtype(), options, "rand");
  return draw(x, x.layout(), uniform(options.dtype(), 0, 1));
}

Tensor randn(IntArrayRef sizes, const TensorOptions& options) {
  ops::check_implemented(is_floating_point(options.dtype()), options.dtype(), "randn");
  const Tensor x = ops::make(sizes, options.dtype(), options, "randn");
  return draw(x, x.layout(), normal(options.dtype(), true, 0, 1));
}

Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return randint(0, high, sizes, options);
}

Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  const Tensor x = ops::make(sizes, options.dtype(), options, "randint");
  return draw(x, x.layout(), integers(options.dtype(), low, high));
}

Tensor randperm(int64_t n, const TensorOptions& options) {
  const Dtype dtype = options.dtype_opt().value_or(kLong);
  check(dtype != kBool, "randperm", "\"randperm\" not implemented for 'Bool'");
  check(dtype != kFloat || n <= (int64_t{1} << 24) + 1, "randperm",
        "n cannot be greater than 2^24+1 for Float type but got n = ", n);
  const Tensor x = ops::make(n, dtype, options, "randperm");
  const Tensor order = dtype == kLong ? x : empty_tensor(n, kLong, "randperm");
  random::permutation(order.data_ptr<int64_t>(), n);
  if (dtype != kLong) detail::copy_values(x, ops::converted(order, dtype));
  return x;
}

Tensor rand_like(const Tensor& x, const TensorOptions& options) {
  const Dtype dtype = ops::dtype_like(x, options, "rand_like");
  ops::check_implemented(is_floating_point(dtype), dtype, "rand_like");
  return draw(ops::make(x.sizes(), dtype, options, "rand_like"), x.layout(), uniform(dtype, 0, 1));
}

Tensor randn_like(const Tensor& x, const TensorOptions& options) {
  const Dtype dtype = ops::dtype_like(x, options, "randn_like");
  ops::check_implemented(is_floating_point(dtype), dtype, "randn_like");
  const Tensor y = ops::make(x.sizes(), dtype, options, "randn_like");
  return draw(y, x.layout(), normal(dtype, x.is_contiguous(), 0, 1));
}

Tensor randint_like(const Tensor& x, int64_t high, const TensorOptions& options) {
  return randint_like(x, 0, high, options);
}

Tensor randint_like(const Tensor& x, int64_t low, int64_t high, const TensorOptions& options) {
  const Dtype dtype = ops::dtype_like(x, options, "randint_like");
  return draw(ops::make(x.sizes(), dtype, options, "randint_like"), x.layout(), integers(dtype, low, high));
}

// y_i = 1 with probability p_i, else 0:   grad_p = 0
Tensor bernoulli(const Tensor& p) {
  check_defined(p, "bernoulli", "self");
  const Dtype dtype = p.scalar_type();
  const Tensor probabilities = p.contiguous(), y = empty_tensor(p.sizes(), dtype);
  random::bernoulli(dtype, y.data_ptr(), dtype, probabilities.data_ptr(), y.numel());
  return record("BernoulliBackward0", y, wrt(p, [](const Tensor& grad_out) { return zeros_like(grad_out); }));
}

Tensor& uniform_(const Tensor& x, double from, double to) {
  check_defined(x, "uniform_", "self");
  return draw_in_place("UniformBackward0", x, "uniform_", uniform(x.scalar_type(), from, to));
}

Tensor& normal_(const Tensor& x, double mean, double std) {
  check_defined(x, "normal_", "self");
  return draw_in_place("NormalBackward0", x, "normal_",
                       normal(x.scalar_type(), x.is_contiguous(), mean, std));
}

Tensor& bernoulli_(const Tensor& x, double p) {
  check_defined(x, "bernoulli_", "self");
  return draw_in_place(
      "BernoulliBackward2", x, "bernoulli_",
      [dtype = x.scalar_type(), p](void* data, int64_t n) { random::bernoulli(dtype, data, n, p); });
}

}  // namespace frost
