// The program's own operator new and aligned_alloc, which every library in it calls.
#include "faults.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace frost::tests {

namespace {

// Of all threads: helpers of a kernel ask for memory as well.
std::atomic<bool> is_armed{false}, has_happened{false};
std::atomic<int64_t> left{0};
bool is_lasting = false;  // written while it is not armed

thread_local bool is_retry = false;  // the next aligned_alloc is a second attempt at what just failed

bool fails() {
  if (!is_armed || left.fetch_sub(1) > 0) return false;
  return !has_happened.exchange(true) || is_lasting;
}

void* take(size_t bytes, size_t alignment) {
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

// What tensors stand in is asked for again when the cache was emptied: the second attempt fails with the
// first.
void* take_aligned(size_t bytes, size_t alignment) {
  if (std::exchange(is_retry, false)) return nullptr;
  is_retry = fails();
  return is_retry ? nullptr : take(bytes, alignment);
}

void* take_or_throw(size_t bytes, size_t alignment) {
  void* const block = fails() ? nullptr : take(bytes, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

MemoryFault::MemoryFault(int64_t place, Shortage shortage) {
  is_lasting = shortage == Shortage::lasting;
  has_happened = false;
  left = place;
  is_armed = true;
}
MemoryFault::~MemoryFault() { is_armed = is_retry = false; }
bool MemoryFault::happened() const { return has_happened; }

void* request(size_t bytes, size_t alignment) { return take_or_throw(bytes, alignment); }
void* request_aligned(size_t bytes, size_t alignment) { return take_aligned(bytes, alignment); }

}  // namespace frost::tests

using frost::tests::request;

extern "C" void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return frost::tests::request_aligned(bytes, alignment);
}

void* operator new(size_t bytes) { return request(bytes, alignof(std::max_align_t)); }
void* operator new[](size_t bytes) { return request(bytes, alignof(std::max_align_t)); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return request(bytes, static_cast<size_t>(alignment));
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept try {
  return operator new(bytes);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void* operator new[](size_t bytes, const std::nothrow_t& tag) noexcept { return operator new(bytes, tag); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete[](void* block, size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { std::free(block); }
