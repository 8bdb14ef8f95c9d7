// The memory behind tensors: bytes shared by every view of them, with a version that counts the writes.
#pragma once

#include <frost/memory.hpp>
#include <frost/ref.hpp>

#include <atomic>
#include <cstdint>
#include <functional>

namespace frost {

class Storage {
 public:
  // What a storage takes besides its bytes: the object itself, at the head of its block.
  static constexpr size_t kHeader = 64;

  // Uninitialised memory, aligned to 64 bytes.
  static Ref<Storage> make(size_t bytes);
  // Memory that belongs to someone else; `on_release` is called when no tensor uses it any more.
  static Ref<Storage> borrow(void* data, size_t bytes, std::function<void()> on_release);

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  bool is_shared() const { return count_.load(std::memory_order_relaxed) > 1; }

  // Every in-place write adds one. What the tape saved is stale when the version has moved since.
  uint32_t version() const { return version_; }
  void bump_version() { ++version_; }

  friend void retain(Storage* storage) { storage->count_.fetch_add(1, std::memory_order_relaxed); }
  friend void release(Storage* storage) {
    if (storage->count_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(storage);
  }

 private:
  Storage(void* data, size_t bytes) : data_(data), bytes_(bytes) {}
  static void destroy(Storage* storage) noexcept;

  std::atomic<uint32_t> count_{1};
  uint32_t version_ = 0;
  void* data_;
  size_t bytes_;
  std::function<void()>* on_release_ = nullptr;
};

}  // namespace frost
