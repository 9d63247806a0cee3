#include "group_inline.h"
#include "words.h"

#define CACHED_BYTES (1 << 18) /* a table up to here needs no prefetch */
#define FARTHEST_SLOTS 200      /* less than the extra slots; few runs of taken slots are as long, even at a load of 0.7 */

#if PYMPR_HAS_X86
PYMPR_AVX512 static void hash_int64_avx512(uint64_t *out, const int64_t *values, int64_t rows, uint64_t seed)
{
    for (int64_t i = 0; i < rows; i++)
        out[i] = pympr_hash_int64(values[i], seed);
}
#endif

static void hash_int64(uint64_t *out, const int64_t *values, int64_t rows, uint64_t seed)
{
#if PYMPR_HAS_X86
    if (pympr_get_simd_level() == 2) {
        hash_int64_avx512(out, values, rows, seed);
        return;
    }
#endif
    for (int64_t i = 0; i < rows; i++)
        out[i] = pympr_hash_int64(values[i], seed);
}

static uint64_t hash_key(const struct pympr_group_input *input, int key, int kind, int64_t row, uint64_t seed)
{
    const uint8_t *bytes = input->keys[key];
    if (is_null(input->key_valid[key], row))
        return pympr_hash_null(seed);
    if (kind == KIND_INT64)
        return pympr_hash_int64((int64_t)load_word(bytes + row * 8), seed);
    if (kind == KIND_FLOAT64)
        return pympr_hash_float64(as_double(load_word(bytes + row * 8)), seed);
    if (kind == KIND_BOOL)
        return pympr_hash_int64(bytes[row] != 0, seed);
    int64_t start = input->key_starts[key][row], length = input->key_ends[key][row] - start;
    return pympr_hash_bytes(bytes + start, length, kind == KIND_BYTES ? pympr_bytes_seed(seed) : seed);
}

/* Any keys: one column after the other, the kind outside the loop. */
static void hash_columns(struct group_batch *batch, const struct pympr_group_table *table,
                         const struct pympr_group_input *input)
{
    for (int key = 0; key < table->num_keys; key++) {
        int kind = table->key_kinds[key];
        for (int64_t i = 0; i < batch->rows; i++) {
            uint64_t hash = hash_key(input, key, kind, batch->begin + i, table->seed);
            batch->hashes[i] = key ? pympr_hash_combine(batch->hashes[i], hash) : hash;
        }
    }
}

/* One string key that is never null: its words are needed to compare, so they are kept. Rows with 16
 * readable bytes and at most 15 of their own take no branch that depends on their length. */
static void hash_string(struct group_batch *batch, const struct pympr_group_table *table,
                        const struct pympr_group_input *input)
{
    const uint8_t *data = input->keys[0];
    const int64_t *starts = input->key_starts[0] + batch->begin, *ends = input->key_ends[0] + batch->begin;
    uint64_t seed = table->key_kinds[0] == KIND_BYTES ? pympr_bytes_seed(table->seed) : table->seed;
    int64_t last_wide = input->key_data_bytes[0] - PYMPR_SHORT_BYTES;
    for (int64_t i = 0; i < batch->rows; i++) {
        int64_t length = ends[i] - starts[i];
        uint64_t *words = batch->words[i];
        if (PYMPR_LIKELY(length < PYMPR_SHORT_BYTES && starts[i] <= last_wide)) {
            pympr_short_words(words, data + starts[i], length, 1);
            batch->hashes[i] = pympr_hash_short(words, length, seed);
            words[1] |= (uint64_t)length << 56;
        } else {
            string_words(words, data, input->key_data_bytes[0], starts[i], ends[i]);
            batch->hashes[i] = pympr_hash_bytes(data + starts[i], length, seed);
        }
    }
}

static int is_string_table(const struct pympr_group_table *table)
{
    return table->num_keys == 1 && is_string_kind(table->key_kinds[0]) && !table->meta_at;
}

static void hash_batch(struct group_batch *batch, const struct pympr_group_table *table,
                       const struct pympr_group_input *input)
{
    if (is_string_table(table))
        hash_string(batch, table, input);
    else if (input->hashes)
        memcpy(batch->hashes, input->hashes + batch->begin, sizeof(uint64_t) * (size_t)batch->rows);
    else if (table->is_hash_key)
        hash_int64(batch->hashes, (const int64_t *)input->keys[0] + batch->begin, batch->rows, table->seed);
    else
        hash_columns(batch, table, input);
    if (table->is_hash_key)
        return;
    for (int64_t i = 0; i < batch->rows; i++)
        batch->hashes[i] += batch->hashes[i] == 0;
}

