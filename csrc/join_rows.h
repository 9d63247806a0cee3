/* Join tables over keys of strings or of several columns: hashes in the slots, keys in the build columns. */
#ifndef PYMPR_JOIN_ROWS_H
#define PYMPR_JOIN_ROWS_H

#include "join.h"

/* Up to 64 columns of the build rows and as many of the same rows or of probe rows. A row with a null
 * meets nothing unless the table says that nulls are equal. `hashes` are equal for equal keys of both sides. */
typedef struct {
    const pympr_join_column *columns;
    int num_columns;
    const uint64_t *hashes;
    int64_t n;
} pympr_join_keys;

/* Enters all rows. PYMPR_FULL when a region has no free slot left. */
int pympr_join_build_rows(pympr_join_table *table, const pympr_join_keys *keys);

/* As pympr_join_find. `build` are the keys the table was built of. */
int pympr_join_find_rows(int64_t *first_rows, uint8_t *matched, const pympr_join_table *table,
                         const pympr_join_keys *build, const pympr_join_keys *probe, int threads);

#endif
