#include <frost/error.hpp>
#include <frost/kernels/rows.hpp>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace frost::kernels {

extern const Rows kRowsBaseline;
#if defined(__x86_64__)
extern const Rows kRowsAvx2;
extern const Rows kRowsAvx512;
#endif

namespace {

std::atomic<const Rows*> active{nullptr};

constexpr const char* kBestFirst[] = {"avx512", "avx2", "sse2"};

const Rows& choose() {
  const char* wanted = std::getenv("FROST_ISA");
  const Rows* table = &kRowsBaseline;
  if (wanted != nullptr && *wanted != '\0') {
    table = &rows_of(wanted);
  } else {
    for (const char* name : kBestFirst)
      if (const Rows* found = find_rows(name)) {
        table = found;
        break;
      }
  }
  active.store(table, std::memory_order_release);
  return *table;
}

}  // namespace

const Rows& rows_of(const char* name) {
  if (const Rows* table = find_rows(name)) return *table;
  std::string available;
  for (const char* other : kBestFirst)
    if (find_rows(other) != nullptr) available += std::string(available.empty() ? "" : ", ") + other;
  if (available.empty()) available = kRowsBaseline.name;
  fail("FROST_ISA", "\"", name,
       "\" is no instruction set that this machine and this build have; these are: ", available);
}

const Rows& rows() {
  const Rows* table = active.load(std::memory_order_acquire);
  return table != nullptr ? *table : choose();
}

const Rows* find_rows(const char* name) {
  if (std::strcmp(name, kRowsBaseline.name) == 0) return &kRowsBaseline;
#if defined(__x86_64__)
  // Not xsimd::available_architectures(): it asks the processor alone, not whether the system saves the
  // registers.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (std::strcmp(name, "avx2") == 0 && avx2) return &kRowsAvx2;
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  if (std::strcmp(name, "avx512") == 0 && avx512) return &kRowsAvx512;
#endif
  return nullptr;
}

void use_rows(const Rows& table) { active.store(&table, std::memory_order_release); }

}  // namespace frost::kernels
