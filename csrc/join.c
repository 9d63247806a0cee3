#include "join.h"

#include "join_inline.h"
#include "status.h"

#define AHEAD PYMPR_JOIN_AHEAD

#define FOR_KIND(kind, function, ...)                                                                                  \
    (kind == PYMPR_JOIN_INT64     ? function(__VA_ARGS__, PYMPR_JOIN_INT64)                                            \
     : kind == PYMPR_JOIN_FLOAT64 ? function(__VA_ARGS__, PYMPR_JOIN_FLOAT64)                                          \
                                  : function(__VA_ARGS__, PYMPR_JOIN_BOOL))

/* A row between the request for its slot and the visit. */
typedef struct {
    uint64_t word;
    pympr_join_place place;
    int64_t row;
} request;

typedef struct {
    pympr_join_space space;
    uint64_t state;
    int is_float;
} hashed;

static hashed hashed_table(const pympr_join_table *table)
{
    uint64_t regions = (uint64_t)table->num_regions;
    pympr_join_space space = {table->slots, regions, (uint64_t)table->num_slots / regions};
    return (hashed){space, pympr_mix(table->seed ^ PYMPR_SALT_NUMBER), table->is_float};
}

PYMPR_INLINE pympr_join_place home_of(const hashed *table, uint64_t word)
{
    return pympr_join_home(&table->space, pympr_mix(word ^ table->state));
}

/* Returns whether there was room. */
PYMPR_INLINE int enter(const hashed *table, const request *r, int64_t *parents, int64_t *later)
{
    pympr_join_place place = r->place;
    for (uint64_t tries = 0; tries < table->space.region_slots; tries++) {
        pympr_join_slot *at = table->space.slots + place.slot;
        if (at->next == 0) {
            *at = (pympr_join_slot){r->word, r->row + 1};
            return 1;
        }
        if (at->word == r->word) {
            parents[r->row] = at->next;
            ++*later;
            return 1;
        }
        pympr_join_step(&table->space, &place);
    }
    return 0;
}

/* Enters the rows whose slots lie in `region`; returns whether there was room. */
PYMPR_INLINE int build_region(const hashed *table, int64_t *parents, int64_t *later, const pympr_join_column *column,
                              int64_t n, uint64_t region, int kind)
{
    request pending[AHEAD];
    uint64_t asked = 0;
    int has_room = 1;
    for (int64_t row = 0; row < n; row++) {
        request r = {.row = row};
        if (column->valid && !column->valid[row])
            continue;
        pympr_join_word(&r.word, column->values, row, kind, table->is_float);
        r.place = home_of(table, r.word);
        if (r.place.region != region)
            continue;
        __builtin_prefetch(table->space.slots + r.place.slot, 1);
        request *oldest = pending + asked % AHEAD;
        if (asked >= AHEAD)
            has_room &= enter(table, oldest, parents, later);
        *oldest = r;
        asked++;
    }
    for (uint64_t visited = asked < AHEAD ? 0 : asked - AHEAD; visited < asked; visited++)
        has_room &= enter(table, pending + visited % AHEAD, parents, later);
    return has_room;
}

PYMPR_INLINE void enter_direct(uint32_t *slots, uint64_t slot, int64_t row, int64_t *parents, int64_t *later)
{
    if (slots[slot] == 0) {
        slots[slot] = (uint32_t)(row + 1);
    } else {
        parents[row] = slots[slot];
        ++*later;
    }
}

/* Enters the keys of slots [begin, end). */
PYMPR_INLINE int build_direct(const pympr_join_table *table, int64_t *later, const pympr_join_column *column, int64_t n,
                              uint64_t begin, uint64_t end, int kind)
{
    uint32_t *slots = table->slots;
    uint64_t word;
    for (int64_t row = 0; row < n; row++) {
        if (row + AHEAD < n) {
            pympr_join_word(&word, column->values, row + AHEAD, kind, 0);
            if (word - table->low >= begin && word - table->low < end)
                __builtin_prefetch(slots + (word - table->low), 1);
        }
        if (column->valid && !column->valid[row])
            continue;
        pympr_join_word(&word, column->values, row, kind, 0);
        uint64_t slot = word - table->low;
        if (slot >= begin && slot < end)
            enter_direct(slots, slot, row, table->parents, later);
    }
    return 1;
}

static void enter_nulls(pympr_join_table *table, const uint8_t *valid, int64_t n)
{
    for (int64_t row = 0; row < n; row++) {
        if (valid[row])
            continue;
        if (table->null_row < 0) {
            table->null_row = row;
        } else {
            table->parents[row] = table->null_row + 1;
            table->num_later++;
        }
    }
}

