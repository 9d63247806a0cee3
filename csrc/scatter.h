/* Rows written to where their bucket goes on, in the order in which they come.
 *
 * cursors[p * num + b] is the raw address where part p of the rows (parts_inline.h) writes next
 * in bucket b; it comes back advanced. The caller has counted, so that every bucket has room.
 * Destinations overlap neither each other nor an input, and need no alignment. `scratch` has
 * pympr_scatter_scratch_bytes bytes for each part. `is_streaming`: lines are written past the cache,
 * for volumes that would not stay in it. */
#ifndef PYMPR_SCATTER_H
#define PYMPR_SCATTER_H

#include <stdint.h>

int64_t pympr_scatter_scratch_bytes(int64_t num);

/* Items of 1, 2, 4, 8 or 16 bytes. PYMPR_BAD and its position in `bad` when a bucket is not below num. */
int pympr_scatter_fixed(uint64_t *cursors, int64_t *bad, const uint8_t *values, int64_t item_bytes,
                        const uint32_t *buckets, int64_t n, int64_t num, int64_t parts, uint8_t *scratch,
                        int is_streaming);

/* Items of 8 bytes to the buckets of pympr_buckets_by_range, which are not stored. */
int pympr_scatter_by_range(uint64_t *cursors, const void *values, int is_float, int64_t n, const int64_t *splitters,
                           int64_t num_splitters, int64_t parts, uint8_t *scratch, int is_streaming);

#endif
