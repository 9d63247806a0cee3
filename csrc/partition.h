/* Which bucket a row belongs to, and how much each bucket gets.
 *
 * Counts come per part: counts[p * num + b] is what part p of the rows (parts_inline.h)
 * puts into bucket b. Parts are worked on by as many threads. n >= 0, parts >= 1. */
#ifndef PYMPR_PARTITION_H
#define PYMPR_PARTITION_H

#include <stdint.h>

/* out[i] = table[the top `bits` bits of hashes[i]]; the table has 2^bits items, 0 <= bits <= 32. */
int pympr_buckets_from_table(uint32_t *out, const uint64_t *hashes, int64_t n, const uint32_t *table, int bits);

/* Integers that order as the doubles do, with -0.0 equal to 0.0 and NaN equal to NaN and last. */
int pympr_range_keys(int64_t *out, const double *values, int64_t n);

/* out[i] = number of splitters <= values[i]. `values` are int64, or double when `is_float`; then
 * the splitters are their range keys. Splitters ascend; there may be none. */
int pympr_buckets_by_range(uint32_t *out, const void *values, int is_float, int64_t n, const int64_t *splitters,
                           int64_t num_splitters);

/* The rows in each of the num_splitters + 1 buckets of pympr_buckets_by_range. */
int pympr_histogram_by_range(int64_t *counts, const void *values, int is_float, int64_t n, const int64_t *splitters,
                             int64_t num_splitters, int64_t parts);

/* The rows in each bucket; PYMPR_BAD and the first position in `bad` when a bucket is not below num. */
int pympr_histogram(int64_t *counts, int64_t *bad, const uint32_t *buckets, int64_t n, int64_t num, int64_t parts);

#endif
