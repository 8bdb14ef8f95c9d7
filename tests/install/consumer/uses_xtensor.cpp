#include <frost/engine.hpp>
#include <frost/xtensor.hpp>

int main() {
  const xt::xarray<double> a{{1, 2}, {3, 4}};
  const frost::Tensor x = frost::from_xtensor(2 * a);
  const xt::xarray<double> b = frost::as_xtensor<double>(x.t()) + a;
  return b(0, 1) == 8 ? 0 : 1;
}
