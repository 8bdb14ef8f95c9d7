// The memory behind tensors: bytes shared by every view of them, with a version that counts the writes.
#pragma once

#include <frost/memory.hpp>
#include <frost/ref.hpp>

#include <cstdint>
#include <functional>

namespace frost {

class Storage {
 public:
  // What a storage takes besides its bytes: the object itself, at the head of its block.
  static constexpr size_t kHeader = 64;

  // Uninitialised memory, aligned to 64 bytes.
  static Ref<Storage> make(size_t bytes) {
    char* const block = static_cast<char*>(allocate(kHeader + bytes));
    return Ref<Storage>::adopt(::new (block) Storage(block + kHeader, bytes));
  }
  // Memory that belongs to someone else; `on_release` is called when no tensor uses it any more.
  static Ref<Storage> borrow(void* data, size_t bytes, std::function<void()> on_release);

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  bool is_shared() const { return count_.get() > 1; }

  // Every in-place write adds one. What the tape saved is stale when the version has moved since.
  uint32_t version() const { return version_; }
  void bump_version() { ++version_; }

  friend void retain(Storage* storage) { storage->count_.add(); }
  friend void release(Storage* storage) {
    if (storage->count_.drop()) destroy(storage);
  }

 private:
  Storage(void* data, size_t bytes) : data_(data), bytes_(bytes) {}
  static void destroy(Storage* storage) noexcept;

  RefCount count_;
  uint32_t version_ = 0;
  void* data_;
  size_t bytes_;
  std::function<void()>* on_release_ = nullptr;
};

}  // namespace frost
