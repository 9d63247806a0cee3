/* Sort permutations of fixed-width keys; sort_inline.h has the codes that give the order.
 *
 * A permutation is made of three steps: pack (code, row) into one non-negative int64 each, sort those
 * as plain integers, take the rows out. `kind` is 0 int64, 1 float64, 2 bool. `valid` may be NULL. n >= 0. */
#ifndef PYMPR_SORT_H
#define PYMPR_SORT_H

#include <stdint.h>

/* Keys count as (code - low) >> shift, or (high - code) >> shift. */
typedef struct {
    uint64_t low, high;
    int descending, shift;
} pympr_sort_order;

/* Smallest and largest code of the present rows, the bits in which any two differ, and how many are present. */
int pympr_sort_window(uint64_t *low, uint64_t *high, uint64_t *varying, int64_t *present, const void *values,
                      const uint8_t *valid, int64_t n, int kind);

/* packed[j] = key << index_bits | row for the present rows, in order; the rows of nulls go to `nulls`.
 * PYMPR_BAD when that needs more than 63 bits. */
int pympr_sort_pack(int64_t *packed, int64_t *nulls, const void *values, const uint8_t *valid, int64_t n, int kind,
                    const pympr_sort_order *order, int index_bits);

/* Orders sorted packed rows that tie above index_bits by their whole code. `scratch` is threads *
 * scratch_rows * 2 pairs of 16 bytes. PYMPR_FULL when a tie of *needed rows found no room: call again. */
int pympr_sort_ties(int64_t *packed, int64_t *needed, const void *values, int64_t n, int kind, int descending,
                    int index_bits, void *scratch, int64_t scratch_rows, int threads);

/* What is left of packed rows is the row. */
int pympr_sort_unpack(int64_t *packed, int64_t n, int index_bits);

/* The whole permutation by one counting pass, for keys below `buckets`, none null. `counts` has room for
 * threads * buckets items. PYMPR_BAD when a key may be too large. */
int pympr_sort_count(int64_t *rows, const void *values, int64_t n, int kind, const pympr_sort_order *order,
                     int64_t *counts, int64_t buckets, int threads);

/* *row is the first row smaller than the one before (larger when `descending`), n when there is none. */
int pympr_sort_first_unsorted(int64_t *row, const void *values, int64_t n, int kind, int descending);

#endif
