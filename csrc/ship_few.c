/* Rows for few ranks: a word of bits a rank and 64 rows, found once and used for every column. */
#include "ship_few_inline.h"

#if PYMPR_HAS_X86

/* 64 buckets as bytes, those above 254 as 255; of less rows the rest is 255. */
PYMPR_AVX512 PYMPR_INLINE __m512i pack_buckets(const uint32_t *buckets, int64_t rows)
{
    __m128i part[4];
    for (int k = 0; k < 4; k++) {
        __m512i wide = _mm512_set1_epi32(-1);
        if (rows >= 16 * (k + 1))
            wide = _mm512_loadu_si512(buckets + 16 * k);
        else if (rows > 16 * k)
            wide = _mm512_mask_loadu_epi32(wide, (__mmask16)((1u << (rows - 16 * k)) - 1), buckets + 16 * k);
        part[k] = _mm512_cvtusepi32_epi8(wide);
    }
    __m512i bytes = _mm512_inserti32x4(_mm512_castsi128_si512(part[0]), part[1], 1);
    return _mm512_inserti32x4(_mm512_inserti32x4(bytes, part[2], 2), part[3], 3);
}

PYMPR_AVX512 PYMPR_INLINE int64_t mask_rows(uint64_t *masks, int64_t *counts, const uint32_t *buckets, int64_t rows,
                                            int64_t size)
{
    int64_t found[PYMPR_FEW_RANKS] = {0}, row = 0;
    for (; row < rows; row += PYMPR_WORD_ROWS, masks += size) {
        int64_t left = rows - row;
        __m512i bytes = pack_buckets(buckets + row, left < PYMPR_WORD_ROWS ? left : PYMPR_WORD_ROWS);
        uint64_t all = left < PYMPR_WORD_ROWS ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0, covered = 0;
        for (int64_t rank = 0; rank < size; rank++) {
            uint64_t mine = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)rank));
            masks[rank] = mine;
            found[rank] += __builtin_popcountll(mine);
            covered |= mine;
        }
        if (PYMPR_UNLIKELY(covered != all)) {
            row += __builtin_ctzll(covered ^ all);
            break;
        }
    }
    for (int64_t rank = 0; rank < size; rank++)
        counts[rank] += found[rank];
    return row < rows ? row : rows;
}

PYMPR_AVX512 int64_t pympr_ship_mask(uint64_t *masks, int64_t *counts, const uint32_t *buckets, int64_t rows,
                                     int64_t size)
{
    switch (size) {
    case 2: return mask_rows(masks, counts, buckets, rows, 2);
    case 3: return mask_rows(masks, counts, buckets, rows, 3);
    case 4: return mask_rows(masks, counts, buckets, rows, 4);
    default: return mask_rows(masks, counts, buckets, rows, size);
    }
}

PYMPR_AVX512 PYMPR_INLINE int64_t add_lengths(int64_t *counts, const uint64_t *masks,
                                              const pympr_ship_column *column, int64_t begin, int64_t rows,
                                              int64_t size)
{
    const int64_t *starts = column->starts + begin;
    const int64_t *ends = column->ends + begin;
    __m512i sums[PYMPR_FEW_RANKS], zero = _mm512_setzero_si512(), most = _mm512_set1_epi64(column->data_bytes);
    for (int64_t rank = 0; rank < size; rank++)
        sums[rank] = zero;
    int64_t row = 0;
    for (; row < rows; row += 8) {
        __mmask8 all = rows - row < 8 ? (__mmask8)((1u << (rows - row)) - 1) : 0xff;
        __m512i start = _mm512_maskz_loadu_epi64(all, starts + row), end = _mm512_maskz_loadu_epi64(all, ends + row);
        __mmask8 bad = _mm512_mask_cmplt_epi64_mask(all, start, zero);
        bad |= _mm512_mask_cmplt_epi64_mask(all, end, start) | _mm512_mask_cmplt_epi64_mask(all, most, end);
        if (PYMPR_UNLIKELY(bad)) {
            row += __builtin_ctz(bad);
            break;
        }
        __m512i lengths = _mm512_sub_epi64(end, start);
        const uint64_t *word = masks + row / PYMPR_WORD_ROWS * size;
        for (int64_t rank = 0; rank < size; rank++)
            sums[rank] = _mm512_mask_add_epi64(sums[rank], (__mmask8)(word[rank] >> (row & 56)), sums[rank], lengths);
    }
    for (int64_t rank = 0; rank < size; rank++)
        counts[rank] += _mm512_reduce_add_epi64(sums[rank]);
    return row < rows ? row : rows;
}

PYMPR_AVX512 int64_t pympr_ship_add_lengths(int64_t *counts, const uint64_t *masks,
                                            const pympr_ship_column *column, int64_t begin, int64_t rows,
                                            int64_t size)
{
    switch (size) {
    case 2: return add_lengths(counts, masks, column, begin, rows, 2);
    case 4: return add_lengths(counts, masks, column, begin, rows, 4);
    default: return add_lengths(counts, masks, column, begin, rows, size);
    }
}

