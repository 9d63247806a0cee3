#include "sort_values.h"

#include "sort_inline.h"
#include "status.h"
#include "threads.h"

#define PARALLEL_ROWS (1 << 17) /* below this, waking the other threads costs more than they save */

static int64_t part(int64_t n, int64_t index, int64_t parts)
{
    return (int64_t)((__int128)n * index / parts);
}

/* Without a branch on the values, since half of the guesses would be wrong. Returns the middle. */
#define SPLIT_PART(name, type)                                                                                         \
    static int64_t name(type *values, int64_t begin, int64_t end, type splitter)                                       \
    {                                                                                                                  \
        int64_t middle = begin;                                                                                        \
        for (int64_t i = begin; i < end; i++) {                                                                        \
            type value = values[i];                                                                                    \
            values[i] = values[middle];                                                                                \
            values[middle] = value;                                                                                    \
            middle += value < splitter;                                                                                \
        }                                                                                                              \
        return middle;                                                                                                 \
    }
SPLIT_PART(split_part_int64, int64_t)
SPLIT_PART(split_part_float64, double)

static int64_t split_part(void *values, int64_t begin, int64_t end, int kind, const void *splitter)
{
    if (kind == PYMPR_SORT_INT64)
        return split_part_int64(values, begin, end, *(const int64_t *)splitter);
    return split_part_float64(values, begin, end, *(const double *)splitter);
}

/* Parts that are split each on its own, seen as two lists: large values before the middle, small ones behind it. */
typedef struct {
    const int64_t *middles;
    int64_t n, middle;
    int parts;
} halves;

typedef struct {
    int part;
    int64_t at, end;
} cursor;

static cursor misplaced(const halves *all, int part_index, int is_large)
{
    int64_t begin = part(all->n, part_index, all->parts), end = part(all->n, part_index + 1, all->parts);
    int64_t middle = all->middles[part_index];
    if (is_large)
        return (cursor){part_index, middle, end < all->middle ? end : all->middle};
    return (cursor){part_index, begin > all->middle ? begin : all->middle, middle};
}

/* Moves `rows` misplaced values ahead, then to where one is. */
static cursor advance(const halves *all, cursor from, int64_t rows, int is_large)
{
    while (from.end <= from.at || rows >= from.end - from.at) {
        rows -= from.end > from.at ? from.end - from.at : 0;
        if (from.part + 1 == all->parts)
            return (cursor){all->parts, 0, 0};
        from = misplaced(all, from.part + 1, is_large);
    }
    from.at += rows;
    return from;
}

/* Exchanges misplaced values number `first` to `last`; they are as wide as int64. */
static void exchange(int64_t *values, const halves *all, int64_t first, int64_t last)
{
    cursor large = advance(all, misplaced(all, 0, 1), first, 1);
    cursor small = advance(all, misplaced(all, 0, 0), first, 0);
    while (first < last) {
        int64_t run = last - first;
        run = large.end - large.at < run ? large.end - large.at : run;
        run = small.end - small.at < run ? small.end - small.at : run;
        for (int64_t i = 0; i < run; i++) {
            int64_t value = values[large.at + i];
            values[large.at + i] = values[small.at + i];
            values[small.at + i] = value;
        }
        first += run;
        if (first < last) {
            large = advance(all, large, run, 1);
            small = advance(all, small, run, 0);
        }
    }
}

int pympr_sort_split(void *values, int64_t *middle, int64_t n, int kind, const void *splitter, int64_t *middles,
                     int threads)
{
    if ((kind != PYMPR_SORT_INT64 && kind != PYMPR_SORT_FLOAT64) || threads < 1)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        middles[thread] = split_part(values, part(n, thread, threads), part(n, thread + 1, threads), kind, splitter);
    int64_t small = 0, moved = 0;
    for (int thread = 0; thread < threads; thread++)
        small += middles[thread] - part(n, thread, threads);
    halves all = {middles, n, small, threads};
    for (int thread = 0; thread < threads; thread++) {
        cursor large = misplaced(&all, thread, 1);
        moved += large.end > large.at ? large.end - large.at : 0;
    }
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        exchange(values, &all, part(moved, thread, threads), part(moved, thread + 1, threads));
    *middle = small;
    return PYMPR_OK;
}

int pympr_sort_reverse(int64_t *values, int64_t n)
{
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n / 2; i++) {
        int64_t value = values[i];
        values[i] = values[n - 1 - i];
        values[n - 1 - i] = value;
    }
    return PYMPR_OK;
}

int64_t pympr_sort_negative_zeros(const double *values, int64_t n)
{
    int64_t count = 0;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS) reduction(+ : count)
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, values + i, 8);
        count += bits == PYMPR_SORT_SIGN;
    }
    return count;
}
