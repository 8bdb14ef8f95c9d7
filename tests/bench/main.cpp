#include "bench.hpp"

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

}  // namespace bench

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
