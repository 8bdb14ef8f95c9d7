// Loads and stores of fewer elements than a vector has: the tail of every row, and the whole of a short one.
// Included by the simd_<set>.cpp files alone, in an anonymous namespace as simd_math.hpp is.
#pragma once

#include <xsimd/xsimd.hpp>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <cstdint>
#include <cstring>

namespace frost::kernels {
namespace {

// `count` is in [1, size of the vector). Lanes beyond it read `fill`, and are not written.
template <class T, class A>
struct Partial {
  using B = xsimd::batch<T, A>;
  static B load(const T* from, int64_t count, T fill) {
    alignas(A::alignment()) T lanes[B::size];
    for (int64_t i = 0; i < static_cast<int64_t>(B::size); ++i) lanes[i] = i < count ? from[i] : fill;
    return B::load_aligned(lanes);
  }
  static void store(T* to, int64_t count, const B& x) {
    alignas(A::alignment()) T lanes[B::size];
    x.store_aligned(lanes);
    for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
  }
};

#if defined(__AVX512BW__)

template <>
struct Partial<float, xsimd::avx512bw> {
  using B = xsimd::batch<float, xsimd::avx512bw>;
  static __mmask16 mask(int64_t count) { return static_cast<__mmask16>((1u << count) - 1); }
  static B load(const float* from, int64_t count, float fill) {
    return B(_mm512_mask_loadu_ps(_mm512_set1_ps(fill), mask(count), from));
  }
  static void store(float* to, int64_t count, const B& x) { _mm512_mask_storeu_ps(to, mask(count), x); }
};
template <>
struct Partial<double, xsimd::avx512bw> {
  using B = xsimd::batch<double, xsimd::avx512bw>;
  static __mmask8 mask(int64_t count) { return static_cast<__mmask8>((1u << count) - 1); }
  static B load(const double* from, int64_t count, double fill) {
    return B(_mm512_mask_loadu_pd(_mm512_set1_pd(fill), mask(count), from));
  }
  static void store(double* to, int64_t count, const B& x) { _mm512_mask_storeu_pd(to, mask(count), x); }
};

#elif defined(__AVX2__)

template <>
struct Partial<float, xsimd::fma3<xsimd::avx2> > {
  using B = xsimd::batch<float, xsimd::fma3<xsimd::avx2> >;
  static __m256i mask(int64_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static B load(const float* from, int64_t count, float fill) {
    const __m256i lanes = mask(count);
    return B(
        _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(from, lanes), _mm256_castsi256_ps(lanes)));
  }
  static void store(float* to, int64_t count, const B& x) { _mm256_maskstore_ps(to, mask(count), x); }
};
template <>
struct Partial<double, xsimd::fma3<xsimd::avx2> > {
  using B = xsimd::batch<double, xsimd::fma3<xsimd::avx2> >;
  static __m256i mask(int64_t count) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  static B load(const double* from, int64_t count, double fill) {
    const __m256i lanes = mask(count);
    return B(
        _mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(from, lanes), _mm256_castsi256_pd(lanes)));
  }
  static void store(double* to, int64_t count, const B& x) { _mm256_maskstore_pd(to, mask(count), x); }
};

#endif

// Which lanes a mask of bools sets: those beyond `count`, which may exceed the vector, are set.
template <class T, class A>
struct MaskedLanes {
  static xsimd::batch_bool<T, A> load(const bool* from, int64_t count) {
    using B = xsimd::batch<T, A>;
    alignas(A::alignment()) T lanes[B::size];
    for (int64_t i = 0; i < static_cast<int64_t>(B::size); ++i)
      lanes[i] = i >= count || from[i] ? T(1) : T(0);
    return B::load_aligned(lanes) != B(T(0));
  }
};

#if defined(__AVX512BW__)

template <class T>
struct MaskedLanes<T, xsimd::avx512bw> {
  using Lanes = xsimd::batch_bool<T, xsimd::avx512bw>;
  static Lanes load(const bool* from, int64_t count) {
    constexpr int64_t width = xsimd::batch<T, xsimd::avx512bw>::size;
    const __mmask16 valid = static_cast<__mmask16>(count >= width ? (1u << width) - 1 : (1u << count) - 1);
    const __m128i bytes = _mm_mask_loadu_epi8(_mm_set1_epi8(1), valid, from);
    return Lanes(static_cast<typename Lanes::register_type>(_mm_test_epi8_mask(bytes, bytes)));
  }
};

#elif defined(__AVX2__)

template <class T>
struct MaskedLanes<T, xsimd::fma3<xsimd::avx2> > {
  using Lanes = xsimd::batch_bool<T, xsimd::fma3<xsimd::avx2> >;
  static Lanes load(const bool* from, int64_t count) {
    constexpr int64_t width = xsimd::batch<T, xsimd::fma3<xsimd::avx2> >::size;
    int64_t bytes = 0x0101010101010101;
    std::memcpy(&bytes, from, static_cast<size_t>(count < width ? count : width));
    const __m128i packed = _mm_cvtsi64_si128(bytes);
    if constexpr (sizeof(T) == 4)
      return Lanes(
          _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_cvtepi8_epi32(packed), _mm256_setzero_si256())));
    else
      return Lanes(
          _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_cvtepi8_epi64(packed), _mm256_setzero_si256())));
  }
};

#endif

}  // namespace
}  // namespace frost::kernels
