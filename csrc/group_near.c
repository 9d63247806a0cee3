#include "group_near.h"

#include "group_bound_inline.h"
#include "status.h"

#define BLOCK_ROWS 2048   /* keys and values stay in the first cache between the two passes */
#define REPLICA_SPAN 1024 /* wider keys seldom repeat at once, and four tables of them would leave the first cache */

PYMPR_INLINE void key_range_body(int64_t *lowest, int64_t *highest, const int64_t *keys, int64_t rows)
{
    int64_t low = keys[0], high = keys[0];
    for (int64_t i = 0; i < rows; i++) {
        low = keys[i] < low ? keys[i] : low;
        high = keys[i] > high ? keys[i] : high;
    }
    *lowest = low;
    *highest = high;
}

PYMPR_VARIANTS(key_range, (int64_t * lowest, int64_t *highest, const int64_t *keys, int64_t rows),
               (lowest, highest, keys, rows))

/* Puts the first keys into the middle of the table. */
static void choose_low(struct pympr_near_sums *table, int64_t lowest, uint64_t span)
{
    uint64_t margin = ((uint64_t)table->room - 1 - span) / 2, most = (uint64_t)lowest - (uint64_t)INT64_MIN;
    table->low = (int64_t)((uint64_t)lowest - (margin < most ? margin : most));
    table->has_low = 1;
}

static int has_room(struct pympr_near_sums *table, int64_t lowest, int64_t highest)
{
    uint64_t span = (uint64_t)highest - (uint64_t)lowest, room = (uint64_t)table->room;
    if (span >= room)
        return 0;
    if (!table->has_low)
        choose_low(table, lowest, span);
    uint64_t first = (uint64_t)lowest - (uint64_t)table->low;
    return lowest >= table->low && first < room && first + span < room;
}

/* `step` is 0 when all rows have one value; row i goes to table i % replicas. */
PYMPR_INLINE void add_rows(int64_t *restrict sums, uint8_t *restrict seen, const int64_t *restrict keys,
                           const int64_t *restrict values, int64_t rows, int64_t step, int64_t low, int64_t room,
                           int replicas)
{
    for (int64_t i = 0; i < rows; i++) {
        uint64_t at = (uint64_t)keys[i] - (uint64_t)low;
        seen[at] = 1;
        sums[(i & (replicas - 1)) * room + (int64_t)at] += values[i * step];
    }
}

static void add_block(const struct pympr_near_sums *table, const int64_t *keys, const int64_t *values, int64_t rows,
                      int is_constant, int is_narrow)
{
    int64_t *sums = table->sums, low = table->low, room = table->room, whole = is_narrow ? rows & ~INT64_C(3) : 0;
    uint8_t *seen = table->seen;
    int64_t step = !is_constant;
    if (is_narrow && is_constant)
        add_rows(sums, seen, keys, values, whole, 0, low, room, 4);
    else if (is_narrow)
        add_rows(sums, seen, keys, values, whole, 1, low, room, 4);
    add_rows(sums, seen, keys + whole, values + whole * step, rows - whole, step, low, room, 1);
}

int pympr_group_near_add(struct pympr_near_sums *table, const int64_t *keys, const int64_t *values,
                         int32_t is_constant, int64_t begin, int64_t end, int64_t *position)
{
    int64_t at = begin, step = !is_constant;
    int status = PYMPR_OK;
    for (; at < end; at += BLOCK_ROWS) {
        int64_t rows = end - at < BLOCK_ROWS ? end - at : BLOCK_ROWS, lowest, highest;
        key_range(&lowest, &highest, keys + at, rows);
        uint64_t largest = magnitude_bound(values + at * step, is_constant ? 1 : rows);
        if (!has_room(table, lowest, highest) || !raise_bound(&table->bound, largest, rows)) {
            status = PYMPR_FULL;
            break;
        }
        int is_narrow = (uint64_t)highest - (uint64_t)lowest < REPLICA_SPAN;
        add_block(table, keys + at, values + at * step, rows, is_constant, is_narrow);
    }
    *position = at < end ? at : end;
    return status;
}
