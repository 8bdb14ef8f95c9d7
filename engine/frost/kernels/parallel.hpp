// Work shared among threads.
#pragma once

#include <cstdint>

namespace frost {

// How many threads a large op may use, this thread included; at first what FROST_NUM_THREADS says, or
// OMP_NUM_THREADS, or the number of cores.
void set_num_threads(int count);
int get_num_threads();

namespace kernels {

// Elements below which a share of work is not worth handing to another thread.
constexpr int64_t kGrain = 32768;

// As parallel_for (of which this is the part that is no template), for a function that takes `context` first.
void run_pieces(int64_t n, int64_t grain, void (*piece)(const void* context, int64_t begin, int64_t end),
                const void* context);

// Calls f(begin, end) on pieces that cover [0, n), each of at least `grain` (but the last), possibly at once
// in several threads. f must not throw, and must give the same results however [0, n) is cut. Within a piece,
// further calls run in the calling thread alone.
template <class F>
void parallel_for(int64_t n, int64_t grain, const F& f) {
  if (n <= grain) {
    if (n > 0) f(int64_t{0}, n);
    return;
  }
  run_pieces(
      n, grain,
      [](const void* context, int64_t begin, int64_t end) { (*static_cast<const F*>(context))(begin, end); },
      &f);
}

}  // namespace kernels
}  // namespace frost
