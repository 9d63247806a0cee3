#include "sort.h"

#include "simd_inline.h"
#include "sort_inline.h"
#include "status.h"
#include "threads.h"

#define MAX_THREADS 256         /* of one call; more would not help */
#define PARALLEL_ROWS (1 << 17) /* below this, waking the other threads costs more than they save */

/* The kind as a constant last argument, so that the function's loops are compiled for one type each. */
#define FOR_KIND(kind, function, ...)                                                                                  \
    (kind == PYMPR_SORT_INT64     ? function(__VA_ARGS__, PYMPR_SORT_INT64)                                            \
     : kind == PYMPR_SORT_FLOAT64 ? function(__VA_ARGS__, PYMPR_SORT_FLOAT64)                                          \
                                  : function(__VA_ARGS__, PYMPR_SORT_BOOL))

static int is_kind(int kind)
{
    return kind == PYMPR_SORT_INT64 || kind == PYMPR_SORT_FLOAT64 || kind == PYMPR_SORT_BOOL;
}

static int64_t part(int64_t n, int64_t index, int64_t parts)
{
    return (int64_t)((__int128)n * index / parts);
}

typedef struct {
    uint64_t low, high, any, all;
    int64_t present;
} window;

PYMPR_SORT_INLINE window window_of(const void *values, const uint8_t *valid, int64_t begin, int64_t end, int kind)
{
    window found = {UINT64_MAX, 0, 0, UINT64_MAX, 0};
    for (int64_t i = begin; i < end; i++) {
        if (valid && !valid[i])
            continue;
        uint64_t code = pympr_sort_code(values, i, kind);
        found.low = code < found.low ? code : found.low;
        found.high = code > found.high ? code : found.high;
        found.any |= code;
        found.all &= code;
        found.present++;
    }
    return found;
}

static window window_base(const void *values, const uint8_t *valid, int64_t begin, int64_t end, int kind)
{
    if (valid)
        return FOR_KIND(kind, window_of, values, valid, begin, end);
    return FOR_KIND(kind, window_of, values, NULL, begin, end);
}

#if defined(PYMPR_HAS_X86)
/* 64-bit minimum and maximum are vector instructions from AVX-512 on: five times faster. */
PYMPR_AVX512 static window window_avx512(const void *values, int64_t begin, int64_t end, int kind)
{
    return FOR_KIND(kind, window_of, values, NULL, begin, end);
}
#endif

static window window_part(const void *values, const uint8_t *valid, int64_t begin, int64_t end, int kind)
{
#if defined(PYMPR_HAS_X86)
    if (!valid && pympr_get_simd_level() == 2)
        return window_avx512(values, begin, end, kind);
#endif
    return window_base(values, valid, begin, end, kind);
}

int pympr_sort_window(uint64_t *low, uint64_t *high, uint64_t *varying, int64_t *present, const void *values,
                      const uint8_t *valid, int64_t n, int kind)
{
    const int64_t block = 1 << 14;
    uint64_t lowest = UINT64_MAX, highest = 0, any = 0, all = UINT64_MAX;
    int64_t rows = 0;
    if (!is_kind(kind))
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)                     \
    reduction(min : lowest) reduction(max : highest) reduction(| : any) reduction(& : all) reduction(+ : rows)
    for (int64_t begin = 0; begin < n; begin += block) {
        int64_t end = n - begin < block ? n : begin + block;
        window found = window_part(values, valid, begin, end, kind);
        lowest = found.low < lowest ? found.low : lowest;
        highest = found.high > highest ? found.high : highest;
        any |= found.any;
        all &= found.all;
        rows += found.present;
    }
    *low = lowest;
    *high = highest;
    *varying = rows ? any ^ all : 0;
    *present = rows;
    return PYMPR_OK;
}

PYMPR_SORT_INLINE uint64_t distance(const void *values, int64_t row, const pympr_sort_order *order, int kind)
{
    uint64_t code = pympr_sort_code(values, row, kind);
    return (order->descending ? order->high - code : code - order->low) >> order->shift;
}

PYMPR_SORT_INLINE int pack_all(int64_t *packed, const void *values, int64_t n, pympr_sort_order order, int index_bits,
                               int kind)
{
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++)
        packed[i] = (int64_t)(distance(values, i, &order, kind) << index_bits | (uint64_t)i);
    return PYMPR_OK;
}

