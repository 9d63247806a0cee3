/* What the join tables share: number keys as 64-bit words, slots, owners of slots. */
#ifndef PYMPR_JOIN_INLINE_H
#define PYMPR_JOIN_INLINE_H

#include <stdint.h>
#include <string.h>

#include "hash_inline.h"

#define PYMPR_JOIN_INT64 0
#define PYMPR_JOIN_FLOAT64 1
#define PYMPR_JOIN_BOOL 2
#define PYMPR_JOIN_BYTES 3

#define PYMPR_JOIN_AHEAD 32 /* rows between asking for a slot and reading it; 16 to 64 are alike */

typedef struct {
    uint64_t word; /* the key, or its hash */
    int64_t next;  /* its first build row + 1; 0 where the slot is free */
} pympr_join_slot;

/* One bit pattern for all NaN and one for both zeros. */
PYMPR_INLINE uint64_t pympr_join_float_word(double value)
{
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, 8);
    return value != value ? UINT64_C(0x7ff8000000000000) : bits;
}

/* Whether `value` is an int64, which goes to `whole`. */
PYMPR_INLINE int pympr_join_is_whole(double value, int64_t *whole)
{
    double inside = value >= -0x1p63 && value < 0x1p63 ? value : 0.0;
    *whole = (int64_t)inside;
    return (double)*whole == value;
}

/* The key of a row as a word that is equal for equal numbers, as an integer or, when `is_float`, as a
 * float64; 0 when no build key of that type can be equal. `kind` is a constant wherever this is called. */
PYMPR_INLINE int pympr_join_word(uint64_t *word, const void *values, int64_t row, int kind, int is_float)
{
    if (kind == PYMPR_JOIN_FLOAT64) {
        double value = ((const double *)values)[row];
        int64_t whole;
        int can_match = is_float || pympr_join_is_whole(value, &whole);
        *word = is_float ? pympr_join_float_word(value) : (uint64_t)whole;
        return can_match;
    }
    int64_t value = kind == PYMPR_JOIN_BOOL ? ((const uint8_t *)values)[row] != 0 : ((const int64_t *)values)[row];
    int64_t back;
    *word = is_float ? pympr_join_float_word((double)value) : (uint64_t)value;
    return !is_float || (pympr_join_is_whole((double)value, &back) && back == value);
}

/* Slots are cut into regions of one size, one for every thread that builds; a chain never leaves its region. */
typedef struct {
    pympr_join_slot *slots;
    uint64_t num_regions, region_slots;
} pympr_join_space;

typedef struct {
    uint64_t region, slot;
} pympr_join_place;

/* Where the chain of a hash begins: the product's high half picks the region, its low half the slot. */
PYMPR_INLINE pympr_join_place pympr_join_home(const pympr_join_space *space, uint64_t hash)
{
    unsigned __int128 regions = (unsigned __int128)hash * space->num_regions;
    uint64_t region = (uint64_t)(regions >> 64), rest = (uint64_t)regions;
    uint64_t slot = (uint64_t)((unsigned __int128)rest * space->region_slots >> 64);
    return (pympr_join_place){region, region * space->region_slots + slot};
}

PYMPR_INLINE void pympr_join_step(const pympr_join_space *space, pympr_join_place *place)
{
    if (++place->slot == (place->region + 1) * space->region_slots)
        place->slot -= space->region_slots;
}

PYMPR_INLINE int64_t pympr_join_part(int64_t n, int64_t index, int64_t parts)
{
    return (int64_t)((__int128)n * index / parts);
}

/* Several rows of one key may be found by several threads at once. */
PYMPR_INLINE void pympr_join_mark(uint8_t *matched, int64_t row)
{
    if (matched)
        __atomic_store_n(matched + row, 1, __ATOMIC_RELAXED);
}

#endif
