#include "join_rows.h"

#include "join_inline.h"
#include "status.h"

#define AHEAD PYMPR_JOIN_AHEAD
#define BOUNDS_AHEAD 20 /* rows between asking for a candidate's key, or its bounds, and reading it */
#define BYTES_AHEAD 10  /* rows between asking for a candidate's string and reading it */

typedef struct {
    pympr_join_space space;
    const pympr_join_keys *build;
    int nulls_equal;
} hashed;

/* A row between the request for its slot and the visit. */
typedef struct {
    uint64_t hash;
    pympr_join_place place;
    int64_t row;
    int64_t candidate; /* a build row of this hash, -1 when none was seen */
} request;

static hashed hashed_table(const pympr_join_table *table, const pympr_join_keys *build)
{
    uint64_t regions = (uint64_t)table->num_regions;
    pympr_join_space space = {table->slots, regions, (uint64_t)table->num_slots / regions};
    return (hashed){space, build, table->nulls_equal};
}

static int is_null(const pympr_join_column *column, int64_t row)
{
    return column->valid && !column->valid[row];
}

static int has_null(const pympr_join_keys *keys, int64_t row)
{
    for (int index = 0; index < keys->num_columns; index++)
        if (is_null(keys->columns + index, row))
            return 1;
    return 0;
}

static int equal_bytes(const pympr_join_column *a, int64_t row, const pympr_join_column *b, int64_t other)
{
    int64_t length = a->ends[row] - a->starts[row];
    if (length != b->ends[other] - b->starts[other])
        return 0;
    const uint8_t *left = (const uint8_t *)a->values + a->starts[row];
    const uint8_t *right = (const uint8_t *)b->values + b->starts[other];
    return length == 0 || memcmp(left, right, (size_t)length) == 0;
}

static int word_of(uint64_t *word, const pympr_join_column *column, int64_t row, int is_float)
{
    switch (column->kind) {
    case PYMPR_JOIN_INT64:
        return pympr_join_word(word, column->values, row, PYMPR_JOIN_INT64, is_float);
    case PYMPR_JOIN_FLOAT64:
        return pympr_join_word(word, column->values, row, PYMPR_JOIN_FLOAT64, is_float);
    default:
        return pympr_join_word(word, column->values, row, PYMPR_JOIN_BOOL, is_float);
    }
}

/* Both are numbers or both are bytes. */
static int equal_values(const pympr_join_column *a, int64_t row, const pympr_join_column *b, int64_t other)
{
    uint64_t left, right;
    if (is_null(a, row) || is_null(b, other))
        return is_null(a, row) && is_null(b, other);
    if (a->kind == PYMPR_JOIN_BYTES)
        return equal_bytes(a, row, b, other);
    int is_float = a->kind == PYMPR_JOIN_FLOAT64;
    return word_of(&left, a, row, is_float) && word_of(&right, b, other, is_float) && left == right;
}

static int equal_keys(const pympr_join_keys *a, int64_t row, const pympr_join_keys *b, int64_t other)
{
    for (int index = 0; index < a->num_columns; index++)
        if (!equal_values(a->columns + index, row, b->columns + index, other))
            return 0;
    return 1;
}

/* The slot of the row's key, or the free one where it belongs; NULL when there is neither. */
static pympr_join_slot *slot_of(const hashed *table, const request *r, const pympr_join_keys *keys)
{
    pympr_join_place place = r->place;
    for (uint64_t tries = 0; tries < table->space.region_slots; tries++) {
        pympr_join_slot *at = table->space.slots + place.slot;
        if (at->next == 0 || (at->word == r->hash && equal_keys(table->build, at->next - 1, keys, r->row)))
            return at;
        pympr_join_step(&table->space, &place);
    }
    return NULL;
}

/* What the visit will read, in good time: the first build row of this hash is nearly always the one. */
static void ask_for_key(const hashed *table, request *r)
{
    pympr_join_place place = r->place;
    r->candidate = -1;
    for (int tries = 0; tries < 8; tries++) {
        const pympr_join_slot *at = table->space.slots + place.slot;
        if (at->next == 0)
            break;
        if (at->word == r->hash) {
            r->candidate = at->next - 1;
            break;
        }
        pympr_join_step(&table->space, &place);
    }
    for (int index = 0; r->candidate >= 0 && index < table->build->num_columns; index++) {
        const pympr_join_column *column = table->build->columns + index;
        if (column->kind == PYMPR_JOIN_BYTES) {
            __builtin_prefetch(column->starts + r->candidate);
            __builtin_prefetch(column->ends + r->candidate);
        } else {
            __builtin_prefetch((const char *)column->values + r->candidate * (column->kind == PYMPR_JOIN_BOOL ? 1 : 8));
        }
    }
}

static void ask_for_bytes(const hashed *table, const request *r)
{
    for (int index = 0; r->candidate >= 0 && index < table->build->num_columns; index++) {
        const pympr_join_column *column = table->build->columns + index;
        if (column->kind == PYMPR_JOIN_BYTES && !is_null(column, r->candidate))
            __builtin_prefetch((const char *)column->values + column->starts[r->candidate]);
    }
}

