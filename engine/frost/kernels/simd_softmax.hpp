// The rows of softmax and its like, for any instruction set. Included by simd_rows.hpp alone.
#pragma once

#include <frost/kernels/simd_reduce.hpp>

#include <cstdint>

namespace frost::kernels {
namespace {

// ---- what takes part: everything, or what a mask leaves. A vector that is wholly masked is never read.

struct Unmasked {
  explicit Unmasked(const bool*) {}
  Unmasked from(int64_t) const { return *this; }
  template <class T, class A>
  bool is_skipped(int64_t, int64_t) const {
    return false;
  }
  template <class T, class A>
  Batch<T, A> load(const T* x, int64_t i, int64_t count, T fill) const {
    return kernels::load<T, A>(x + i, count, fill);
  }
  template <class T, class A>
  Batch<T, A> zeroed(const Batch<T, A>& z, int64_t, int64_t) const {
    return z;
  }
};

struct Masked {
  explicit Masked(const bool* where) : mask(where) {}
  Masked from(int64_t i) const { return Masked(mask + i); }
  template <class T, class A>
  bool is_skipped(int64_t i, int64_t count) const {
    return xsimd::all(MaskedLanes<T, A>::load(mask + i, count));
  }
  // `fill` also where the mask is true, whatever x holds there.
  template <class T, class A>
  Batch<T, A> load(const T* x, int64_t i, int64_t count, T fill) const {
    return xsimd::select(MaskedLanes<T, A>::load(mask + i, count), Batch<T, A>(fill),
                         kernels::load<T, A>(x + i, count, fill));
  }
  template <class T, class A>
  Batch<T, A> zeroed(const Batch<T, A>& z, int64_t i, int64_t count) const {
    return xsimd::select(MaskedLanes<T, A>::load(mask + i, count), Batch<T, A>(T(0)), z);
  }
  const bool* mask;
};

// In the order of fold_row.
template <int vectors, class B, class Combine>
B combine_up_to_four(const B* x, const Combine& combine) {
  if constexpr (vectors == 1)
    return x[0];
  else if constexpr (vectors == 2)
    return combine(x[0], x[1]);
  else if constexpr (vectors == 3)
    return combine(combine(x[0], x[1]), x[2]);
  else
    return combine(combine(x[0], x[1]), combine(x[2], x[3]));
}

// ---- forward. Where a NaN is, or nothing but -inf, the sum is NaN or 0, and all of the row is NaN.

// A row of so few vectors that it never leaves the registers.
template <int vectors, class T, class A, bool logarithm, class Mask>
void short_softmax_row(int64_t n, T* y, const T* x, const Mask& mask) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  constexpr T lowest = -math::kInfinity<T>;
  B value[vectors], e[vectors];
  bool skipped[vectors];
  for (int64_t v = 0; v < vectors; ++v) {
    skipped[v] = mask.template is_skipped<T, A>(v * width, n - v * width);
    value[v] = skipped[v] ? B(lowest) : mask.template load<T, A>(x, v * width, n - v * width, lowest);
  }
  const B largest(fold_lanes(combine_up_to_four<vectors>(value, Larger()), Larger()));
  for (int v = 0; v < vectors; ++v) {
    value[v] = value[v] - largest;
    e[v] = skipped[v] ? B(T(0)) : math::exp_of_negative(value[v]);
  }
  const B sum(fold_lanes(combine_up_to_four<vectors>(e, Add()), Add()));
  [[maybe_unused]] const B log_sum = logarithm ? math::log(sum) : sum;
  for (int64_t v = 0; v < vectors; ++v)
    store<T, A>(y + v * width, n - v * width, logarithm ? value[v] - log_sum : e[v] / sum);
}

template <class T, class A, bool logarithm, class Mask>
void softmax_row(int64_t n, void* out, const void* in, const void*, const bool* where) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  constexpr T lowest = -math::kInfinity<T>;
  const Mask mask(where);
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  if (n <= width) return short_softmax_row<1, T, A, logarithm>(n, y, x, mask);
  if (n <= 2 * width) return short_softmax_row<2, T, A, logarithm>(n, y, x, mask);
  if (n <= 3 * width) return short_softmax_row<3, T, A, logarithm>(n, y, x, mask);
  if (n <= 4 * width) return short_softmax_row<4, T, A, logarithm>(n, y, x, mask);
  const B largest(fold_row<T, A>(
      n, lowest,
      [x, &mask](int64_t i, int64_t count) {
        if (mask.template is_skipped<T, A>(i, count)) return B(lowest);
        return mask.template load<T, A>(x, i, count, lowest);
      },
      Larger()));
  const B sum(fold_row<T, A>(
      n, T(0),
      [x, y, &mask, &largest](int64_t i, int64_t count) {
        if (mask.template is_skipped<T, A>(i, count)) return B(T(0));
        const B e = math::exp_of_negative(mask.template load<T, A>(x, i, count, lowest) - largest);
        if constexpr (!logarithm)
          store<T, A>(y + i, count, e);
        else
          static_cast<void>(y);
        return e;
      },
      Add()));
  [[maybe_unused]] const B log_sum = logarithm ? math::log(sum) : sum;
  for (int64_t i = 0; i < n; i += width) {
    const int64_t count = n - i;
    if constexpr (logarithm)
      store<T, A>(y + i, count, (load<T, A>(x + i, count) - largest) - log_sum);
    else if (mask.template is_skipped<T, A>(i, count))
      store<T, A>(y + i, count, B(T(0)) / sum);
    else
      store<T, A>(y + i, count, load<T, A>(y + i, count) / sum);
  }
}

