/* Which instruction set the text kernels use: 0 portable C, 1 AVX2, 2 AVX-512 (Ice Lake, Zen 4 and later). */
#ifndef PYMPR_SIMD_H
#define PYMPR_SIMD_H

/* The level in use: the machine's best until pympr_set_simd_level was called. */
int pympr_get_simd_level(void);

/* Use `level` or the machine's best below it, for tests; returns what was set. */
int pympr_set_simd_level(int level);

#endif
