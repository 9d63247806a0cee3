/* A loop that compilers vectorise well, compiled for every SIMD level and chosen when it is called.
 *
 * Not target_clones: OpenMP bodies are not cloned with their function, and the resolvers that
 * it needs are missing in some C libraries. */
#ifndef PYMPR_VARIANTS_INLINE_H
#define PYMPR_VARIANTS_INLINE_H

#include "simd_inline.h"

#define PYMPR_INLINE static inline __attribute__((always_inline, unused))

/* Defines `static void name signature` from `name##_body`, which is PYMPR_INLINE. */
#if defined(PYMPR_HAS_X86)
#define PYMPR_VARIANTS(name, signature, arguments)                                                                     \
    PYMPR_AVX512 static void name##_avx512 signature { name##_body arguments; }                                        \
    PYMPR_AVX2 static void name##_avx2 signature { name##_body arguments; }                                            \
    static void name##_portable signature { name##_body arguments; }                                                   \
    static void name signature                                                                                         \
    {                                                                                                                  \
        int level = pympr_get_simd_level();                                                                            \
        if (level == 2)                                                                                                \
            name##_avx512 arguments;                                                                                   \
        else if (level == 1)                                                                                           \
            name##_avx2 arguments;                                                                                     \
        else                                                                                                           \
            name##_portable arguments;                                                                                 \
    }
#else
#define PYMPR_VARIANTS(name, signature, arguments)                                                                     \
    static void name signature { name##_body arguments; }
#endif

#endif
