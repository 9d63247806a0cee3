#include "group_inline.h"
#include "words.h"

#define CACHED_BYTES (1 << 18) /* a table up to here needs no prefetch */
#define FARTHEST_SLOTS 200     /* fewer than the extra slots; runs of taken slots are shorter, but for a full table's */

static void fetch_slots(const struct group_batch *batch, const struct pympr_group_table *table)
{
    if (table->num_slots * table->stride <= CACHED_BYTES)
        return;
    for (int64_t i = 0; i < batch->rows; i++)
        __builtin_prefetch(home_slot(table, batch->hashes[i]), 1);
}

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

/* No key goes far from its home: in a table that fills up unevenly, because its rows come in order,
 * runs of taken slots would grow long before it is full. Not so in a nearly empty one, where
 * only keys of one hash can pile up: more slots would not part them. */
static int has_slot(const struct pympr_group_table *table, const uint8_t *slot, uint64_t hash)
{
    if (table->num_groups >= table->max_groups)
        return 0;
    if (slot == zero_slot(table))
        return table->is_hash_key && !hash;
    int64_t distance = slot - home_slot(table, hash);
    return distance <= (int64_t)FARTHEST_SLOTS * table->stride || table->num_groups <= table->num_slots >> 10;
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

/* Whether the slot's keys are row i's, given that their hashes are equal. `width` is table->key_words;
 * where the compiler knows it, the loop is gone. */
PYMPR_INLINE int holds_key(const struct pympr_group_table *table, const uint8_t *slot,
                           const struct pympr_group_input *input, const struct group_batch *batch, int64_t i, int width)
{
    const uint64_t *words = batch->keys + i * width;
    const uint8_t *keys = slot + table->key_at[0];
    uint64_t difference = 0;
    if (table->meta_at && (slot_meta(table, slot) & 0xffff) != batch->nulls[i])
        return 0;
    for (int w = 0; w < width; w++)
        difference |= load_word(keys + 8 * w) ^ words[w];
    return PYMPR_LIKELY(!difference) || is_same_key(table, slot, input, words);
}

/* Finds or makes the slot of every row; returns how many rows it did. */
PYMPR_INLINE int64_t find_slots(struct group_batch *batch, struct pympr_group_table *table,
                                const struct pympr_group_input *input, int width)
{
    for (int64_t i = 0; i < batch->rows; i++) {
        uint64_t hash = batch->hashes[i], found;
        uint8_t *slot = home_slot(table, hash);
        while ((found = load_word(slot)) != 0 && !(found == hash && holds_key(table, slot, input, batch, i, width)))
            slot += table->stride;
        if (PYMPR_UNLIKELY(!found) && !put_group(table, slot, input, batch, i))
            return i;
        batch->slots[i] = (uintptr_t)slot | !found;
    }
    return batch->rows;
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
static int64_t find_hash_slots(struct group_batch *batch, struct pympr_group_table *table,
                               const struct pympr_group_input *input)
{
    for (int64_t i = 0; i < batch->rows; i++) {
        uint64_t hash = batch->hashes[i], found;
        uint8_t *slot = home_slot(table, hash);
        if (PYMPR_UNLIKELY(!hash)) {
            if (!find_zero_slot(batch, table, input, i))
                return i;
            continue;
        }
        while ((found = load_word(slot)) != hash && found)
            slot += table->stride;
        if (PYMPR_UNLIKELY(!found) && !put_group(table, slot, input, batch, i))
            return i;
        batch->slots[i] = (uintptr_t)slot | !found;
    }
    return batch->rows;
}

static int64_t find_batch(struct group_batch *batch, struct pympr_group_table *table,
                          const struct pympr_group_input *input)
{
    switch (table->key_words) {
    case 0:
        return find_hash_slots(batch, table, input);
    case 1:
        return find_slots(batch, table, input, 1);
    case 2:
        return find_slots(batch, table, input, 2);
    default:
        return find_slots(batch, table, input, table->key_words);
    }
}

/* Aggregates a batch whose keys are known to lie in their bytes; lowers batch->rows to the rows done. */
static int add_batch(struct group_batch *batch, struct pympr_group_table *table, const struct pympr_group_input *input)
{
    table->needs = NEEDS_CARRIES;
    if (!pympr_group_sums_fit(table, input, batch->begin, batch->rows)) {
        batch->rows = 0;
        return PYMPR_FULL;
    }
    pympr_group_read_keys(batch, table, input);
    fetch_slots(batch, table);
    int64_t rows = batch->rows;
    batch->rows = find_batch(batch, table, input);
    for (int a = 0; a < table->num_aggregates; a++)
        pympr_group_update(table, input, batch, a);
    for (int64_t i = 0; input->states && i < batch->rows; i++)
        memcpy(input->states + batch->begin + i, slot_of(batch, i) + table->state_at[0], 8);
    return batch->rows < rows ? PYMPR_FULL : PYMPR_OK;
}

/* The first row of the batch that has a string outside its bytes, or batch->rows. */
static int64_t first_bad_row(const struct group_batch *batch, const struct pympr_group_table *table,
                             const struct pympr_group_input *input)
{
    int64_t bad = batch->rows;
    for (int key = 0; key < table->num_keys; key++) {
        if (!is_string_kind(table->key_kinds[key]))
            continue;
        const int64_t *starts = input->key_starts[key] + batch->begin, *ends = input->key_ends[key] + batch->begin;
        int64_t data_bytes = input->key_data_bytes[key], any = 0;
        for (int64_t i = 0; i < batch->rows; i++)
            any |= (starts[i] < 0) | (ends[i] < starts[i]) | (ends[i] > data_bytes);
        for (int64_t i = 0; any && i < bad; i++)
            if ((starts[i] < 0 || ends[i] < starts[i] || ends[i] > data_bytes) &&
                !is_null(input->key_valid[key], batch->begin + i))
                bad = i;
    }
    return bad;
}

int pympr_group_add(struct pympr_group_table *table, const struct pympr_group_input *input, int64_t begin, int64_t end,
                    int64_t *position)
{
    struct group_batch batch;
    int status = PYMPR_OK;
    for (*position = begin; *position < end && status == PYMPR_OK; *position += batch.rows) {
        batch.begin = *position;
        batch.rows = end - *position < GROUP_BATCH ? end - *position : GROUP_BATCH;
        int64_t bad = first_bad_row(&batch, table, input);
        if (bad < batch.rows) {
            *position += bad;
            return PYMPR_BAD;
        }
        status = add_batch(&batch, table, input);
    }
    return status;
}

int pympr_group_add_words(struct pympr_group_table *table, const struct pympr_group_input *input, const uint8_t *data,
                          int64_t begin, int64_t end, int64_t *position)
{
    struct group_batch batch;
    int64_t starts[GROUP_BATCH], ends[GROUP_BATCH];
    struct pympr_group_input words = *input;
    words.keys[0] = data;
    words.key_data_bytes[0] = end;
    words.key_starts[0] = starts;
    words.key_ends[0] = ends;
    batch.begin = 0;
    for (*position = begin; *position < end;) {
        int64_t next, found;
        int split = pympr_split_words(starts, ends, &found, &next, GROUP_BATCH, data, *position, end);
        batch.rows = found;
        int status = add_batch(&batch, table, &words);
        if (status != PYMPR_OK) {
            *position = starts[batch.rows];
            return status;
        }
        *position = next;
        (void)split;
    }
    return PYMPR_OK;
}
