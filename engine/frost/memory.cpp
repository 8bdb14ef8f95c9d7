#include <frost/memory.hpp>

#include <frost/error.hpp>

#include <bit>
#include <cstdlib>

namespace frost {

// The pointer is what the fast path reads: constant-initialised, so no guard stands before it. `owner` frees
// the blocks when the thread ends; a tensor destroyed later than that goes straight to the system.
constinit thread_local detail::MemoryCache* detail::this_threads_cache = nullptr;

namespace {

using namespace detail;

constexpr size_t kLargestBlock = size_t{32} << 20;

struct SizeClass {
  size_t index, bytes;
};

SizeClass size_class(size_t bytes) {
  if (bytes <= kSmallBlock) {
    const size_t index = bytes == 0 ? 0 : (bytes - 1) / kBlockUnit;
    return {index, (index + 1) * kBlockUnit};
  }
  const size_t doubling =
      static_cast<size_t>(std::bit_width(bytes - 1)) - 1;  // 2^doubling < bytes ≤ 2^(doubling+1)
  const size_t step = size_t{1} << (doubling - 2);
  const size_t quarter = (bytes - 1 - (size_t{1} << doubling)) / step;
  return {kSmallClasses + 4 * (doubling - 10) + quarter, (size_t{1} << doubling) + (quarter + 1) * step};
}

void clear(MemoryCache& cache) noexcept {
  for (FreeBlock*& list : cache.free)
    while (list != nullptr) {
      FreeBlock* const next = list->next;
      std::free(list);
      list = next;
    }
  cache.cached = 0;
}

constinit thread_local bool cache_is_gone = false;

struct Owner {
  MemoryCache cache;
  ~Owner() {
    clear(cache);
    this_threads_cache = nullptr;
    cache_is_gone = true;
  }
};

[[gnu::noinline]] MemoryCache* make_cache() noexcept {
  if (cache_is_gone) return nullptr;
  static thread_local Owner owner;
  return this_threads_cache = &owner.cache;
}

MemoryCache* cache() noexcept {
  MemoryCache* const mine = this_threads_cache;
  return mine != nullptr ? mine : make_cache();
}

void* allocate_from_system(size_t bytes, size_t rounded) {
  void* block = rounded < bytes ? nullptr : std::aligned_alloc(kBlockUnit, rounded);
  if (block == nullptr && this_threads_cache != nullptr) {
    empty_cache();
    block = rounded < bytes ? nullptr : std::aligned_alloc(kBlockUnit, rounded);
  }
  check(block != nullptr, "allocate", "can't allocate memory: you tried to allocate ", bytes, " bytes");
  return block;
}

}  // namespace

void* detail::allocate_any(size_t bytes) {
  MemoryCache* const mine = cache();
  const bool is_cached = kCaching && bytes <= kLargestBlock && mine != nullptr;
  // Always of its size class, for whichever thread frees it may keep it as that.
  const SizeClass wanted = bytes <= kLargestBlock
                               ? size_class(bytes)
                               : SizeClass{0, (bytes + kBlockUnit - 1) / kBlockUnit * kBlockUnit};
  void* block = is_cached ? mine->take(wanted.index, wanted.bytes) : nullptr;
  if (block == nullptr) block = allocate_from_system(bytes, wanted.bytes);
  if (mine != nullptr) mine->count(static_cast<int64_t>(bytes));
  return block;
}

void detail::deallocate_any(void* block, size_t bytes) noexcept {
  MemoryCache* const mine = cache();
  if (mine != nullptr) {
    mine->count(-static_cast<int64_t>(bytes));
    if (kCaching && bytes <= kLargestBlock) {
      const SizeClass given = size_class(bytes);
      if (mine->keep(given.index, given.bytes, block)) return;
    }
  }
  std::free(block);
}

void check_room(int64_t count, size_t bytes_each, std::string_view function) {
  constexpr int64_t few = 1 << 16;
  if (count <= few) return;
  size_t bytes;
  // Volatile, or the compiler may leave out a block that nobody uses.
  void* volatile const block =
      __builtin_mul_overflow(static_cast<size_t>(count), bytes_each, &bytes) ? nullptr : std::malloc(bytes);
  check(block != nullptr, function, "can't allocate memory for a list of ", count);
  std::free(block);
}

int64_t memory_allocated() { return cache() != nullptr ? cache()->allocated : 0; }
int64_t max_memory_allocated() { return cache() != nullptr ? cache()->peak : 0; }
void reset_peak_memory_stats() {
  if (MemoryCache* const mine = cache()) mine->peak = mine->allocated;
}
void empty_cache() noexcept {
  if (MemoryCache* const mine = cache()) clear(*mine);
}

}  // namespace frost
