#include "simd.h"

static int chosen = -1;

static int machine_level(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi2"))
        return 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        return 1;
#endif
    return 0;
}

int pympr_get_simd_level(void)
{
    if (chosen < 0)
        chosen = machine_level();
    return chosen;
}

int pympr_set_simd_level(int level)
{
    int best = machine_level();
    chosen = level < 0 ? 0 : level < best ? level : best;
    return chosen;
}
