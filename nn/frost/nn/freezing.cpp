#include <frost/nn/freezing.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <ostream>

namespace frost::nn {

namespace {

void check_mask(const Tensor& x, const Tensor& mask, const char* function) {
  check_defined(x, function);
  check_defined(mask, function, "mask");
  check(mask.scalar_type() == kBool, function, "expected mask dtype to be Bool but got ", mask.scalar_type());
  check(is_broadcastable_to(mask.sizes(), x.sizes()), function, "the mask ", mask.sizes(),
        " does not broadcast to ", x.sizes());
}

}  // namespace

Tensor frozen(const Tensor& x, const Tensor& mask) {
  check_mask(x, mask, "frozen");
  return where(mask, x.detach(), x);
}

PartlyFrozenImpl::PartlyFrozenImpl(const Tensor& all, const Tensor& mask) {
  check_mask(all, mask, "PartlyFrozen");
  check(all.is_floating_point(), "PartlyFrozen", "only floating-point values can be trained, got ",
        all.scalar_type());
  const Tensor free = mask.logical_not().expand(all.sizes()).reshape({-1});
  values = all.detach();
  places = nonzero(free).squeeze(1);
  trainable = values.reshape({-1}).index_select(0, places);
  reset();
}

// Of what it holds: of the caller's values at first, of the original's in a clone.
void PartlyFrozenImpl::reset() {
  values = register_buffer("values", values.clone().contiguous());
  places = register_buffer("places", places.clone());
  trainable = register_parameter("trainable", trainable.detach().clone());
}

Tensor PartlyFrozenImpl::forward() const {
  return values.reshape({-1}).scatter(0, places, trainable).reshape(values.sizes());
}

void PartlyFrozenImpl::pretty_print(std::ostream& out) const {
  out << "frost::nn::PartlyFrozen(" << values.sizes() << ", " << trainable.numel() << " of " << values.numel()
      << " trainable)";
}

}  // namespace frost::nn
