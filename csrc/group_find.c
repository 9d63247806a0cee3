#include "group_inline.h"

#define FARTHEST_SLOTS 200     /* fewer than the extra slots; runs of taken slots are shorter, but for a full table's */

/* Keys whose words differ may be one still: long strings, which are elsewhere, and floats. */
static int is_same_key(const struct pympr_group_table *table, const uint8_t *slot,
                       const struct pympr_group_input *input, const uint64_t *words)
{
    for (int key = 0; key < table->num_keys; key++) {
        const uint8_t *field = slot + table->key_at[key];
        uint64_t first = load_word(field);
        int is_same = first == words[0];
        if (is_string_kind(table->key_kinds[key])) {
            const uint8_t *data = input->keys[key];
            is_same = load_word(field + 8) == words[1] &&
                      (is_long_string(words)
                           ? !memcmp(table->arena + first, data + words[0], (size_t)string_length(words))
                           : is_same);
            words++;
        } else if (table->key_kinds[key] == KIND_FLOAT64) {
            is_same = is_same_float(first, words[0]);
        }
        if (!is_same)
            return 0;
        words++;
    }
    return 1;
}

static void put_string(struct pympr_group_table *table, uint8_t *field, const uint8_t *data, const uint64_t words[2],
                       int key)
{
    int64_t length = string_length(words);
    uint64_t place = words[0];
    if (is_long_string(words)) {
        memcpy(table->arena + table->arena_used, data + place, (size_t)length);
        place = (uint64_t)table->arena_used;
        table->arena_used += length;
    }
    table->key_bytes[key] += length;
    store_word(field, place);
    store_word(field + 8, words[1]);
}

static void put_keys(struct pympr_group_table *table, uint8_t *slot, const struct pympr_group_input *input,
                     const uint64_t *words)
{
    for (int key = 0; key < table->num_keys; key++) {
        uint8_t *field = slot + table->key_at[key];
        if (is_string_kind(table->key_kinds[key]))
            put_string(table, field, input->keys[key], words++, key);
        else
            store_word(field, *words);
        words++;
    }
}

/* Bytes the row's keys take in the arena. */
static int64_t arena_share(const struct pympr_group_table *table, const uint64_t *words)
{
    int64_t bytes = 0;
    for (int key = 0; key < table->num_keys; key++, words++)
        if (is_string_kind(table->key_kinds[key])) {
            bytes += is_long_string(words) ? string_length(words) : 0;
            words++;
        }
    return bytes;
}

/* No key goes far from its home: where hashes crowd, runs of taken slots would grow long before the
 * table is full. Mixed hashes crowd only when they are equal, and nothing parts those. */
static int has_slot(const struct pympr_group_table *table, const uint8_t *slot, uint64_t hash)
{
    if (table->num_groups >= table->max_groups)
        return 0;
    if (slot == zero_slot(table))
        return table->is_hash_key && !hash;
    int64_t distance = slot - home_slot(homes_of(table), hash);
    return table->is_scrambled || distance <= (int64_t)FARTHEST_SLOTS * table->stride;
}

/* Makes the row's group in a free slot; 0 when the table has no room for it. */
static int put_group(struct pympr_group_table *table, uint8_t *slot, const struct pympr_group_input *input,
                     const struct group_batch *batch, int64_t i)
{
    const uint64_t *words = batch->keys + i * table->key_words;
    int64_t share = table->is_hash_key ? 0 : arena_share(table, words);
    table->arena_wanted = table->arena_used + share;
    table->needs = !has_slot(table, slot, batch->hashes[i])   ? NEEDS_SLOTS
                   : table->arena_wanted > table->arena_bytes ? NEEDS_ARENA
                                                              : NEEDS_NOTHING;
    if (table->needs)
        return 0;
    if (!table->is_hash_key)
        put_keys(table, slot, input, words);
    if (table->meta_at)
        store_word(slot + table->meta_at, batch->nulls[i]);
    for (int a = 0; a < table->num_aggregates; a++)
        store_word(slot + table->state_at[a], table->initial[a]);
    store_word(slot, batch->hashes[i]);
    table->num_groups++;
    return 1;
}

/* Where slots have their flags and keys, in a copy that writes to slots cannot change. `width` is the words
 * of all keys; where the compiler knows it, the loop is gone. */