/* Rows on their way through the steps: slot asked for, key asked for, bytes asked for, visited. */
typedef struct {
    request requests[AHEAD];
    uint64_t asked;
} pipeline;

/* Moves the steps behind the newest request on by one; the row to visit now, or NULL. */
static const request *step(pipeline *line, const hashed *table, uint64_t at)
{
    if (at >= AHEAD - BOUNDS_AHEAD && at - (AHEAD - BOUNDS_AHEAD) < line->asked)
        ask_for_key(table, line->requests + (at - (AHEAD - BOUNDS_AHEAD)) % AHEAD);
    if (at >= AHEAD - BYTES_AHEAD && at - (AHEAD - BYTES_AHEAD) < line->asked)
        ask_for_bytes(table, line->requests + (at - (AHEAD - BYTES_AHEAD)) % AHEAD);
    return at >= AHEAD ? line->requests + at % AHEAD : NULL;
}

static request ask_for_slot(const hashed *table, const pympr_join_keys *keys, int64_t row)
{
    pympr_join_place place = pympr_join_home(&table->space, keys->hashes[row]);
    __builtin_prefetch(table->space.slots + place.slot);
    return (request){keys->hashes[row], place, row, -1};
}

static int enter(const hashed *table, const request *r, int64_t *parents, int64_t *later)
{
    pympr_join_slot *slot = slot_of(table, r, table->build);
    if (!slot)
        return 0;
    if (slot->next == 0) {
        *slot = (pympr_join_slot){r->hash, r->row + 1};
    } else {
        parents[r->row] = slot->next;
        ++*later;
    }
    return 1;
}

static int build_region(const hashed *table, int64_t *parents, int64_t *later, uint64_t region)
{
    pipeline line = {.asked = 0};
    const request *oldest;
    int has_room = 1;
    for (int64_t row = 0; row < table->build->n; row++) {
        if (pympr_join_home(&table->space, table->build->hashes[row]).region != region ||
            (!table->nulls_equal && has_null(table->build, row)))
            continue;
        if ((oldest = step(&line, table, line.asked)))
            has_room &= enter(table, oldest, parents, later);
        line.requests[line.asked++ % AHEAD] = ask_for_slot(table, table->build, row);
    }
    for (uint64_t at = line.asked; at < line.asked + AHEAD; at++)
        if ((oldest = step(&line, table, at)))
            has_room &= enter(table, oldest, parents, later);
    return has_room;
}

int pympr_join_build_rows(pympr_join_table *table, const pympr_join_keys *keys)
{
    hashed all = hashed_table(table, keys);
    int regions = (int)table->num_regions, has_room = 1;
    int64_t later = 0;
#pragma omp parallel for schedule(static, 1) num_threads(regions) if (regions > 1) reduction(& : has_room)             \
    reduction(+ : later)
    for (int region = 0; region < regions; region++) {
        int64_t own_later = 0;
        has_room &= build_region(&all, table->parents, &own_later, (uint64_t)region);
        later += own_later;
    }
    table->num_later = later;
    table->null_row = -1;
    return has_room ? PYMPR_OK : PYMPR_FULL;
}

static void answer(int64_t *first_rows, uint8_t *matched, const hashed *table, const pympr_join_keys *probe,
                   const request *r)
{
    const pympr_join_slot *slot = slot_of(table, r, probe);
    int64_t first = slot ? slot->next - 1 : -1;
    first_rows[r->row] = first;
    if (first >= 0)
        pympr_join_mark(matched, first);
}

static void find_part(int64_t *first_rows, uint8_t *matched, const hashed *table, const pympr_join_keys *probe,
                      int64_t begin, int64_t end)
{
    pipeline line = {.asked = 0};
    const request *oldest;
    for (int64_t row = begin; row < end; row++) {
        if (!table->nulls_equal && has_null(probe, row)) {
            first_rows[row] = -1;
            continue;
        }
        if ((oldest = step(&line, table, line.asked)))
            answer(first_rows, matched, table, probe, oldest);
        line.requests[line.asked++ % AHEAD] = ask_for_slot(table, probe, row);
    }
    for (uint64_t at = line.asked; at < line.asked + AHEAD; at++)
        if ((oldest = step(&line, table, at)))
            answer(first_rows, matched, table, probe, oldest);
}

int pympr_join_find_rows(int64_t *first_rows, uint8_t *matched, const pympr_join_table *table,
                         const pympr_join_keys *build, const pympr_join_keys *probe, int threads)
{
    hashed all = hashed_table(table, build);
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int thread = 0; thread < threads; thread++)
        find_part(first_rows, matched, &all, probe, pympr_join_part(probe->n, thread, threads),
                  pympr_join_part(probe->n, thread + 1, threads));
    return PYMPR_OK;
}
