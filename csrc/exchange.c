#include "exchange.h"

#include <stddef.h>
#include <string.h>

#include "status.h"

#define BORDER 64

typedef struct {
    const int64_t *tables;
    const int64_t *parts;
    const int64_t *order;
    const int64_t *firsts;
    int64_t width;
    int64_t size;
    int64_t rank;
    int64_t part;
    int64_t step;
} walker;

/* The table row of the next part by ascending source, or NULL after the last. */
static const int64_t *next_row(walker *walk)
{
    if (walk->order == NULL) {
        walk->part++;
        while (walk->rank < walk->size && walk->part >= walk->parts[walk->rank]) {
            walk->rank++;
            walk->part = 0;
        }
        if (walk->rank == walk->size)
            return NULL;
    } else {
        if (walk->step == walk->firsts[walk->size])
            return NULL;
        int64_t number = walk->order[walk->step++], low = 0, high = walk->size;
        while (high - low > 1) {
            int64_t middle = (low + high) / 2;
            if (walk->firsts[middle] <= number)
                low = middle;
            else
                high = middle;
        }
        walk->rank = low;
        walk->part = number - walk->firsts[low];
    }
    return (const int64_t *)(uintptr_t)walk->tables[walk->rank] + walk->part * walk->width;
}

static int64_t align(int64_t bytes)
{
    return (bytes + BORDER - 1) / BORDER * BORDER;
}

/* The bytes of an inbox for totals[count * size]; fills its lanes' starts when there is room for them. */
static int64_t lay_out(int64_t *lane_starts, const int64_t *totals, int64_t size, const int64_t *item_bytes,
                       int64_t columns)
{
    int64_t place = 0, lane = 0, count = 0, rows = totals[0];
    for (int64_t column = 0; column < columns; column++) {
        if (lane_starts != NULL)
            lane_starts[lane] = place;
        lane++;
        if (item_bytes[column] != 0) {
            place = align(place + rows * item_bytes[column]);
            continue;
        }
        place = align(place + totals[++count * size]);
        if (lane_starts != NULL)
            lane_starts[lane] = place + 8;
        lane++;
        place = align(place + 8 * (rows + 1));
    }
    return place;
}

static void add_traffic(int64_t *tally, const int64_t *row, int64_t row_bytes, int64_t counts, int64_t size,
                        int64_t rank, int64_t me)
{
    for (int64_t to = 0; to < size; to++) {
        if ((rank == me) == (to == me) || (rank != me && to != me))
            continue;
        int64_t bytes = row[1 + to] * row_bytes;
        for (int64_t count = 1; count < counts; count++)
            bytes += row[1 + count * size + to];
        tally[rank == me ? 2 : 3] += bytes;
    }
}

int pympr_exchange_totals(int64_t *totals, int64_t *needed_bytes, int64_t *before, int64_t *sources, int64_t *offsets,
                          int64_t *tally, const int64_t *tables, const int64_t *parts, const int64_t *order,
                          const int64_t *firsts, const int64_t *item_bytes, int64_t columns, int64_t counts,
                          int64_t size, int64_t me)
{
    walker walk = {tables, parts, order, firsts, 1 + counts * size, size, 0, -1, 0};
    int64_t row_bytes = 0, known = 0, all = counts * size;
    for (int64_t column = 0; column < columns; column++)
        row_bytes += item_bytes[column] != 0 ? item_bytes[column] : 8;
    memset(totals, 0, (size_t)all * sizeof *totals);
    memset(tally, 0, 4 * sizeof *tally);
    offsets[0] = 0;
    for (const int64_t *row = next_row(&walk); row != NULL; row = next_row(&walk)) {
        if (known > 0 && row[0] < sources[known - 1])
            return PYMPR_BAD;
        if (known == 0 || row[0] != sources[known - 1])
            sources[known++] = row[0];
        if (walk.rank == me)
            memcpy(before + walk.part * all, totals, (size_t)all * sizeof *totals);
        for (int64_t i = 0; i < all; i++)
            totals[i] += row[1 + i];
        add_traffic(tally, row, row_bytes, counts, size, walk.rank, me);
        offsets[known] = totals[me];
    }
    for (int64_t to = 0; to < size; to++)
        needed_bytes[to] = lay_out(NULL, totals + to, size, item_bytes, columns);
    tally[0] = known;
    for (int64_t to = 0; to < size; to++) {
        int64_t rows = 0;
        for (int64_t part = 0; part < parts[me]; part++)
            rows += ((const int64_t *)(uintptr_t)tables[me])[part * walk.width + 1 + to];
        tally[1] += rows > 0 && to != me;
    }
    return PYMPR_OK;
}

int pympr_exchange_cursors(uint64_t *cursors, int64_t *lane_starts, uint64_t *bases, const int64_t *totals, const int64_t *before,
                           const uint64_t *inboxes, const int64_t *item_bytes, int64_t columns, int64_t counts,
                           int64_t size, int64_t num_parts, int64_t me)
{
    int64_t lanes = columns + counts - 1;
    for (int64_t step = 1; step <= size; step++) {
        int64_t to = (me + step) % size; /* `me` last: its lanes stay in lane_starts */
        lay_out(lane_starts, totals + to, size, item_bytes, columns);
        for (int64_t column = 0, lane = 0, number = 0; column < columns; column++, lane++)
            if (item_bytes[column] == 0)
                bases[number++ * size + to] = inboxes[to] + (uint64_t)lane_starts[lane++];
        for (int64_t part = 0; part < num_parts; part++) {
            const int64_t *mine = before + part * counts * size + to;
            uint64_t *out = cursors + part * lanes * size + to;
            int64_t lane = 0, count = 0;
            for (int64_t column = 0; column < columns; column++) {
                int64_t item = item_bytes[column];
                int64_t position = item != 0 ? mine[0] * item : mine[++count * size];
                out[lane * size] = inboxes[to] + (uint64_t)(lane_starts[lane] + position);
                lane++;
                if (item != 0)
                    continue;
                out[lane * size] = inboxes[to] + (uint64_t)(lane_starts[lane] + 8 * mine[0]);
                lane++;
            }
        }
    }
    return PYMPR_OK;
}