template <class T, class A, bool logarithm, class Mask>
void softmax_columns(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* in, const void*,
                     const bool* where) {
  using B = Batch<T, A>;
  constexpr T lowest = -math::kInfinity<T>;
  for (int64_t j = 0; j < n; j += B::size) {
    const T* x = static_cast<const T*>(in) + j;
    T* y = static_cast<T*>(out) + j;
    const Mask mask = Mask(where).from(j);
    const int64_t count = n - j;
    B largest(lowest);
    for (int64_t i = 0; i < rows * row_stride; i += row_stride)
      largest = xsimd::max(largest, mask.template load<T, A>(x, i, count, lowest));
    const B sum = reduce_tree<B>(
        rows,
        [x, y, row_stride, count, &mask, &largest](int64_t row) {
          const int64_t i = row * row_stride;
          const B e = math::exp_of_negative(mask.template load<T, A>(x, i, count, lowest) - largest);
          if constexpr (!logarithm)
            store<T, A>(y + i, count, e);
          else
            static_cast<void>(y);
          return e;
        },
        Add());
    [[maybe_unused]] const B log_sum = logarithm ? math::log(sum) : sum;
    for (int64_t i = 0; i < rows * row_stride; i += row_stride)
      if constexpr (logarithm)
        store<T, A>(y + i, count, (load<T, A>(x + i, count) - largest) - log_sum);
      else
        store<T, A>(y + i, count, load<T, A>(y + i, count) / sum);
  }
}

// ---- both backwards: with the sum of g·y, y·(g - sum); with the sum of g, g - exp(y)·sum

template <class T, class A, bool logarithm>
Batch<T, A> softmax_term(const Batch<T, A>& y, const Batch<T, A>& g) {
  if constexpr (logarithm)
    return g;
  else
    return g * y;
}
template <class T, class A, bool logarithm>
Batch<T, A> softmax_slope(const Batch<T, A>& y, const Batch<T, A>& g, const Batch<T, A>& sum) {
  if constexpr (logarithm)
    return g - math::exp_of_negative(y) * sum;
  else
    return y * (g - sum);
}

