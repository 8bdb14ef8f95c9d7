// Where the memory of tensors and tape nodes comes from: a cache of freed blocks per thread, so that the
// small blocks an op takes and gives back cost a few nanoseconds, and large ones are not handed back to the
// system and faulted in again at every step.
#pragma once

#include <cstddef>
#include <cstdint>

namespace frost {

// A block of at least `bytes`, aligned to 64. Throws frost::Error where the system has no more.
void* allocate(size_t bytes);
// Gives a block back; `bytes` is what it was asked for with.
void deallocate(void* block, size_t bytes) noexcept;

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

}  // namespace frost
