#include "partition.h"

#include "partition_inline.h"
#include "parts_inline.h"
#include "status.h"
#include "threads.h"
#include "variants_inline.h"

#define PARALLEL_ROWS (1 << 17) /* below this, waking the other threads costs more than they save */
#define FEW_SPLITTERS 16        /* up to here comparing with each beats a binary search */
#define FEW_BUCKETS 8           /* up to here comparing with each beats a histogram */
#define LOCAL_BUCKETS 256       /* up to here four histograms at once fit the first cache with ease */

static int64_t block_rows(int64_t begin, int64_t end)
{
    return end - begin < PYMPR_BLOCK_ROWS ? end - begin : PYMPR_BLOCK_ROWS;
}

PYMPR_INLINE void table_rows_body(uint32_t *out, const uint64_t *hashes, int64_t rows, const uint32_t *table, int bits)
{
    for (int64_t i = 0; i < rows; i++)
        out[i] = table[(hashes[i] >> 1) >> (63 - bits)]; /* two shifts: 64 - 0 is not a shift */
}

PYMPR_VARIANTS(table_rows, (uint32_t * out, const uint64_t *hashes, int64_t rows, const uint32_t *table, int bits),
               (out, hashes, rows, table, bits))

int pympr_buckets_from_table(uint32_t *out, const uint64_t *hashes, int64_t n, const uint32_t *table, int bits)
{
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t begin = 0; begin < n; begin += PYMPR_BLOCK_ROWS)
        table_rows(out + begin, hashes + begin, block_rows(begin, n), table, bits);
    return PYMPR_OK;
}

/* The bits of a double order as integers once those of negative numbers are flipped. */
PYMPR_INLINE void keys_rows_body(int64_t *out, const double *values, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++) {
        double value = values[i] + 0.0; /* makes 0.0 of -0.0 */
        uint64_t bits;
        memcpy(&bits, &value, 8);
        bits ^= (0 - (bits >> 63)) >> 1;
        out[i] = value != value ? INT64_MAX : (int64_t)bits;
    }
}

PYMPR_VARIANTS(keys_rows, (int64_t * out, const double *values, int64_t rows), (out, values, rows))

int pympr_range_keys(int64_t *out, const double *values, int64_t n)
{
    keys_rows(out, values, n);
    return PYMPR_OK;
}

typedef int64_t eight_keys __attribute__((vector_size(64)));
typedef uint32_t eight_buckets __attribute__((vector_size(32)));

/* 32 rows at a time, so that their counts stay in registers; a comparison that holds is -1. */
PYMPR_INLINE void compare_rows_body(uint32_t *out, const int64_t *keys, int64_t rows, const int64_t *splitters,
                                    int64_t num_splitters)
{
    int64_t i = 0;
    for (; i + 32 <= rows; i += 32) {
        eight_keys key[4], count[4] = {{0}, {0}, {0}, {0}};
        memcpy(key, keys + i, sizeof key);
        for (int64_t j = 0; j < num_splitters; j++)
            for (int k = 0; k < 4; k++)
                count[k] -= key[k] >= splitters[j];
        for (int k = 0; k < 4; k++) {
            eight_buckets bucket = __builtin_convertvector(count[k], eight_buckets);
            memcpy(out + i + 8 * k, &bucket, sizeof bucket);
        }
    }
    for (; i < rows; i++) {
        out[i] = 0;
        for (int64_t j = 0; j < num_splitters; j++)
            out[i] += keys[i] >= splitters[j];
    }
}

/* A binary search whose steps are the same for all rows, so that rows advance together. */
PYMPR_INLINE void search_rows_body(uint32_t *out, const int64_t *keys, int64_t rows, const int64_t *splitters,
                                   int64_t num_splitters)
{
    memset(out, 0, (size_t)rows * sizeof *out);
    int64_t left = num_splitters;
    for (; left > 1; left -= left / 2) {
        uint32_t half = (uint32_t)(left / 2);
        const int64_t *middle = splitters + half - 1;
        for (int64_t i = 0; i < rows; i++)
            out[i] += keys[i] >= middle[out[i]] ? half : 0;
    }
    for (int64_t i = 0; i < rows; i++)
        out[i] += keys[i] >= splitters[out[i]];
}

#define RANGE_SIGNATURE                                                                                                \
    (uint32_t * out, const int64_t *keys, int64_t rows, const int64_t *splitters, int64_t num_splitters)
#define RANGE_ARGUMENTS (out, keys, rows, splitters, num_splitters)
PYMPR_VARIANTS(compare_rows, RANGE_SIGNATURE, RANGE_ARGUMENTS)
PYMPR_VARIANTS(search_rows, RANGE_SIGNATURE, RANGE_ARGUMENTS)

void pympr_range_block(uint32_t *out, const struct pympr_ranges *ranges, int64_t begin, int64_t rows)
{
    int64_t of_floats[PYMPR_BLOCK_ROWS];
    const int64_t *keys = of_floats;
    if (ranges->is_float)
        keys_rows(of_floats, (const double *)ranges->values + begin, rows);
    else
        keys = (const int64_t *)ranges->values + begin;
    if (ranges->num_splitters == 0)
        memset(out, 0, (size_t)rows * sizeof *out);
    else if (ranges->num_splitters <= FEW_SPLITTERS)
        compare_rows(out, keys, rows, ranges->splitters, ranges->num_splitters);
    else
        search_rows(out, keys, rows, ranges->splitters, ranges->num_splitters);
}

