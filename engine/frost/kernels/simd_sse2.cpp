// The row kernels for the least that the build assumes: SSE2 on x86-64, elsewhere what the compiler targets.
#define xsimd frost_xsimd_baseline
#include <frost/kernels/simd_rows.hpp>

namespace frost::kernels {

#if defined(__x86_64__)
extern const Rows kRowsBaseline;
constinit const Rows kRowsBaseline = make_rows<xsimd::sse2>("sse2");
#else
extern const Rows kRowsBaseline;
constinit const Rows kRowsBaseline = make_rows<xsimd::default_arch>("baseline");
#endif

}  // namespace frost::kernels
