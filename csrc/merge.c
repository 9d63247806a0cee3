#include "merge.h"

#include "sort_strings_inline.h"
#include "status.h"
#include "threads.h"

#define BYTES 3
#define PARALLEL_ROWS (1 << 16) /* below this, waking the other threads costs more than they save */
#define AHEAD_BYTES 128         /* from the next value of a run to the one asked for */

/* The next key of a run. Of equal codes the smaller rank comes first: 0 for what an empty tree
 * holds, run + 1, or num_runs + 1 for a run that has ended. */
typedef struct {
    uint64_t code;
    int64_t rank;
} entry;

/* A tree of losers (D. Knuth, The Art of Computer Programming 3, 5.4.1): node i holds the entry that
 * lost there, its children are nodes 2 i and 2 i + 1, runs are the leaves num_runs + run. */
typedef struct {
    const pympr_merge_runs *runs;
    entry *losers;
    int64_t *next, *stop; /* rows of each run */
} tree;

PYMPR_SORT_INLINE uint64_t code_of(const pympr_merge_runs *runs, int64_t row, int kind)
{
    if (kind == BYTES)
        return pympr_string_code(runs->strings, row, runs->depth);
    uint64_t code = pympr_sort_code(runs->values, row, kind);
    return runs->descending ? ~code : code;
}

/* Below 0 when row a comes before row b, whose codes are equal. */
PYMPR_SORT_INLINE int compare_tied(const pympr_merge_runs *runs, int64_t a, int64_t b, uint64_t code, int kind)
{
    if (kind != BYTES || !pympr_string_has_more(runs->strings, code))
        return 0;
    return pympr_compare_strings(runs->strings, a, b, runs->depth + PYMPR_CODE_BYTES);
}

PYMPR_SORT_INLINE entry entry_of(const tree *t, int64_t run, int kind)
{
    int64_t row = t->next[run];
    if (row == t->stop[run])
        return (entry){UINT64_MAX, t->runs->num_runs + 1};
    return (entry){code_of(t->runs, row, kind), run + 1};
}

PYMPR_SORT_INLINE int is_before(const tree *t, entry a, entry b, int kind)
{
    if (kind == BYTES && a.code == b.code && a.rank && b.rank && a.rank <= t->runs->num_runs &&
        b.rank <= t->runs->num_runs) {
        int order = compare_tied(t->runs, t->next[a.rank - 1], t->next[b.rank - 1], a.code, kind);
        if (order)
            return order < 0;
    }
    return (a.code < b.code) | ((a.code == b.code) & (a.rank < b.rank));
}

/* Plays `challenger` from the leaf of `run` to the top; the winner is returned. */
PYMPR_SORT_INLINE entry play(const tree *t, int64_t run, entry challenger, int kind)
{
    for (int64_t node = (t->runs->num_runs + run) / 2; node > 0; node /= 2) {
        entry other = t->losers[node];
        /* By masks: a branch would be guessed wrong every other time. */
        uint64_t swap = -(uint64_t)is_before(t, other, challenger, kind);
        uint64_t code = (other.code ^ challenger.code) & swap;
        int64_t rank = (other.rank ^ challenger.rank) & (int64_t)swap;
        challenger = (entry){challenger.code ^ code, challenger.rank ^ rank};
        t->losers[node] = (entry){other.code ^ code, other.rank ^ rank};
    }
    return challenger;
}

PYMPR_SORT_INLINE void ask(const pympr_merge_runs *runs, int64_t row, int kind)
{
    if (kind == BYTES) {
        __builtin_prefetch((const char *)(runs->strings->starts + row) + AHEAD_BYTES);
        __builtin_prefetch((const char *)(runs->strings->ends + row) + AHEAD_BYTES);
    } else {
        __builtin_prefetch((const char *)runs->values + row * (kind == PYMPR_SORT_BOOL ? 1 : 8) + AHEAD_BYTES);
    }
}

PYMPR_SORT_INLINE void put(int64_t *out, const pympr_merge_runs *runs, int64_t row, int is_values)
{
    if (is_values)
        memcpy(out, (const char *)runs->values + 8 * row, 8);
    else
        *out = row;
}

/* Returns the first row found to be smaller than the one before in its run, or -1. */
PYMPR_SORT_INLINE int64_t merge_part(const tree *t, int64_t *out, int64_t n, int is_values, int kind)
{
    int64_t num_runs = t->runs->num_runs;
    entry winner = {0, 0};
    for (int64_t node = 0; node < num_runs; node++)
        t->losers[node] = winner;
    for (int64_t run = num_runs - 1; run >= 0; run--)
        winner = play(t, run, entry_of(t, run, kind), kind);
    for (int64_t i = 0; i < n; i++) {
        int64_t run = winner.rank - 1, row = t->next[run]++;
        put(out + i, t->runs, row, is_values);
        ask(t->runs, row, kind);
        entry following = entry_of(t, run, kind);
        if (following.code < winner.code ||
            (following.code == winner.code && following.rank == winner.rank &&
             compare_tied(t->runs, row + 1, row, winner.code, kind) < 0))
            return row + 1;
        winner = play(t, run, following, kind);
    }
    return -1;
}

