#include "measure.hpp"

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
