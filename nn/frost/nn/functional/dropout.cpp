#include <frost/nn/functional/dropout.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

namespace frost::nn::functional {

Tensor dropout(const Tensor& x, const DropoutFuncOptions& options) {
  check_defined(x, "dropout");
  const double p = options.p();
  check(0 <= p && p <= 1, "dropout", "dropout probability has to be between 0 and 1, but got ", p);
  if (p == 0 || !options.training() || x.numel() == 0) return x;
  if (p == 1) return x * zeros({}, x.options());
  check(x.is_floating_point(), "dropout", "result type Float can't be cast to the desired output type ",
        x.scalar_type(), ": dropout takes floating point");
  return x * empty(x.sizes(), x.options()).bernoulli_(1 - p).div_(1 - p);
}

}  // namespace frost::nn::functional
