#include <frost/nn/functional/layer_norm.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

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
  check(x.sizes().size() >= shape.size() && x.sizes().slice(x.sizes().size() - shape.size()) == shape,
        "layer_norm", "Given normalized_shape=", shape, ", expected input with shape [*, ",
        to_text(shape).substr(1), ", but got input of size", x.sizes());
}

// x as it is before weight and bias, by ops that can be differentiated.
struct Normalised {
  Normalised(const Tensor& x, IntArrayRef dims, double eps)
      : reciprocal_std(rsqrt(var(x, dims, /*unbiased=*/false, /*keepdim=*/true) + eps)),
        values(x - mean(x, dims, /*keepdim=*/true)) {
    values.mul_(reciprocal_std);
  }

  Tensor reciprocal_std;
  Tensor values;
};

}  // namespace

// y = x̂ weight + bias, x̂ = (x - mean) / std:
//   grad_x = (g - mean(g) - x̂ mean(g x̂)) / std, where g = grad_out weight;   grad_weight = Σ grad_out x̂
Tensor layer_norm(const Tensor& x, const LayerNormFuncOptions& options) {
  check_shapes(x, options);
  const Tensor &weight = options.weight(), &bias = options.bias();
  Dims dims;
  for (int64_t d = x.dim() - static_cast<int64_t>(options.normalized_shape().size()); d < x.dim(); ++d)
    dims.push_back(d);
  const double eps = options.eps();

  Tensor y;
  {
    const NoGradGuard guard;
    y = Normalised(x, dims, eps).values;
    if (weight.defined()) y.mul_(weight);
    if (bias.defined()) y.add_(bias);
  }
  const Tensor scale = weight.defined() ? weight : ones({}, x.options());
  record_joint("NativeLayerNormBackward0", {x, weight, bias}, {y},
               [x = Saved(x), scale = Saved(scale), dims, eps](ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 const Tensor& grad_out = grad_outs[0];
                 if (!grad_out.defined()) return;
                 const Normalised normalised(*x, dims, eps);
                 if (grads.wanted(0)) {
                   const Tensor g = grad_out * *scale;
                   const Tensor slope = mean(g * normalised.values, dims, /*keepdim=*/true);
                   const Tensor grad_x = g - mean(g, dims, /*keepdim=*/true);
                   grad_x.sub_(normalised.values * slope).mul_(normalised.reciprocal_std);
                   grads.set(0, grad_x);
                 }
                 if (grads.wanted(1)) grads.set(1, grad_out * normalised.values);
                 if (grads.wanted(2)) grads.set(2, grad_out);
               });
  return y;
}

}  // namespace frost::nn::functional
