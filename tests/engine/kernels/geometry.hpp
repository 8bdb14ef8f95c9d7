// Random strided operands, and the naive loop that kernels are compared with.
#pragma once

#include <frost/kernels/elementwise.hpp>
#include <frost/kernels/rows.hpp>
#include <frost/testing/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace frost::kernels {

// Runs the body of a test once per instruction set of the machine.
template <class F>
void for_each_instruction_set(const F& f) {
  const Rows& before = rows();
  for (const char* name : {"sse2", "avx2", "avx512", "baseline"})
    if (const Rows* table = find_rows(name)) {
      INFO("instruction set " << name);
      use_rows(*table);
      f();
    }
  use_rows(before);
}

using Generator = std::mt19937;

inline int64_t pick(Generator& random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

// A tensor's memory with a view of it. What lies between the elements must never be written.
template <class T>
struct Array {
  std::vector<unsigned char> bytes;
  Dims sizes, strides;
  int64_t offset = 0;

  T* data() { return reinterpret_cast<T*>(bytes.data()) + offset; }
  const T* data() const { return reinterpret_cast<const T*>(bytes.data()) + offset; }
  int64_t place(int64_t index) const {
    int64_t at = 0;
    for (size_t d = sizes.size(); d-- > 0;) {
      at += index % sizes[d] * strides[d];
      index /= sizes[d];
    }
    return at;
  }
  T& operator[](int64_t index) { return data()[place(index)]; }
  const T& operator[](int64_t index) const { return data()[place(index)]; }
  In in() const { return {data(), strides}; }
  Out out() { return {data(), strides}; }
  int64_t numel() const { return frost::numel(sizes); }
};

enum class Kind { contiguous, permuted, gapped, broadcast };

template <class T>
Array<T> make_array(Generator& random, const Dims& sizes, Kind kind) {
  Array<T> array;
  array.sizes = sizes;
  array.strides = Dims(sizes.size(), 0);
  std::vector<size_t> order(sizes.size());
  for (size_t d = 0; d < order.size(); ++d) order[d] = order.size() - 1 - d;
  if (kind != Kind::contiguous) std::shuffle(order.begin(), order.end(), random);
  int64_t step = kind == Kind::gapped ? pick(random, 1, 3) : 1;
  for (const size_t d : order) {
    if (kind == Kind::broadcast && pick(random, 0, 1) == 0) continue;
    array.strides[d] = sizes[d] == 1 && kind != Kind::contiguous ? pick(random, 0, 7) : step;
    step *= std::max<int64_t>(1, sizes[d]) + (kind == Kind::gapped ? pick(random, 0, 2) : 0);
  }
  array.offset = pick(random, 0, 3);
  array.bytes.assign(static_cast<size_t>(step + array.offset + 4) * sizeof(T), 0);
  return array;
}

inline Kind any_kind(Generator& random, bool with_broadcast = true) {
  return static_cast<Kind>(pick(random, 0, with_broadcast ? 3 : 2));
}

inline Dims any_sizes(Generator& random, size_t most = 4) {
  Dims sizes;
  const size_t rank = static_cast<size_t>(pick(random, 0, static_cast<int64_t>(most)));
  for (size_t d = 0; d < rank; ++d) {
    const int64_t choice = pick(random, 0, 19);
    sizes.push_back(choice == 0   ? 0
                    : choice < 5  ? 1
                    : choice < 18 ? pick(random, 2, 9)
                                  : pick(random, 10, 70));
  }
  return sizes;
}

// f of the multi-index of every element, in order.
inline void for_each_index(const Dims& sizes, const std::function<void(const std::vector<int64_t>&)>& f) {
  const int64_t n = numel(sizes);
  for (int64_t i = 0; i < n; ++i) {
    std::vector<int64_t> index(sizes.size());
    int64_t rest = i;
    for (size_t d = sizes.size(); d-- > 0;) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    f(index);
  }
}

template <class T>
T any_value(Generator& random) {
  if constexpr (std::is_same_v<T, bool>)
    return pick(random, 0, 1) != 0;
  else if constexpr (std::is_same_v<T, int64_t>) {
    const int64_t choice = pick(random, 0, 30);
    return choice == 0 ? INT64_MIN : choice == 1 ? INT64_MAX : pick(random, -9, 9);
  } else {
    const int64_t choice = pick(random, 0, 60);
    if (choice == 0) return std::numeric_limits<T>::quiet_NaN();
    if (choice == 1) return std::numeric_limits<T>::infinity();
    if (choice == 2) return -std::numeric_limits<T>::infinity();
    if (choice == 3) return T(-0.0);
    if (choice < 8) return static_cast<T>(pick(random, -3, 3));
    return std::normal_distribution<T>(0, 3)(random);
  }
}

template <class T>
void fill_with_anything(Generator& random, Array<T>& array) {
  T* data = reinterpret_cast<T*>(array.bytes.data());
  for (size_t i = 0; i < array.bytes.size() / sizeof(T); ++i) data[i] = any_value<T>(random);
}

template <class T>
void fill_with_numbers(Generator& random, Array<T>& array) {
  T* data = reinterpret_cast<T*>(array.bytes.data());
  for (size_t i = 0; i < array.bytes.size() / sizeof(T); ++i) {
    if constexpr (std::is_floating_point_v<T>)
      data[i] = std::normal_distribution<T>(0, 1)(random);
    else
      data[i] = any_value<T>(random);
  }
}

// Equal up to `ulps` units in the last place of `want`, plus `absolute`; NaN equals NaN.
template <class T>
bool is_close(T got, double want, double ulps, double absolute = 0) {
  if (std::isnan(want) || std::isnan(static_cast<double>(got)))
    return std::isnan(want) && std::isnan(static_cast<double>(got));
  const double rounded = static_cast<double>(static_cast<T>(want));
  if (std::isinf(rounded) || std::isinf(static_cast<double>(got))) return static_cast<double>(got) == rounded;
  const double unit = std::abs(rounded) * std::numeric_limits<T>::epsilon();
  return std::abs(static_cast<double>(got) - want) <=
         std::max(ulps * unit, static_cast<double>(std::numeric_limits<T>::denorm_min())) + absolute;
}

// What lies beside the elements of a view, to see that it stays as it was.
template <class T>
std::vector<unsigned char> bytes_between(const Array<T>& array) {
  std::vector<unsigned char> bytes = array.bytes;
  for (int64_t i = 0; i < array.numel(); ++i)
    std::memset(bytes.data() + (array.offset + array.place(i)) * static_cast<int64_t>(sizeof(T)), 0,
                sizeof(T));
  return bytes;
}

}  // namespace frost::kernels
