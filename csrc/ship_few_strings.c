/* Rows of bytes for few ranks: of 64 rows first those of one rank, then those of the next. */
#include "ship_few_inline.h"

#if PYMPR_HAS_X86

#define SHORT_BYTES 32 /* rows up to here are copied as so many: what is too much is written over */
#define WORD_BYTES (PYMPR_WORD_ROWS * SHORT_BYTES + SHORT_BYTES)
#define ENDS_BYTES (PYMPR_WORD_ROWS * 8)

struct rank_target {
    struct pympr_target bytes, ends;
    uint64_t base;
};

/* Whether all rows of a word are short, and none so near the data's end that a copy would read behind it. */
PYMPR_AVX512 static int is_short(const int64_t *starts, const int64_t *ends, int64_t rows, int64_t last_start)
{
    __m512i last = _mm512_set1_epi64(last_start), most = _mm512_set1_epi64(SHORT_BYTES);
    __mmask8 bad = 0;
    for (int64_t row = 0; row < rows; row += 8) {
        __mmask8 all = rows - row < 8 ? (__mmask8)((1u << (rows - row)) - 1) : 0xff;
        __m512i start = _mm512_maskz_loadu_epi64(all, starts + row), end = _mm512_maskz_loadu_epi64(all, ends + row);
        bad |= _mm512_mask_cmpgt_epi64_mask(all, start, last);
        bad |= _mm512_mask_cmpgt_epi64_mask(all, _mm512_sub_epi64(end, start), most);
    }
    return bad == 0;
}

/* Rows go straight to their places, however long they are; `next_end` is where their ends are put. */
static void put_long(struct rank_target *target, const struct pympr_ship_strings *rows, int64_t first, uint64_t mask,
                     uint8_t *next_end)
{
    struct pympr_target *bytes = &target->bytes;
    if (bytes->held != NULL)
        pympr_drain(bytes);
    for (; mask != 0; mask &= mask - 1) {
        int64_t row = first + __builtin_ctzll(mask), start = rows->column->starts[row];
        int64_t length = rows->column->ends[row] - start;
        memcpy(bytes->next, rows->column->data + start, (size_t)length);
        bytes->next += length;
        uint64_t value = (uint64_t)length;
        if (rows->bases != NULL)
            value = (uint64_t)(uintptr_t)bytes->next - target->base;
        memcpy(next_end, &value, sizeof value);
        next_end += sizeof value;
    }
    if (bytes->held != NULL)
        bytes->used = (int64_t)((uintptr_t)bytes->next % PYMPR_LINE_BYTES);
}

PYMPR_AVX512 PYMPR_INLINE void put_short(struct rank_target *target, const struct pympr_ship_strings *rows,
                                         int64_t first, uint64_t mask, uint8_t *next_end, int has_bases)
{
    const int64_t *starts = rows->column->starts + first, *ends = rows->column->ends + first;
    const uint8_t *data = rows->column->data;
    struct pympr_target *bytes = &target->bytes;
    uint8_t *next = bytes->next;
    uint64_t shift = 0 - target->base; /* from where a byte is put to its distance from the base */
    if (bytes->held != NULL) {
        uintptr_t line = (uintptr_t)bytes->next - (uintptr_t)bytes->next % PYMPR_LINE_BYTES;
        next = bytes->held + bytes->used;
        shift += (uint64_t)line - (uint64_t)(uintptr_t)bytes->held;
    }
    for (; mask != 0; mask &= mask - 1) {
        int row = __builtin_ctzll(mask);
        int64_t start = starts[row], length = ends[row] - start;
        _mm256_storeu_si256((__m256i *)(void *)next, _mm256_loadu_si256((const __m256i *)(const void *)(data + start)));
        next += length;
        uint64_t value = has_bases ? (uint64_t)(uintptr_t)next + shift : (uint64_t)length;
        memcpy(next_end, &value, sizeof value);
        next_end += sizeof value;
    }
    if (bytes->held == NULL) {
        bytes->next = next;
        return;
    }
    bytes->used = next - bytes->held;
    if (bytes->used > PYMPR_STAGE_BYTES - 2 * PYMPR_LINE_BYTES - WORD_BYTES)
        pympr_flush_lines(bytes);
}

PYMPR_AVX512 PYMPR_INLINE void put_word(struct rank_target *target, const struct pympr_ship_strings *rows,
                                        int64_t first, uint64_t mask, int all_short)
{
    struct pympr_target *ends = &target->ends;
    uint8_t *next_end = ends->held != NULL ? ends->held + ends->used : ends->next;
    int64_t end_bytes = 8 * __builtin_popcountll(mask);
    int has_room = target->bytes.held != NULL || target->bytes.end - target->bytes.next >= WORD_BYTES;
    if (PYMPR_UNLIKELY(!all_short || !has_room))
        put_long(target, rows, first, mask, next_end);
    else if (rows->bases != NULL)
        put_short(target, rows, first, mask, next_end, 1);
    else
        put_short(target, rows, first, mask, next_end, 0);
    if (ends->held == NULL) {
        ends->next += end_bytes;
        return;
    }
    ends->used += end_bytes;
    if (ends->used > PYMPR_STAGE_BYTES - 2 * PYMPR_LINE_BYTES - ENDS_BYTES)
        pympr_flush_lines(ends);
}

PYMPR_AVX512 void pympr_ship_few_strings(const struct pympr_ship_strings *rows, const uint64_t *masks, int64_t begin,
                                         int64_t end, uint8_t *stage)
{
    struct rank_target targets[PYMPR_FEW_RANKS];
    int64_t last_start = rows->column->data_bytes - SHORT_BYTES;
    for (int64_t rank = 0; rank < rows->size; rank++) {
        uint8_t *own = stage != NULL ? stage + 2 * rank * PYMPR_STAGE_BYTES : NULL;
        targets[rank].bytes = pympr_aim(rows->cursors[rank], rows->bytes[rank], own);
        targets[rank].ends = pympr_aim(rows->ends[rank], 0, own != NULL ? own + PYMPR_STAGE_BYTES : NULL);
        targets[rank].base = rows->bases != NULL ? rows->bases[rank] : 0;
    }
    for (int64_t row = begin; row < end; row += PYMPR_WORD_ROWS, masks += rows->size) {
        int64_t left = end - row < PYMPR_WORD_ROWS ? end - row : PYMPR_WORD_ROWS;
        int all_short = is_short(rows->column->starts + row, rows->column->ends + row, left, last_start);
        for (int64_t rank = 0; rank < rows->size; rank++)
            put_word(&targets[rank], rows, row, masks[rank], all_short);
    }
    for (int64_t rank = 0; rank < rows->size && stage != NULL; rank++) {
        pympr_drain(&targets[rank].bytes);
        pympr_drain(&targets[rank].ends);
    }
    if (stage != NULL)
        _mm_sfence();
}

#else

void pympr_ship_few_strings(const struct pympr_ship_strings *rows, const uint64_t *masks, int64_t begin, int64_t end,
                            uint8_t *stage)
{
    (void)rows, (void)masks, (void)begin, (void)end, (void)stage;
}

#endif
