#include "group_short.h"

#include "group_bound_inline.h"
#include "hash_inline.h"
#include "status.h"

#define BATCH_ROWS 256
#define FARTHEST_SLOTS 8
#define FEW_KEYS 512 /* more seldom repeat at once, and four tables of them would leave the first cache */

struct batch {
    int64_t begin, rows, num_missed;
    uint64_t words[2 * BATCH_ROWS];
    uint32_t slots[BATCH_ROWS];
    uint32_t missed[BATCH_ROWS + 1]; /* one more is written than kept */
};

struct strings {
    const uint8_t *data;
    const int64_t *starts, *ends;
    int64_t last_wide; /* 16 bytes can be read up to here */
};

PYMPR_INLINE void count_unfit_body(int64_t *unfit, const int64_t *starts, const int64_t *ends, int64_t rows,
                                   int64_t last_wide)
{
    int64_t count = 0;
    for (int64_t i = 0; i < rows; i++)
        count += (starts[i] < 0) | (starts[i] > last_wide) |
                 ((uint64_t)ends[i] - (uint64_t)starts[i] >= PYMPR_SHORT_BYTES);
    *unfit = count;
}

PYMPR_VARIANTS(count_unfit,
               (int64_t * unfit, const int64_t *starts, const int64_t *ends, int64_t rows, int64_t last_wide),
               (unfit, starts, ends, rows, last_wide))

PYMPR_INLINE uint32_t home_of(uint64_t first, uint64_t second, int shift)
{
    return (uint32_t)((first * PYMPR_KEY_A ^ second * PYMPR_KEY_B) >> shift);
}

/* Whether the key's home holds it is noted without a branch: the few rows it does not come later. */
PYMPR_INLINE void look_up(struct batch *batch, const struct pympr_short_sums *table, const struct strings *strings,
                          int64_t i, int shift)
{
    int64_t row = batch->begin + i, start = strings->starts[row], length = strings->ends[row] - start;
    uint64_t words[2];
    pympr_short_words(words, strings->data + start, length, 1);
    words[1] |= (uint64_t)(length + 1) << 56;
    uint32_t home = home_of(words[0], words[1], shift);
    const uint64_t *held = table->words + 2 * (int64_t)home;
    memcpy(batch->words + 2 * i, words, sizeof words);
    batch->slots[i] = home;
    batch->missed[batch->num_missed] = (uint32_t)i;
    batch->num_missed += ((held[0] ^ words[0]) | (held[1] ^ words[1])) != 0;
}

static void pass_over(struct batch *batch, struct pympr_short_sums *table, int64_t i)
{
    table->passed[table->num_passed++] = batch->begin + i;
    batch->slots[i] = (uint32_t)table->num_slots;
}

/* With rows among them that do not fit; 0 when one cannot be a string. */
static int look_up_checked(struct batch *batch, struct pympr_short_sums *table, const struct strings *strings,
                           int64_t data_bytes, int shift)
{
    for (int64_t i = 0; i < batch->rows; i++) {
        int64_t start = strings->starts[batch->begin + i], end = strings->ends[batch->begin + i];
        if (start < 0 || end < start || end > data_bytes)
            return 0;
    }
    for (int64_t i = 0; i < batch->rows; i++) {
        int64_t start = strings->starts[batch->begin + i], end = strings->ends[batch->begin + i];
        if (start > strings->last_wide || end - start >= PYMPR_SHORT_BYTES)
            pass_over(batch, table, i);
        else
            look_up(batch, table, strings, i, shift);
    }
    return 1;
}

/* The slots of rows whose home did not hold their key. */
static void find_missed(struct batch *batch, struct pympr_short_sums *table)
{
    uint64_t mask = (uint64_t)table->num_slots - 1;
    for (int64_t m = 0; m < batch->num_missed; m++) {
        int64_t i = batch->missed[m];
        const uint64_t *words = batch->words + 2 * i;
        for (uint64_t tried = 0; tried < FARTHEST_SLOTS; tried++) {
            uint64_t slot = (batch->slots[i] + tried) & mask, *held = table->words + 2 * slot;
            if (!held[1]) {
                memcpy(held, words, 2 * sizeof *words);
                table->slots[table->num_keys] = (int64_t)slot;
                table->rows[table->num_keys++] = batch->begin + i;
            }
            if (held[0] == words[0] && held[1] == words[1]) {
                batch->slots[i] = (uint32_t)slot;
                break;
            }
            if (tried == FARTHEST_SLOTS - 1)
                pass_over(batch, table, i);
        }
    }
}

static void add_values(const struct pympr_short_sums *table, const struct batch *batch, const int64_t *values,
                       int64_t step)
{
    int64_t stride = table->num_keys <= FEW_KEYS ? table->num_slots + 1 : 0, *sums = table->sums;
    for (int64_t i = 0; i < batch->rows; i++) {
        uint64_t *sum = (uint64_t *)sums + (i & 3) * stride + batch->slots[i];
        *sum += (uint64_t)values[i * step];
    }
}

/* 0 when the table cannot be sure to take the batch, or a string leaves its bytes. */
static int add_batch(struct pympr_short_sums *table, struct batch *batch, const struct strings *strings,
                     int64_t data_bytes, const int64_t *values, int is_constant)
{
    int64_t unfit;
    int shift = 64 - __builtin_ctzll((uint64_t)table->num_slots);
    if (table->num_keys + batch->rows > table->max_keys || table->num_passed + batch->rows > table->max_passed)
        return 0;
    uint64_t bound = table->bound;
    if (!raise_bound(&bound, magnitude_bound(values, is_constant ? 1 : batch->rows), batch->rows))
        return 0;
    count_unfit(&unfit, strings->starts + batch->begin, strings->ends + batch->begin, batch->rows, strings->last_wide);
    if (unfit && !look_up_checked(batch, table, strings, data_bytes, shift))
        return 0;
    for (int64_t i = 0; !unfit && i < batch->rows; i++)
        look_up(batch, table, strings, i, shift);
    find_missed(batch, table);
    add_values(table, batch, values, !is_constant);
    table->bound = bound;
    return 1;
}

int pympr_group_short_add(struct pympr_short_sums *table, const uint8_t *data, int64_t data_bytes,
                          const int64_t *starts, const int64_t *ends, const int64_t *values, int32_t is_constant,
                          int64_t begin, int64_t end, int64_t *position)
{
    struct strings strings = {data, starts, ends, data_bytes - PYMPR_SHORT_BYTES};
    struct batch batch;
    int status = PYMPR_OK;
    for (*position = begin; *position < end; *position += batch.rows) {
        batch.begin = *position;
        batch.rows = end - *position < BATCH_ROWS ? end - *position : BATCH_ROWS;
        batch.num_missed = 0;
        if (!add_batch(table, &batch, &strings, data_bytes, values + (is_constant ? 0 : *position), is_constant)) {
            status = PYMPR_FULL;
            break;
        }
    }
    return status;
}
