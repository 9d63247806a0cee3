/* What the scatter kernels share with the bucket kernels: both work in blocks of rows. */
#ifndef PYMPR_PARTITION_INLINE_H
#define PYMPR_PARTITION_INLINE_H

#include <stdint.h>

#define PYMPR_BLOCK_ROWS 1024 /* a block's values, keys and buckets fit the first cache together */

struct pympr_ranges {
    const void *values;
    int is_float;
    const int64_t *splitters;
    int64_t num_splitters;
};

/* Buckets of rows [begin, begin + rows), at most a block. */
void pympr_range_block(uint32_t *out, const struct pympr_ranges *ranges, int64_t begin, int64_t rows);

/* Position of the first bucket that is not below num, or `rows`; rows is at most a block. */
int64_t pympr_first_bad_bucket(const uint32_t *buckets, int64_t rows, int64_t num);

#endif