struct key_place {
    int64_t meta_at, keys_at, width;
};

/* Whether the slot's keys are row i's, given that their hashes are equal. */
PYMPR_INLINE int holds_key(const struct pympr_group_table *table, const uint8_t *slot,
                           const struct pympr_group_input *input, const struct group_batch *batch, int64_t i,
                           struct key_place place)
{
    const uint64_t *words = batch->keys + i * place.width;
    uint64_t difference = 0;
    if (place.meta_at && (load_word(slot + place.meta_at) & 0xffff) != batch->nulls[i])
        return 0;
    for (int64_t w = 0; w < place.width; w++)
        difference |= load_word(slot + place.keys_at + 8 * w) ^ words[w];
    return PYMPR_LIKELY(!difference) || is_same_key(table, slot, input, words);
}

/* One slot of the batch that comes next is fetched for every row of this one, so that memory and
 * arithmetic work at the same time. Its hashes are not known to have a home yet: no pointer is made. */
PYMPR_INLINE void fetch_slot(const uint64_t *next_hashes, int64_t num_next, struct homes homes, int64_t i)
{
    if (i < num_next)
        __builtin_prefetch((const void *)((uintptr_t)homes.slots + home_of(homes, next_hashes[i]) * homes.stride), 1);
}

/* Finds or makes the slot of every row; returns how many rows it did. */
PYMPR_INLINE int64_t find_slots(struct group_batch *batch, const struct group_batch *next,
                                struct pympr_group_table *table, const struct pympr_group_input *input, int width)
{
    struct homes homes = homes_of(table);
    int64_t rows = batch->rows, num_next = next ? next->rows : 0;
    const uint64_t *next_hashes = next ? next->hashes : 0;
    struct key_place place = {table->meta_at, table->key_at[0], width};
    for (int64_t i = 0; i < rows; i++) {
        uint64_t hash = batch->hashes[i], found;
        fetch_slot(next_hashes, num_next, homes, i);
        uint8_t *slot = home_slot(homes, hash);
        while ((found = load_word(slot)) != 0 && !(found == hash && holds_key(table, slot, input, batch, i, place)))
            slot += homes.stride;
        if (PYMPR_UNLIKELY(!found) && !put_group(table, slot, input, batch, i))
            return i;
        batch->slots[i] = (uintptr_t)slot | !found;
    }
    return rows;
}

/* Hash 0, which marks free slots elsewhere, has a slot of its own. */
static int find_zero_slot(struct group_batch *batch, struct pympr_group_table *table,
                          const struct pympr_group_input *input, int64_t i)
{
    uint8_t *slot = zero_slot(table);
    if (!table->has_zero && !put_group(table, slot, input, batch, i))
        return 0;
    batch->slots[i] = (uintptr_t)slot | !table->has_zero;
    table->has_zero = 1;
    return 1;
}

/* The hash is the key. */
static int64_t find_hash_slots(struct group_batch *batch, const struct group_batch *next,
                               struct pympr_group_table *table, const struct pympr_group_input *input)
{
    struct homes homes = homes_of(table);
    int64_t rows = batch->rows, num_next = next ? next->rows : 0;
    const uint64_t *next_hashes = next ? next->hashes : 0;
    for (int64_t i = 0; i < rows; i++) {
        uint64_t hash = batch->hashes[i], found;
        fetch_slot(next_hashes, num_next, homes, i);
        uint8_t *slot = home_slot(homes, hash);
        if (PYMPR_UNLIKELY(!hash)) {
            if (!find_zero_slot(batch, table, input, i))
                return i;
            continue;
        }
        while ((found = load_word(slot)) != hash && found)
            slot += homes.stride;
        if (PYMPR_UNLIKELY(!found) && !put_group(table, slot, input, batch, i))
            return i;
        batch->slots[i] = (uintptr_t)slot | !found;
    }
    return rows;
}

int64_t pympr_group_find(struct group_batch *batch, const struct group_batch *next, struct pympr_group_table *table,
                         const struct pympr_group_input *input)
{
    switch (table->key_words) {
    case 0:
        return find_hash_slots(batch, next, table, input);
    case 1:
        return find_slots(batch, next, table, input, 1);
    case 2:
        return find_slots(batch, next, table, input, 2);
    default:
        return find_slots(batch, next, table, input, table->key_words);
    }
}
