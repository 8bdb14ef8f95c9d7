#include <frost/nn/functional/layer_norm.hpp>

#include <frost/kernels/layer_norm.hpp>
#include <frost/ops.hpp>
#include <frost/ops/common.hpp>

namespace frost::nn::functional {

namespace {

void check_shapes(const Tensor& x, const LayerNormFuncOptions& options) {
  check_defined(x, "layer_norm");
  const IntArrayRef shape = options.normalized_shape();
  check(!shape.empty(), "layer_norm",
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but "
        "got normalized_shape = ",
        shape);
  check(x.is_floating_point(), "layer_norm", "\"LayerNormKernelImpl\" not implemented for '", x.scalar_type(),
        "'");
  for (const auto& [name, scale] : {std::pair("weight", options.weight()), {"bias", options.bias()}}) {
    if (!scale.defined()) continue;
    check(scale.sizes() == shape, "layer_norm", "Expected ", name,
          " to be of same shape as normalized_shape, but got ", name, " of shape ", scale.sizes(),
          " and normalized_shape = ", shape);
    check(scale.scalar_type() == x.scalar_type(), "layer_norm", "expected scalar type ", x.scalar_type(),
          " but found ", scale.scalar_type());
  }
  if (x.sizes().size() < shape.size() || !(x.sizes().slice(x.sizes().size() - shape.size()) == shape))
    fail("layer_norm", "Given normalized_shape=", shape, ", expected input with shape [*, ",
         to_text(shape).substr(1), ", but got input of size", x.sizes());
}

const void* data_or_null(const Tensor& x) { return x.defined() ? x.data_ptr() : nullptr; }
Tensor packed(const Tensor& x) { return x.defined() ? ops::packed(x) : x; }

// How x is normalised: over which dims, and with what the forward found, one element of each per row.
struct Rows {
  Dims dims;
  double eps;
  Tensor mean, reciprocal_std;

  kernels::LayerNorm shape(const Tensor& x) const {
    const int64_t count = mean.numel();
    return {x.scalar_type(), count, count == 0 ? 0 : x.numel() / count};
  }
};

// Rows as a rule captures them.
struct SavedRows {
  explicit SavedRows(const Rows& rows)
      : dims(rows.dims), eps(rows.eps), mean(rows.mean), reciprocal_std(rows.reciprocal_std) {}
  Rows operator*() const { return {dims, eps, *mean, *reciprocal_std}; }

  Dims dims;
  double eps;
  Saved mean, reciprocal_std;
};

// x as it is before weight and bias, by ops that can be differentiated.
struct Normalised {
  Normalised(const Tensor& x, const Rows& rows)
      : reciprocal_std(rsqrt(var(x, rows.dims, /*unbiased=*/false, /*keepdim=*/true) + rows.eps)),
        values((x - mean(x, rows.dims, /*keepdim=*/true)) * reciprocal_std) {}

