// The softmax of attention's tiles, for any instruction set. A query has a lane: nothing is put together
// across lanes. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/simd_elementwise.hpp>

#include <cstdint>

namespace frost::kernels {
namespace {

template <class T, class A>
void attention_tile(int64_t rows, int64_t n, void* scores_data, void* largest_data, void* sum_data,
                    void* decay_data) {
  using B = Batch<T, A>;
  const B lowest(-math::kInfinity<T>);
  for (int64_t j = 0; j < n; j += B::size) {
    const int64_t count = n - j;
    T *scores = static_cast<T*>(scores_data) + j, *largest = static_cast<T*>(largest_data) + j,
      *sum = static_cast<T*>(sum_data) + j, *decay = static_cast<T*>(decay_data) + j;
    const B before = load<T, A>(largest, count);
    B now = before;
    for (int64_t i = 0; i < rows * n; i += n) now = xsimd::max(now, load<T, A>(scores + i, count));
    // Where all keys so far are muted, any finite number makes their weights 0.
    const B shift = xsimd::select(now == lowest, B(T(0)), now);
    B total(T(0));
    for (int64_t i = 0; i < rows * n; i += n) {
      const B weight = math::exp_of_negative(load<T, A>(scores + i, count) - shift);
      store<T, A>(scores + i, count, weight);
      total = total + weight;
    }
    const B faded = math::exp_of_negative(before - shift);
    store<T, A>(largest, count, now);
    store<T, A>(decay, count, faded);
    store<T, A>(sum, count, math::fma(load<T, A>(sum, count), faded, total));
  }
}

template <class T, class A>
void attention_tile_backward(int64_t rows, int64_t n, void* scores_data, void* grads_data,
                             const void* largest_data, const void* sum_data, const void* dot_data) {
  using B = Batch<T, A>;
  const bool has_grads = grads_data != nullptr;
  for (int64_t j = 0; j < n; j += B::size) {
    const int64_t count = n - j;
    T *scores = static_cast<T*>(scores_data) + j,
      *grads = has_grads ? static_cast<T*>(grads_data) + j : nullptr;
    const B largest = load<T, A>(static_cast<const T*>(largest_data) + j, count),
            factor = B(T(1)) / load<T, A>(static_cast<const T*>(sum_data) + j, count),
            dot = has_grads ? load<T, A>(static_cast<const T*>(dot_data) + j, count) : B(T(0));
    for (int64_t i = 0; i < rows * n; i += n) {
      const B weight = math::exp_of_negative(load<T, A>(scores + i, count) - largest) * factor;
      store<T, A>(scores + i, count, weight);
      if (has_grads) store<T, A>(grads + i, count, weight * (load<T, A>(grads + i, count) - dot));
    }
  }
}

}  // namespace
}  // namespace frost::kernels
