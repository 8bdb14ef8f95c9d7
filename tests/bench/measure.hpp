// What every program of benchmarks measures, whatever engine it is compiled against, if any.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace bench {

// How much memory the process has in use, and the most it had since the last reset, in bytes.
int64_t resident_memory();
int64_t peak_resident_memory();
void reset_peak_resident_memory();

// Times one call of `step` after another, the first left out. The counter "peak" is how much memory the calls
// needed above what was in use before the very first, in a process that runs this benchmark alone: later
// calls find memory that an engine keeps for them.
template <class Step>
void measure(benchmark::State& state, const Step& step) {
  static int64_t most = 0;  // Google Benchmark calls this several times, to find out how many steps to time
  reset_peak_resident_memory();
  const int64_t before = resident_memory();
  step();
  for ([[maybe_unused]] auto _ : state) step();
  most = std::max(most, peak_resident_memory() - before);
  state.counters["peak"] = static_cast<double>(most);
}

// Lengths of `batch` sequences from 1 to `longest`, of every length alike.
inline std::vector<int64_t> ragged_lengths(int64_t batch, int64_t longest) {
  std::vector<int64_t> lengths;
  for (int64_t b = 0; b < batch; ++b) lengths.push_back(longest - b * 7 % longest);
  return lengths;
}

// Sizes of the two methods of muting: how many sequences, and how long the longest is.
inline void sizes_of_methods(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t batch : {1, 4, 16, 64, 256}) benchmark->Args({batch, 12});
  for (const int64_t longest : {48, 192, 768}) benchmark->Args({16, longest});
}

// What main() does: the first argument is the number of threads, the others are Google Benchmark's.
int run_benchmarks(int argc, char** argv, void (*set_num_threads)(int));

}  // namespace bench