int pympr_buckets_by_range(uint32_t *out, const void *values, int is_float, int64_t n, const int64_t *splitters,
                           int64_t num_splitters)
{
    struct pympr_ranges ranges = {values, is_float, splitters, num_splitters};
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t begin = 0; begin < n; begin += PYMPR_BLOCK_ROWS)
        pympr_range_block(out + begin, &ranges, begin, block_rows(begin, n));
    return PYMPR_OK;
}

PYMPR_INLINE void largest_row_body(uint32_t *largest, const uint32_t *buckets, int64_t rows)
{
    uint32_t most = 0;
    for (int64_t i = 0; i < rows; i++)
        most = buckets[i] > most ? buckets[i] : most;
    *largest = most;
}

PYMPR_VARIANTS(largest_row, (uint32_t * largest, const uint32_t *buckets, int64_t rows), (largest, buckets, rows))

int64_t pympr_first_bad_bucket(const uint32_t *buckets, int64_t rows, int64_t num)
{
    uint32_t largest;
    largest_row(&largest, buckets, rows);
    if (rows == 0 || largest < num)
        return rows;
    int64_t i = 0;
    while (buckets[i] < num)
        i++;
    return i;
}

PYMPR_INLINE void count_few_body(int64_t *counts, const uint32_t *buckets, int64_t rows, int64_t num)
{
    for (uint32_t bucket = 0; bucket < num; bucket++) {
        uint32_t count = 0;
        for (int64_t i = 0; i < rows; i++)
            count += buckets[i] == bucket;
        counts[bucket] += count;
    }
}

PYMPR_VARIANTS(count_few, (int64_t * counts, const uint32_t *buckets, int64_t rows, int64_t num),
               (counts, buckets, rows, num))

/* Four histograms in turn, since a count that was just written cannot be read for a while. */
static void count_some(int64_t *counts, const uint32_t *buckets, int64_t rows, int64_t num)
{
    uint16_t local[4][LOCAL_BUCKETS];
    for (int k = 0; k < 4; k++)
        memset(local[k], 0, (size_t)num * sizeof local[k][0]);
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4)
        for (int k = 0; k < 4; k++)
            local[k][buckets[i + k]]++;
    for (; i < rows; i++)
        local[0][buckets[i]]++;
    for (int64_t bucket = 0; bucket < num; bucket++)
        counts[bucket] += local[0][bucket] + local[1][bucket] + local[2][bucket] + local[3][bucket];
}

/* `counts` grows by a block's rows; every bucket is below num. */
static void count_block(int64_t *counts, const uint32_t *buckets, int64_t rows, int64_t num)
{
    if (num <= FEW_BUCKETS) {
        count_few(counts, buckets, rows, num);
    } else if (num <= LOCAL_BUCKETS) {
        count_some(counts, buckets, rows, num);
    } else {
        for (int64_t i = 0; i < rows; i++)
            counts[buckets[i]]++;
    }
}

int pympr_histogram_by_range(int64_t *counts, const void *values, int is_float, int64_t n, const int64_t *splitters,
                             int64_t num_splitters, int64_t parts)
{
    struct pympr_ranges ranges = {values, is_float, splitters, num_splitters};
    int64_t num = num_splitters + 1;
    memset(counts, 0, (size_t)(parts * num) * sizeof *counts);
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        uint32_t buckets[PYMPR_BLOCK_ROWS];
        int64_t end = pympr_part_begin(n, part + 1, parts);
        for (int64_t begin = pympr_part_begin(n, part, parts); begin < end; begin += PYMPR_BLOCK_ROWS) {
            pympr_range_block(buckets, &ranges, begin, block_rows(begin, end));
            count_block(counts + part * num, buckets, block_rows(begin, end), num);
        }
    }
    return PYMPR_OK;
}

int pympr_histogram(int64_t *counts, int64_t *bad, const uint32_t *buckets, int64_t n, int64_t num, int64_t parts)
{
    int64_t first_bad = n;
    memset(counts, 0, (size_t)(parts * num) * sizeof *counts);
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1) reduction(min : first_bad)
    for (int64_t part = 0; part < parts; part++) {
        int64_t end = pympr_part_begin(n, part + 1, parts);
        for (int64_t begin = pympr_part_begin(n, part, parts); begin < end; begin += PYMPR_BLOCK_ROWS) {
            int64_t rows = block_rows(begin, end);
            int64_t good = pympr_first_bad_bucket(buckets + begin, rows, num);
            count_block(counts + part * num, buckets + begin, good, num);
            if (good < rows && begin + good < first_bad)
                first_bad = begin + good;
            if (good < rows)
                break;
        }
    }
    *bad = first_bad;
    return first_bad < n ? PYMPR_BAD : PYMPR_OK;
}
