#include "sort_bytes.h"

#include "sort_inline.h"
#include "sort_strings_inline.h"
#include "status.h"
#include "threads.h"

#define PARALLEL_ROWS (1 << 16) /* below this, waking the other threads costs more than they save */
#define FEW_STRINGS 6           /* that are compared whole */
#define AHEAD 12                /* rows between asking for a string and reading it */
#define SAMPLE 64               /* strings whose common prefix bounds that of all */

typedef pympr_sort_strings strings_t;

static void insert_strings(const strings_t *s, pympr_sort_pair *pairs, int64_t n, int64_t depth)
{
    for (int64_t i = 1; i < n; i++) {
        pympr_sort_pair pair = pairs[i];
        int64_t hole = i;
        for (; hole > 0 && pympr_compare_strings(s, pairs[hole - 1].row, pair.row, depth) > 0; hole--)
            pairs[hole] = pairs[hole - 1];
        pairs[hole] = pair;
    }
}

/* Asks for what reading the strings of pairs[i:n) will need: first their bounds, later their bytes. */
PYMPR_SORT_INLINE void ask(const strings_t *s, const pympr_sort_pair *pairs, int64_t i, int64_t n, int64_t depth)
{
    if (i + 2 * AHEAD < n) {
        __builtin_prefetch(s->starts + pairs[i + 2 * AHEAD].row);
        __builtin_prefetch(s->ends + pairs[i + 2 * AHEAD].row);
    }
    if (i + AHEAD < n)
        __builtin_prefetch(s->data + s->starts[pairs[i + AHEAD].row] + depth);
}

/* Where the strings of all pairs, equal up to `depth`, first differ or one ends. */
static int64_t common_depth(const strings_t *s, const pympr_sort_pair *pairs, int64_t n, int64_t depth)
{
    const uint8_t *first = s->data + s->starts[pairs[0].row] + depth;
    int64_t common = pympr_string_length(s, pairs[0].row) - depth;
    for (int64_t i = 1; i < n && common > 0; i++) {
        ask(s, pairs, i, n, depth);
        int64_t limit = pympr_string_length(s, pairs[i].row) - depth;
        limit = limit < common ? limit : common;
        common = pympr_common_bytes(first, s->data + s->starts[pairs[i].row] + depth, limit);
    }
    return depth + common;
}

/* Codes of strings that are equal up to `depth`, from where they differ on; that depth is returned. */
static int64_t code_strings(const strings_t *s, pympr_sort_pair *pairs, int64_t n, int64_t depth)
{
    depth = common_depth(s, pairs, n, depth);
    for (int64_t i = 0; i < n; i++) {
        ask(s, pairs, i, n, depth);
        pairs[i].code = pympr_string_code(s, pairs[i].row, depth);
    }
    return depth;
}

static void sort_strings(const strings_t *s, pympr_sort_pair *pairs, pympr_sort_pair *scratch, int64_t n,
                         int64_t depth);

PYMPR_SORT_INLINE int is_tie(const strings_t *s, const pympr_sort_pair *pairs, int64_t i)
{
    return pairs[i].code == pairs[i + 1].code && pympr_string_has_more(s, pairs[i].code);
}

/* Sorts what still ties, except for the largest tie, which is left in [*begin, *end). */
static void sort_smaller_ties(const strings_t *s, pympr_sort_pair *pairs, pympr_sort_pair *scratch, int64_t n,
                              int64_t depth, int64_t *begin, int64_t *end)
{
    *begin = *end = 0;
    int64_t asked = 0;
    for (int64_t first = 0, next; first < n; first = next) {
        next = first + 1;
        if (next == n || !is_tie(s, pairs, first))
            continue;
        for (asked = asked < first ? first : asked; asked < first + AHEAD && asked + 1 < n; asked++)
            if (is_tie(s, pairs, asked))
                ask(s, pairs, asked, n, depth);
        while (next < n && pairs[next].code == pairs[first].code)
            next++;
        int64_t smaller = first, smaller_end = next;
        if (next - first > *end - *begin) {
            smaller = *begin;
            smaller_end = *end;
            *begin = first;
            *end = next;
        }
        sort_strings(s, pairs + smaller, scratch, smaller_end - smaller, depth);
    }
}

/* Pairs with codes for `depth`: sorts by code, then by what the codes leave out. The largest tie is the
 * next round of the loop, so the stack is no deeper than the logarithm of n. */
static void sort_coded(const strings_t *s, pympr_sort_pair *pairs, pympr_sort_pair *scratch, int64_t n, int64_t depth)
{
    for (;;) {
        int64_t begin, end;
        pympr_sort_pairs(pairs, scratch, n);
        depth += PYMPR_CODE_BYTES;
        sort_smaller_ties(s, pairs, scratch, n, depth, &begin, &end);
        pairs += begin;
        n = end - begin;
        if (n <= FEW_STRINGS) {
            insert_strings(s, pairs, n, depth);
            return;
        }
        depth = code_strings(s, pairs, n, depth);
    }
}

/* Pairs whose strings share `depth` bytes. */
static void sort_strings(const strings_t *s, pympr_sort_pair *pairs, pympr_sort_pair *scratch, int64_t n, int64_t depth)
{
    if (n <= FEW_STRINGS)
        insert_strings(s, pairs, n, depth);
    else
        sort_coded(s, pairs, scratch, n, code_strings(s, pairs, n, depth));
}

PYMPR_SORT_INLINE int is_null(const strings_t *s, int64_t row)
{
    return s->valid && !s->valid[row];
}

