// The row kernels for AVX-512 (F, CD, DQ, BW, VL); compiled with the flags of that set.
#if defined(__AVX512BW__)
#define xsimd frost_xsimd_avx512
#include <frost/kernels/simd_rows.hpp>

namespace frost::kernels {

extern const Rows kRowsAvx512;
constinit const Rows kRowsAvx512 = make_rows<xsimd::avx512bw>("avx512");

}  // namespace frost::kernels
#endif
