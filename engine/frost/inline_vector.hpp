// InlineVector<T, N>: a list that is short nearly always. Up to N elements stand in the object itself, more
// of them in the memory of tensors.
#pragma once

#include <frost/array_ref.hpp>
#include <frost/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace frost {

template <class T, size_t N>
class InlineVector {
 public:
  InlineVector() = default;
  InlineVector(const InlineVector&) = delete;
  InlineVector& operator=(const InlineVector&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  const T& front() const { return data_[0]; }
  T& back() { return data_[size_ - 1]; }
  operator ArrayRef<T>() const { return {data_, size_}; }

  // Elements that are added are T().
  void resize(size_t count) {
    reserve(count);
    while (size_ > count) pop_back();
    size_ = count;
  }
  void clear() { resize(0); }
  void push_back(T value) {
    reserve(size_ + 1);
    data_[size_++] = std::move(value);
  }
  void pop_back() { data_[--size_] = T(); }

 private:
  void reserve(size_t count) {
    if (count <= capacity_) [[likely]]
      return;
    PooledVector<T> more(std::max(count, 2 * capacity_));
    std::move(begin(), end(), more.begin());
    more_ = std::move(more);
    data_ = more_.data();
    capacity_ = more_.size();
  }

  // Those past size_ are T().
  T few_[N] = {};
  PooledVector<T> more_;  // in place of few_, once there have been more than N
  T* data_ = few_;
  size_t size_ = 0, capacity_ = N;
};

}  // namespace frost
