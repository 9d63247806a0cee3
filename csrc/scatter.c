#include "scatter.h"

#include "partition_inline.h"
#include "parts_inline.h"
#include "stage_inline.h"
#include "status.h"

#define COMPRESS_BUCKETS 8       /* up to here a pass of compressing stores per bucket beats writing items */
#define COMPRESS_CAPACITY 9216   /* holds a block of 8-byte items; no multiple of a page, to use all of the cache */
#define STAGES_BYTES (64 << 10)  /* of all stages of a part: they should stay near the first cache */
#define MOST_CAPACITY 4096

static int64_t stage_capacity(int64_t num)
{
    if (num <= COMPRESS_BUCKETS)
        return COMPRESS_CAPACITY;
    int64_t capacity = MOST_CAPACITY;
    while (capacity > PYMPR_LINE_BYTES && capacity * num > STAGES_BYTES)
        capacity /= 2;
    return capacity;
}

int64_t pympr_scatter_scratch_bytes(int64_t num)
{
    return pympr_stages_bytes(num, stage_capacity(num));
}

static int64_t block_rows(int64_t begin, int64_t end)
{
    return end - begin < PYMPR_BLOCK_ROWS ? end - begin : PYMPR_BLOCK_ROWS;
}

PYMPR_INLINE void put_items(struct pympr_stages *stages, const uint8_t *values, const uint32_t *buckets, int64_t rows,
                            int64_t item_bytes)
{
    for (int64_t i = 0; i < rows; i++)
        pympr_stage_put(stages, buckets[i], values + i * item_bytes, item_bytes);
}

#if PYMPR_HAS_X86
/* Which of `lanes` rows are of one bucket, as bits. */
PYMPR_AVX512 PYMPR_INLINE uint64_t rows_in_bucket(const uint32_t *buckets, int lanes, __m512i bucket)
{
    uint64_t mine = 0;
    if (lanes == 8)
        return _mm256_cmpeq_epi32_mask(_mm256_loadu_si256((const void *)buckets), _mm512_castsi512_si256(bucket));
    for (int i = 0; i < lanes; i += 16)
        mine |= (uint64_t)_mm512_cmpeq_epi32_mask(_mm512_loadu_si512(buckets + i), bucket) << i;
    return mine;
}

