#include <frost/xtensor.hpp>

#include "gradients.hpp"

#if __has_include(<xtensor/core/xmath.hpp>)  // since xtensor 0.26
#include <xtensor/core/xmath.hpp>
#else
#include <xtensor/xmath.hpp>
#endif

using namespace frost;
using namespace frost::tests;

namespace {

Tensor counting(IntArrayRef sizes, Dtype dtype = kDouble) {
  return arange(numel(sizes), dtype).reshape(sizes);
}

}  // namespace

TEST_CASE("xtensor: an expression is copied into a tensor", "[xtensor]") {
  const xt::xarray<double> a{{1, 2, 3}, {4, 5, 6}};
  const Tensor x = from_xtensor(2 * a + 1);
  CHECK(same(x, tensor({{3, 5, 7}, {9, 11, 13}}, kDouble)));
  CHECK(x.is_contiguous());
  CHECK(same(from_xtensor(xt::transpose(a)), tensor({{1, 4}, {2, 5}, {3, 6}}, kDouble)));
  CHECK(same(from_xtensor(a > 3.5), tensor({{false, false, false}, {true, true, true}})));
  const xt::xarray<float, xt::layout_type::column_major> columns{{1, 2}, {3, 4}};
  CHECK(same(from_xtensor(columns), tensor({{1.0, 2.0}, {3.0, 4.0}})));
}

TEST_CASE("xtensor: element types", "[xtensor]") {
  CHECK(from_xtensor(xt::xarray<float>{1, 2}).scalar_type() == kFloat);
  CHECK(from_xtensor(xt::xarray<bool>{true, false}).scalar_type() == kBool);
  CHECK(same(from_xtensor(xt::xarray<int>{1, -2}), tensor({1, -2})));
  CHECK(same(from_xtensor(xt::xarray<uint8_t>{1, 255}), tensor({1, 255})));
  CHECK(same(from_xtensor(xt::xtensor<int64_t, 1>{1, -2}), tensor({1, -2})));
}

TEST_CASE("xtensor: 0-dim, empty and too many dims", "[xtensor]") {
  const xt::xarray<double> scalar = 3.5;
  CHECK(same(from_xtensor(scalar), tensor(3.5, kDouble)));
  const xt::xarray<double> none = xt::zeros<double>({2, 0, 3});
  CHECK(from_xtensor(none).sizes() == IntArrayRef({2, 0, 3}));
  CHECK_THROWS_WITH(from_xtensor(xt::xarray<double>(std::vector<size_t>(9, 1))),
                    Catch::Contains("at most 8"));
  CHECK(as_xtensor<double>(tensor(3.5, kDouble))() == 3.5);
  CHECK(as_xtensor<double>(zeros({2, 0}, kDouble)).size() == 0);
}

TEST_CASE("xtensor: a tensor is read in place, whatever its strides", "[xtensor]") {
  const Tensor x = counting({2, 3, 4});
  for (const Tensor& view : {x, x.permute({2, 0, 1}), x.transpose(0, 2), x.slice(2, 1, nullopt, 2),
                             x.select(1, 2), x.narrow(0, 1, 1), x.narrow(1, 1, 1).expand({2, 5, 4})}) {
    INFO("sizes " << view.sizes() << ", strides " << view.strides());
    const xt::xarray<double> copy = as_xtensor<double>(view);
    CHECK(same(from_xtensor(copy), view));
    const xt::xarray<double> doubled = as_xtensor<double>(view) * 2;
    CHECK(same(from_xtensor(doubled), view * 2));
  }
  CHECK(as_xtensor<double>(x).data() == x.data_ptr<double>());
  CHECK(as_xtensor<double>(x.select(0, 1)).data() == x.data_ptr<double>() + 12);
}

