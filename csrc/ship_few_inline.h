/* Where the rows of one of few ranks go: straight there, or past the cache by way of a stage. */
#ifndef PYMPR_SHIP_FEW_INLINE_H
#define PYMPR_SHIP_FEW_INLINE_H

#include "ship_inline.h"

#if PYMPR_HAS_X86

#define PYMPR_LINE_BYTES 64

struct pympr_target {
    uint8_t *next;
    uint8_t *end;
    uint8_t *held; /* the stage: bytes that wait for a whole line, at the line offset of `next` */
    int64_t used;
};


/* Whole lines of the stage go past the cache; what is before the first line's begin is not this rank's. */
__attribute__((unused)) PYMPR_AVX512 static void pympr_flush_lines(struct pympr_target *target)
{
    int64_t skip = (int64_t)((uintptr_t)target->next % PYMPR_LINE_BYTES), from = 0;
    int64_t whole = target->used - target->used % PYMPR_LINE_BYTES;
    uint8_t *line = target->next - skip;
    if (whole == 0)
        return;
    if (skip != 0) {
        memcpy(target->next, target->held + skip, (size_t)(PYMPR_LINE_BYTES - skip));
        from = PYMPR_LINE_BYTES;
    }
    for (; from < whole; from += PYMPR_LINE_BYTES)
        _mm512_stream_si512((__m512i *)(void *)(line + from), _mm512_load_si512(target->held + from));
    _mm512_store_si512(target->held, _mm512_load_si512(target->held + whole));
    target->next = line + whole;
    target->used -= whole;
}

PYMPR_INLINE struct pympr_target pympr_aim(uint64_t address, int64_t bytes, uint8_t *stage)
{
    uint8_t *begin = PYMPR_AT(uint8_t, address);
    return (struct pympr_target){begin, begin + bytes, stage,
                                 stage != NULL ? (int64_t)(address % PYMPR_LINE_BYTES) : 0};
}

/* Everything in the stage is written; the target goes on behind it. */
__attribute__((unused)) PYMPR_AVX512 static void pympr_drain(struct pympr_target *target)
{
    pympr_flush_lines(target);
    int64_t skip = (int64_t)((uintptr_t)target->next % PYMPR_LINE_BYTES);
    memcpy(target->next, target->held + skip, (size_t)(target->used - skip));
    target->next += target->used - skip;
    target->used = (int64_t)((uintptr_t)target->next % PYMPR_LINE_BYTES);
}

#endif
#endif