#define ONE_VECTOR(bits, k)                                                                                            \
    do {                                                                                                               \
        uint64_t mine = bits == 8 ? mask : mask >> ((k) * (512 / bits)) & (((uint64_t)1 << (512 / bits % 64)) - 1);    \
        __m512i items = _mm512_loadu_si512(values + 64 * (k));                                                         \
        _mm512_storeu_si512(next, COMPRESS_##bits(mine, items));                                                       \
        next += __builtin_popcountll(mine) * (bits / 8);                                                               \
    } while (0)
#define COMPRESS_8(mine, items) _mm512_maskz_compress_epi8(mine, items)
#define COMPRESS_16(mine, items) _mm512_maskz_compress_epi16((__mmask32)(mine), items)
#define COMPRESS_32(mine, items) _mm512_maskz_compress_epi32((__mmask16)(mine), items)
#define COMPRESS_64(mine, items) _mm512_maskz_compress_epi64((__mmask8)(mine), items)

/* The items of a word's rows with a bit in `mask`; up to a vector behind them is written. */
PYMPR_AVX512 PYMPR_INLINE uint8_t *compress_word(uint8_t *next, const uint8_t *values, uint64_t mask,
                                                 int64_t item_bytes)
{
    if (item_bytes == 1)
        ONE_VECTOR(8, 0);
    for (int k = 0; k < 2 && item_bytes == 2; k++)
        ONE_VECTOR(16, k);
    for (int k = 0; k < 4 && item_bytes == 4; k++)
        ONE_VECTOR(32, k);
    for (int k = 0; k < 8 && item_bytes == 8; k++)
        ONE_VECTOR(64, k);
    return next;
}

#define WORD_BYTES(item_bytes) (PYMPR_WORD_ROWS * (item_bytes) + PYMPR_LINE_BYTES)

PYMPR_AVX512 PYMPR_INLINE void put_word(struct pympr_target *target, const uint8_t *values, uint64_t mask, int64_t item_bytes,
                                        int is_staged)
{
    if (is_staged) {
        uint8_t *after = compress_word(target->held + target->used, values, mask, item_bytes);
        target->used = after - target->held;
        if (target->used > PYMPR_STAGE_BYTES - 2 * PYMPR_LINE_BYTES - WORD_BYTES(item_bytes))
            pympr_flush_lines(target);
    } else if (PYMPR_LIKELY(target->end - target->next >= WORD_BYTES(item_bytes))) {
        target->next = compress_word(target->next, values, mask, item_bytes);
    } else { /* what lies behind the end is not this rank's */
        uint8_t word[WORD_BYTES(8)];
        int64_t bytes = compress_word(word, values, mask, item_bytes) - word;
        memcpy(target->next, word, (size_t)bytes);
        target->next += bytes;
    }
}

PYMPR_AVX512 PYMPR_INLINE void compress_rows(struct pympr_target *targets, const uint64_t *masks, const uint8_t *values,
                                             int64_t item_bytes, int64_t rows, int64_t size, int is_staged)
{
    int64_t row = 0;
    for (; row + PYMPR_WORD_ROWS <= rows; row += PYMPR_WORD_ROWS, masks += size)
        for (int64_t rank = 0; rank < size; rank++)
            put_word(&targets[rank], values + row * item_bytes, masks[rank], item_bytes, is_staged);
    if (row == rows)
        return;
    uint8_t last[PYMPR_WORD_ROWS * 8] = {0};
    memcpy(last, values + row * item_bytes, (size_t)((rows - row) * item_bytes));
    for (int64_t rank = 0; rank < size; rank++)
        put_word(&targets[rank], last, masks[rank], item_bytes, is_staged);
}

PYMPR_AVX512 PYMPR_INLINE void compress_items(struct pympr_target *targets, const uint64_t *masks, const uint8_t *values,
                                              int64_t item_bytes, int64_t rows, int64_t size, int is_staged)
{
    if (is_staged && size == 2)
        compress_rows(targets, masks, values, item_bytes, rows, 2, 1);
    else if (is_staged)
        compress_rows(targets, masks, values, item_bytes, rows, size, 1);
    else if (size == 2)
        compress_rows(targets, masks, values, item_bytes, rows, 2, 0);
    else
        compress_rows(targets, masks, values, item_bytes, rows, size, 0);
}

PYMPR_AVX512 void pympr_ship_compress(const uint64_t *next, const int64_t *counts, const uint64_t *masks,
                                      const uint8_t *values, int64_t item_bytes, int64_t rows, int64_t size,
                                      uint8_t *stage)
{
    struct pympr_target targets[PYMPR_FEW_RANKS];
    for (int64_t rank = 0; rank < size; rank++)
        targets[rank] = pympr_aim(next[rank], counts[rank] * item_bytes,
                                  stage != NULL ? stage + rank * PYMPR_STAGE_BYTES : NULL);
    switch (item_bytes) {
    case 1: compress_items(targets, masks, values, 1, rows, size, stage != NULL); break;
    case 2: compress_items(targets, masks, values, 2, rows, size, stage != NULL); break;
    case 4: compress_items(targets, masks, values, 4, rows, size, stage != NULL); break;
    case 8: compress_items(targets, masks, values, 8, rows, size, stage != NULL); break;
    }
    for (int64_t rank = 0; rank < size && stage != NULL; rank++)
        pympr_drain(&targets[rank]);
    if (stage != NULL)
        _mm_sfence();
}

#else

int64_t pympr_ship_mask(uint64_t *masks, int64_t *counts, const uint32_t *buckets, int64_t rows, int64_t size)
{
    (void)masks, (void)counts, (void)buckets, (void)size;
    return rows;
}

int64_t pympr_ship_add_lengths(int64_t *counts, const uint64_t *masks, const pympr_ship_column *column,
                               int64_t begin, int64_t rows, int64_t size)
{
    (void)counts, (void)masks, (void)column, (void)begin, (void)size;
    return rows;
}

void pympr_ship_compress(const uint64_t *next, const int64_t *counts, const uint64_t *masks, const uint8_t *values,
                         int64_t item_bytes, int64_t rows, int64_t size, uint8_t *stage)
{
    (void)next, (void)counts, (void)masks, (void)values, (void)item_bytes, (void)rows, (void)size, (void)stage;
}

#endif
