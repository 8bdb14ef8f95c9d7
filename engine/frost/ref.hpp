// Ref<T>: a counted handle to an object that carries its own RefCount. T says how it is counted through two
// functions beside it: retain(T*) and release(T*).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace frost {

// False while the process may have a second thread, or where the system does not tell.
inline bool is_single_threaded() {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded;
#else
  return false;
#endif
}

// How many handles an object has; one at first. While the process has one thread, counting is plain loads and
// stores: atomic additions would be a third of the cost of an op on few elements. A thread can begin only
// when the one that starts it is not counting, and what was counted before is known to it; where the last
// other thread has ended and was joined, the same holds the other way round. (std::shared_ptr counts so,
// too.)
class RefCount {
 public:
  // Who finds its handle the last one knows all that was done through the others.
  uint32_t get() const { return count_.load(std::memory_order_acquire); }
  void add() {
    if (is_single_threaded())
      count_.store(get() + 1, std::memory_order_relaxed);
    else
      count_.fetch_add(1, std::memory_order_relaxed);
  }
  // Takes one away; true where that was the last. Who has the only handle need not count: nobody else could.
  bool drop() {
    const uint32_t count = get();
    if (count == 1) return true;
    if (!is_single_threaded()) return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    count_.store(count - 1, std::memory_order_relaxed);
    return false;
  }

 private:
  std::atomic<uint32_t> count_{1};
};

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) retain(object_);
  }
  // Takes over a count that the caller holds.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(const Ref& other) { return *this = Ref(other); }
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    Ref dropped(std::move(other));
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) release(object_);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }
  friend bool operator==(const Ref& a, std::nullptr_t) { return a.object_ == nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace frost