int pympr_join_build(pympr_join_table *table, const pympr_join_column *column, int64_t n)
{
    hashed all = hashed_table(table);
    int regions = (int)table->num_regions, has_room = 1;
    int64_t later = 0;
#pragma omp parallel for schedule(static, 1) num_threads(regions) if (regions > 1) reduction(& : has_room)             \
    reduction(+ : later)
    for (int region = 0; region < regions; region++) {
        int64_t own_later = 0;
        int had_room;
        if (table->is_direct)
            had_room = FOR_KIND(column->kind, build_direct, table, &own_later, column, n,
                                (uint64_t)pympr_join_part(table->num_slots, region, regions),
                                (uint64_t)pympr_join_part(table->num_slots, region + 1, regions));
        else
            had_room = FOR_KIND(column->kind, build_region, &all, table->parents, &own_later, column, n,
                                (uint64_t)region);
        has_room &= had_room;
        later += own_later;
    }
    table->num_later = later;
    table->null_row = -1;
    if (column->valid && table->nulls_equal)
        enter_nulls(table, column->valid, n);
    return has_room ? PYMPR_OK : PYMPR_FULL;
}

PYMPR_INLINE int64_t visit(const hashed *table, const request *r)
{
    pympr_join_place place = r->place;
    for (uint64_t tries = 0; tries < table->space.region_slots; tries++) {
        const pympr_join_slot *at = table->space.slots + place.slot;
        if (at->next == 0)
            return -1;
        if (at->word == r->word)
            return at->next - 1;
        pympr_join_step(&table->space, &place);
    }
    return -1;
}

PYMPR_INLINE void answer(int64_t *first_rows, uint8_t *matched, int64_t row, int64_t first)
{
    first_rows[row] = first;
    if (first >= 0)
        pympr_join_mark(matched, first);
}

PYMPR_INLINE int find_part(int64_t *first_rows, uint8_t *matched, const hashed *table, int64_t null_row,
                           const pympr_join_column *column, int64_t begin, int64_t end, int kind)
{
    request pending[AHEAD];
    uint64_t asked = 0;
    for (int64_t row = begin; row < end; row++) {
        request r = {.row = row};
        if (column->valid && !column->valid[row]) {
            answer(first_rows, matched, row, null_row);
            continue;
        }
        if (!pympr_join_word(&r.word, column->values, row, kind, table->is_float)) {
            first_rows[row] = -1;
            continue;
        }
        r.place = home_of(table, r.word);
        __builtin_prefetch(table->space.slots + r.place.slot);
        request *oldest = pending + asked % AHEAD;
        if (asked >= AHEAD)
            answer(first_rows, matched, oldest->row, visit(table, oldest));
        *oldest = r;
        asked++;
    }
    for (uint64_t visited = asked < AHEAD ? 0 : asked - AHEAD; visited < asked; visited++)
        answer(first_rows, matched, pending[visited % AHEAD].row, visit(table, pending + visited % AHEAD));
    return 1;
}

/* The slot of a key, or the slot behind the last one, which is always free. */
PYMPR_INLINE uint64_t direct_slot(const pympr_join_table *table, const pympr_join_column *column, int64_t row, int kind)
{
    uint64_t word, last = (uint64_t)table->num_slots;
    if (!pympr_join_word(&word, column->values, row, kind, 0))
        return last;
    return word - table->low < last ? word - table->low : last;
}

PYMPR_INLINE int find_direct(int64_t *first_rows, uint8_t *matched, const pympr_join_table *table,
                             const pympr_join_column *column, int64_t begin, int64_t end, int kind)
{
    const uint32_t *slots = table->slots;
    for (int64_t row = begin; row < end; row++) {
        if (row + AHEAD < end)
            __builtin_prefetch(slots + direct_slot(table, column, row + AHEAD, kind));
        int is_null = column->valid && !column->valid[row];
        answer(first_rows, matched, row,
               is_null ? table->null_row : (int64_t)slots[direct_slot(table, column, row, kind)] - 1);
    }
    return 1;
}

int pympr_join_find(int64_t *first_rows, uint8_t *matched, const pympr_join_table *table,
                    const pympr_join_column *column, int64_t n, int threads)
{
    hashed all = hashed_table(table);
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++) {
        int64_t begin = pympr_join_part(n, thread, threads), end = pympr_join_part(n, thread + 1, threads);
        if (table->is_direct)
            FOR_KIND(column->kind, find_direct, first_rows, matched, table, column, begin, end);
        else
            FOR_KIND(column->kind, find_part, first_rows, matched, &all, table->null_row, column, begin, end);
    }
    return PYMPR_OK;
}
