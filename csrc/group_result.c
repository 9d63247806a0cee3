#include "group_inline.h"

#define EXPORT_BATCH 512 /* groups that are sorted and written together, while their slots are in the cache */

/* Groups in the slots slots[0:count], to be written to rows begin and on. */
struct export_batch {
    int64_t *slots;
    int64_t begin, count;
};

static const uint8_t *slot_at(const struct pympr_group_table *table, int64_t index)
{
    return table->slots + index * table->stride;
}

static uint64_t key_word(const struct pympr_group_table *table, const uint8_t *slot, int key)
{
    if (table->is_hash_key)
        return unhash_int64(slot_hash(table, slot), table->seed);
    return load_word(slot + table->key_at[key]);
}

static const uint8_t *string_bytes(const struct pympr_group_table *table, const uint8_t *field, int64_t *length)
{
    uint64_t words[2] = {load_word(field), load_word(field + 8)};
    *length = string_length(words);
    return is_long_string(words) ? table->arena + words[0] : field;
}

static int compare_strings(const struct pympr_group_table *table, const uint8_t *left, const uint8_t *right)
{
    int64_t left_length, right_length;
    const uint8_t *a = string_bytes(table, left, &left_length), *b = string_bytes(table, right, &right_length);
    int order = memcmp(a, b, (size_t)(left_length < right_length ? left_length : right_length));
    return order ? order : (left_length > right_length) - (left_length < right_length);
}

static int compare_floats(double a, double b)
{
    if (a != a || b != b)
        return (a != a) - (b != b);
    return (a > b) - (a < b);
}

static int compare_keys(const struct pympr_group_table *table, const uint8_t *left, const uint8_t *right)
{
    uint64_t left_meta = slot_meta(table, left), right_meta = slot_meta(table, right);
    int order = 0;
    for (int key = 0; key < table->num_keys && !order; key++) {
        int left_null = left_meta >> key & 1, right_null = right_meta >> key & 1;
        if (left_null || right_null) {
            order = right_null - left_null;
        } else if (is_string_kind(table->key_kinds[key])) {
            order = compare_strings(table, left + table->key_at[key], right + table->key_at[key]);
        } else {
            uint64_t a = key_word(table, left, key), b = key_word(table, right, key);
            order = table->key_kinds[key] == KIND_FLOAT64 ? compare_floats(as_double(a), as_double(b))
                                                          : ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
        }
    }
    return order;
}

static int is_after(const struct pympr_group_table *table, uint64_t left_hash, int64_t left, uint64_t right_hash,
                    int64_t right)
{
    if (left_hash != right_hash)
        return left_hash > right_hash;
    return compare_keys(table, slot_at(table, left), slot_at(table, right)) > 0;
}

/* By insertion: a key is at most a run of taken slots away from where it belongs. */
static void sort_batch(struct export_batch *batch, uint64_t *hashes, const struct pympr_group_table *table)
{
    for (int64_t i = 1; i < batch->count; i++) {
        uint64_t hash = hashes[i];
        if (PYMPR_LIKELY(hash > hashes[i - 1]))
            continue;
        int64_t slot = batch->slots[i], at = i;
        for (; at > 0 && is_after(table, hashes[at - 1], batch->slots[at - 1], hash, slot); at--) {
            hashes[at] = hashes[at - 1];
            batch->slots[at] = batch->slots[at - 1];
        }
        hashes[at] = hash;
        batch->slots[at] = slot;
    }
}

/* The groups from slot `from` to a free slot: keys do not get beyond those. Returns that slot. */
static int64_t collect_batch(struct export_batch *batch, uint64_t *hashes, const struct pympr_group_table *table,
                             int64_t from)
{
    int64_t end = table->num_slots + table->extra_slots, index = from, count = batch->count;
    for (; index < end && count < EXPORT_BATCH; index++) {
        uint64_t hash = load_word(slot_at(table, index));
        batch->slots[count] = index;
        hashes[count] = hash;
        count += hash != 0;
    }
    for (; index < end && load_word(slot_at(table, index)); index++) {
        batch->slots[count] = index;
        hashes[count++] = load_word(slot_at(table, index));
    }
    batch->count = count;
    return index;
}

