/* Rows of bytes for any number of ranks. */
#include "ship_inline.h"
#include "stage_inline.h"

#define SHORT_BYTES 32 /* rows up to here are copied as so many: what is too much is written over */
#define STAGES_BYTES (64 << 10)

/* Where the rows of a rank go on, without a stage. */
struct place {
    uint8_t *next;
    uint8_t *last; /* up to here a short row may write too much */
    uint64_t base;
    uint8_t *next_end;
};

static int64_t stage_capacity(int64_t size)
{
    int64_t capacity = PYMPR_STAGE_BYTES;
    while (capacity > PYMPR_LINE_BYTES && capacity * size > STAGES_BYTES)
        capacity /= 2;
    return capacity;
}

int64_t pympr_ship_strings_bytes(int64_t size)
{
    return 2 * (pympr_stages_bytes(size, stage_capacity(size)) + PYMPR_LINE_BYTES) + size * (int64_t)sizeof(struct place);
}

/* A row that does not fit the stage goes straight to where the stage has come to. */
static void put_long(struct pympr_stages *stages, struct pympr_stage *stage, const uint8_t *row, int64_t length)
{
    if (stage->limit - stage->next < length)
        pympr_stage_flush(stages, stage);
    if (stage->limit - stage->next >= length) {
        memcpy(stage->next, row, (size_t)length);
        stage->next += length;
        return;
    }
    uint64_t address = pympr_stage_drain(stages, stage);
    memcpy(PYMPR_AT(uint8_t, address), row, (size_t)length);
    pympr_stage_aim(stage, stage->limit - stages->capacity, address + (uint64_t)length);
}

PYMPR_INLINE void put_staged(const struct pympr_ship_strings *rows, int64_t begin, int64_t end, uint8_t *scratch,
                             int has_bases)
{
    const uint8_t *data = rows->column->data;
    const int64_t *starts = rows->column->starts;
    const int64_t *ends = rows->column->ends;
    int64_t capacity = stage_capacity(rows->size), last_start = rows->column->data_bytes - SHORT_BYTES;
    uint8_t *second = scratch + (pympr_stages_bytes(rows->size, capacity) + 63) / 64 * 64;
    struct pympr_stages stages = pympr_stages_open(scratch, rows->cursors, rows->size, capacity, 1);
    struct pympr_stages places = pympr_stages_open(second, rows->ends, rows->size, capacity, 1);
    for (int64_t i = begin; i < end; i++) {
        uint32_t rank = rows->buckets[i];
        struct pympr_stage *stage = &stages.items[rank];
        int64_t start = starts[i], length = ends[i] - start;
        if (PYMPR_LIKELY(length <= SHORT_BYTES && start <= last_start)) {
            memcpy(stage->next, data + start, SHORT_BYTES);
            stage->next += length;
            if (PYMPR_UNLIKELY(stage->next >= stage->limit))
                pympr_stage_flush(&stages, stage);
        } else {
            put_long(&stages, stage, data + start, length);
        }
        uint64_t value = (uint64_t)length;
        if (has_bases)
            value = stage->address + (uint64_t)(stage->next - (stage->limit - capacity)) - rows->bases[rank];
        pympr_stage_put(&places, rank, (const uint8_t *)&value, sizeof value);
    }
    for (int64_t rank = 0; rank < rows->size; rank++) {
        pympr_stage_drain(&stages, &stages.items[rank]);
        pympr_stage_drain(&places, &places.items[rank]);
    }
#if PYMPR_HAS_X86
    _mm_sfence();
#endif
}

PYMPR_INLINE void put_straight(const struct pympr_ship_strings *rows, int64_t begin, int64_t end, uint8_t *scratch,
                               int has_bases)
{
    const uint8_t *data = rows->column->data;
    const int64_t *starts = rows->column->starts;
    const int64_t *ends = rows->column->ends;
    int64_t last_start = rows->column->data_bytes - SHORT_BYTES;
    struct place *places = (struct place *)(void *)scratch;
    for (int64_t rank = 0; rank < rows->size; rank++) {
        uint64_t cursor = rows->cursors[rank], after = cursor + (uint64_t)rows->bytes[rank];
        uint64_t last = after - SHORT_BYTES < after ? after - SHORT_BYTES : 0;
        places[rank] = (struct place){PYMPR_AT(uint8_t, cursor), PYMPR_AT(uint8_t, last),
                                      has_bases ? rows->bases[rank] : 0, PYMPR_AT(uint8_t, rows->ends[rank])};
    }
    for (int64_t i = begin; i < end; i++) {
        struct place *place = &places[rows->buckets[i]];
        int64_t start = starts[i], length = ends[i] - start;
        uint8_t *next = place->next;
        if (PYMPR_LIKELY(length <= SHORT_BYTES && start <= last_start && next <= place->last))
            memcpy(next, data + start, SHORT_BYTES);
        else
            memcpy(next, data + start, (size_t)length);
        place->next = next + length;
        uint64_t value = has_bases ? (uint64_t)(uintptr_t)place->next - place->base : (uint64_t)length;
        memcpy(place->next_end, &value, sizeof value);
        place->next_end += sizeof value;
    }
}

void pympr_ship_put_strings(const struct pympr_ship_strings *rows, int64_t begin, int64_t end, uint8_t *scratch,
                            int is_streaming)
{
    if (is_streaming && rows->bases != NULL)
        put_staged(rows, begin, end, scratch, 1);
    else if (is_streaming)
        put_staged(rows, begin, end, scratch, 0);
    else if (rows->bases != NULL)
        put_straight(rows, begin, end, scratch, 1);
    else
        put_straight(rows, begin, end, scratch, 0);
}
