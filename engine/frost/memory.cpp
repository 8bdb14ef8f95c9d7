#include <frost/memory.hpp>

#include <frost/error.hpp>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

namespace frost {

namespace {

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
constexpr size_t kAlignment = 64;
constexpr size_t kSmall = 1024;
constexpr size_t kLargest = size_t{32} << 20;
constexpr size_t kSmallClasses = kSmall / kAlignment;
constexpr size_t kClasses = kSmallClasses + 4 * 15;
constexpr size_t kCacheLimit = size_t{256} << 20;

struct SizeClass {
  size_t index, bytes;
};

SizeClass size_class(size_t bytes) {
  if (bytes <= kSmall) {
    const size_t index = bytes == 0 ? 0 : (bytes - 1) / kAlignment;
    return {index, (index + 1) * kAlignment};
  }
  const size_t doubling =
      static_cast<size_t>(std::bit_width(bytes - 1)) - 1;  // 2^doubling < bytes ≤ 2^(doubling+1)
  const size_t step = size_t{1} << (doubling - 2);
  const size_t quarter = (bytes - 1 - (size_t{1} << doubling)) / step;
  return {kSmallClasses + 4 * (doubling - 10) + quarter, (size_t{1} << doubling) + (quarter + 1) * step};
}

struct FreeBlock {
  FreeBlock* next;
};

struct Cache {
  FreeBlock* free[kClasses] = {};
  size_t cached = 0;
  int64_t allocated = 0, peak = 0;

  void clear() noexcept {
    for (FreeBlock*& list : free)
      while (list != nullptr) {
        FreeBlock* const next = list->next;
        std::free(list);
        list = next;
      }
    cached = 0;
  }
};

// The pointer is what the fast path reads: constant-initialised, so no guard stands before it. `owner` frees
// the blocks when the thread ends; a tensor destroyed later than that goes straight to the system.
[[gnu::tls_model("initial-exec")]] constinit thread_local Cache* this_threads_cache = nullptr;
constinit thread_local bool cache_is_gone = false;

struct Owner {
  Cache cache;
  ~Owner() {
    cache.clear();
    this_threads_cache = nullptr;
    cache_is_gone = true;
  }
};

[[gnu::noinline]] Cache* make_cache() noexcept {
  if (cache_is_gone) return nullptr;
  static thread_local Owner owner;
  return this_threads_cache = &owner.cache;
}

Cache* cache() noexcept {
  Cache* const mine = this_threads_cache;
  return mine != nullptr ? mine : make_cache();
}

[[gnu::noinline]] void* allocate_from_system(size_t bytes, size_t rounded) {
  void* block = rounded < bytes ? nullptr : std::aligned_alloc(kAlignment, rounded);
  if (block == nullptr && this_threads_cache != nullptr) {
    empty_cache();
    block = rounded < bytes ? nullptr : std::aligned_alloc(kAlignment, rounded);
  }
  check(block != nullptr, "allocate", "can't allocate memory: you tried to allocate ", bytes, " bytes");
  return block;
}

}  // namespace

void* allocate(size_t bytes) {
  Cache* const mine = cache();
  const bool cached = kCaching && bytes <= kLargest && mine != nullptr;
  // Always of its size class, for whichever thread frees it may keep it as that.
  const SizeClass wanted = bytes <= kLargest
                               ? size_class(bytes)
                               : SizeClass{0, (bytes + kAlignment - 1) / kAlignment * kAlignment};
  void* block;
  if (cached && mine->free[wanted.index] != nullptr) {
    FreeBlock* const head = mine->free[wanted.index];
    mine->free[wanted.index] = head->next;
    mine->cached -= wanted.bytes;
    block = head;
  } else {
    block = allocate_from_system(bytes, wanted.bytes);
  }
  if (mine != nullptr) {
    mine->allocated += static_cast<int64_t>(bytes);
    mine->peak = std::max(mine->peak, mine->allocated);
  }
  return block;
}

void deallocate(void* block, size_t bytes) noexcept {
  Cache* const mine = cache();
  if (mine != nullptr) {
    mine->allocated -= static_cast<int64_t>(bytes);
    if (kCaching && bytes <= kLargest) {
      const SizeClass given = size_class(bytes);
      if (mine->cached + given.bytes <= kCacheLimit) {
        mine->free[given.index] = new (block) FreeBlock{mine->free[given.index]};
        mine->cached += given.bytes;
        return;
      }
    }
  }
  std::free(block);
}

int64_t memory_allocated() { return cache() != nullptr ? cache()->allocated : 0; }
int64_t max_memory_allocated() { return cache() != nullptr ? cache()->peak : 0; }
void reset_peak_memory_stats() {
  if (Cache* const mine = cache()) mine->peak = mine->allocated;
}
void empty_cache() noexcept {
  if (Cache* const mine = cache()) mine->clear();
}

}  // namespace frost
