/* A stage gathers the bytes of one destination and writes them in whole cache lines.
 *
 * Many destinations written item by item cost a cache and a TLB miss each, and a read of every
 * line before it is written; a stage stays in the cache and its lines go past it. After
 * "software write-combining" in Balkesen et al., Main-Memory Hash Joins on Multi-Core CPUs,
 * ICDE 2013. The first and the last line may be shared with another thread or rank: of those
 * only the bytes that belong to the stage are written. */
#ifndef PYMPR_STAGE_INLINE_H
#define PYMPR_STAGE_INLINE_H

#include <stdint.h>
#include <string.h>

#include "variants_inline.h"

#define PYMPR_LINE_BYTES 64
#define PYMPR_SLACK_BYTES 128 /* what may lie behind the limit: a line kept and a vector stored */

struct pympr_stage {
    uint8_t *next;    /* where the next byte goes; at the line offset of its destination */
    uint8_t *limit;   /* base + capacity */
    uint64_t address; /* destination of the base, at a line's begin */
    uint64_t head;    /* bytes before the first of this stage */
};

struct pympr_stages {
    struct pympr_stage *items;
    int64_t num;
    int64_t capacity; /* whole lines */
    int is_streaming; /* lines go past the cache */
};

PYMPR_INLINE int64_t pympr_stages_bytes(int64_t num, int64_t capacity)
{
    return num * ((int64_t)sizeof(struct pympr_stage) + capacity + PYMPR_SLACK_BYTES) + PYMPR_LINE_BYTES;
}

PYMPR_INLINE void pympr_stage_aim(struct pympr_stage *stage, uint8_t *base, uint64_t cursor)
{
    stage->head = cursor % PYMPR_LINE_BYTES;
    stage->address = cursor - stage->head;
    stage->next = base + stage->head;
}

/* `scratch` has pympr_stages_bytes(num, capacity) bytes. */
PYMPR_INLINE struct pympr_stages pympr_stages_open(uint8_t *scratch, const uint64_t *cursors, int64_t num,
                                                   int64_t capacity, int is_streaming)
{
    uint8_t *base = scratch + (0 - (uintptr_t)scratch) % PYMPR_LINE_BYTES;
    struct pympr_stages stages = {0, num, capacity, is_streaming};
    stages.items = (struct pympr_stage *)(void *)(base + num * (capacity + PYMPR_SLACK_BYTES));
    for (int64_t i = 0; i < num; i++, base += capacity + PYMPR_SLACK_BYTES) {
        stages.items[i].limit = base + capacity;
        pympr_stage_aim(&stages.items[i], base, cursors[i]);
    }
    return stages;
}

PYMPR_INLINE void pympr_copy_lines(uint64_t address, const uint8_t *from, int64_t bytes, int is_streaming)
{
    uint8_t *to = (uint8_t *)(uintptr_t)address;
#if PYMPR_HAS_X86
    if (is_streaming) {
        for (int64_t i = 0; i < bytes; i += 16)
            _mm_stream_si128((__m128i *)(void *)(to + i), _mm_load_si128((const __m128i *)(const void *)(from + i)));
        return;
    }
#endif
    (void)is_streaming;
    memcpy(to, from, (size_t)bytes);
}

/* Writes the whole lines and keeps what is left. */
static void pympr_stage_flush(struct pympr_stages *stages, struct pympr_stage *stage)
{
    uint8_t *base = stage->limit - stages->capacity;
    int64_t held = stage->next - base;
    int64_t whole = held - held % PYMPR_LINE_BYTES;
    if (whole == 0)
        return;
    if (stage->head)
        memcpy((uint8_t *)(uintptr_t)(stage->address + stage->head), base + stage->head, (size_t)whole - stage->head);
    else
        pympr_copy_lines(stage->address, base, whole, stages->is_streaming);
    memcpy(base, base + whole, (size_t)(held - whole));
    stage->head = 0;
    stage->address += (uint64_t)whole;
    stage->next = base + (held - whole);
}

/* Writes all there is; returns the address behind it. The stage is empty then, not aimed. */
static uint64_t pympr_stage_drain(struct pympr_stages *stages, struct pympr_stage *stage)
{
    pympr_stage_flush(stages, stage);
    uint8_t *base = stage->limit - stages->capacity;
    uint64_t held = (uint64_t)(stage->next - base);
    if (held > stage->head)
        memcpy((uint8_t *)(uintptr_t)(stage->address + stage->head), base + stage->head, held - stage->head);
    return stage->address + held;
}

/* Writes what is left and says where each destination goes on. */
__attribute__((unused)) static void pympr_stages_close(struct pympr_stages *stages, uint64_t *cursors)
{
    for (int64_t i = 0; i < stages->num; i++)
        cursors[i] = pympr_stage_drain(stages, &stages->items[i]);
#if PYMPR_HAS_X86
    if (stages->is_streaming)
        _mm_sfence();
#endif
}

/* One item of a size that the compiler knows. */
PYMPR_INLINE void pympr_stage_put(struct pympr_stages *stages, int64_t bucket, const uint8_t *item, int64_t item_bytes)
{
    struct pympr_stage *stage = &stages->items[bucket];
    memcpy(stage->next, item, (size_t)item_bytes);
    stage->next += item_bytes;
    if (PYMPR_UNLIKELY(stage->next >= stage->limit))
        pympr_stage_flush(stages, stage);
}

#endif
