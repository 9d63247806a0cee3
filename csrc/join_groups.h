/* Hash joins of rows that lie group by group: each group's table stays in the cache. */
#ifndef PYMPR_JOIN_GROUPS_H
#define PYMPR_JOIN_GROUPS_H

#include <stdint.h>

/* One side: rows edges[g] to edges[g + 1] are those of group g. Equal keys are equal words, in one group of either
 * side; unequal keys are unequal words. */
typedef struct {
    const uint64_t *words;
    const int64_t *edges;
} pympr_join_side;

/* A result column: items of 1, 2, 4, 8 or 16 bytes of the left side, or of the right one. Where `values` is NULL, the
 * row itself as an int64, -1 for no right row. */
typedef struct {
    const void *values;
    void *out;
    int64_t item_bytes;
    int is_right;
} pympr_join_output;

/* The slots that a table for `rows` rows needs. */
int64_t pympr_join_groups_slots(int64_t rows);

/* For every left row 1 + the first right row with its word, or 0, in `first`; for every right row 1 + the next one with
 * its word, or 0, in `next`. Groups are cut into `parts`, and offsets[p] is where the pairs of part p begin;
 * offsets[parts] is how many there are. `is_left`: a left row without a right one counts as a pair. `slots` has
 * room for `parts` tables of `table_slots` items, as many as the right side's largest group needs. Fewer than 2^32 - 1
 * right rows. */
int pympr_join_groups_find(uint32_t *first, uint32_t *next, int64_t *offsets, const pympr_join_side *left,
                           const pympr_join_side *right, int64_t groups, int64_t parts, uint64_t *slots,
                           int64_t table_slots, int is_left);

/* The columns of all pairs, in the order of the left rows, for one left row in that of the right rows. */
int pympr_join_groups_take(const pympr_join_output *outputs, int num_outputs, const uint32_t *first,
                           const uint32_t *next, const int64_t *offsets, const int64_t *left_edges, int64_t groups,
                           int64_t parts, int is_left);

#endif
