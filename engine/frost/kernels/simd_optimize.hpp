// The rows of optimisers' steps. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/simd_elementwise.hpp>

#include <cstdint>

namespace frost::kernels {
namespace {

template <class T, class A>
void sgd_row(int64_t n, const SgdStep& step, void* parameter, const void* grad, void* velocity) {
  using B = Batch<T, A>;
  T *p = static_cast<T*>(parameter), *v = static_cast<T*>(velocity);
  const T* g = static_cast<const T*>(grad);
  const B lr(static_cast<T>(step.lr)), weight_decay(static_cast<T>(step.weight_decay)),
      momentum(static_cast<T>(step.momentum)), gain(static_cast<T>(step.gain));
  for (int64_t i = 0; i < n; i += B::size) {
    const int64_t count = n - i;
    const B old = load<T, A>(p + i, count);
    B direction = load<T, A>(g + i, count);
    if (step.weight_decay != 0) direction = direction + weight_decay * old;
    if (v != nullptr) {
      const B speed = step.is_first ? direction : momentum * load<T, A>(v + i, count) + gain * direction;
      store<T, A>(v + i, count, speed);
      direction = step.nesterov ? direction + momentum * speed : speed;
    }
    store<T, A>(p + i, count, old - lr * direction);
  }
}

template <class T, class A>
void adam_row(int64_t n, const AdamStep& step, void* parameter, const void* grad, void* first, void* second,
              void* largest) {
  using B = Batch<T, A>;
  T *p = static_cast<T*>(parameter), *m = static_cast<T*>(first), *v = static_cast<T*>(second),
    *largest_v = static_cast<T*>(largest);
  const B rate(static_cast<T>(step.rate)), beta1(static_cast<T>(step.beta1)),
      beta2(static_cast<T>(step.beta2)), gain1(static_cast<T>(1 - step.beta1)),
      gain2(static_cast<T>(1 - step.beta2)), eps(static_cast<T>(step.eps)),
      weight_decay(static_cast<T>(step.weight_decay)), shrink(static_cast<T>(step.shrink)),
      correction(static_cast<T>(step.correction));
  for (int64_t i = 0; i < n; i += B::size) {
    const int64_t count = n - i;
    B value = load<T, A>(p + i, count), g = load<T, A>(static_cast<const T*>(grad) + i, count);
    if (step.weight_decay != 0) g = g + weight_decay * value;
    if (step.shrink != 1) value = value * shrink;
    const B average = beta1 * load<T, A>(m + i, count) + gain1 * g;
    const B average_of_squares = beta2 * load<T, A>(v + i, count) + gain2 * (g * g);
    store<T, A>(m + i, count, average);
    store<T, A>(v + i, count, average_of_squares);
    B scale = average_of_squares;
    if (largest_v != nullptr) {
      scale = math::maximum(load<T, A>(largest_v + i, count), scale);
      store<T, A>(largest_v + i, count, scale);
    }
    store<T, A>(p + i, count, value - rate * (average / (xsimd::sqrt(scale) / correction + eps)));
  }
}

}  // namespace
}  // namespace frost::kernels