PYMPR_SORT_INLINE int pack_present(int64_t *packed, int64_t *nulls, const void *values, const uint8_t *valid, int64_t n,
                                   pympr_sort_order order, int index_bits, int kind)
{
    for (int64_t i = 0; i < n; i++)
        if (valid[i])
            *packed++ = (int64_t)(distance(values, i, &order, kind) << index_bits | (uint64_t)i);
        else
            *nulls++ = i;
    return PYMPR_OK;
}

int pympr_sort_pack(int64_t *packed, int64_t *nulls, const void *values, const uint8_t *valid, int64_t n, int kind,
                    const pympr_sort_order *order, int index_bits)
{
    if (!is_kind(kind) || pympr_sort_bits((order->high - order->low) >> order->shift) + index_bits > 63)
        return PYMPR_BAD;
    if (valid)
        return FOR_KIND(kind, pack_present, packed, nulls, values, valid, n, *order, index_bits);
    return FOR_KIND(kind, pack_all, packed, values, n, *order, index_bits);
}

int pympr_sort_unpack(int64_t *packed, int64_t n, int index_bits)
{
    int64_t mask = (int64_t)((UINT64_C(1) << index_bits) - 1);
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++)
        packed[i] &= mask;
    return PYMPR_OK;
}

typedef struct {
    const void *values;
    uint64_t flip; /* all ones when descending */
    int index_bits;
    pympr_sort_pair *pairs;
    int64_t room; /* pairs, and as many again behind them as scratch */
} tie_sorter;

PYMPR_SORT_INLINE int is_tie(const int64_t *packed, int64_t i, int index_bits)
{
    return packed[i] >> index_bits == packed[i + 1] >> index_bits;
}

PYMPR_SORT_INLINE uint64_t tie_code(const tie_sorter *sorter, int64_t packed, int kind)
{
    int64_t mask = (int64_t)((UINT64_C(1) << sorter->index_bits) - 1);
    return pympr_sort_code(sorter->values, packed & mask, kind) ^ sorter->flip;
}

PYMPR_SORT_INLINE int is_tie_sorted(const tie_sorter *sorter, const int64_t *packed, int64_t n, int kind)
{
    uint64_t last = tie_code(sorter, packed[0], kind);
    int unsorted = 0;
    for (int64_t i = 1; i < n; i++) {
        uint64_t code = tie_code(sorter, packed[i], kind);
        unsorted |= code < last;
        last = code;
    }
    return !unsorted;
}

PYMPR_SORT_INLINE void sort_tie(const tie_sorter *sorter, int64_t *packed, int64_t n, int kind)
{
    for (int64_t i = 0; i < n; i++)
        sorter->pairs[i] = (pympr_sort_pair){tie_code(sorter, packed[i], kind), packed[i]};
    pympr_sort_pairs(sorter->pairs, sorter->pairs + sorter->room, n);
    for (int64_t i = 0; i < n; i++)
        packed[i] = sorter->pairs[i].row;
}

/* The ties of packed[begin:end), which no tie crosses; returns the size of the largest that found no room. */
PYMPR_SORT_INLINE int64_t sort_ties(const tie_sorter *sorter, int64_t *packed, int64_t begin, int64_t end, int kind)
{
    const int64_t ahead = 24; /* rows between asking for a value and using it */
    int64_t mask = (int64_t)((UINT64_C(1) << sorter->index_bits) - 1), missing = 0, asked = begin;
    for (int64_t next; begin < end; begin = next) {
        next = begin + 1;
        if (next == end || !is_tie(packed, begin, sorter->index_bits))
            continue;
        for (asked = asked < begin ? begin : asked; asked < begin + ahead && asked + 1 < end; asked++)
            if (is_tie(packed, asked, sorter->index_bits))
                __builtin_prefetch((const int64_t *)sorter->values + (packed[asked] & mask));
        while (next < end && is_tie(packed, next - 1, sorter->index_bits))
            next++;
        if (is_tie_sorted(sorter, packed + begin, next - begin, kind))
            continue;
        if (next - begin <= sorter->room)
            sort_tie(sorter, packed + begin, next - begin, kind);
        else if (next - begin > missing)
            missing = next - begin;
    }
    return missing;
}

