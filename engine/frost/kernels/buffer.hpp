// Room for numbers that a kernel needs on its way. For the kernels' own files.
#pragma once

#include <frost/error.hpp>
#include <frost/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace frost::kernels {

// Memory for the time of one call, which the next call finds again.
template <class T>
class Buffer {
 public:
  explicit Buffer(int64_t count) : bytes_(bytes_of(count)), data_(static_cast<T*>(allocate(bytes_))) {}
  Buffer(Buffer&& other) noexcept : bytes_(other.bytes_), data_(std::exchange(other.data_, nullptr)) {}
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() {
    if (data_ != nullptr) deallocate(data_, bytes_);
  }
  T* data() const { return data_; }
  T& operator[](int64_t i) const { return data_[i]; }

 private:
  static size_t bytes_of(int64_t count) {
    size_t bytes;
    const bool too_large = __builtin_mul_overflow(static_cast<size_t>(count), sizeof(T), &bytes);
    check(!too_large, "allocate", "can't allocate memory for ", count, " numbers");
    return bytes;
  }

  size_t bytes_;
  T* data_;
};

}  // namespace frost::kernels
