#include "range_bytes.h"

#include <string.h>

#include "status.h"
#include "threads.h"

#define AHEAD 32 /* rows between asking for a row and reading it */

/* The first eight bytes as a number that orders like them; shorter strings are padded with zeros. */
static uint64_t prefix_of(const uint8_t *bytes, int64_t length)
{
    uint64_t word = 0;
    if (length >= 8)
        memcpy(&word, bytes, 8); /* of constant length: no call */
    else
        memcpy(&word, bytes, (size_t)length);
    return __builtin_bswap64(word);
}

static int is_less(const uint8_t *left, int64_t len_left, const uint8_t *right, int64_t len_right)
{
    int order = memcmp(left, right, (size_t)(len_left < len_right ? len_left : len_right));
    return order < 0 || (order == 0 && len_left < len_right);
}

static uint32_t count_less(const uint8_t *row, int64_t length, const uint8_t *splitters, const int64_t *edges,
                           int64_t num_splitters)
{
    uint64_t prefix = prefix_of(row, length);
    int64_t low = 0, high = num_splitters;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        const uint8_t *splitter = splitters + edges[middle];
        int64_t len_splitter = edges[middle + 1] - edges[middle];
        uint64_t other = prefix_of(splitter, len_splitter);
        int is_before = other != prefix ? other < prefix : is_less(splitter, len_splitter, row, length);
        if (is_before)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

int pympr_buckets_by_range_bytes(uint32_t *buckets, const uint8_t *data, const int64_t *starts, const int64_t *ends,
                                 int64_t len_rows, const uint8_t *splitters, const int64_t *edges,
                                 int64_t num_splitters)
{
#pragma omp parallel for num_threads(pympr_get_threads()) schedule(static) if (len_rows > 100000)
    for (int64_t row = 0; row < len_rows; row++) {
        if (row + AHEAD < len_rows)
            __builtin_prefetch(data + starts[row + AHEAD]);
        buckets[row] = count_less(data + starts[row], ends[row] - starts[row], splitters, edges, num_splitters);
    }
    return PYMPR_OK;
}
