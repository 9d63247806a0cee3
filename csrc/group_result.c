#include "group_inline.h"

#define EXPORT_BATCH 512 /* groups whose slots are read for all columns before the next are touched */

static const uint8_t *slot_at(const struct pympr_group_table *table, int64_t index)
{
    return table->slots + index * table->stride;
}

static uint64_t key_word(const struct pympr_group_table *table, const uint8_t *slot, int key)
{
    if (table->is_hash_key)
        return unhash_int64(load_word(slot), table->seed);
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

static int is_after(const struct pympr_group_table *table, int64_t left, int64_t right)
{
    const uint8_t *a = slot_at(table, left), *b = slot_at(table, right);
    uint64_t left_hash = load_word(a), right_hash = load_word(b);
    return left_hash > right_hash || (left_hash == right_hash && compare_keys(table, a, b) > 0);
}

/* Insertion: a key is never before its home, so it is only out of order within a run of taken slots. */
int pympr_group_order(int64_t *order, const struct pympr_group_table *table)
{
    int64_t count = 0, end = table->num_slots + table->extra_slots;
    if (table->has_zero)
        order[count++] = end;
    int64_t first = count;
    for (int64_t index = 0; index < end; index++) {
        if (!load_word(slot_at(table, index)))
            continue;
        int64_t at = count++;
        for (; at > first && is_after(table, order[at - 1], index); at--)
            order[at] = order[at - 1];
        order[at] = index;
    }
    return count == table->num_groups ? PYMPR_OK : PYMPR_BAD;
}

static void export_strings(const struct pympr_group_output *output, const struct pympr_group_table *table, int key,
                           const int64_t *order, int64_t begin, int64_t end)
{
    int64_t used = begin ? output->key_ends[key][begin - 1] : 0;
    for (int64_t i = begin; i < end; i++) {
        const uint8_t *slot = slot_at(table, order[i]);
        int64_t length = 0;
        const uint8_t *bytes = 0;
        if (!(slot_meta(table, slot) >> key & 1))
            bytes = string_bytes(table, slot + table->key_at[key], &length);
        if (length)
            memcpy((uint8_t *)output->keys[key] + used, bytes, (size_t)length);
        output->key_starts[key][i] = used;
        output->key_ends[key][i] = used += length;
    }
}

static void export_fixed(const struct pympr_group_output *output, const struct pympr_group_table *table, int key,
                         const int64_t *order, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        uint64_t word = key_word(table, slot_at(table, order[i]), key);
        if (table->key_kinds[key] == KIND_BOOL)
            ((uint8_t *)output->keys[key])[i] = (uint8_t)word;
        else
            store_word((uint8_t *)output->keys[key] + i * 8, word);
    }
}

static void export_state(const struct pympr_group_output *output, const struct pympr_group_table *table, int a,
                         const int64_t *order, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        const uint8_t *slot = slot_at(table, order[i]);
        uint64_t state = load_word(slot + table->state_at[a]);
        if (output->is_bool[a])
            ((uint8_t *)output->states[a])[i] = (uint8_t)state;
        else
            store_word((uint8_t *)output->states[a] + i * 8, state);
        if (output->carries[a])
            output->carries[a][i] = table->carry_at[a] ? (int64_t)load_word(slot + table->carry_at[a]) : 0;
        if (output->state_valid[a])
            output->state_valid[a][i] = !table->meta_at || (slot_meta(table, slot) >> (16 + a) & 1);
    }
}

static void export_batch(const struct pympr_group_output *output, const struct pympr_group_table *table,
                         const int64_t *order, int64_t begin, int64_t end)
{
    for (int64_t i = begin; output->hashes && i < end; i++)
        output->hashes[i] = load_word(slot_at(table, order[i]));
    for (int key = 0; key < table->num_keys; key++) {
        if (!output->keys[key])
            continue;
        if (is_string_kind(table->key_kinds[key]))
            export_strings(output, table, key, order, begin, end);
        else
            export_fixed(output, table, key, order, begin, end);
        for (int64_t i = begin; output->key_valid[key] && i < end; i++)
            output->key_valid[key][i] = !(slot_meta(table, slot_at(table, order[i])) >> key & 1);
    }
    for (int a = 0; a < table->num_aggregates; a++)
        if (output->states[a])
            export_state(output, table, a, order, begin, end);
}

int pympr_group_export(const struct pympr_group_output *output, const struct pympr_group_table *table,
                       const int64_t *order, int64_t n)
{
    for (int64_t begin = 0; begin < n; begin += EXPORT_BATCH)
        export_batch(output, table, order, begin, n - begin < EXPORT_BATCH ? n : begin + EXPORT_BATCH);
    return PYMPR_OK;
}
