#include "group_ids.h"

#include "status.h"

#define AHEAD 16 /* rows whose cursor is fetched before it is needed */

int pympr_group_scatter(int64_t *permutation, int64_t *cursors, int64_t *bad, const int64_t *ids, int64_t n,
                        int64_t num_groups)
{
    for (int64_t i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= num_groups) {
            *bad = i;
            return PYMPR_BAD;
        }
    for (int64_t i = 0; i < n; i++) {
        if (i + 2 * AHEAD < n)
            __builtin_prefetch(cursors + ids[i + 2 * AHEAD], 1);
        if (i + AHEAD < n)
            __builtin_prefetch(permutation + cursors[ids[i + AHEAD]], 1);
        permutation[cursors[ids[i]]++] = i;
    }
    return PYMPR_OK;
}