/* The rows of one bucket; `next` has room for the block and a vector more. */
#define COMPRESS_ROWS(bits, lanes)                                                                                     \
    PYMPR_AVX512 static uint8_t *compress_rows_##bits(uint8_t *next, const uint8_t *values, const uint32_t *buckets,   \
                                                      int64_t rows, uint32_t wanted)                                   \
    {                                                                                                                  \
        __m512i bucket = _mm512_set1_epi32((int32_t)wanted);                                                           \
        int64_t i = 0;                                                                                                 \
        for (; i + lanes <= rows; i += lanes) {                                                                        \
            uint64_t mine = rows_in_bucket(buckets + i, lanes, bucket);                                                \
            __m512i items = _mm512_loadu_si512(values + i * (bits / 8));                                               \
            _mm512_storeu_si512(next, _mm512_maskz_compress_epi##bits((__mmask##lanes)mine, items));                   \
            next += __builtin_popcountll(mine) * (bits / 8);                                                           \
        }                                                                                                              \
        for (; i < rows; i++) {                                                                                        \
            memcpy(next, values + i * (bits / 8), bits / 8);                                                           \
            next += buckets[i] == wanted ? bits / 8 : 0;                                                               \
        }                                                                                                              \
        return next;                                                                                                   \
    }
COMPRESS_ROWS(8, 64)
COMPRESS_ROWS(16, 32)
COMPRESS_ROWS(32, 16)
COMPRESS_ROWS(64, 8)

static int compress_block(struct pympr_stages *stages, const uint8_t *values, int64_t item_bytes,
                          const uint32_t *buckets, int64_t rows)
{
    if (stages->num > COMPRESS_BUCKETS || item_bytes > 8 || pympr_get_simd_level() < 2)
        return 0;
    for (uint32_t bucket = 0; bucket < stages->num; bucket++) {
        struct pympr_stage *stage = &stages->items[bucket];
        if (item_bytes == 8)
            stage->next = compress_rows_64(stage->next, values, buckets, rows, bucket);
        else if (item_bytes == 4)
            stage->next = compress_rows_32(stage->next, values, buckets, rows, bucket);
        else if (item_bytes == 2)
            stage->next = compress_rows_16(stage->next, values, buckets, rows, bucket);
        else
            stage->next = compress_rows_8(stage->next, values, buckets, rows, bucket);
        pympr_stage_flush(stages, stage);
    }
    return 1;
}
#endif

static void put_block(struct pympr_stages *stages, const uint8_t *values, int64_t item_bytes, const uint32_t *buckets,
                      int64_t rows)
{
#if PYMPR_HAS_X86
    if (compress_block(stages, values, item_bytes, buckets, rows))
        return;
#endif
    switch (item_bytes) {
    case 1: put_items(stages, values, buckets, rows, 1); break;
    case 2: put_items(stages, values, buckets, rows, 2); break;
    case 4: put_items(stages, values, buckets, rows, 4); break;
    case 8: put_items(stages, values, buckets, rows, 8); break;
    case 16: put_items(stages, values, buckets, rows, 16); break;
    }
}

/* Returns the position of the first bad bucket, or `end`. */
static int64_t scatter_part(struct pympr_stages *stages, const uint8_t *values, int64_t item_bytes,
                            const uint32_t *buckets, int64_t begin, int64_t end)
{
    for (; begin < end; begin += PYMPR_BLOCK_ROWS) {
        int64_t rows = block_rows(begin, end);
        int64_t good = pympr_first_bad_bucket(buckets + begin, rows, stages->num);
        if (good < rows)
            return begin + good;
        put_block(stages, values + begin * item_bytes, item_bytes, buckets + begin, rows);
    }
    return end;
}

int pympr_scatter_fixed(uint64_t *cursors, int64_t *bad, const uint8_t *values, int64_t item_bytes,
                        const uint32_t *buckets, int64_t n, int64_t num, int64_t parts, uint8_t *scratch,
                        int is_streaming)
{
    int64_t first_bad = n;
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1) reduction(min : first_bad)
    for (int64_t part = 0; part < parts; part++) {
        struct pympr_stages stages = pympr_stages_open(scratch + part * pympr_scatter_scratch_bytes(num),
                                                       cursors + part * num, num, stage_capacity(num), is_streaming);
        int64_t end = pympr_part_begin(n, part + 1, parts);
        int64_t stopped = scatter_part(&stages, values, item_bytes, buckets, pympr_part_begin(n, part, parts), end);
        pympr_stages_close(&stages, cursors + part * num);
        if (stopped < end && stopped < first_bad)
            first_bad = stopped;
    }
    *bad = first_bad;
    return first_bad < n ? PYMPR_BAD : PYMPR_OK;
}

int pympr_scatter_by_range(uint64_t *cursors, const void *values, int is_float, int64_t n, const int64_t *splitters,
                           int64_t num_splitters, int64_t parts, uint8_t *scratch, int is_streaming)
{
    struct pympr_ranges ranges = {values, is_float, splitters, num_splitters};
    int64_t num = num_splitters + 1;
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        uint32_t buckets[PYMPR_BLOCK_ROWS];
        struct pympr_stages stages = pympr_stages_open(scratch + part * pympr_scatter_scratch_bytes(num),
                                                       cursors + part * num, num, stage_capacity(num), is_streaming);
        int64_t end = pympr_part_begin(n, part + 1, parts);
        for (int64_t begin = pympr_part_begin(n, part, parts); begin < end; begin += PYMPR_BLOCK_ROWS) {
            pympr_range_block(buckets, &ranges, begin, block_rows(begin, end));
            put_block(&stages, (const uint8_t *)values + begin * 8, 8, buckets, block_rows(begin, end));
        }
        pympr_stages_close(&stages, cursors + part * num);
    }
    return PYMPR_OK;
}