static void fetch_slots(const struct group_batch *batch, const struct pympr_group_table *table)
{
    if (table->num_slots * table->stride <= CACHED_BYTES)
        return;
    for (int64_t i = 0; i < batch->rows; i++)
        __builtin_prefetch(home_slot(table, batch->hashes[i]), 1);
}

static int is_same_key(const struct pympr_group_table *table, const uint8_t *slot,
                       const struct pympr_group_input *input, int64_t row)
{
    uint64_t meta = slot_meta(table, slot);
    for (int key = 0; key < table->num_keys; key++) {
        const uint8_t *field = slot + table->key_at[key];
        int null = is_null(input->key_valid[key], row);
        if (null != (int)(meta >> key & 1))
            return 0;
        if (null)
            continue;
        if (is_string_kind(table->key_kinds[key])) {
            uint64_t words[2];
            string_words(words, input->keys[key], input->key_data_bytes[key], input->key_starts[key][row],
                         input->key_ends[key][row]);
            if (!is_same_string(table, field, words, input->keys[key]))
                return 0;
            continue;
        }
        uint64_t left = load_word(field), right = fixed_key(table, input, key, row);
        if (left != right && !(table->key_kinds[key] == KIND_FLOAT64 && is_same_float(left, right)))
            return 0;
    }
    return 1;
}

/* Bytes the row's keys take in the arena. */
static int64_t arena_share(const struct pympr_group_table *table, const struct pympr_group_input *input, int64_t row)
{
    int64_t bytes = 0;
    for (int key = 0; key < table->num_keys; key++) {
        if (!is_string_kind(table->key_kinds[key]) || is_null(input->key_valid[key], row))
            continue;
        int64_t length = input->key_ends[key][row] - input->key_starts[key][row];
        bytes += length < PYMPR_SHORT_BYTES ? 0 : length;
    }
    return bytes;
}

static void put_string(struct pympr_group_table *table, uint8_t *field, const struct pympr_group_input *input, int key,
                       int64_t row)
{
    const uint8_t *data = input->keys[key];
    uint64_t words[2];
    string_words(words, data, input->key_data_bytes[key], input->key_starts[key][row], input->key_ends[key][row]);
    int64_t length = string_length(words);
    if (is_long_string(words)) {
        memcpy(table->arena + table->arena_used, data + words[0], (size_t)length);
        words[0] = (uint64_t)table->arena_used;
        table->arena_used += length;
    }
    table->key_bytes[key] += length;
    store_word(field, words[0]);
    store_word(field + 8, words[1]);
}

/* Makes the row's group in a free slot; 0 when the table has no room for it. */
static int put_group(struct pympr_group_table *table, uint8_t *slot, uint64_t hash,
                     const struct pympr_group_input *input, int64_t row)
{
    int64_t share = arena_share(table, input, row);
    table->needs = table->num_groups >= table->max_groups      ? NEEDS_SLOTS
                   : share > table->arena_bytes - table->arena_used ? NEEDS_ARENA
                                                                    : NEEDS_NOTHING;
    table->arena_wanted = table->arena_used + share;
    if (table->needs)
        return 0;
    uint64_t meta = 0;
    for (int key = 0; key < table->num_keys && !table->is_hash_key; key++) {
        uint8_t *field = slot + table->key_at[key];
        if (is_null(input->key_valid[key], row))
            meta |= UINT64_C(1) << key;
        else if (is_string_kind(table->key_kinds[key]))
            put_string(table, field, input, key, row);
        else
            store_word(field, fixed_key(table, input, key, row));
    }
    if (table->meta_at)
        store_word(slot + table->meta_at, meta);
    for (int a = 0; a < table->num_aggregates; a++)
        store_word(slot + table->state_at[a], table->initial[a]);
    store_word(slot, hash);
    table->num_groups++;
    return 1;
}

/* No key goes far from its home: in a table that fills up unevenly, because its rows come in order,
 * runs of taken slots would grow long before it is full. Not so in a nearly empty one, where
 * only keys of one hash can pile up: more slots would not part them. */
