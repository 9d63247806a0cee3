/* Slots of a group table: reading, writing and comparing keys. */
#ifndef PYMPR_GROUP_INLINE_H
#define PYMPR_GROUP_INLINE_H

#include <string.h>

#include "group.h"
#include "hash_inline.h"
#include "simd_inline.h"
#include "status.h"

#define GROUP_BATCH 256 /* rows whose slots are fetched together; they and their hashes fit the first cache */
#define LONG_STRING UINT64_C(0xff)

enum { KIND_INT64, KIND_FLOAT64, KIND_BOOL, KIND_STRING, KIND_BYTES };
enum { SUM, MIN, MAX, COUNT, FIRST };
enum { NEEDS_NOTHING, NEEDS_SLOTS, NEEDS_ARENA, NEEDS_CARRIES, NEEDS_RANGE };

/* Rows of a batch with the words of their keys as slots hold them, but for the place of a long string,
 * which is its place in the row's data. Bit 0 of a slot's address is set when the row made the group. */
struct group_batch {
    int64_t begin, rows;
    uint64_t hashes[GROUP_BATCH];
    uint64_t nulls[GROUP_BATCH]; /* bit k: key k is null */
    uintptr_t slots[GROUP_BATCH];
    uint64_t keys[GROUP_BATCH * 2 * 16]; /* table->key_words a row */
};

/* Fills in hashes, nulls and keys. Strings must lie in their bytes. */
void pympr_group_read_keys(struct group_batch *batch, const struct pympr_group_table *table,
                           const struct pympr_group_input *input);

/* Finds or makes the slot of every row while it fetches those of `next`, which may be NULL. Returns how
 * many rows it did: less than all when the table needs something. */
int64_t pympr_group_find(struct group_batch *batch, const struct group_batch *next, struct pympr_group_table *table,
                         const struct pympr_group_input *input);

/* Brings one aggregate of the batch's slots up to date. */
void pympr_group_update(struct pympr_group_table *table, const struct pympr_group_input *input,
                        const struct group_batch *batch, int aggregate);

/* Raises table->bounds by the batch; 0 when an int64 sum could overflow and has no carries. */
int pympr_group_sums_fit(struct pympr_group_table *table, const struct pympr_group_input *input, int64_t begin,
                         int64_t rows);

PYMPR_INLINE uint64_t load_word(const void *at)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

PYMPR_INLINE void store_word(void *at, uint64_t word)
{
    memcpy(at, &word, 8);
}

PYMPR_INLINE double as_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

PYMPR_INLINE uint8_t *slot_of(const struct group_batch *batch, int64_t i)
{
    return (uint8_t *)(batch->slots[i] & ~(uintptr_t)1);
}

PYMPR_INLINE int is_null(const uint8_t *valid, int64_t row)
{
    return valid && !valid[row];
}

PYMPR_INLINE int is_string_kind(int kind)
{
    return kind >= KIND_STRING;
}

PYMPR_INLINE uint64_t slot_meta(const struct pympr_group_table *table, const uint8_t *slot)
{
    return table->meta_at ? load_word(slot + table->meta_at) : 0;
}

/* What finding a slot needs of a table, in a copy that writes to slots cannot change. */
struct homes {
    uint8_t *slots;
    uint64_t low, scale, stride;
};

PYMPR_INLINE struct homes homes_of(const struct pympr_group_table *table)
{
    return (struct homes){table->slots, table->low, table->scale, (uint64_t)table->stride};
}

/* The number of the slot where the key of this hash belongs; homes ascend with hashes. */
PYMPR_INLINE uint64_t home_of(struct homes homes, uint64_t hash)
{
    return (uint64_t)((unsigned __int128)(hash - homes.low) * homes.scale >> 64);
}

PYMPR_INLINE uint8_t *home_slot(struct homes homes, uint64_t hash)
{
    return homes.slots + home_of(homes, hash) * homes.stride;
}

PYMPR_INLINE uint8_t *zero_slot(const struct pympr_group_table *table)
{
    return table->slots + (table->num_slots + table->extra_slots) * table->stride;
}

PYMPR_INLINE uint64_t unshift(uint64_t x, int bits)
{
    uint64_t y = x;
    for (int done = bits; done < 64; done += bits)
        y = x ^ y >> bits;
    return y;
}

/* pympr_mix backwards. */
PYMPR_INLINE uint64_t unmix(uint64_t x)
{
    x = unshift(x, 27) * UINT64_C(0xc47c8f6b6bafb41d);
    x = unshift(x, 33) * UINT64_C(0xc09c5fe5bd6dfddb);
    return unshift(x, 27);
}

PYMPR_INLINE uint64_t unhash_int64(uint64_t hash, uint64_t seed)
{
    return unmix(hash) ^ pympr_mix(seed ^ PYMPR_SALT_NUMBER);
}

/* The hash of the key in a slot. */
PYMPR_INLINE uint64_t slot_hash(const struct pympr_group_table *table, const uint8_t *slot)
{
    return table->is_scrambled ? unmix(load_word(slot)) : load_word(slot);
}

/* The words that stand for a string: its bytes and length, or its place and length. */
PYMPR_INLINE void string_words(uint64_t words[2], const uint8_t *data, int64_t data_bytes, int64_t start, int64_t end)
{
    int64_t length = end - start;
    if (length < PYMPR_SHORT_BYTES) {
        pympr_short_words(words, data + start, length, start <= data_bytes - PYMPR_SHORT_BYTES);
        words[1] |= (uint64_t)length << 56;
    } else {
        words[0] = (uint64_t)start;
        words[1] = (uint64_t)length | LONG_STRING << 56;
    }
}

PYMPR_INLINE int is_long_string(const uint64_t words[2])
{
    return words[1] >> 56 == LONG_STRING;
}

PYMPR_INLINE int64_t string_length(const uint64_t words[2])
{
    return (int64_t)(is_long_string(words) ? words[1] & UINT64_C(0xffffffffffffff) : words[1] >> 56);
}

/* Equal as Python keys: 0.0 and -0.0 are one key, and so are all NaN. */
PYMPR_INLINE int is_same_float(uint64_t left, uint64_t right)
{
    double a = as_double(left), b = as_double(right);
    return left == right || a == b || (a != a && b != b);
}

#endif
