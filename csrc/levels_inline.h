/* Compiles the file BODY once for every SIMD level: what it defines as TARGET ... LEVEL(name) becomes name_avx512 and
 * name_avx2. No include guard, as every family includes it with a BODY of its own. */
#define TARGET PYMPR_AVX512
#define LEVEL(name) name##_avx512
#include BODY
#undef TARGET
#undef LEVEL

#define TARGET PYMPR_AVX2
#define LEVEL(name) name##_avx2
#include BODY
#undef TARGET
#undef LEVEL
