// Work shared among threads.
#pragma once

#include <cstdint>

namespace frost {

// How many threads a large op may use, this thread included; at first what FROST_NUM_THREADS says, or
// OMP_NUM_THREADS, or the number of cores.
void set_num_threads(int count);
int get_num_threads();

// Which instructions the kernels use is chosen when the first op runs: the best that the machine has, or what
// FROST_ISA in the environment says: sse2, avx2 or avx512. One that is not there is an error, at that op.
// Sums and functions differ by a few ulps from one set to the next; with one of them they are bitwise the
// same from run to run, and on any number of threads.

namespace kernels {

// Elements below which a share of work is not worth handing to another thread.
constexpr int64_t kGrain = 32768;

// As parallel_for (of which this is the part that is no template), for a function that takes `context` first.
void run_pieces(int64_t n, int64_t grain, void (*piece)(const void* context, int64_t begin, int64_t end),
                const void* context);

// Calls f(begin, end) on pieces that cover [0, n), each of at least `grain` (but the last), possibly at once
// in several threads. f must give the same results however [0, n) is cut. Where it throws, as for want of
// memory, what is under way ends, nothing more begins, and one of the exceptions is thrown from here. Within
// a piece, further calls run in the calling thread alone.
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
