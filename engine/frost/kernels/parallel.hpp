// Work shared among threads.
#pragma once

#include <cstdint>

namespace frost {

// How many threads a large op may use, this thread included; at first FROST_NUM_THREADS, or the number of cores.
void set_num_threads(int count);
int get_num_threads();

namespace kernels {

// Elements below which a share of work is not worth handing to another thread.
constexpr int64_t kGrain = 32768;

// Calls f(begin, end) on pieces that cover [0, n), each of at least `grain` (but the last), possibly at once in
// several threads. f must not throw, and must give the same results however [0, n) is cut.
template <class F>
void parallel_for(int64_t n, int64_t grain, const F& f);

}  // namespace kernels
}  // namespace frost
