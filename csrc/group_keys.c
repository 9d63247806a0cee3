#include "group_inline.h"

/* One key column of a batch. */
struct column {
    const uint8_t *bytes; /* values, from the first row of the batch, or the bytes of strings */
    const int64_t *starts, *ends;
    const uint8_t *valid;
    int64_t rows, data_bytes, stride; /* stride: words of all keys */
    uint64_t seed;
};

PYMPR_INLINE void hash_int64_body(uint64_t *restrict hashes, const uint8_t *restrict values, int64_t rows, uint64_t seed)
{
    for (int64_t i = 0; i < rows; i++)
        hashes[i] = pympr_hash_int64((int64_t)load_word(values + i * 8), seed);
}

PYMPR_INLINE void hash_float64_body(uint64_t *restrict hashes, const uint8_t *restrict values, int64_t rows,
                                    uint64_t seed)
{
    for (int64_t i = 0; i < rows; i++)
        hashes[i] = pympr_hash_float64(as_double(load_word(values + i * 8)), seed);
}

PYMPR_INLINE void combine_body(uint64_t *restrict hashes, const uint64_t *restrict others, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        hashes[i] = pympr_hash_combine(hashes[i], others[i]);
}

PYMPR_VARIANTS(hash_int64, (uint64_t * hashes, const uint8_t *values, int64_t rows, uint64_t seed),
               (hashes, values, rows, seed))
PYMPR_VARIANTS(hash_float64, (uint64_t * hashes, const uint8_t *values, int64_t rows, uint64_t seed),
               (hashes, values, rows, seed))
PYMPR_VARIANTS(combine, (uint64_t * hashes, const uint64_t *others, int64_t rows), (hashes, others, rows))

/* The read functions write the hashes of a column, and its words to every stride-th place. */

static void read_number(uint64_t *hashes, uint64_t *words, const struct column *column, int kind)
{
    int64_t rows = column->rows, stride = column->stride;
    const uint8_t *values = column->bytes;
    (kind == KIND_INT64 ? hash_int64 : hash_float64)(hashes, values, rows, column->seed);
    for (int64_t i = 0; words && i < rows; i++)
        words[i * stride] = load_word(values + i * 8);
}

static void read_bool(uint64_t *hashes, uint64_t *words, const struct column *column)
{
    uint64_t of[2] = {pympr_hash_int64(0, column->seed), pympr_hash_int64(1, column->seed)};
    for (int64_t i = 0; i < column->rows; i++) {
        words[i * column->stride] = column->bytes[i] != 0;
        hashes[i] = of[column->bytes[i] != 0];
    }
}

/* Rows with 16 readable bytes and at most 15 of their own take no branch that depends on their length. */
static void read_string(uint64_t *hashes, uint64_t *words, const struct column *column)
{
    struct column c = *column; /* which the words written cannot change */
    int64_t last_wide = c.data_bytes - PYMPR_SHORT_BYTES;
    for (int64_t i = 0; i < c.rows; i++, words += c.stride) {
        if (is_null(c.valid, i))
            continue; /* its bytes may be anywhere */
        int64_t start = c.starts[i], length = c.ends[i] - start;
        if (PYMPR_LIKELY(length < PYMPR_SHORT_BYTES && start <= last_wide)) {
            uint64_t both[2];
            pympr_short_words(both, c.bytes + start, length, 1);
            hashes[i] = pympr_hash_short(both, length, c.seed);
            words[0] = both[0];
            words[1] = both[1] | (uint64_t)length << 56;
        } else {
            string_words(words, c.bytes, c.data_bytes, start, c.ends[i]);
            hashes[i] = pympr_hash_bytes(c.bytes + start, length, c.seed);
        }
    }
}

static void set_nulls(uint64_t *hashes, uint64_t *words, uint64_t *nulls, const struct column *column, int key,
                      int num_words)
{
    for (int64_t i = 0; i < column->rows; i++) {
        if (column->valid[i])
            continue;
        nulls[i] |= UINT64_C(1) << key;
        hashes[i] = pympr_hash_null(column->seed);
        memset(words + i * column->stride, 0, 8 * (size_t)num_words);
    }
}

static void read_column(struct group_batch *batch, uint64_t *hashes, const struct pympr_group_table *table,
                        const struct pympr_group_input *input, int key)
{
    int kind = table->key_kinds[key], is_string = is_string_kind(kind);
    const uint8_t *valid = input->key_valid[key];
    struct column column = {.bytes = input->keys[key],
                            .valid = valid ? valid + batch->begin : 0,
                            .rows = batch->rows,
                            .data_bytes = input->key_data_bytes[key],
                            .stride = table->key_words,
                            .seed = kind == KIND_BYTES ? pympr_bytes_seed(table->seed) : table->seed};
    uint64_t *words = table->is_hash_key ? 0 : batch->keys + (table->key_at[key] - table->key_at[0]) / 8;
    if (is_string) {
        column.starts = input->key_starts[key] + batch->begin;
        column.ends = input->key_ends[key] + batch->begin;
        read_string(hashes, words, &column);
    } else {
        column.bytes += batch->begin * (kind == KIND_BOOL ? 1 : 8);
        if (kind == KIND_BOOL)
            read_bool(hashes, words, &column);
        else
            read_number(hashes, words, &column, kind);
    }
    column.seed = table->seed;
    if (valid)
        set_nulls(hashes, words, batch->nulls, &column, key, is_string ? 2 : 1);
}

void pympr_group_read_keys(struct group_batch *batch, const struct pympr_group_table *table,
                           const struct pympr_group_input *input)
{
    uint64_t others[GROUP_BATCH];
    if (table->meta_at)
        memset(batch->nulls, 0, sizeof(uint64_t) * (size_t)batch->rows);
    for (int key = 0; key < table->num_keys && !(table->is_hash_key && input->hashes); key++) {
        read_column(batch, key ? others : batch->hashes, table, input, key);
        if (key)
            combine(batch->hashes, others, batch->rows);
    }
    if (input->hashes)
        memcpy(batch->hashes, input->hashes + batch->begin, sizeof(uint64_t) * (size_t)batch->rows);
    for (int64_t i = 0; i < batch->rows && !table->is_hash_key; i++)
        batch->hashes[i] += batch->hashes[i] == 0;
    for (int64_t i = 0; i < batch->rows && table->is_scrambled; i++)
        batch->hashes[i] = pympr_mix(batch->hashes[i]);
}
