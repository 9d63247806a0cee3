/* Grouped aggregation by a hash table whose slots lie nearly in the order of their hashes.
 *
 * Hashes from low to last spread evenly over the slots: a key's home is (hash - low) * scale >> 64. A
 * key that finds it taken goes to the next free slot, and from the last home into the extra
 * slots. A scan meets the hashes nearly sorted, and growing reads and writes both tables front to
 * back. Keys whose hashes crowd in several places are kept by pympr_mix of their hashes instead.
 *
 * A slot: 8 bytes of hash (0 = free; a key with hash 0 is kept as 1, but see is_hash_key), a word
 * of flags when meta_at > 0 (bit k: key k is null; bit 16 + a: aggregate a has seen a value), 8
 * bytes a fixed-width key, 16 a string (up to 15 bytes and, in the last byte, their number; else
 * its place in the arena, its length and 255), 8 bytes an aggregate's state, 8 a carry.
 *
 * The caller owns all memory. Slots that hold no group must be zero. */
#ifndef PYMPR_GROUP_H
#define PYMPR_GROUP_H

#include <stdint.h>

struct pympr_group_table {
    uint8_t *slots;      /* num_slots + extra_slots, and one for hash 0, of stride bytes */
    int64_t num_slots;
    uint64_t low, last, scale; /* scale is num_slots * 2^64 / (last - low + 1) */
    uint64_t wanted_low, wanted_last;
    int64_t extra_slots; /* at least 1 */
    int64_t num_groups, max_groups;
    int32_t stride;
    int32_t num_keys, num_aggregates;
    int32_t key_words;   /* words of all keys, which follow one another from key_at[0]; 0 when is_hash_key */
    int32_t meta_at;     /* 0 when no key and no value may be null */
    int32_t is_hash_key; /* one int64 key that is never null: its hash tells it, and the last slot is the one of hash 0 */
    int32_t has_zero;    /* that slot holds a group */
    int32_t needs;       /* after PYMPR_FULL: 1 slots, 2 arena_wanted bytes in the arena, 3 carries, 4 the wanted range */
    int32_t is_scrambled; /* slots hold mixed hashes, all 64 bits of them: low is 0 and last the largest */
    int32_t key_kinds[16];
    int32_t key_at[16];
    int32_t state_at[32];
    int32_t carry_at[32];  /* of the sums of int64; 0 when there are none */
    uint64_t initial[32];  /* an aggregate's state before its first value */
    uint64_t bounds[32];   /* no int64 sum is larger in magnitude, unless there are carries */
    int64_t key_bytes[16]; /* in all keys of a string column */
    uint8_t *arena;
    int64_t arena_bytes, arena_used, arena_wanted;
    uint64_t seed;
};

/* Columns of one call; masks may be NULL. Kinds: 0 int64, 1 float64, 2 bool, 3 string, 4 bytes.
 * Operations: 0 sum, 1 min, 2 max, 3 count, 4 first. */
struct pympr_group_input {
    const void *keys[16];        /* values, or the bytes of a string column */
    int64_t key_data_bytes[16];  /* how many bytes those are */
    const int64_t *key_starts[16];
    const int64_t *key_ends[16];
    const uint8_t *key_valid[16];
    const void *values[32];
    const uint8_t *value_valid[32];
    const int64_t *carries[32]; /* of sums that are merged */
    int32_t value_kinds[32];
    int32_t is_constant[32];    /* values has one item */
    int32_t operations[32];
    const uint64_t *hashes;     /* of the keys, or NULL */
    int64_t *states;            /* where the first aggregate of every row's group is written, or NULL */
};

/* Where the groups of a table are written; any pointer but hashes may be NULL. */
struct pympr_group_output {
    uint64_t *hashes;
    void *keys[16];        /* values, or the bytes of a string column, key_bytes of them */
    int64_t *key_starts[16];
    int64_t *key_ends[16];
    uint8_t *key_valid[16];
    int32_t is_bool[32];   /* states are written as bytes */
    void *states[32];
    int64_t *carries[32];
    uint8_t *state_valid[32];
};

/* Aggregates rows [begin, end). *position is the first row not done: `end`; with PYMPR_FULL the
 * row that needs what table->needs says; with PYMPR_BAD a row whose key leaves its bytes. */
int pympr_group_add(struct pympr_group_table *table, const struct pympr_group_input *input, int64_t begin, int64_t end,
                    int64_t *position);

/* The same for the words of data[begin:end], one string key; values are constants. *position is a
 * byte offset. */
int pympr_group_add_words(struct pympr_group_table *table, const struct pympr_group_input *input, const uint8_t *data,
                          int64_t begin, int64_t end, int64_t *position);

/* Puts the groups of `from` into the empty `to`, which may have another number of slots, another range that has
 * all hashes and, where `from` has none, flags, carries or mixed hashes. Both may use one arena. A group
 * that leaves the slot of hash 0 counts as hash 1. PYMPR_FULL when `to` is too small. */
int pympr_group_move(struct pympr_group_table *to, const struct pympr_group_table *from);

/* The lowest and the last hash of any group; the first is larger when there is none. */
int pympr_group_hash_range(uint64_t *low, uint64_t *last, const struct pympr_group_table *table);

/* Writes the groups by (hash, key): nulls first, numbers by value with NaN last, strings by bytes.
 * By mixed hash when the table has those, but writes the true ones. Hashes and `scratch` have room for num_groups + 1 items; little of the scratch is touched. */
int pympr_group_export(const struct pympr_group_output *output, const struct pympr_group_table *table,
                       int64_t *scratch);

#endif
