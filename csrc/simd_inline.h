/* Target attributes of the SIMD variants, and the bit tricks they share.
 *
 * A kernel with variants keeps its body in <name>_body_inline.h, which the .c file includes once
 * a level after defining LEVEL(name), the name of that level's variant, and TARGET. */
#ifndef PYMPR_SIMD_INLINE_H
#define PYMPR_SIMD_INLINE_H

#include <stdint.h>
#include <string.h>

#include "simd.h"

#if defined(__x86_64__)
#define PYMPR_HAS_X86 1
#include <immintrin.h>
#define PYMPR_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define PYMPR_AVX512                                                                                                   \
    __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))
#endif

#define PYMPR_LIKELY(x) __builtin_expect(!!(x), 1)
#define PYMPR_UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif
