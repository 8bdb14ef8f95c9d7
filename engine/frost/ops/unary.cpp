// Functions of each element. In each rule x is the input, y the output, and the formula above it says the
// gradient.
#include <frost/ops/common.hpp>

namespace frost {

using kernels::Unary;
using ops::unary;

// y = eˣ:   grad_x = grad_out·y
Tensor exp(const Tensor& x) {
  return record("ExpBackward0", unary(Unary::exp, x, "exp"),
                wrt(x, [](const Tensor& grad_out, const Tensor& y) { return grad_out * y; }));
}

// y = log x:   grad_x = grad_out / x
Tensor log(const Tensor& x) {
  return record("LogBackward0", unary(Unary::log, x, "log"),
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out / *x; }));
}

}  // namespace frost
