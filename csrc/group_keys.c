#include "group_inline.h"

/* One key column of a batch. */
struct column {
    const uint8_t *bytes; /* values, from the first row of the batch, or the bytes of strings */
    const int64_t *starts, *ends;
    const uint8_t *valid;
    int64_t rows, data_bytes, stride; /* stride: words of all keys */
    uint64_t seed;
};

/* Each of these writes the hashes of a column, and its words to every stride-th place unless words is NULL. */

PYMPR_INLINE void read_int64_body(uint64_t *hashes, uint64_t *words, const struct column *column)
{
    for (int64_t i = 0; i < column->rows; i++)
        hashes[i] = pympr_hash_int64((int64_t)load_word(column->bytes + i * 8), column->seed);
    for (int64_t i = 0; words && i < column->rows; i++)
        words[i * column->stride] = load_word(column->bytes + i * 8);
}

PYMPR_INLINE void read_float64_body(uint64_t *hashes, uint64_t *words, const struct column *column)
{
    for (int64_t i = 0; i < column->rows; i++)
        hashes[i] = pympr_hash_float64(as_double(load_word(column->bytes + i * 8)), column->seed);
    for (int64_t i = 0; i < column->rows; i++)
        words[i * column->stride] = load_word(column->bytes + i * 8);
}

PYMPR_INLINE void combine_body(uint64_t *hashes, const uint64_t *others, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        hashes[i] = pympr_hash_combine(hashes[i], others[i]);
}

PYMPR_VARIANTS(read_int64, (uint64_t * hashes, uint64_t *words, const struct column *column), (hashes, words, column))
PYMPR_VARIANTS(read_float64, (uint64_t * hashes, uint64_t *words, const struct column *column), (hashes, words, column))
PYMPR_VARIANTS(combine, (uint64_t * hashes, const uint64_t *others, int64_t rows), (hashes, others, rows))

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
    int64_t last_wide = column->data_bytes - PYMPR_SHORT_BYTES;
    for (int64_t i = 0; i < column->rows; i++, words += column->stride) {
        if (is_null(column->valid, i))
            continue; /* its bytes may be anywhere */
        int64_t start = column->starts[i], length = column->ends[i] - start;
        if (PYMPR_LIKELY(length < PYMPR_SHORT_BYTES && start <= last_wide)) {
            pympr_short_words(words, column->bytes + start, length, 1);
            hashes[i] = pympr_hash_short(words, length, column->seed);
            words[1] |= (uint64_t)length << 56;
        } else {
            string_words(words, column->bytes, column->data_bytes, start, column->ends[i]);
            hashes[i] = pympr_hash_bytes(column->bytes + start, length, column->seed);
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
        (kind == KIND_INT64 ? read_int64 : kind == KIND_FLOAT64 ? read_float64 : read_bool)(hashes, words, &column);
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
}
