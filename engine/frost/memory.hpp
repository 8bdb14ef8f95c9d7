// Where the memory of tensors and tape nodes comes from: a cache of freed blocks per thread, so that the
// small blocks an op takes and gives back cost a few nanoseconds, and large ones are not handed back to the
// system and faulted in again at every step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <vector>

namespace frost {

// A block of at least `bytes`, aligned to 64. Throws frost::Error where the system has no more.
inline void* allocate(size_t bytes);
// An error of `function` where the system has no room for `count` objects of so many bytes each: for lists
// whose length is the caller's to say. Few of them are taken to fit.
void check_room(int64_t count, size_t bytes_each, std::string_view function);
// Gives a block back; `bytes` is what it was asked for with.
inline void deallocate(void* block, size_t bytes) noexcept;

// Bytes in blocks that this thread has taken and not given back: tensors, their storage, the tape. As
// torch.cuda.memory_allocated() counts them: what is in use, not what the cache holds.
int64_t memory_allocated();
// The largest memory_allocated() since the thread started or since the last reset_peak_memory_stats().
int64_t max_memory_allocated();
void reset_peak_memory_stats();

// Returns this thread's cached blocks to the system.
void empty_cache() noexcept;

// A base class whose objects come from this memory.
struct Pooled {
  static void* operator new(size_t bytes) { return allocate(bytes); }
  static void operator delete(void* block, size_t bytes) noexcept { deallocate(block, bytes); }
  static void* operator new(size_t, void* place) noexcept { return place; }
};

// A vector whose elements stand in this memory: for the short ones that each op or pass makes and drops.
template <class T>
struct PoolAllocator {
  using value_type = T;
  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(frost::allocate(count * sizeof(T))); }
  void deallocate(T* block, size_t count) noexcept { frost::deallocate(block, count * sizeof(T)); }
  friend bool operator==(PoolAllocator, PoolAllocator) { return true; }
};
template <class T>
using PooledVector = std::vector<T, PoolAllocator<T>>;

// ---- the way of a small block, short enough to be inlined where its size is known ----

namespace detail {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCaching = false;  // so that the sanitizer sees every use of a freed block
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif
#else
constexpr bool kCaching = true;
#endif

// Size classes: multiples of 64 up to 1 KiB, then four to each doubling up to 32 MiB. Larger blocks are not
// cached.
constexpr size_t kBlockUnit = 64;
constexpr size_t kSmallBlock = 1024;
constexpr size_t kSmallClasses = kSmallBlock / kBlockUnit;
constexpr size_t kSizeClasses = kSmallClasses + 4 * 15;
constexpr size_t kCacheLimit = size_t{256} << 20;

struct FreeBlock {
  FreeBlock* next;
};

// A thread's freed blocks, by size class.
struct MemoryCache {
  FreeBlock* free[kSizeClasses] = {};
  size_t cached = 0;
  int64_t allocated = 0, peak = 0;

  void* take(size_t index, size_t block_bytes) {
    FreeBlock* const block = free[index];
    if (block == nullptr) return nullptr;
    free[index] = block->next;
    cached -= block_bytes;
    return block;
  }
  bool keep(size_t index, size_t block_bytes, void* block) {
    if (cached + block_bytes > kCacheLimit) return false;
    free[index] = ::new (block) FreeBlock{free[index]};
    cached += block_bytes;
    return true;
  }
  void count(int64_t bytes) {
    allocated += bytes;
    if (allocated > peak) peak = allocated;
  }
};

extern constinit thread_local MemoryCache* this_threads_cache [[gnu::tls_model("initial-exec")]];
// Null until the thread's first allocation, and after the thread's end.
#ifdef __CLANG_REPL__  // interpreted code cannot reach a library's thread_local variables, but calls its
                       // functions
MemoryCache* current_cache();
#else
[[gnu::used]] inline MemoryCache* current_cache() { return this_threads_cache; }
#endif

void* allocate_any(size_t bytes);
void deallocate_any(void* block, size_t bytes) noexcept;

}  // namespace detail

inline void* allocate(size_t bytes) {
  detail::MemoryCache* const cache = detail::current_cache();
  if (detail::kCaching && bytes - 1 < detail::kSmallBlock && cache != nullptr) {
    const size_t index = (bytes - 1) / detail::kBlockUnit;
    if (void* const block = cache->take(index, (index + 1) * detail::kBlockUnit)) {
      cache->count(static_cast<int64_t>(bytes));
      return block;
    }
  }
  return detail::allocate_any(bytes);
}

inline void deallocate(void* block, size_t bytes) noexcept {
  detail::MemoryCache* const cache = detail::current_cache();
  if (detail::kCaching && bytes - 1 < detail::kSmallBlock && cache != nullptr) {
    const size_t index = (bytes - 1) / detail::kBlockUnit;
    if (cache->keep(index, (index + 1) * detail::kBlockUnit, block)) {
      cache->count(-static_cast<int64_t>(bytes));
      return;
    }
  }
  detail::deallocate_any(block, bytes);
}

}  // namespace frost
