#include "group_inline.h"
#include "words.h"

#define CACHED_BYTES (1 << 18) /* a table up to here needs no prefetch */

/* Where batches come from: rows of columns, or the words of a text. Two are under way at a time. */
struct source {
    struct pympr_group_input input;
    const uint8_t *text; /* NULL: rows of columns */
    int64_t position, end;
    int status; /* PYMPR_BAD when the row at `position` cannot be read */
    int64_t starts[2][GROUP_BATCH], ends[2][GROUP_BATCH];
    struct group_batch batches[2];
};

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

static void load_rows(struct source *source, struct group_batch *batch, const struct pympr_group_table *table)
{
    int64_t left = source->end - source->position;
    batch->begin = source->position;
    batch->rows = source->status != PYMPR_OK ? 0 : left < GROUP_BATCH ? left : GROUP_BATCH;
    int64_t good = first_bad_row(batch, table, &source->input);
    if (good < batch->rows)
        source->status = PYMPR_BAD;
    batch->rows = good;
    source->position += good;
}

static void load_words(struct source *source, struct group_batch *batch, int which)
{
    source->input.key_starts[0] = source->starts[which];
    source->input.key_ends[0] = source->ends[which];
    batch->begin = 0;
    pympr_split_words(source->starts[which], source->ends[which], &batch->rows, &source->position, GROUP_BATCH,
                      source->text, source->position, source->end);
}

static struct group_batch *load_batch(struct source *source, const struct pympr_group_table *table, int which)
{
    struct group_batch *batch = &source->batches[which];
    if (source->text)
        load_words(source, batch, which);
    else
        load_rows(source, batch, table);
    pympr_group_read_keys(batch, table, &source->input);
    return batch;
}

PYMPR_INLINE void count_outside_body(int64_t *outside, const uint64_t *hashes, int64_t rows, uint64_t low, uint64_t last)
{
    int64_t count = 0;
    for (int64_t i = 0; i < rows; i++)
        count += hashes[i] - low > last - low;
    *outside = count;
}

PYMPR_VARIANTS(count_outside,
               (int64_t * outside, const uint64_t *hashes, int64_t rows, uint64_t low, uint64_t last),
               (outside, hashes, rows, low, last))

/* Whether all hashes have a home; if not, says from where to where they go. */
static int has_homes(const struct group_batch *batch, struct pympr_group_table *table)
{
    int64_t outside;
    count_outside(&outside, batch->hashes, batch->rows, table->low, table->last);
    if (!outside)
        return 1;
    table->wanted_low = UINT64_MAX;
    table->wanted_last = 0;
    for (int64_t i = 0; i < batch->rows; i++) {
        uint64_t hash = batch->hashes[i];
        table->wanted_low = hash < table->wanted_low ? hash : table->wanted_low;
        table->wanted_last = hash > table->wanted_last ? hash : table->wanted_last;
    }
    return 0;
}

/* Aggregates a batch; lowers batch->rows to the rows done. */
static int add_batch(struct group_batch *batch, const struct group_batch *next, struct pympr_group_table *table,
                     const struct pympr_group_input *input)
{
    int64_t rows = batch->rows;
    table->needs = !has_homes(batch, table)                                            ? NEEDS_RANGE
                   : !pympr_group_sums_fit(table, input, batch->begin, batch->rows) ? NEEDS_CARRIES
                                                                                    : NEEDS_NOTHING;
    if (table->needs) {
        batch->rows = 0;
        return PYMPR_FULL;
    }
    batch->rows = pympr_group_find(batch, table->num_slots * table->stride > CACHED_BYTES ? next : 0, table, input);
    for (int a = 0; a < table->num_aggregates; a++)
        pympr_group_update(table, input, batch, a);
    for (int64_t i = 0; input->states && i < batch->rows; i++)
        memcpy(input->states + batch->begin + i, slot_of(batch, i) + table->state_at[0], 8);
    return batch->rows < rows ? PYMPR_FULL : PYMPR_OK;
}

static int add_all(struct source *source, struct pympr_group_table *table, int64_t *position)
{
    int which = 0;
    struct group_batch *batch = load_batch(source, table, which);
    while (batch->rows) {
        struct group_batch *next = load_batch(source, table, 1 - which);
        int status = add_batch(batch, next, table, &source->input);
        if (status != PYMPR_OK) {
            *position = source->text ? source->starts[which][batch->rows] : batch->begin + batch->rows;
            return status;
        }
        batch = next;
        which = 1 - which;
    }
    *position = source->position;
    return source->status;
}

int pympr_group_add(struct pympr_group_table *table, const struct pympr_group_input *input, int64_t begin, int64_t end,
                    int64_t *position)
{
    struct source source;
    source.input = *input;
    source.text = 0;
    source.position = begin;
    source.end = end;
    source.status = PYMPR_OK;
    return add_all(&source, table, position);
}

int pympr_group_add_words(struct pympr_group_table *table, const struct pympr_group_input *input, const uint8_t *data,
                          int64_t begin, int64_t end, int64_t *position)
{
    struct source source;
    source.input = *input;
    source.input.keys[0] = data;
    source.input.key_data_bytes[0] = end;
    source.text = data;
    source.position = begin;
    source.end = end;
    source.status = PYMPR_OK;
    return add_all(&source, table, position);
}
