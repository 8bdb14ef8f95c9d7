#include "measure.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace bench {

namespace {

// A line of /proc/self/status, in bytes.
int64_t status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return 1024 * std::atoll(line.c_str() + name.size());
  return 0;
}

}  // namespace

int64_t resident_memory() { return status("VmRSS:"); }
int64_t peak_resident_memory() { return status("VmHWM:"); }
void reset_peak_resident_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

int run_benchmarks(int argc, char** argv, void (*set_num_threads)(int)) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 0;
  if (threads < 1) {
    std::fprintf(stderr, "usage: %s THREADS [argument of Google Benchmark ...]\n", argv[0]);
    return EXIT_FAILURE;
  }
  set_num_threads(threads);
  benchmark::AddCustomContext("threads", argv[1]);
  --argc;
  ++argv;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  benchmark::RunSpecifiedBenchmarks();
  return EXIT_SUCCESS;
}

}  // namespace bench