/* As merge_part, for two runs of numbers: a choice by arithmetic in place of a tree. */
PYMPR_SORT_INLINE int64_t merge_two(const tree *t, int64_t *out, int is_values, int kind)
{
    int64_t first = t->next[0], second = t->next[1], first_end = t->stop[0], second_end = t->stop[1];
    uint64_t last = 0;
    while (first < first_end && second < second_end) {
        uint64_t left = code_of(t->runs, first, kind), right = code_of(t->runs, second, kind);
        int64_t is_second = right < left, row = first + (second - first) * is_second;
        uint64_t code = is_second ? right : left;
        if (code < last)
            return row;
        last = code;
        put(out++, t->runs, row, is_values);
        second += is_second;
        first += !is_second;
    }
    for (; first < first_end || second < second_end; out++) {
        int64_t row = first < first_end ? first++ : second++;
        uint64_t code = code_of(t->runs, row, kind);
        if (code < last)
            return row;
        last = code;
        put(out, t->runs, row, is_values);
    }
    return -1;
}

PYMPR_SORT_INLINE int64_t merge_numbers(const tree *t, int64_t *out, int64_t n, int is_values, int kind)
{
    if (t->runs->num_runs == 2)
        return merge_two(t, out, is_values, kind);
    return merge_part(t, out, n, is_values, kind);
}

static int64_t merge_kind(const tree *t, int64_t *out, int64_t n, int is_values)
{
    switch (t->runs->kind) {
    case PYMPR_SORT_INT64:
        return is_values ? merge_numbers(t, out, n, 1, PYMPR_SORT_INT64)
                         : merge_numbers(t, out, n, 0, PYMPR_SORT_INT64);
    case PYMPR_SORT_FLOAT64:
        return is_values ? merge_numbers(t, out, n, 1, PYMPR_SORT_FLOAT64)
                         : merge_numbers(t, out, n, 0, PYMPR_SORT_FLOAT64);
    case PYMPR_SORT_BOOL:
        return merge_numbers(t, out, n, 0, PYMPR_SORT_BOOL);
    default:
        return merge_part(t, out, n, 0, BYTES);
    }
}

int pympr_merge(int64_t *out, int64_t *bad, const pympr_merge_runs *runs, const int64_t *cuts, int parts, int is_values,
                int64_t *scratch)
{
    int64_t num_runs = runs->num_runs, first_bad = INT64_MAX;
    if (num_runs < 1 || (is_values && runs->kind > PYMPR_SORT_FLOAT64))
        return PYMPR_BAD;
#pragma omp parallel for schedule(static, 1) num_threads(parts) if (parts > 1) reduction(min : first_bad)
    for (int part = 0; part < parts; part++) {
        int64_t *own = scratch + part * num_runs * 4, begin = 0, n = 0;
        tree t = {runs, (entry *)own, own + 2 * num_runs, own + 3 * num_runs};
        for (int64_t run = 0; run < num_runs; run++) {
            t.next[run] = cuts[part * num_runs + run];
            t.stop[run] = cuts[(part + 1) * num_runs + run];
            begin += t.next[run] - runs->offsets[run];
            n += t.stop[run] - t.next[run];
        }
        int64_t row = merge_kind(&t, out + begin, n, is_values);
        first_bad = row >= 0 && row < first_bad ? row : first_bad;
    }
    *bad = first_bad;
    return first_bad == INT64_MAX ? PYMPR_OK : PYMPR_BAD;
}

int pympr_merge_strings(int64_t *depth, int64_t *bad, const pympr_merge_runs *runs)
{
    const pympr_sort_strings *s = runs->strings;
    int64_t first_bad = s->n, first = -1, common = 0;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (s->n >= PARALLEL_ROWS)                  \
    reduction(min : first_bad)
    for (int64_t row = 0; row < s->n; row++)
        if (pympr_string_is_bad(s, row))
            first_bad = row < first_bad ? row : first_bad;
    *bad = first_bad;
    *depth = 0;
    if (first_bad < s->n)
        return PYMPR_BAD;
    /* What the first and the last string of a run share, all between them share. */
    for (int64_t run = 0; run < runs->num_runs; run++) {
        int64_t ends[2] = {runs->offsets[run], runs->offsets[run + 1] - 1};
        for (int end = 0; end < 2 && ends[0] <= ends[1]; end++) {
            int64_t length = pympr_string_length(s, ends[end]);
            common = first < 0 ? length : common;
            first = first < 0 ? ends[end] : first;
            common = pympr_common_bytes(s->data + s->starts[first], s->data + s->starts[ends[end]],
                                        length < common ? length : common);
        }
    }
    *depth = common;
    return PYMPR_OK;
}

PYMPR_SORT_INLINE int cut_runs(int64_t *cuts, const pympr_merge_runs *runs, int64_t splitter, int kind)
{
    uint64_t limit = code_of(runs, splitter, kind);
    for (int64_t run = 0; run < runs->num_runs; run++) {
        int64_t low = runs->offsets[run], high = runs->offsets[run + 1];
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            uint64_t code = code_of(runs, middle, kind);
            if (code < limit || (code == limit && compare_tied(runs, middle, splitter, code, kind) < 0))
                low = middle + 1;
            else
                high = middle;
        }
        cuts[run] = low;
    }
    return PYMPR_OK;
}

int pympr_merge_cut(int64_t *cuts, const pympr_merge_runs *runs, int64_t splitter)
{
    switch (runs->kind) {
    case PYMPR_SORT_INT64:
        return cut_runs(cuts, runs, splitter, PYMPR_SORT_INT64);
    case PYMPR_SORT_FLOAT64:
        return cut_runs(cuts, runs, splitter, PYMPR_SORT_FLOAT64);
    case PYMPR_SORT_BOOL:
        return cut_runs(cuts, runs, splitter, PYMPR_SORT_BOOL);
    case BYTES:
        return cut_runs(cuts, runs, splitter, BYTES);
    default:
        return PYMPR_BAD;
    }
}
