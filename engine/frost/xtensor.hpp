// The way in and out for programs that use xtensor. No other header includes xtensor, so only those programs
// wait for it to compile.
//
//   const xt::xarray<double> a = …;
//   const frost::Tensor x = frost::from_xtensor(2 * a + 1);      // any expression, copied
//   const frost::Tensor y = frost::adopt_xtensor(std::move(a));  // a container's memory, not copied
//   const xt::xarray<double> b = xt::exp(frost::as_xtensor<double>(x));
//   frost::as_mutable_xtensor<double>(x) *= 2;                   // x's own memory
//
// Two traps of xtensor's own: name an expression's value with its type (xt::xarray<double> z = x + y), for
// `auto` keeps references to operands that may be gone; and store a reduction before it is part of a larger
// expression.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/tape.hpp>
#include <frost/tensor.hpp>
#include <frost/tensor_impl.hpp>

#if __has_include(<xtensor/containers/xarray.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#endif

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace frost {

namespace detail {

template <class T>
constexpr bool is_element = std::is_same_v<T, float> || std::is_same_v<T, double> ||
                            std::is_same_v<T, int64_t> || std::is_same_v<T, bool>;

// The type that holds T's values in a tensor: float, double, int64_t for every integer, bool.
template <class T>
using Element =
    std::conditional_t<is_element<T>, T, std::conditional_t<std::is_floating_point_v<T>, double, int64_t>>;

template <class Shape>
Dims dims_of(const Shape& shape) {
  check(shape.size() <= kMaxDims, "xtensor", "a tensor has at most ", kMaxDims, " dimensions, got ",
        shape.size());
  Dims dims;
  for (const auto size : shape) dims.push_back(static_cast<int64_t>(size));
  return dims;
}

template <class T>
auto adapt(T* data, const Layout& layout) {
  const std::vector<size_t> shape(layout.sizes.begin(), layout.sizes.end());
  std::vector<std::ptrdiff_t> strides(layout.strides.begin(), layout.strides.end());
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 1) strides[i] = 0;  // xtensor broadcasts by stride alone
  // The size must be the number of elements; how far they lie apart, the strides tell.
  return xt::adapt(data, static_cast<size_t>(layout.numel()), xt::no_ownership(), shape, strides);
}

template <class Container>
Tensor adopt(Container&& container) {
  using T = typename std::decay_t<Container>::value_type;
  static_assert(is_element<T>, "frost's tensors hold float, double, int64_t or bool: use from_xtensor");
  auto owner = std::make_shared<std::decay_t<Container>>(std::move(container));
  Layout layout{dims_of(owner->shape()), dims_of(owner->strides()), 0};
  for (size_t i = 0; i < layout.rank(); ++i)
    if (layout.sizes[i] == 1) layout.strides[i] = 1;  // xtensor has 0 there
  T* const data = owner->data();
  const size_t bytes = owner->size() * sizeof(T);
  return Tensor(Ref<TensorImpl>::adopt(new TensorImpl(
      dtype_of<T>, layout, Storage::borrow(data, bytes, [owner]() mutable { owner.reset(); }))));
}

}  // namespace detail

// A tensor with the values of an xtensor expression or container, copied row-major. Integers of every width
// make Long.
template <class Expression>
Tensor from_xtensor(const xt::xexpression<Expression>& expression) {
  const Expression& source = expression.derived_cast();
  using T = detail::Element<std::decay_t<typename Expression::value_type>>;
  const Dims sizes = detail::dims_of(source.shape());
  const Tensor x = empty_tensor(sizes, dtype_of<T>, "from_xtensor");
  const std::vector<size_t> shape(sizes.begin(), sizes.end());
  auto target = xt::adapt(x.data_ptr<T>(), static_cast<size_t>(x.numel()), xt::no_ownership(), shape);
  target.assign(source);
  return x;
}

// A tensor over a container's own memory, which it keeps until no tensor uses it: nothing is copied, whatever
// the container's layout is.
template <class T, xt::layout_type L, class A, class SA>
Tensor adopt_xtensor(xt::xarray<T, L, A, SA>&& container) {
  return detail::adopt(std::move(container));
}
template <class T, size_t N, xt::layout_type L, class A>
Tensor adopt_xtensor(xt::xtensor<T, N, L, A>&& container) {
  return detail::adopt(std::move(container));
}

// x's own memory as an xtensor expression to read from, with x's shape and strides. It is only as long-lived
// as x. T must be the type of x's dtype.
template <class T>
auto as_xtensor(const Tensor& x) {
  check_defined(x, "as_xtensor");
  return detail::adapt(static_cast<const T*>(x.data_ptr<T>()), x.layout());
}

// The same to write to. A write is not recorded, so x may require grad only under a NoGradGuard; what the
// tape saved of x counts as overwritten from here on. Elements that share their memory (after expand) are an
// error.
template <class T>
auto as_mutable_xtensor(const Tensor& x) {
  check_defined(x, "as_mutable_xtensor");
  check(!GradMode::is_enabled() || !x.requires_grad(), "as_mutable_xtensor",
        "the tape can't see a write through xtensor to a tensor that requires grad; write under a "
        "NoGradGuard, or to x.detach().clone()");
  check_in_place(x, "as_mutable_xtensor", false);
  T* const data = x.data_ptr<T>();
  x.impl()->storage->bump_version();
  return detail::adapt(data, x.layout());
}

}  // namespace frost