static void export_strings(const struct pympr_group_output *output, const struct pympr_group_table *table, int key,
                           const struct export_batch *batch)
{
    int64_t *starts = output->key_starts[key] + batch->begin, *ends = output->key_ends[key] + batch->begin;
    int64_t used = batch->begin ? ends[-1] : 0;
    for (int64_t i = 0; i < batch->count; i++) {
        const uint8_t *slot = slot_at(table, batch->slots[i]);
        int64_t length = 0;
        const uint8_t *bytes = 0;
        if (!(slot_meta(table, slot) >> key & 1))
            bytes = string_bytes(table, slot + table->key_at[key], &length);
        if (length)
            memcpy((uint8_t *)output->keys[key] + used, bytes, (size_t)length);
        starts[i] = used;
        ends[i] = used += length;
    }
}

static void export_fixed(const struct pympr_group_output *output, const struct pympr_group_table *table, int key,
                         const struct export_batch *batch)
{
    uint8_t *column = output->keys[key];
    for (int64_t i = 0; i < batch->count; i++) {
        uint64_t word = key_word(table, slot_at(table, batch->slots[i]), key);
        if (table->key_kinds[key] == KIND_BOOL)
            column[batch->begin + i] = (uint8_t)word;
        else
            store_word(column + (batch->begin + i) * 8, word);
    }
}

static void export_key(const struct pympr_group_output *output, const struct pympr_group_table *table, int key,
                       const struct export_batch *batch)
{
    uint8_t *valid = output->key_valid[key];
    if (is_string_kind(table->key_kinds[key]))
        export_strings(output, table, key, batch);
    else
        export_fixed(output, table, key, batch);
    for (int64_t i = 0; valid && i < batch->count; i++)
        valid[batch->begin + i] = !(slot_meta(table, slot_at(table, batch->slots[i])) >> key & 1);
}

static void export_state(const struct pympr_group_output *output, const struct pympr_group_table *table, int a,
                         const struct export_batch *batch)
{
    uint8_t *column = output->states[a], *valid = output->state_valid[a];
    for (int64_t i = 0; i < batch->count; i++) {
        const uint8_t *slot = slot_at(table, batch->slots[i]);
        int64_t row = batch->begin + i;
        uint64_t state = load_word(slot + table->state_at[a]);
        if (output->is_bool[a])
            column[row] = (uint8_t)state;
        else
            store_word(column + row * 8, state);
        if (output->carries[a])
            output->carries[a][row] = table->carry_at[a] ? (int64_t)load_word(slot + table->carry_at[a]) : 0;
        if (valid)
            valid[row] = !table->meta_at || (slot_meta(table, slot) >> (16 + a) & 1);
    }
}

int pympr_group_export(const struct pympr_group_output *output, const struct pympr_group_table *table, int64_t *scratch)
{
    struct export_batch batch = {.slots = scratch};
    int64_t end = table->num_slots + table->extra_slots;
    if (table->has_zero) {
        batch.slots[batch.count++] = end;
        output->hashes[0] = 0;
    }
    for (int64_t index = 0; index < end || batch.count; batch.begin += batch.count, batch.count = 0) {
        index = collect_batch(&batch, output->hashes + batch.begin, table, index);
        sort_batch(&batch, output->hashes + batch.begin, table);
        for (int key = 0; key < table->num_keys; key++)
            if (output->keys[key])
                export_key(output, table, key, &batch);
        for (int a = 0; a < table->num_aggregates; a++)
            if (output->states[a])
                export_state(output, table, a, &batch);
    }
    for (int64_t i = 0; table->is_scrambled && i < batch.begin; i++)
        output->hashes[i] = unmix(output->hashes[i]);
    return batch.begin == table->num_groups ? PYMPR_OK : PYMPR_BAD;
}
