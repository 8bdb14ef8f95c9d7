#include <frost/error.hpp>
#include <frost/kernels/parallel.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace frost {
namespace {

int initial_num_threads() {
  for (const char* const name : {"FROST_NUM_THREADS", "OMP_NUM_THREADS"}) {
    const char* const text = std::getenv(name);
    const int wanted = text == nullptr ? 0 : std::atoi(text);
    if (wanted > 0) return wanted;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
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
namespace {

using Piece = void (*)(const void* context, int64_t begin, int64_t end);

// True in a thread that is working on a piece.
thread_local bool is_inside = false;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#endif
}

// Pauses before a thread without work goes to sleep: some ten microseconds, about what waking it up costs.
constexpr int kPauses = 500;

// Waits until `value` is no longer `old`, and returns what it is.
template <class T>
T wait_for_change(const std::atomic<T>& value, T old) {
  for (int i = 0; i < kPauses; ++i) {
    if (const T now = value.load(); now != old) return now;
    pause();
  }
  value.wait(old);
  return value.load();
}

// Threads that help the one that calls run(). Work is cut into chunks, and whoever is free takes the next: a
// helper that the system does not let run holds nobody up, unless it is in the middle of a chunk.
class Pool {
 public:
  // False where another thread's work is going on: the caller is then as well off alone.
  bool run(int64_t n, int64_t chunk, int threads, Piece piece, const void* context) {
    const std::unique_lock<std::mutex> lock(running_, std::try_to_lock);
    if (!lock) return false;
    start_helpers(threads - 1);
    n_ = n;
    chunk_ = chunk;
    piece_ = piece;
    context_ = context;
    next_.store(0);
    places_.store(threads - 1);
    is_open_.store(true);
    calls_.fetch_add(1);
    calls_.notify_all();
    take_chunks();
    is_open_.store(false);
    // From here on none can come in, and what stands in the members may change once all are out.
    for (int inside = inside_.load(); inside != 0;) inside = wait_for_change(inside_, inside);
    if (has_failed_.exchange(false)) std::rethrow_exception(std::exchange(error_, nullptr));
    return true;
  }

 private:
  void start_helpers(int wanted) {
    for (; helpers_ < wanted; ++helpers_) try {
        std::thread(&Pool::help, this, calls_.load()).detach();
      } catch (const std::exception&) {
        return;  // the system has no more threads, or no memory for one: the work gets done by those that are
                 // there
      }
  }

  void help(uint32_t seen) {
    for (;;) {
      seen = wait_for_change(calls_, seen);
      inside_.fetch_add(1);
      if (is_open_.load() && places_.fetch_sub(1) > 0) take_chunks();
      if (inside_.fetch_sub(1) == 1) inside_.notify_one();
    }
  }

  void take_chunks() {
    is_inside = true;
    try {
      for (int64_t begin; (begin = next_.fetch_add(chunk_)) < n_;)
        piece_(context_, begin, std::min(begin + chunk_, n_));
    } catch (...) {
      if (!has_failed_.exchange(true)) error_ = std::current_exception();
      next_.store(n_);
    }
    is_inside = false;
  }

  std::mutex running_;
  int helpers_ = 0;
  // The work. Written while it is closed and nobody is inside.
  int64_t n_ = 0, chunk_ = 0;
  Piece piece_ = nullptr;
  const void* context_ = nullptr;
  // The first exception of a piece. Read when nobody is inside.
  std::atomic<bool> has_failed_{false};
  std::exception_ptr error_;

  std::atomic<uint32_t> calls_{0};            // changes when there is work
  std::atomic<bool> is_open_{false};          // whether helpers may come in
  std::atomic<int> inside_{0};                // helpers that may be reading the above
  std::atomic<int> places_{0};                // helpers that are still wanted
  alignas(64) std::atomic<int64_t> next_{0};  // where the next chunk begins
};

// Never destroyed: its threads live until the process ends.
Pool& pool() {
  static Pool* const shared = new Pool;
  return *shared;
}

}  // namespace

void run_pieces(int64_t n, int64_t grain, Piece piece, const void* context) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t threads = std::min<int64_t>(get_num_threads(), n / grain);
  if (threads > 1 && !is_inside) {
    // Some chunks for each thread, cut at multiples of 64, so that vectors and cache lines fall alike.
    const int64_t unit = n >= 64 * threads * 4 ? 64 : 1;
    const int64_t even = std::max(grain, n / (threads * 4));
    const int64_t chunk = (even + unit - 1) / unit * unit;
    if (pool().run(n, chunk, static_cast<int>(threads), piece, context)) return;
  }
  piece(context, 0, n);
}

}  // namespace kernels
}  // namespace frost
