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
enum { NEEDS_NOTHING, NEEDS_SLOTS, NEEDS_ARENA, NEEDS_CARRIES };

/* Rows of a batch with their slots; bit 0 of a slot's address is set when the row made the group. */
struct group_batch {
    int64_t begin, rows;
    uint64_t hashes[GROUP_BATCH];
    uint64_t words[GROUP_BATCH][2];
    uintptr_t slots[GROUP_BATCH];
};

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

/* Where the key of this hash belongs; homes ascend with hashes. */
PYMPR_INLINE uint8_t *home_slot(const struct pympr_group_table *table, uint64_t hash)
{
    uint64_t home = (uint64_t)((unsigned __int128)hash * (uint64_t)table->num_slots >> 64);
    return table->slots + home * (uint64_t)table->stride;
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

/* The int64 whose hash this is: pympr_mix backwards. */
PYMPR_INLINE uint64_t unhash_int64(uint64_t hash, uint64_t seed)
{
    uint64_t x = unshift(hash, 27) * UINT64_C(0xc47c8f6b6bafb41d);
    x = unshift(x, 33) * UINT64_C(0xc09c5fe5bd6dfddb);
    return unshift(x, 27) ^ pympr_mix(seed ^ PYMPR_SALT_NUMBER);
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

/* Whether the string at `field` of a slot is the row's, whose words are given. */
PYMPR_INLINE int is_same_string(const struct pympr_group_table *table, const uint8_t *field, const uint64_t words[2],
                                const uint8_t *data)
{
    uint64_t first = load_word(field), second = load_word(field + 8);
    if (PYMPR_LIKELY(!is_long_string(words)))
        return first == words[0] && second == words[1];
    return second == words[1] && !memcmp(table->arena + first, data + words[0], (size_t)string_length(words));
}

/* Equal as Python keys: 0.0 and -0.0 are one key, and so are all NaN. */
PYMPR_INLINE int is_same_float(uint64_t left, uint64_t right)
{
    double a = as_double(left), b = as_double(right);
    return left == right || a == b || (a != a && b != b);
}

PYMPR_INLINE uint64_t fixed_key(const struct pympr_group_table *table, const struct pympr_group_input *input, int key,
                                int64_t row)
{
    if (table->key_kinds[key] == KIND_BOOL)
        return ((const uint8_t *)input->keys[key])[row] != 0;
    return load_word((const uint8_t *)input->keys[key] + row * 8);
}

#endif
