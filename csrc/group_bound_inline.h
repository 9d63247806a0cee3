/* A bound of sums of int64 before they are made, so that no addition needs a check. */
#ifndef PYMPR_GROUP_BOUND_INLINE_H
#define PYMPR_GROUP_BOUND_INLINE_H

#include "variants_inline.h"

PYMPR_INLINE void used_bits_body(uint64_t *used, const int64_t *values, int64_t rows)
{
    uint64_t bits = 0;
    for (int64_t i = 0; i < rows; i++)
        bits |= (uint64_t)(values[i] ^ values[i] >> 63);
    *used = bits;
}

PYMPR_VARIANTS(used_bits, (uint64_t * used, const int64_t *values, int64_t rows), (used, values, rows))

/* A power of two or less that no magnitude exceeds. */
static inline uint64_t magnitude_bound(const int64_t *values, int64_t rows)
{
    uint64_t used;
    used_bits(&used, values, rows);
    return used + 1;
}

/* Raises *bound by so many additions of values up to `largest`; 0, and no change, when a sum could overflow. */
static inline int raise_bound(uint64_t *bound, uint64_t largest, int64_t rows)
{
    uint64_t all;
    if (__builtin_mul_overflow(largest, (uint64_t)rows, &all) || __builtin_add_overflow(*bound, all, &all) ||
        all > INT64_MAX)
        return 0;
    *bound = all;
    return 1;
}

#endif