template <int vectors, class T, class A, bool logarithm, class Mask>
void short_softmax_backward_row(int64_t n, T* grad_x, const T* y, const T* g, const Mask& mask) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  B values[vectors], grads[vectors], terms[vectors];
  for (int64_t v = 0; v < vectors; ++v) {
    const int64_t i = v * width, count = n - i;
    const bool skipped = mask.template is_skipped<T, A>(i, count);
    values[v] = skipped ? B(T(0)) : load<T, A>(y + i, count);
    grads[v] = skipped ? B(T(0)) : load<T, A>(g + i, count);
    terms[v] = mask.zeroed(softmax_term<T, A, logarithm>(values[v], grads[v]), i, count);
  }
  const B sum(fold_lanes(combine_up_to_four<vectors>(terms, Add()), Add()));
  for (int64_t v = 0; v < vectors; ++v)
    store<T, A>(
        grad_x + v * width, n - v * width,
        mask.zeroed(softmax_slope<T, A, logarithm>(values[v], grads[v], sum), v * width, n - v * width));
}

template <class T, class A, bool logarithm, class Mask>
void softmax_backward_row(int64_t n, void* out, const void* in, const void* grad_out, const bool* where) {
  using B = Batch<T, A>;
  constexpr int64_t width = B::size;
  const Mask mask(where);
  const T *y = static_cast<const T*>(in), *g = static_cast<const T*>(grad_out);
  T* grad_x = static_cast<T*>(out);
  if (n <= width) return short_softmax_backward_row<1, T, A, logarithm>(n, grad_x, y, g, mask);
  if (n <= 2 * width) return short_softmax_backward_row<2, T, A, logarithm>(n, grad_x, y, g, mask);
  if (n <= 3 * width) return short_softmax_backward_row<3, T, A, logarithm>(n, grad_x, y, g, mask);
  if (n <= 4 * width) return short_softmax_backward_row<4, T, A, logarithm>(n, grad_x, y, g, mask);
  const B sum(fold_row<T, A>(
      n, T(0),
      [y, g, &mask](int64_t i, int64_t count) {
        if (mask.template is_skipped<T, A>(i, count)) return B(T(0));
        return mask.zeroed(softmax_term<T, A, logarithm>(load<T, A>(y + i, count), load<T, A>(g + i, count)),
                           i, count);
      },
      Add()));
  for (int64_t i = 0; i < n; i += width) {
    const int64_t count = n - i;
    if (mask.template is_skipped<T, A>(i, count)) {
      store<T, A>(grad_x + i, count, B(T(0)));
      continue;
    }
    const B slope = softmax_slope<T, A, logarithm>(load<T, A>(y + i, count), load<T, A>(g + i, count), sum);
    store<T, A>(grad_x + i, count, mask.zeroed(slope, i, count));
  }
}

template <class T, class A, bool logarithm, class Mask>
void softmax_backward_columns(int64_t rows, int64_t row_stride, int64_t n, void* out, const void* in,
                              const void* grad_out, const bool* where) {
  using B = Batch<T, A>;
  for (int64_t j = 0; j < n; j += B::size) {
    const T *y = static_cast<const T*>(in) + j, *g = static_cast<const T*>(grad_out) + j;
    T* grad_x = static_cast<T*>(out) + j;
    const Mask mask = Mask(where).from(j);
    const int64_t count = n - j;
    const B sum = reduce_tree<B>(
        rows,
        [y, g, row_stride, count, &mask](int64_t row) {
          const int64_t i = row * row_stride;
          return mask.zeroed(
              softmax_term<T, A, logarithm>(load<T, A>(y + i, count), load<T, A>(g + i, count)), i, count);
        },
        Add());
    for (int64_t i = 0; i < rows * row_stride; i += row_stride) {
      const B slope = softmax_slope<T, A, logarithm>(load<T, A>(y + i, count), load<T, A>(g + i, count), sum);
      store<T, A>(grad_x + i, count, mask.zeroed(slope, i, count));
    }
  }
}

}  // namespace
}  // namespace frost::kernels
