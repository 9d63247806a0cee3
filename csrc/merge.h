/* Stable merge of sorted runs: of equal keys, those of the earlier run come first. */
#ifndef PYMPR_MERGE_H
#define PYMPR_MERGE_H

#include <stdint.h>

#include "sort_bytes.h"

/* Run r is rows offsets[r] to offsets[r + 1]. `kind` is 0 int64, 1 float64, 2 bool, 3 byte strings. */
typedef struct {
    int kind;
    int descending;
    const void *values;                       /* of kinds 0 to 2 */
    const struct pympr_sort_strings *strings; /* of kind 3; its `valid` is not looked at */
    int64_t depth;                            /* bytes that all strings share */
    const int64_t *offsets;
    int64_t num_runs;
} pympr_merge_runs;

/* Finds *depth. PYMPR_BAD: row *bad leaves the data. */
int pympr_merge_strings(int64_t *depth, int64_t *bad, const pympr_merge_runs *runs);

/* Where the keys begin that are not smaller than that of row `splitter`: cuts[r] for run r. */
int pympr_merge_cut(int64_t *cuts, const pympr_merge_runs *runs, int64_t splitter);

/* Merges rows cuts[p * num_runs + r] to cuts[(p + 1) * num_runs + r] of all runs, parts p side by side: row numbers to
 * `out`, or the values themselves when `is_values` (kinds 0 and 1). `scratch` is parts * num_runs * 4 items.
 * PYMPR_BAD: row *bad is smaller than the one before in its run. */
int pympr_merge(int64_t *out, int64_t *bad, const pympr_merge_runs *runs, const int64_t *cuts, int parts, int is_values,
                int64_t *scratch);

#endif
