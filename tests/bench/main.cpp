#include "bench.hpp"

// bench_<engine> THREADS [argument of Google Benchmark …]
int main(int argc, char** argv) { return bench::run_benchmarks(argc, argv, fw::set_num_threads); }