  Tensor reciprocal_std;
  Tensor values;
};

// z = P(g weight), where P(h) = s (h - mean(h) - x̂ mean(h x̂)) and s = 1 / std; P is symmetric:
//   grad_g = weight P(grad_out);   grad_weight = g P(grad_out)
//   grad_x = -P(s (h mean(grad_out x̂) + grad_out mean(h x̂)))
//            - s² x̂ (mean(grad_out h) - mean(grad_out) mean(h) - mean(grad_out x̂) mean(h x̂))
Tensor gradient_of_input(const Tensor& g, const Tensor& x, const Tensor& weight, const Rows& rows) {
  const Tensor from_g = packed(g), from_x = packed(x), scale = packed(weight);
  const Tensor z = empty_tensor(x.sizes(), x.scalar_type());
  kernels::layer_norm_backward(rows.shape(x), z.data_ptr(), from_g.data_ptr(), from_x.data_ptr(),
                               rows.mean.data_ptr(), rows.reciprocal_std.data_ptr(), data_or_null(scale));
  return record(
      "NativeLayerNormBackwardBackward0", z,
      wrt(g,
          [x = Saved(x), weight = Saved(weight), rows = SavedRows(rows)](const Tensor& grad_out) {
            const Tensor grad = gradient_of_input(grad_out, *x, {}, *rows);
            return weight->defined() ? grad * *weight : grad;
          }),
      wrt(weight, [g = Saved(g), x = Saved(x), rows = SavedRows(rows)](
                      const Tensor& grad_out) { return *g * gradient_of_input(grad_out, *x, {}, *rows); }),
      wrt(x, [g = Saved(g), x = Saved(x), weight = Saved(weight),
              rows = SavedRows(rows)](const Tensor& grad_out) {
        const auto row_mean = [&rows](const Tensor& values) {
          return mean(values, rows.dims, /*keepdim=*/true);
        };
        const Normalised normalised(*x, *rows);
        const Tensor h = weight->defined() ? *g * *weight : *g;
        const Tensor slope = row_mean(h * normalised.values);
        const Tensor grad_slope = row_mean(grad_out * normalised.values);
        const Tensor by_values =
            gradient_of_input(normalised.reciprocal_std * (h * grad_slope + grad_out * slope), *x, {}, *rows);
        const Tensor by_std = row_mean(grad_out * h) - row_mean(grad_out) * row_mean(h) - grad_slope * slope;
        return -by_values - square(normalised.reciprocal_std) * normalised.values * by_std;
      }));
}

// z = Σ g x̂ over the rows:   grad_g = x̂ grad_out, grad_x = P(g grad_out)
Tensor gradient_of_weight(const Tensor& g, const Tensor& x, IntArrayRef sizes, const Rows& rows) {
  const Tensor from_g = ops::packed(g), from_x = ops::packed(x);
  const Tensor z = zeros(sizes, x.options());
  if (rows.mean.numel() > 0)
    kernels::layer_norm_weight_backward(rows.shape(x), z.data_ptr(), from_g.data_ptr(), from_x.data_ptr(),
                                        rows.mean.data_ptr(), rows.reciprocal_std.data_ptr());
  return record("NativeLayerNormBackwardBackward0", z,
                wrt(g, [x = Saved(x), rows = SavedRows(rows)](
                           const Tensor& grad_out) { return Normalised(*x, *rows).values * grad_out; }),
                wrt(x, [g = Saved(g), x = Saved(x), rows = SavedRows(rows)](const Tensor& grad_out) {
                  return gradient_of_input(*g, *x, grad_out, *rows);
                }));
}

}  // namespace

// y = x̂ weight + bias, x̂ = (x - mean) / std
Tensor layer_norm(const Tensor& x, const LayerNormFuncOptions& options) {
  check_shapes(x, options);
  const Tensor &weight = options.weight(), &bias = options.bias();
  Rows rows{{}, options.eps(), {}, {}};
  Dims statistics_sizes = x.layout().sizes;
  for (size_t d = x.sizes().size() - options.normalized_shape().size(); d < x.sizes().size(); ++d) {
    rows.dims.push_back(static_cast<int64_t>(d));
    statistics_sizes[d] = 1;
  }
  rows.mean = empty_tensor(statistics_sizes, x.scalar_type());
  rows.reciprocal_std = empty_tensor(statistics_sizes, x.scalar_type());

  const Tensor from_x = ops::packed(x), scale = packed(weight), shift = packed(bias);
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type());
  kernels::layer_norm(rows.shape(x), rows.eps, y.data_ptr(), rows.mean.data_ptr(),
                      rows.reciprocal_std.data_ptr(), from_x.data_ptr(), data_or_null(scale),
                      data_or_null(shift));
  record_joint("NativeLayerNormBackward0", {x, weight, bias}, {y},
               [x = Saved(x), weight = Saved(weight), sizes = options.normalized_shape(),
                rows = SavedRows(rows)](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 const Tensor& grad_out = grad_outs[0];
                 if (!grad_out.defined()) return;
                 const Rows found = *rows;  // an error where they were freed, also for the bias alone
                 if (grads.wanted(0)) grads.set(0, gradient_of_input(grad_out, *x, *weight, found));
                 if (grads.wanted(1)) grads.set(1, gradient_of_weight(grad_out, *x, sizes, found));
                 if (grads.wanted(2)) grads.set(2, grad_out);
               });
  return y;
}

}  // namespace frost::nn::functional
