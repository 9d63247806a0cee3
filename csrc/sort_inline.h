/* Order-preserving codes of keys, and a stable sort of (code, row) pairs.
 *
 * A code is a uint64 whose unsigned order is the order of the key. */
#ifndef PYMPR_SORT_INLINE_H
#define PYMPR_SORT_INLINE_H

#include <stdint.h>
#include <string.h>

#define PYMPR_SORT_INT64 0
#define PYMPR_SORT_FLOAT64 1
#define PYMPR_SORT_BOOL 2

#define PYMPR_SORT_INLINE static inline __attribute__((always_inline, unused))
#define PYMPR_SORT_SIGN UINT64_C(0x8000000000000000)
#define PYMPR_SORT_NAN UINT64_C(0xfff8000000000000)

#define PYMPR_SORT_FEW 24        /* pairs that insertion sorts faster than counting does */
#define PYMPR_SORT_CACHED 32768  /* pairs that fit the second cache twice */
#define PYMPR_SORT_DIGIT_BITS 11 /* counters that stay in the first cache */

typedef struct {
    uint64_t code;
    int64_t row;
} pympr_sort_pair;

/* -0.0 and 0.0 get one code, every NaN the one after infinity. */
PYMPR_SORT_INLINE uint64_t pympr_sort_float64_code(double value)
{
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, 8);
    uint64_t code = bits ^ ((uint64_t)-(int64_t)(bits >> 63) | PYMPR_SORT_SIGN);
    return value != value ? PYMPR_SORT_NAN : code;
}

/* `kind` is a constant wherever this is called from a loop. */
PYMPR_SORT_INLINE uint64_t pympr_sort_code(const void *values, int64_t row, int kind)
{
    if (kind == PYMPR_SORT_INT64)
        return (uint64_t)((const int64_t *)values)[row] ^ PYMPR_SORT_SIGN;
    if (kind == PYMPR_SORT_FLOAT64)
        return pympr_sort_float64_code(((const double *)values)[row]);
    return ((const uint8_t *)values)[row] != 0;
}

PYMPR_SORT_INLINE int pympr_sort_bits(uint64_t range)
{
    return range ? 64 - __builtin_clzll(range) : 0;
}

PYMPR_SORT_INLINE void pympr_sort_insertion(pympr_sort_pair *pairs, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        pympr_sort_pair pair = pairs[i];
        int64_t hole = i;
        for (; hole > 0 && pairs[hole - 1].code > pair.code; hole--)
            pairs[hole] = pairs[hole - 1];
        pairs[hole] = pair;
    }
}

/* Counts become first positions. */
PYMPR_SORT_INLINE void pympr_sort_positions(uint32_t *counts, int64_t buckets)
{
    uint32_t sum = 0;
    for (int64_t bucket = 0; bucket < buckets; bucket++) {
        uint32_t count = counts[bucket];
        counts[bucket] = sum;
        sum += count;
    }
}

/* Two counting passes over bits [shift, shift + 2 * digit) of code - low; the result is in `pairs`. */
static __attribute__((noinline, unused)) void pympr_sort_two_digits(pympr_sort_pair *pairs, pympr_sort_pair *scratch,
                                                                    int64_t n, uint64_t low, int shift, int digit)
{
    uint32_t lower[1 << PYMPR_SORT_DIGIT_BITS], upper[1 << PYMPR_SORT_DIGIT_BITS];
    uint64_t mask = (UINT64_C(1) << digit) - 1;
    memset(lower, 0, sizeof(uint32_t) << digit);
    memset(upper, 0, sizeof(uint32_t) << digit);
    for (int64_t i = 0; i < n; i++) {
        uint64_t window = (pairs[i].code - low) >> shift;
        lower[window & mask]++;
        upper[window >> digit & mask]++;
    }
    pympr_sort_positions(lower, (int64_t)mask + 1);
    pympr_sort_positions(upper, (int64_t)mask + 1);
    for (int64_t i = 0; i < n; i++)
        scratch[lower[(pairs[i].code - low) >> shift & mask]++] = pairs[i];
    for (int64_t i = 0; i < n; i++)
        pairs[upper[(scratch[i].code - low) >> shift >> digit & mask]++] = scratch[i];
}

/* One counting pass by the digit at `shift`; the result is in `pairs`. */
static __attribute__((noinline, unused)) void pympr_sort_one_digit(pympr_sort_pair *pairs, pympr_sort_pair *scratch,
                                                                   int64_t n, uint64_t low, int shift)
{
    int64_t next[1 << PYMPR_SORT_DIGIT_BITS] = {0};
    for (int64_t i = 0; i < n; i++)
        next[(pairs[i].code - low) >> shift]++;
    int64_t sum = 0;
    for (int64_t bucket = 0; bucket < 1 << PYMPR_SORT_DIGIT_BITS; bucket++) {
        int64_t count = next[bucket];
        next[bucket] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < n; i++)
        scratch[next[(pairs[i].code - low) >> shift]++] = pairs[i];
    memcpy(pairs, scratch, (size_t)n * sizeof *pairs);
}

/* Sorts by code, stably; `scratch` has room for n pairs.
 *
 * Most significant digits first until a part fits the cache, then the topmost bits of a part by
 * two counting passes; what still ties on those bits is a part of its own. Every level takes
 * at least two bits off the range of codes, so the depth is bounded by the width of a code. */
static __attribute__((unused)) void pympr_sort_pairs(pympr_sort_pair *pairs, pympr_sort_pair *scratch, int64_t n)
{
    if (n <= PYMPR_SORT_FEW) {
        pympr_sort_insertion(pairs, n);
        return;
    }
    uint64_t low = pairs[0].code, high = low, last = low;
    int unsorted = 0;
    for (int64_t i = 1; i < n; i++) {
        uint64_t code = pairs[i].code;
        low = code < low ? code : low;
        high = code > high ? code : high;
        unsorted |= code < last;
        last = code;
    }
    if (!unsorted)
        return;
    int bits = pympr_sort_bits(high - low), done;
    if (n <= PYMPR_SORT_CACHED) {
        int digit = pympr_sort_bits((uint64_t)n);
        digit = digit > PYMPR_SORT_DIGIT_BITS ? PYMPR_SORT_DIGIT_BITS : digit;
        done = bits < 2 * digit ? bits : 2 * digit;
        pympr_sort_two_digits(pairs, scratch, n, low, bits - done, (done + 1) / 2);
    } else {
        done = bits < PYMPR_SORT_DIGIT_BITS ? bits : PYMPR_SORT_DIGIT_BITS;
        pympr_sort_one_digit(pairs, scratch, n, low, bits - done);
    }
    int rest = bits - done;
    if (rest == 0)
        return;
    for (int64_t begin = 0, end; begin < n; begin = end) {
        uint64_t prefix = (pairs[begin].code - low) >> rest;
        for (end = begin + 1; end < n && (pairs[end].code - low) >> rest == prefix; end++)
            ;
        if (end - begin > 1)
            pympr_sort_pairs(pairs + begin, scratch, end - begin);
    }
}

#endif
