/* Sort permutation of byte strings: row i is data[starts[i]:ends[i]].
 *
 * Three calls: codes of the rows, a first distribution by their topmost bits, then every bucket on its own. */
#ifndef PYMPR_SORT_BYTES_H
#define PYMPR_SORT_BYTES_H

#include <stdint.h>

typedef struct pympr_sort_strings {
    const uint8_t *data;
    int64_t data_bytes;
    const int64_t *starts, *ends;
    const uint8_t *valid; /* may be NULL */
    int64_t n;
    int descending;
} pympr_sort_strings;

/* codes[i] stands for the bytes of row i behind the *depth bytes that all present rows share. *low and *high
 * are the smallest and largest code of present rows. PYMPR_BAD: present row *bad leaves data[0:data_bytes]. */
int pympr_sort_bytes_codes(uint64_t *codes, int64_t *depth, uint64_t *low, uint64_t *high, int64_t *bad,
                           const pympr_sort_strings *strings);

/* Codes and rows as pairs of 16 bytes, stably by bucket: (code - low) >> shift, or `buckets` for nulls. Bucket b is
 * pairs[bounds[b]:bounds[b + 1]]. `counts` has room for threads * (buckets + 1) items, `bounds` for buckets + 2.
 * PYMPR_BAD when (high - low) >> shift is no bucket. */
int pympr_sort_bytes_scatter(void *pairs, int64_t *bounds, int64_t *counts, const uint64_t *codes,
                             const pympr_sort_strings *strings, uint64_t low, uint64_t high, int shift,
                             int64_t buckets, int threads);

/* Sorts every bucket but the nulls' and writes the rows in order, which may take the place of the codes. `depth` is
 * the first call's. `scratch` is threads * scratch_rows pairs, scratch_rows the size of the largest bucket. */
int pympr_sort_bytes_finish(int64_t *rows, void *pairs, const int64_t *bounds, int64_t buckets,
                            const pympr_sort_strings *strings, int64_t depth, int nulls_last, void *scratch,
                            int64_t scratch_rows, int threads);

/* *row is the first row smaller than the one before (larger when descending), n when there is none. All are
 * present. PYMPR_BAD as above, for the rows up to *row. */
int pympr_sort_bytes_first_unsorted(int64_t *row, const pympr_sort_strings *strings);

#endif
