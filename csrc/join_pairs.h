/* From first build rows to pairs of rows. */
#ifndef PYMPR_JOIN_PAIRS_H
#define PYMPR_JOIN_PAIRS_H

#include <stdint.h>

/* The build rows of the key whose first row is f are rows[starts[f]:starts[f + 1]], ascending. `starts` has room for
 * n + 2 items, `rows` for n. */
int pympr_join_group(int64_t *starts, int64_t *rows, const int64_t *parents, int64_t n);

/* *pairs is how many pairs the probe rows give; `offsets` (threads items) is where the pairs of each thread begin.
 * `starts` is NULL when every key has one build row. `how`: 0 inner, 1 left, 2 semi, 3 anti. */
int pympr_join_count(int64_t *pairs, int64_t *offsets, const int64_t *first_rows, int64_t n, const int64_t *starts,
                     int how, int threads);

/* The pairs, in the order of the probe rows, for one probe row in that of the build rows; -1 for no build
 * row. Same `how` and `threads` as in the count. */
int pympr_join_expand(int64_t *build_rows, int64_t *probe_rows, const int64_t *offsets, const int64_t *first_rows,
                      int64_t n, const int64_t *starts, const int64_t *rows, int how, int threads);

/* The build rows whose key was never marked in `matched`, ascending; *found of them. `rows` has room for n. */
int pympr_join_unmatched(int64_t *rows, int64_t *found, const uint8_t *matched, const int64_t *parents, int64_t n);

#endif