static int has_room_at(struct pympr_group_table *table, const uint8_t *slot, uint64_t hash)
{
    int is_far = slot - home_slot(table, hash) > (int64_t)FARTHEST_SLOTS * table->stride;
    if (PYMPR_LIKELY(slot < zero_slot(table) && !(is_far && table->num_groups > table->num_slots >> 10)))
        return 1;
    table->needs = NEEDS_SLOTS;
    return 0;
}

/* Finds or makes the slot of every row; returns how many rows it did. Always inlined with a known
 * `is_same`, which decides between keys of one hash, so that each kind of key has its own loop. */
typedef int same_function(const struct pympr_group_table *table, const uint8_t *slot,
                          const struct pympr_group_input *input, const struct group_batch *batch, int64_t i);

PYMPR_INLINE int64_t find_slots(struct group_batch *batch, struct pympr_group_table *table,
                                const struct pympr_group_input *input, same_function *is_same)
{
    for (int64_t i = 0; i < batch->rows; i++) {
        uint64_t hash = batch->hashes[i], found;
        uint8_t *slot = home_slot(table, hash);
        while ((found = load_word(slot)) != 0 && !(found == hash && is_same(table, slot, input, batch, i)))
            slot += table->stride;
        if (PYMPR_UNLIKELY(!found) &&
            !(has_room_at(table, slot, hash) && put_group(table, slot, hash, input, batch->begin + i)))
            return i;
        batch->slots[i] = (uintptr_t)slot | !found;
    }
    return batch->rows;
}

PYMPR_INLINE int same_string(const struct pympr_group_table *table, const uint8_t *slot,
                             const struct pympr_group_input *input, const struct group_batch *batch, int64_t i)
{
    return is_same_string(table, slot + 8, batch->words[i], input->keys[0]);
}

PYMPR_INLINE int same_any(const struct pympr_group_table *table, const uint8_t *slot,
                          const struct pympr_group_input *input, const struct group_batch *batch, int64_t i)
{
    return is_same_key(table, slot, input, batch->begin + i);
}

static int64_t find_string_slots(struct group_batch *batch, struct pympr_group_table *table,
                                 const struct pympr_group_input *input)
{
    return find_slots(batch, table, input, same_string);
}

static int64_t find_any_slots(struct group_batch *batch, struct pympr_group_table *table,
                              const struct pympr_group_input *input)
{
    return find_slots(batch, table, input, same_any);
}

/* The hash is the key; 0, which marks free slots elsewhere, has a slot of its own. */
static int64_t find_int64_slots(struct group_batch *batch, struct pympr_group_table *table,
                                const struct pympr_group_input *input)
{
    for (int64_t i = 0; i < batch->rows; i++) {
        uint64_t hash = batch->hashes[i], found;
        uint8_t *slot = home_slot(table, hash);
        if (PYMPR_UNLIKELY(!hash)) {
            slot = zero_slot(table);
            if (!table->has_zero && !put_group(table, slot, 0, input, batch->begin + i))
                return i;
            batch->slots[i] = (uintptr_t)slot | !table->has_zero;
            table->has_zero = 1;
            continue;
        }
        while ((found = load_word(slot)) != hash && found)
            slot += table->stride;
        if (PYMPR_UNLIKELY(!found) &&
            !(has_room_at(table, slot, hash) && put_group(table, slot, hash, input, batch->begin + i)))
            return i;
        batch->slots[i] = (uintptr_t)slot | !found;
    }
    return batch->rows;
}

/* Aggregates a batch whose keys are known to lie in their bytes; lowers batch->rows to the rows done. */
static int add_batch(struct group_batch *batch, struct pympr_group_table *table, const struct pympr_group_input *input)
{
    table->needs = NEEDS_CARRIES;
    if (!pympr_group_sums_fit(table, input, batch->begin, batch->rows)) {
        batch->rows = 0;
        return PYMPR_FULL;
    }
    hash_batch(batch, table, input);
    fetch_slots(batch, table);
    int64_t rows = batch->rows;
    if (table->is_hash_key)
        batch->rows = find_int64_slots(batch, table, input);
    else if (is_string_table(table))
        batch->rows = find_string_slots(batch, table, input);
    else
        batch->rows = find_any_slots(batch, table, input);
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