TEST_CASE("xtensor: sizes of 1 broadcast and reductions agree", "[xtensor]") {
  const Tensor x = counting({3, 4}), row = x.narrow(0, 1, 1), column = x.narrow(1, 2, 1);
  const xt::xarray<double> sum = as_xtensor<double>(row) + as_xtensor<double>(column);
  CHECK(same(from_xtensor(sum), row + column));
  const xt::xarray<double> largest = xt::amax(as_xtensor<double>(x.t()), {0}, xt::keep_dims);
  const xt::xarray<double> centred = as_xtensor<double>(x.t()) - largest;
  CHECK(same(from_xtensor(centred), x.t() - x.t().amax({0}, true)));
}

TEST_CASE("xtensor: a tensor is written in place", "[xtensor]") {
  const Tensor x = counting({2, 3});
  const int64_t version = x._version();
  as_mutable_xtensor<double>(x.t()) += 10;
  CHECK(same(x, counting({2, 3}) + 10));
  CHECK(x._version() == version + 1);
  as_mutable_xtensor<double>(x.select(0, 1)) = xt::xarray<double>{1, 2, 3};
  CHECK(same(x, tensor({{10, 11, 12}, {1, 2, 3}}, kDouble)));
}

TEST_CASE("xtensor: what the tape saved counts as overwritten", "[xtensor]") {
  const Tensor x = counting({3}).requires_grad_(), weights = ones({3}, kDouble);
  const Tensor y = (x * weights).sum();
  as_mutable_xtensor<double>(weights) *= 2;
  CHECK_THROWS_WITH(y.backward(), Catch::Contains("modified by an inplace operation"));
}

TEST_CASE("xtensor: a container's memory becomes a tensor's", "[xtensor]") {
  xt::xarray<double> a{{1, 2, 3}, {4, 5, 6}};
  const double* const data = a.data();
  Tensor row;
  {
    const Tensor x = adopt_xtensor(std::move(a));
    CHECK(x.data_ptr<double>() == data);
    CHECK(same(x, tensor({{1, 2, 3}, {4, 5, 6}}, kDouble)));
    CHECK(x.is_contiguous());
    x.mul_(2);
    row = x[1];
  }
  CHECK(same(row, tensor({8, 10, 12}, kDouble)));  // the view alone keeps the memory
  CHECK(same(adopt_xtensor(xt::xarray<double, xt::layout_type::column_major>{{1, 2, 3}, {4, 5, 6}}),
             tensor({{1, 2, 3}, {4, 5, 6}}, kDouble)));
  CHECK(same(adopt_xtensor(xt::xtensor<bool, 1>{true, false}), tensor({true, false})));
  CHECK(same(adopt_xtensor(xt::xarray<float>(2 * xt::ones<float>({2, 1}))), tensor({{2.0}, {2.0}})));
  CHECK(adopt_xtensor(xt::xarray<float>(std::vector<size_t>{0, 2})).sizes() == IntArrayRef({0, 2}));
}

TEST_CASE("xtensor: gradients flow through an adopted container", "[xtensor]") {
  const Tensor x = adopt_xtensor(xt::xarray<double>{1, 2, 3}).requires_grad_();
  (x * x).sum().backward();
  CHECK(same(x.grad(), tensor({2, 4, 6}, kDouble)));
}

TEST_CASE("xtensor: errors", "[xtensor]") {
  const Tensor x = counting({3}).requires_grad_();
  CHECK_THROWS_WITH(as_xtensor<float>(x), Catch::Contains("expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(as_xtensor<double>(Tensor()), Catch::Contains("as_xtensor"));
  CHECK_THROWS_WITH(as_mutable_xtensor<double>(x), Catch::Contains("NoGradGuard"));
  CHECK_THROWS_WITH(as_mutable_xtensor<double>(x * 2), Catch::Contains("NoGradGuard"));
  CHECK_THROWS_WITH(as_mutable_xtensor<double>(counting({1}).expand({3})),
                    Catch::Contains("single memory location"));
  const NoGradGuard guard;
  as_mutable_xtensor<double>(x) += 1;
  CHECK(same(x.detach(), tensor({1, 2, 3}, kDouble)));
}
