#include "join_pairs.h"

#include "join_inline.h"
#include "status.h"

#define INNER 0
#define LEFT 1
#define SEMI 2
#define ANTI 3
#define AHEAD 24 /* probe rows between asking for the bounds of their matches and reading them */

int pympr_join_group(int64_t *starts, int64_t *rows, const int64_t *parents, int64_t n)
{
    memset(starts, 0, (size_t)(n + 2) * sizeof *starts);
    for (int64_t row = 0; row < n; row++)
        starts[(parents[row] ? parents[row] - 1 : row) + 2]++;
    for (int64_t row = 1; row < n + 2; row++)
        starts[row] += starts[row - 1];
    for (int64_t row = 0; row < n; row++)
        rows[starts[(parents[row] ? parents[row] - 1 : row) + 1]++] = row;
    return PYMPR_OK;
}

PYMPR_INLINE void ask(const int64_t *first_rows, int64_t row, int64_t end, const int64_t *starts)
{
    if (starts && row + AHEAD < end && first_rows[row + AHEAD] >= 0)
        __builtin_prefetch(starts + first_rows[row + AHEAD]);
}

static int64_t count_part(const int64_t *first_rows, int64_t begin, int64_t end, const int64_t *starts, int how)
{
    int64_t found = 0, matches = 0;
    for (int64_t row = begin; row < end; row++)
        found += first_rows[row] >= 0;
    if (how == ANTI)
        return end - begin - found;
    if (how == SEMI || !starts)
        return how == LEFT ? end - begin : found;
    for (int64_t row = begin; row < end; row++) {
        ask(first_rows, row, end, starts);
        int64_t first = first_rows[row];
        if (first >= 0)
            matches += starts[first + 1] - starts[first];
    }
    return how == LEFT ? matches + (end - begin - found) : matches;
}

int pympr_join_count(int64_t *pairs, int64_t *offsets, const int64_t *first_rows, int64_t n, const int64_t *starts,
                     int how, int threads)
{
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        offsets[thread] = count_part(first_rows, pympr_join_part(n, thread, threads),
                                     pympr_join_part(n, thread + 1, threads), starts, how);
    *pairs = 0;
    for (int thread = 0; thread < threads; thread++) {
        int64_t count = offsets[thread];
        offsets[thread] = *pairs;
        *pairs += count;
    }
    return PYMPR_OK;
}

/* At most one pair a probe row. A pair that turns out not to be one is overwritten by the next. */
static void expand_single(int64_t *build_rows, int64_t *probe_rows, const int64_t *first_rows, int64_t begin,
                          int64_t end, int how)
{
    for (int64_t row = begin, at = 0; row < end; row++) {
        int is_pair = how == LEFT || (first_rows[row] >= 0) == (how != ANTI);
        if (is_pair) {
            build_rows[at] = first_rows[row];
            probe_rows[at++] = row;
        }
    }
}

static void expand_many(int64_t *build_rows, int64_t *probe_rows, const int64_t *first_rows, int64_t begin, int64_t end,
                        const int64_t *starts, const int64_t *rows, int how)
{
    for (int64_t row = begin, at = 0; row < end; row++) {
        ask(first_rows, row, end, starts);
        int64_t first = first_rows[row];
        if (first < 0 && how == LEFT) {
            build_rows[at] = -1;
            probe_rows[at++] = row;
        }
        for (int64_t i = first < 0 ? 0 : starts[first], stop = first < 0 ? 0 : starts[first + 1]; i < stop; i++) {
            build_rows[at] = rows[i];
            probe_rows[at++] = row;
        }
    }
}

int pympr_join_expand(int64_t *build_rows, int64_t *probe_rows, const int64_t *offsets, const int64_t *first_rows,
                      int64_t n, const int64_t *starts, const int64_t *rows, int how, int threads)
{
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++) {
        int64_t begin = pympr_join_part(n, thread, threads), end = pympr_join_part(n, thread + 1, threads);
        int64_t *build = build_rows + offsets[thread], *probe = probe_rows + offsets[thread];
        if (!starts || how == SEMI || how == ANTI)
            expand_single(build, probe, first_rows, begin, end, how);
        else
            expand_many(build, probe, first_rows, begin, end, starts, rows, how);
    }
    return PYMPR_OK;
}

int pympr_join_unmatched(int64_t *rows, int64_t *found, const uint8_t *matched, const int64_t *parents, int64_t n)
{
    int64_t count = 0;
    for (int64_t row = 0; row < n; row++) {
        rows[count] = row;
        count += !matched[parents[row] ? parents[row] - 1 : row];
    }
    *found = count;
    return PYMPR_OK;
}