/* The common prefix of `first` and every `step`-th present row, at most `limit` bytes; none when a row is bad. */
static int64_t common_prefix(const strings_t *s, int64_t first, int64_t step, int64_t limit)
{
    int64_t common = limit;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (s->n / step >= PARALLEL_ROWS)           \
    reduction(min : common)
    for (int64_t row = first; row < s->n; row += step) {
        if (is_null(s, row))
            continue;
        if (pympr_string_is_bad(s, row)) {
            common = 0;
            continue;
        }
        int64_t shorter = pympr_string_length(s, row) < common ? pympr_string_length(s, row) : common;
        shorter = shorter < limit ? shorter : limit; /* a thread's own `common` begins above it */
        common = pympr_common_bytes(s->data + s->starts[first], s->data + s->starts[row], shorter);
    }
    return common;
}

static int64_t common_of_all(const strings_t *s)
{
    int64_t first = 0;
    while (first < s->n && is_null(s, first))
        first++;
    if (first == s->n || pympr_string_is_bad(s, first))
        return 0;
    int64_t common = common_prefix(s, first, s->n / SAMPLE + 1, pympr_string_length(s, first));
    return common > 0 ? common_prefix(s, first, 1, common) : 0;
}

int pympr_sort_bytes_codes(uint64_t *codes, int64_t *depth, uint64_t *low, uint64_t *high, int64_t *bad,
                           const pympr_sort_strings *strings)
{
    strings_t s = *strings; /* which no write can change */
    uint64_t lowest = UINT64_MAX, highest = 0;
    int64_t common = common_of_all(strings), first_bad = s.n;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (s.n >= PARALLEL_ROWS)                   \
    reduction(min : lowest, first_bad) reduction(max : highest)
    for (int64_t row = 0; row < s.n; row++) {
        if (is_null(&s, row))
            continue;
        if (pympr_string_is_bad(&s, row)) {
            first_bad = row < first_bad ? row : first_bad;
            continue;
        }
        uint64_t code = pympr_string_code(&s, row, common);
        codes[row] = code;
        lowest = code < lowest ? code : lowest;
        highest = code > highest ? code : highest;
    }
    *depth = common;
    *low = lowest;
    *high = highest;
    *bad = first_bad;
    return first_bad < s.n ? PYMPR_BAD : PYMPR_OK;
}

static int64_t part(int64_t n, int64_t index, int64_t parts)
{
    return (int64_t)((__int128)n * index / parts);
}

/* Counts become first positions: by bucket, then by thread. */
static void bucket_positions(int64_t *counts, int64_t *bounds, int64_t buckets, int threads)
{
    int64_t sum = 0;
    for (int64_t bucket = 0; bucket < buckets; bucket++) {
        bounds[bucket] = sum;
        for (int thread = 0; thread < threads; thread++) {
            int64_t count = counts[thread * buckets + bucket];
            counts[thread * buckets + bucket] = sum;
            sum += count;
        }
    }
    bounds[buckets] = sum;
}

int pympr_sort_bytes_scatter(void *pairs, int64_t *bounds, int64_t *counts, const uint64_t *codes,
                             const pympr_sort_strings *s, uint64_t low, uint64_t high, int shift, int64_t buckets,
                             int threads)
{
    pympr_sort_pair *out = pairs;
    int64_t all = buckets + 1;
    if (low <= high && (high - low) >> shift >= (uint64_t)buckets)
        return PYMPR_BAD;
    memset(counts, 0, (size_t)(all * threads) * sizeof *counts);
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        for (int64_t row = part(s->n, thread, threads); row < part(s->n, thread + 1, threads); row++)
            counts[thread * all + (is_null(s, row) ? buckets : (int64_t)((codes[row] - low) >> shift))]++;
    bucket_positions(counts, bounds, all, threads);
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        for (int64_t row = part(s->n, thread, threads); row < part(s->n, thread + 1, threads); row++) {
            uint64_t code = is_null(s, row) ? 0 : codes[row];
            int64_t bucket = is_null(s, row) ? buckets : (int64_t)((code - low) >> shift);
            out[counts[thread * all + bucket]++] = (pympr_sort_pair){code, row};
        }
    return PYMPR_OK;
}

int pympr_sort_bytes_finish(int64_t *rows, void *pairs, const int64_t *bounds, int64_t buckets,
                            const pympr_sort_strings *s, int64_t depth, int nulls_last, void *scratch,
                            int64_t scratch_rows, int threads)
{
    pympr_sort_pair *all = pairs;
    int64_t present = bounds[buckets], missing = s->n - present, bad = 0;
    int64_t *out = nulls_last ? rows : rows + missing, *nulls = nulls_last ? rows + present : rows;
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1) reduction(| : bad)
    for (int thread = 0; thread < threads; thread++) {
        pympr_sort_pair *own = (pympr_sort_pair *)scratch + scratch_rows * thread;
        for (int64_t bucket = thread; bucket < buckets; bucket += threads) {
            int64_t begin = bounds[bucket], n = bounds[bucket + 1] - begin;
            bad |= n > scratch_rows;
            if (n > scratch_rows)
                continue;
            sort_coded(s, all + begin, own, n, depth);
            for (int64_t i = begin; i < begin + n; i++)
                out[i] = all[i].row;
        }
    }
    for (int64_t i = 0; i < missing; i++)
        nulls[i] = all[present + i].row;
    return bad ? PYMPR_BAD : PYMPR_OK;
}

int pympr_sort_bytes_first_unsorted(int64_t *row, const pympr_sort_strings *s)
{
    for (*row = 0; *row < s->n; ++*row) {
        if (pympr_string_is_bad(s, *row))
            return PYMPR_BAD;
        if (*row > 0 && pympr_compare_strings(s, *row - 1, *row, 0) > 0)
            break;
    }
    return PYMPR_OK;
}
