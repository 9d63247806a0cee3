/* Rows put next to the rows of the same group. */
#ifndef PYMPR_GROUP_IDS_H
#define PYMPR_GROUP_IDS_H

#include <stdint.h>

/* Writes row i to permutation[cursors[ids[i]]] and moves that cursor on: with the cursors at the
 * groups' offsets the rows of a group lie together and in order. PYMPR_BAD and the row in *bad
 * when an id is not in [0, num_groups). */
int pympr_group_scatter(int64_t *permutation, int64_t *cursors, int64_t *bad, const int64_t *ids, int64_t n,
                        int64_t num_groups);

#endif
