// The row kernels for AVX2 with FMA; compiled with the flags of that set.
#if defined(__AVX2__)
#define xsimd frost_xsimd_avx2
#include <frost/kernels/simd_rows.hpp>

namespace frost::kernels {

extern const Rows kRowsAvx2;
constinit const Rows kRowsAvx2 = make_rows<xsimd::fma3<xsimd::avx2>>("avx2");

}  // namespace frost::kernels
#endif
