#include <frost/nn/functional/loss.hpp>

#include <frost/grad_mode.hpp>
#include <frost/kernels/index.hpp>
#include <frost/ops.hpp>
#include <frost/ops/common.hpp>

namespace frost::nn::functional {

namespace {

Tensor reduced(const Tensor& losses, Reduction reduction) {
  switch (reduction) {
    case kMean:
      return mean(losses);
    case kSum:
      return sum(losses);
    case kNone:
      break;
  }
  return losses;
}

// The gradient of each of `count` losses from that of what they were reduced to.
Tensor spread(const Tensor& grad_out, Reduction reduction, int64_t count) {
  return reduction == kMean ? grad_out / count : grad_out;
}

void check_frozen(const Tensor& weight, const char* name, const char* function) {
  check(!weight.defined() || !GradMode::is_enabled() || !weight.requires_grad(), function, "The function '",
        function, "' is not differentiable with respect to argument '", name,
        "'. This input cannot have requires_grad True.");
}

void check_broadcast(const Tensor& x, const Tensor& target, const char* function) {
  check_defined(x, function);
  check_defined(target, function, "target");
  broadcast_sizes(x.sizes(), target.sizes(), function);
}

int64_t class_dim(const Tensor& x) { return x.dim() == 1 ? 0 : 1; }

// weight [C] so that it broadcasts against x.
Tensor along_classes(const Tensor& weight, const Tensor& x) {
  std::vector<int64_t> sizes(static_cast<size_t>(x.dim()), 1);
  sizes[static_cast<size_t>(class_dim(x))] = weight.numel();
  return weight.reshape(sizes);
}

}  // namespace

Tensor l1_loss(const Tensor& x, const Tensor& target, const L1LossFuncOptions& options) {
  check_broadcast(x, target, "l1_loss");
  return reduced(abs(x - target), options.reduction());
}

namespace {

Tensor mse_backward(const Tensor& grad_out, const Tensor& x, const Tensor& y, Reduction reduction) {
  Tensor difference = x - y;
  return difference.mul_(spread(grad_out * 2, reduction, difference.numel()));
}

}  // namespace

// y = (x - target)²:   grad_x = 2 (x - target) grad_out, grad_target = -grad_x
Tensor mse_loss(const Tensor& x, const Tensor& target, const MSELossFuncOptions& options) {
  check_broadcast(x, target, "mse_loss");
  const Dtype dtype = result_type(x, target);
  check(is_floating_point(dtype), "mse_loss", "\"mse_cpu\" not implemented for '", dtype, "'");
  const Reduction reduction = options.reduction();
  Tensor y;
  {
    const NoGradGuard guard;
    Tensor difference = x - target;
    y = reduced(difference.mul_(difference), reduction);
  }
  return record(
      "MseLossBackward0", y,
      wrt(x, [x = Saved(x), target = Saved(target),
              reduction](const Tensor& grad_out) { return mse_backward(grad_out, *x, *target, reduction); }),
      wrt(target, [x = Saved(x), target = Saved(target), reduction](const Tensor& grad_out) {
        return mse_backward(grad_out, *target, *x, reduction);
      }));
}

// ---- classes ----

namespace {

void check_target(const Tensor& x, const Tensor& target, const Tensor& weight) {
  const int64_t dim = class_dim(x), classes = x.size(dim);
  check(x.is_floating_point(), "nll_loss", "\"nll_loss_out_frame\" not implemented for '", x.scalar_type(),
        "'");
  check(x.dim() == 1 || (target.dim() > 0 && x.size(0) == target.size(0)), "nll_loss",
        "Expected input batch_size (", x.size(0), ") to match target batch_size (",
        target.dim() > 0 ? target.size(0) : 1, ").");
  check(target.scalar_type() == kLong, "nll_loss", "expected scalar type Long but found ",
        target.scalar_type());
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.erase(sizes.begin() + dim);
  check(x.dim() > 2 || target.dim() <= 1, "nll_loss",
        "0D or 1D target tensor expected, multi-target not supported: Expected target size ",
        IntArrayRef(sizes), ", got ", target.sizes());
  check(target.sizes() == IntArrayRef(sizes), "nll_loss", "Expected target size ", IntArrayRef(sizes),
        ", got ", target.sizes(), ": size mismatch (got input: ", x.sizes(), ", target: ", target.sizes(),
        ")");
  if (!weight.defined()) return;
  check(weight.dim() == 1 && weight.numel() == classes, "nll_loss",
        "weight tensor should be defined either for all ", classes,
        " classes or no classes but got weight tensor of shape: ", weight.sizes());
  check(weight.scalar_type() == x.scalar_type(), "nll_loss", "expected scalar type ", x.scalar_type(),
        " but found ", weight.scalar_type());
  check_frozen(weight, "weight", "nll_loss_forward");
}

// The gradient of nll's x: g at the place that the index names along dim, and 0 elsewhere.
Tensor nll_backward(const Tensor& g, const Tensor& index, const Dims& sizes, int64_t dim) {
  const Tensor grad_x = zeros(sizes, g.scalar_type()), values = ops::packed(g), places = ops::packed(index);
  kernels::scatter(g.scalar_type(),
                   kernels::Along{places.sizes(), places.data_ptr<int64_t>(), grad_x.strides(), dim,
                                  sizes[static_cast<size_t>(dim)]},
                   grad_x.data_ptr(), values.data_ptr());
  return record(
      "NllLossBackwardBackward0", grad_x,
      wrt(g, [dim, index = Saved(index)](const Tensor& grad_out) { return gather(grad_out, dim, *index); }));
}

// y = -share[t] x[t], share being weight[t], or weight[t] / Σ weight[t] for the mean:
//   grad_x[t] = -share[t] grad_out, and exactly 0 for the other classes and ignored targets
Tensor nll(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index,
           Reduction reduction) {
  check_target(x, target, weight);
  const int64_t dim = class_dim(x), classes = x.size(dim);
  Tensor ignored, index, share, y;
  {
    const NoGradGuard guard;
    ignored = target == ignore_index;
    const Tensor named = masked_fill(target, ignored, 0);  // any class will do for those that are ignored
    const int64_t bad = kernels::find_outside(named.numel(), named.data_ptr<int64_t>(), 0, classes);
    if (bad >= 0) fail("nll_loss", "Target ", named.data_ptr<int64_t>()[bad], " is out of bounds.");
    index = unsqueeze(named, dim);
    share = weight.defined() ? weight.index_select(0, flatten(named)).view(named.sizes())
                             : ones(named.sizes(), x.options());
    share.masked_fill_(ignored, 0);
    y = masked_fill(-(squeeze(gather(x, dim, index), dim) * share), ignored, 0);
    if (reduction != kNone) y = sum(y);
    if (reduction == kMean) {
      const Tensor total = sum(share);
      y.div_(total);
      share.div_(total);
    }
  }
  return record(x.dim() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", y,
                wrt(x, [ignored = Saved(ignored), index = Saved(index), share = Saved(share),
                        sizes = x.layout().sizes, dim](const Tensor& grad_out) {
                  const Tensor grad = unsqueeze(masked_fill(-(grad_out * *share), *ignored, 0), dim);
                  return nll_backward(grad, *index, sizes, dim);
                }));
}

Tensor of_probabilities(const Tensor& log_probabilities, const Tensor& target,
                        const CrossEntropyFuncOptions& options) {
  const int64_t dim = class_dim(log_probabilities), classes = log_probabilities.size(dim);
  check(options.ignore_index() < 0, "cross_entropy",
        "ignore_index is not supported for floating point target");
  const double smoothing = options.label_smoothing();
  const Tensor goal =
      smoothing > 0 ? target * (1 - smoothing) + smoothing / static_cast<double>(classes) : target;
  Tensor y = log_probabilities * goal;
  if (options.weight().defined()) y = y * along_classes(options.weight(), y);
  switch (options.reduction()) {
    case kMean:
      return -sum(y) / (static_cast<double>(y.numel()) / static_cast<double>(classes));
    case kSum:
      return -sum(y);
    case kNone:
      break;
  }
  return -sum(y, dim);
}

// Σ_c -weight[c] log_probabilities[c], reduced as nll reduces.
Tensor of_all_classes(const Tensor& log_probabilities, const Tensor& target,
                      const CrossEntropyFuncOptions& options) {
  const Tensor& weight = options.weight();
  const Tensor weighted =
      weight.defined() ? log_probabilities * along_classes(weight, log_probabilities) : log_probabilities;
  const Tensor ignored = target == options.ignore_index();
  const Tensor y = masked_fill(-sum(weighted, class_dim(weighted)), ignored, 0);
  switch (options.reduction()) {
    case kMean:
      return sum(y) / (weight.defined() ? sum(weight.index_select(0, masked_select(target, ~ignored)))
                                        : sum(~ignored));
    case kSum:
      return sum(y);
    case kNone:
      break;
  }
  return y;
}

}  // namespace

Tensor nll_loss(const Tensor& x, const Tensor& target, const NLLLossFuncOptions& options) {
  check_defined(x, "nll_loss");
  check_defined(target, "nll_loss", "target");
  check(x.dim() >= 2, "nll_loss", "Expected 2 or more dimensions (got ", x.dim(), ")");
  return nll(x, target, options.weight(), options.ignore_index(), options.reduction());
}

Tensor cross_entropy(const Tensor& x, const Tensor& target, const CrossEntropyFuncOptions& options) {
  check_defined(x, "cross_entropy");
  check_defined(target, "cross_entropy", "target");
  const double smoothing = options.label_smoothing();
  check(0 <= smoothing && smoothing <= 1, "cross_entropy",
        "label_smoothing must be between 0.0 and 1.0. Got: ", smoothing);
  check(x.dim() >= 1, "cross_entropy", "Expected 1 or more dimensions (got 0)");
  const bool has_probabilities = x.sizes() == target.sizes();
  check(!has_probabilities || target.is_floating_point(), "cross_entropy",
        "Expected floating point type for target with class probabilities, got ", target.scalar_type());
  const Tensor log_probabilities = frost::log_softmax(x, class_dim(x));
  if (has_probabilities) return of_probabilities(log_probabilities, target, options);
  const Tensor y =
      nll(log_probabilities, target, options.weight(), options.ignore_index(), options.reduction());
  if (smoothing == 0) return y;
  return y * (1 - smoothing) + of_all_classes(log_probabilities, target, options) *
                                   (smoothing / static_cast<double>(x.size(class_dim(x))));
}

// ---- binary ----

// With t = target, p = pos_weight and l = log(1 + e⁻ˣ) = max(-x, 0) + log(1 + e^-|x|):
//   y = weight ((1 - t) x + (1 + (p - 1) t) l)
//   grad_x = grad_out weight ((1 + (p - 1) t) σ(x) - p t)
//   grad_t = grad_out weight ((p - 1) l - x)
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options) {
  constexpr const char* kName = "binary_cross_entropy_with_logits";
  check_defined(x, kName);
  check_defined(target, kName, "target");
  check(x.sizes() == target.sizes(), kName, "Target size (", target.sizes(),
        ") must be the same as input size (", x.sizes(), ")");
  check_frozen(options.weight(), "weight", kName);
  check_frozen(options.pos_weight(), "pos_weight", kName);
  const Tensor one = ones({}, x.options());
  const Tensor weight = options.weight().defined() ? options.weight() : one;
  const Tensor pos_weight = options.pos_weight().defined() ? options.pos_weight() : one;
  const Reduction reduction = options.reduction();
  Tensor y;
  int64_t count = 0;
  {
    const NoGradGuard guard;
    // What may be large is added first, where it may cancel: what is left of it is exact.
    const Tensor factor = (pos_weight - 1) * target + 1;
    const Tensor large = (1 - target) * x + factor * clamp(-x, 0);
    const Tensor losses = weight * (large + factor * log1p(exp(-abs(x))));
    count = losses.numel();
    y = reduced(losses, reduction);
  }
  return record("BinaryCrossEntropyWithLogitsBackward0", y,
                wrt(x,
                    [x = Saved(x), target = Saved(target), weight = Saved(weight),
                     pos_weight = Saved(pos_weight), reduction, count](const Tensor& grad_out) {
                      const Tensor slope =
                          ((*pos_weight - 1) * *target + 1) * sigmoid(*x) - *pos_weight * *target;
                      return spread(grad_out, reduction, count) * *weight * slope;
                    }),
                wrt(target, [x = Saved(x), weight = Saved(weight), pos_weight = Saved(pos_weight), reduction,
                             count](const Tensor& grad_out) {
                  // The default threshold of softplus, 20, leaves off digits that doubles have.
                  return spread(grad_out, reduction, count) * *weight *
                         ((*pos_weight - 1) * softplus(-*x, 1, /*threshold=*/40) - *x);
                }));
}

}  // namespace frost::nn::functional