/* Parts of about the same size whose borders lie between ties. */
static void tie_parts(int64_t *begins, const int64_t *packed, int64_t n, int index_bits, int parts)
{
    begins[0] = 0;
    for (int index = 1; index <= parts; index++) {
        int64_t begin = part(n, index, parts);
        begin = begin < begins[index - 1] ? begins[index - 1] : begin;
        while (begin > 0 && begin < n && is_tie(packed, begin - 1, index_bits))
            begin++;
        begins[index] = begin;
    }
}

int pympr_sort_ties(int64_t *packed, int64_t *needed, const void *values, int64_t n, int kind, int descending,
                    int index_bits, void *scratch, int64_t scratch_rows, int threads)
{
    int64_t begins[MAX_THREADS + 1], missing = 0;
    if (threads < 1 || threads > MAX_THREADS || (kind != PYMPR_SORT_INT64 && kind != PYMPR_SORT_FLOAT64))
        return PYMPR_BAD;
    tie_parts(begins, packed, n, index_bits, threads);
#pragma omp parallel for schedule(static, 1) num_threads(threads) reduction(max : missing) if (threads > 1)
    for (int thread = 0; thread < threads; thread++) {
        tie_sorter sorter = {values, descending ? UINT64_MAX : 0, index_bits,
                             (pympr_sort_pair *)scratch + 2 * scratch_rows * thread, scratch_rows};
        int64_t largest = kind == PYMPR_SORT_INT64
                              ? sort_ties(&sorter, packed, begins[thread], begins[thread + 1], PYMPR_SORT_INT64)
                              : sort_ties(&sorter, packed, begins[thread], begins[thread + 1], PYMPR_SORT_FLOAT64);
        missing = largest > missing ? largest : missing;
    }
    *needed = missing;
    return missing ? PYMPR_FULL : PYMPR_OK;
}

PYMPR_SORT_INLINE int count_part(int64_t *counts, const void *values, int64_t begin, int64_t end,
                                 const pympr_sort_order *order, int kind)
{
    for (int64_t i = begin; i < end; i++)
        counts[distance(values, i, order, kind)]++;
    return PYMPR_OK;
}

PYMPR_SORT_INLINE int place_part(int64_t *rows, int64_t *next, const void *values, int64_t begin, int64_t end,
                                 const pympr_sort_order *order, int kind)
{
    for (int64_t i = begin; i < end; i++)
        rows[next[distance(values, i, order, kind)]++] = i;
    return PYMPR_OK;
}

/* Counts become first positions: by bucket, then by thread. */
static void count_positions(int64_t *counts, int64_t buckets, int threads)
{
    int64_t sum = 0;
    for (int64_t bucket = 0; bucket < buckets; bucket++)
        for (int thread = 0; thread < threads; thread++) {
            int64_t count = counts[thread * buckets + bucket];
            counts[thread * buckets + bucket] = sum;
            sum += count;
        }
}

int pympr_sort_count(int64_t *rows, const void *values, int64_t n, int kind, const pympr_sort_order *order,
                     int64_t *counts, int64_t buckets, int threads)
{
    if (!is_kind(kind) || (order->high - order->low) >> order->shift >= (uint64_t)buckets)
        return PYMPR_BAD;
    memset(counts, 0, (size_t)(buckets * threads) * sizeof *counts);
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        FOR_KIND(kind, count_part, counts + thread * buckets, values, part(n, thread, threads),
                 part(n, thread + 1, threads), order);
    count_positions(counts, buckets, threads);
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        FOR_KIND(kind, place_part, rows, counts + thread * buckets, values, part(n, thread, threads),
                 part(n, thread + 1, threads), order);
    return PYMPR_OK;
}

PYMPR_SORT_INLINE int64_t first_unsorted(const void *values, int64_t n, int descending, int kind)
{
    uint64_t flip = descending ? UINT64_MAX : 0;
    uint64_t last = n ? pympr_sort_code(values, 0, kind) ^ flip : 0;
    for (int64_t i = 1; i < n; i++) {
        uint64_t code = pympr_sort_code(values, i, kind) ^ flip;
        if (code < last)
            return i;
        last = code;
    }
    return n;
}

int pympr_sort_first_unsorted(int64_t *row, const void *values, int64_t n, int kind, int descending)
{
    if (!is_kind(kind))
        return PYMPR_BAD;
    *row = FOR_KIND(kind, first_unsorted, values, n, descending);
    return PYMPR_OK;
}
