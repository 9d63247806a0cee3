#include "join_groups.h"

#include "join_inline.h"
#include "status.h"

#define CHUNK_PAIRS 2048 /* their row numbers stay in the first cache while all columns are taken */
#define MIN_SLOTS 16
#define SLOT_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/* A slot: the number of right rows with one word, above 1 + the first of them; 0 where it is free. */
typedef struct {
    uint64_t *slots;
    int shift;
    uint64_t mask;
} group_table;

int64_t pympr_join_groups_slots(int64_t rows)
{
    int64_t slots = MIN_SLOTS;
    while (slots < 2 * rows)
        slots *= 2;
    return slots;
}

static group_table empty_table(uint64_t *slots, int64_t rows)
{
    int64_t num_slots = pympr_join_groups_slots(rows);
    memset(slots, 0, (size_t)num_slots * sizeof *slots);
    return (group_table){slots, 64 - __builtin_ctzll((uint64_t)num_slots), (uint64_t)num_slots - 1};
}

/* The slot of a word, or the free one where it belongs. */
PYMPR_INLINE uint64_t *slot_of(const group_table *table, const uint64_t *words, uint64_t word)
{
    uint64_t at = word * SLOT_FACTOR >> table->shift;
    while (table->slots[at] && words[(uint32_t)table->slots[at] - 1] != word)
        at = (at + 1) & table->mask;
    return table->slots + at;
}

/* Backwards, so that the rows of a word are linked in ascending order. */
static void enter_rows(const group_table *table, uint32_t *next, const uint64_t *words, int64_t begin, int64_t end)
{
    for (int64_t row = end; row-- > begin;) {
        uint64_t *slot = slot_of(table, words, words[row]);
        next[row] = (uint32_t)*slot;
        *slot = ((*slot >> 32) + 1) << 32 | (uint64_t)(row + 1);
    }
}

static int64_t find_rows(const group_table *table, uint32_t *first, const uint64_t *right, const uint64_t *left,
                         int64_t begin, int64_t end, int is_left)
{
    int64_t pairs = 0;
    for (int64_t row = begin; row < end; row++) {
        uint64_t slot = *slot_of(table, right, left[row]);
        first[row] = (uint32_t)slot;
        pairs += slot ? (int64_t)(slot >> 32) : is_left;
    }
    return pairs;
}

static int64_t find_part(uint32_t *first, uint32_t *next, const pympr_join_side *left, const pympr_join_side *right,
                         int64_t begin, int64_t end, uint64_t *slots, int is_left)
{
    int64_t pairs = 0;
    for (int64_t group = begin; group < end; group++) {
        int64_t right_begin = right->edges[group], right_end = right->edges[group + 1];
        if (left->edges[group] == left->edges[group + 1])
            continue;
        group_table table = empty_table(slots, right_end - right_begin);
        enter_rows(&table, next, right->words, right_begin, right_end);
        pairs += find_rows(&table, first, right->words, left->words, left->edges[group], left->edges[group + 1],
                           is_left);
    }
    return pairs;
}

int pympr_join_groups_find(uint32_t *first, uint32_t *next, int64_t *offsets, const pympr_join_side *left,
                           const pympr_join_side *right, int64_t groups, int64_t parts, uint64_t *slots,
                           int64_t table_slots, int is_left)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++)
        offsets[part + 1] = find_part(first, next, left, right, pympr_join_part(groups, part, parts),
                                      pympr_join_part(groups, part + 1, parts), slots + part * table_slots, is_left);
    offsets[0] = 0;
    for (int64_t part = 0; part < parts; part++)
        offsets[part + 1] += offsets[part];
    return PYMPR_OK;
}

/* How far a part's pairs have been listed: a left row, and 1 + the right row that is its next, 0 before its first. */
typedef struct {
    int64_t row, end;
    uint32_t right;
} walk;

/* Lists up to CHUNK_PAIRS pairs; returns how many. */
static int64_t list_pairs(int64_t *left_rows, int64_t *right_rows, walk *at, const uint32_t *first,
                          const uint32_t *next, int is_left)
{
    int64_t listed = 0;
    while (at->row < at->end && listed < CHUNK_PAIRS) {
        uint32_t right = at->right ? at->right : first[at->row];
        if (right == 0 && !is_left) {
            at->row++;
            continue;
        }
        left_rows[listed] = at->row;
        right_rows[listed++] = (int64_t)right - 1;
        at->right = right ? next[right - 1] : 0;
        at->row += at->right == 0;
    }
    return listed;
}

PYMPR_INLINE void take_items(uint8_t *out, const uint8_t *values, const int64_t *rows, int64_t n, int64_t item_bytes)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(out + i * item_bytes, values + rows[i] * item_bytes, (size_t)item_bytes);
}

static void take_rows(const pympr_join_output *output, int64_t at, const int64_t *rows, int64_t n)
{
    uint8_t *out = (uint8_t *)output->out + at * output->item_bytes;
    const uint8_t *values = output->values;
    if (!values) {
        memcpy(out, rows, (size_t)n * sizeof *rows);
        return;
    }
    switch (output->item_bytes) {
    case 1: take_items(out, values, rows, n, 1); break;
    case 2: take_items(out, values, rows, n, 2); break;
    case 4: take_items(out, values, rows, n, 4); break;
    case 8: take_items(out, values, rows, n, 8); break;
    case 16: take_items(out, values, rows, n, 16); break;
    }
}

static void take_part(const pympr_join_output *outputs, int num_outputs, const uint32_t *first, const uint32_t *next,
                      int64_t at, walk rows, int is_left)
{
    int64_t left_rows[CHUNK_PAIRS], right_rows[CHUNK_PAIRS], listed;
    while ((listed = list_pairs(left_rows, right_rows, &rows, first, next, is_left)) > 0) {
        for (int index = 0; index < num_outputs; index++)
            take_rows(outputs + index, at, outputs[index].is_right ? right_rows : left_rows, listed);
        at += listed;
    }
}

int pympr_join_groups_take(const pympr_join_output *outputs, int num_outputs, const uint32_t *first,
                           const uint32_t *next, const int64_t *offsets, const int64_t *left_edges, int64_t groups,
                           int64_t parts, int is_left)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        walk rows = {left_edges[pympr_join_part(groups, part, parts)],
                     left_edges[pympr_join_part(groups, part + 1, parts)], 0};
        take_part(outputs, num_outputs, first, next, offsets[part], rows, is_left);
    }
    return PYMPR_OK;
}
