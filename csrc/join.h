/* Join tables over one key of a number type, and what all join tables know of their build rows.
 *
 * A table maps a key to its first build row. Later rows of the key point to that row: parents[row] = first + 1, 0
 * for first rows. `valid` may be NULL. Kinds are 0 int64, 1 float64, 2 bool, 3 string or bytes. */
#ifndef PYMPR_JOIN_H
#define PYMPR_JOIN_H

#include <stdint.h>

typedef struct {
    int kind;
    const void *values; /* or the bytes of strings */
    const int64_t *starts, *ends;
    const uint8_t *valid;
} pympr_join_column;

typedef struct {
    void *slots;         /* zeros to begin with: 16 bytes each, or 4 in a direct table */
    int64_t num_slots;   /* a multiple of num_regions, but in a direct table */
    int64_t num_regions; /* as many threads build */
    int is_direct;       /* slot key - low holds the row + 1 of an integer key */
    int is_float;        /* keys are float64, else integers */
    int nulls_equal;
    uint64_t low, seed;
    int64_t null_row;  /* first build row without a key, -1 when there is none */
    int64_t *parents;  /* zeros to begin with, one a build row */
    int64_t num_later; /* rows that are not their key's first */
} pympr_join_table;

/* Enters rows 0 to n. PYMPR_FULL when a region has no free slot left. */
int pympr_join_build(pympr_join_table *table, const pympr_join_column *column, int64_t n);

/* first_rows[i] = the first build row with the key of row i, -1 when there is none; those found are marked
 * in `matched` unless that is NULL. */
int pympr_join_find(int64_t *first_rows, uint8_t *matched, const pympr_join_table *table,
                    const pympr_join_column *column, int64_t n, int threads);

#endif
