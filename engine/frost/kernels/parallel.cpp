#include <frost/error.hpp>
#include <frost/kernels/parallel.hpp>

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

namespace frost {
namespace {

int initial_num_threads() {
  const char* text = std::getenv("FROST_NUM_THREADS");
  const int wanted = text == nullptr ? 0 : std::atoi(text);
  return wanted > 0 ? wanted : std::max(1, omp_get_max_threads());
}

std::atomic<int>& num_threads() {
  static std::atomic<int> count{initial_num_threads()};
  return count;
}

}  // namespace

void set_num_threads(int count) {
  check(count > 0, "set_num_threads", "Expected positive number of threads, got ", count);
  num_threads().store(count, std::memory_order_relaxed);
}

int get_num_threads() { return num_threads().load(std::memory_order_relaxed); }

namespace kernels {

void run_pieces(int64_t n, int64_t grain, void (*piece)(const void* context, int64_t begin, int64_t end),
                const void* context) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t threads = std::min<int64_t>(get_num_threads(), n / grain);
  if (threads <= 1 || omp_in_parallel()) {
    piece(context, 0, n);
    return;
  }
  // Long ranges are cut at multiples of 64, so that vectors and cache lines fall alike for any number of
  // threads.
  const int64_t unit = n >= 64 * threads * 4 ? 64 : 1;
  const int64_t units = (n + unit - 1) / unit;
#pragma omp parallel num_threads(static_cast <int>(threads))
  {
    // The runtime may grant fewer threads than were asked for.
    const int64_t team = omp_get_num_threads(), me = omp_get_thread_num();
    const int64_t begin = units * me / team * unit;
    const int64_t end = std::min(units * (me + 1) / team * unit, n);
    if (begin < end) piece(context, begin, end);
  }
}

}  // namespace kernels
}  // namespace frost
