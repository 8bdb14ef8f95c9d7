// Room for numbers that a kernel needs on its way. For the kernels' own files.
#pragma once

#include <frost/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace frost::kernels {

// Memory for the time of one call, which the next call finds again.
template <class T>
class Buffer {
 public:
  explicit Buffer(int64_t count)
      : bytes_(static_cast<size_t>(count) * sizeof(T)), data_(static_cast<T*>(allocate(bytes_))) {}
  Buffer(Buffer&& other) noexcept : bytes_(other.bytes_), data_(std::exchange(other.data_, nullptr)) {}
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() {
    if (data_ != nullptr) deallocate(data_, bytes_);
  }
  T* data() const { return data_; }
  T& operator[](int64_t i) const { return data_[i]; }

 private:
  size_t bytes_;
  T* data_;
};

}  // namespace frost::kernels
