#include "bench.hpp"

#include <cstdlib>

// bench_<engine> THREADS [argument of Google Benchmark …]
int main(int argc, char** argv) {
  if (argc > 1) {
    fw::set_num_threads(std::atoi(argv[1]));
    benchmark::AddCustomContext("threads", argv[1]);
  }
  --argc;
  ++argv;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
