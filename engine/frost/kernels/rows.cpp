#include <frost/error.hpp>
#include <frost/kernels/rows.hpp>

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace frost::kernels {

extern const Rows kRowsBaseline;
#if defined(__x86_64__)
extern const Rows kRowsAvx2;
extern const Rows kRowsAvx512;
#endif

namespace {

std::atomic<const Rows*> active{nullptr};

const Rows& choose() {
  const char* name = std::getenv("FROST_ISA");
  const Rows* table = nullptr;
  if (name != nullptr && *name != '\0') {
    table = find_rows(name);
    if (table == nullptr)
      fail("FROST_ISA", "\"", name,
           "\" is not an instruction set of this machine; sse2, avx2 and avx512 are known");
  } else {
#if defined(__x86_64__)
    for (const char* candidate : {"avx512", "avx2"})
      if (table == nullptr) table = find_rows(candidate);
#endif
    if (table == nullptr) table = &kRowsBaseline;
  }
  active.store(table, std::memory_order_release);
  return *table;
}

}  // namespace

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
