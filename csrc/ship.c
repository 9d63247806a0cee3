#include "ship.h"

#include <string.h>

#include "partition.h"
#include "partition_inline.h"
#include "scatter.h"
#include "ship_inline.h"
#include "status.h"

#define BORDER 64

static int64_t align(int64_t bytes)
{
    return (bytes + BORDER - 1) / BORDER * BORDER;
}

static int64_t masks_bytes(int64_t rows, int64_t size)
{
    return pympr_ship_has_masks(size) ? align((rows + PYMPR_WORD_ROWS - 1) / PYMPR_WORD_ROWS * size * 8) : 0;
}

/* What one thread needs to write: its cursors, and stages of one kind or another. */
static int64_t worker_bytes(int64_t lanes, int64_t size)
{
    int64_t most = pympr_scatter_scratch_bytes(size), strings = pympr_ship_strings_bytes(size);
    most = most > strings ? most : strings;
    most = most > 2 * PYMPR_FEW_RANKS * PYMPR_STAGE_BYTES ? most : 2 * PYMPR_FEW_RANKS * PYMPR_STAGE_BYTES;
    return align(lanes * size * 8) + align(most);
}

int64_t pympr_ship_scratch_bytes(const pympr_shipment *ship)
{
    int64_t bytes = ship->threads * worker_bytes(ship->columns + ship->counts - 1, ship->size);
    for (int64_t number = 0; number < ship->num_parts; number++) {
        int64_t rows = ship->parts[number].rows, threads = pympr_ship_threads(rows, ship->threads);
        bytes += masks_bytes(rows, ship->size) + align(threads * ship->counts * ship->size * 8);
    }
    return bytes;
}

/* counts[rank] grows by the lengths of rows. Returns the first row that leaves the bytes, or `end`. */
static int64_t add_lengths(int64_t *counts, const pympr_ship_part *part, const pympr_ship_column *column,
                           int64_t begin, int64_t end)
{
    const uint32_t *buckets = part->buckets;
    const int64_t *starts = column->starts, *ends = column->ends;
    for (int64_t i = begin; i < end; i++) {
        if (PYMPR_UNLIKELY(starts[i] < 0 || ends[i] < starts[i] || ends[i] > column->data_bytes))
            return i;
        counts[buckets[i]] += ends[i] - starts[i];
    }
    return end;
}

/* Counts rows of a part for every rank. Returns the first one whose bucket is no rank, or `end`. */
static int64_t count_rows(int64_t *counts, const pympr_ship_part *part, const uint8_t *values, int64_t begin,
                          int64_t end, int64_t size)
{
    uint64_t *masks = part->masks == NULL ? NULL : part->masks + begin / PYMPR_WORD_ROWS * size;
    if (part->buckets != NULL && masks != NULL)
        return begin + pympr_ship_mask(masks, counts, part->buckets + begin, end - begin, size);
    if (part->buckets != NULL) {
        int64_t bad;
        pympr_histogram(counts, &bad, part->buckets + begin, end - begin, size, 1);
        return begin + bad;
    }
    struct pympr_ranges ranges = {values, (int)part->is_float, part->splitters, part->num_splitters};
    if (masks == NULL) {
        pympr_histogram_by_range(counts, values + 8 * begin, ranges.is_float, end - begin, ranges.splitters,
                                 ranges.num_splitters, 1);
        return end;
    }
    uint32_t block[PYMPR_BLOCK_ROWS];
    for (; begin < end; begin += PYMPR_BLOCK_ROWS, masks += PYMPR_BLOCK_ROWS / PYMPR_WORD_ROWS * size) {
        int64_t rows = end - begin < PYMPR_BLOCK_ROWS ? end - begin : PYMPR_BLOCK_ROWS;
        pympr_range_block(block, &ranges, begin, rows);
        pympr_ship_mask(masks, counts, block, rows, size);
    }
    return end;
}

/* A thread's rows of a part. */
struct share {
    const pympr_shipment *ship;
    const pympr_ship_part *part;
    const pympr_ship_column *data;
    int64_t *counts; /* [counts][size] */
    int64_t begin, end;
};

static struct share share_of(const pympr_shipment *ship, int64_t number, int64_t thread, int64_t threads)
{
    const pympr_ship_part *part = &ship->parts[number];
    return (struct share){ship,
                          part,
                          ship->data + number * ship->columns,
                          part->shares + thread * ship->counts * ship->size,
                          pympr_ship_begin(part->rows, thread, threads),
                          pympr_ship_begin(part->rows, thread + 1, threads)};
}

/* Returns the first bad row, or where the share ends; `column` is -1 or which lengths are bad. */
static int64_t count_share(int64_t *column, const struct share *share)
{
    int64_t size = share->ship->size, *counts = share->counts;
    const uint8_t *values = share->ship->columns > 0 ? share->data[0].data : NULL;
    int64_t stopped = count_rows(counts, share->part, values, share->begin, share->end, size);
    *column = -1;
    for (int64_t i = 0; i < share->ship->columns && stopped == share->end; i++) {
        if (share->ship->item_bytes[i] != 0)
            continue;
        counts += size;
        ++*column;
        if (share->part->masks == NULL)
            stopped = add_lengths(counts, share->part, &share->data[i], share->begin, share->end);
        else
            stopped = share->begin + pympr_ship_add_lengths(
                                         counts, share->part->masks + share->begin / PYMPR_WORD_ROWS * size,
                                         &share->data[i], share->begin, share->end - share->begin, size);
    }
    return stopped;
}

/* Whether all rows of a part can be sent; bad: else the first that cannot, and the column. */
static int count_part(int64_t *bad, const pympr_shipment *ship, int64_t number, int64_t threads)
{
    const pympr_ship_part *part = &ship->parts[number];
    memset(part->shares, 0, (size_t)(threads * ship->counts * ship->size * 8));
    bad[0] = number;
    bad[1] = part->rows;
#pragma omp parallel for schedule(static, 1) num_threads((int)threads) if (threads > 1)
    for (int64_t thread = 0; thread < threads; thread++) {
        struct share share = share_of(ship, number, thread, threads);
        int64_t column, stopped = count_share(&column, &share);
#pragma omp critical(pympr_ship_bad)
        if (stopped < share.end && stopped < bad[1]) {
            bad[1] = stopped;
            bad[2] = column;
        }
    }
    return bad[1] == part->rows;
}

int pympr_ship_count(int64_t *table, int64_t *bad, pympr_shipment *ship)
{
    int64_t all = ship->counts * ship->size;
    uint8_t *scratch = ship->scratch;
    for (int64_t number = 0; number < ship->num_parts; number++, table += 1 + all) {
        pympr_ship_part *part = &ship->parts[number];
        int64_t threads = pympr_ship_threads(part->rows, ship->threads), bytes = masks_bytes(part->rows, ship->size);
        part->masks = bytes != 0 ? (uint64_t *)(void *)scratch : NULL;
        part->shares = (int64_t *)(void *)(scratch + bytes);
        scratch += bytes + align(threads * all * 8);
        if (!count_part(bad, ship, number, threads))
            return PYMPR_BAD;
        table[0] = part->source;
        for (int64_t i = 0; i < all; i++) {
            table[1 + i] = 0;
            for (int64_t thread = 0; thread < threads; thread++)
                table[1 + i] += part->shares[thread * all + i];
        }
    }
    return PYMPR_OK;
}

static void put_fixed(const struct share *share, uint64_t *cursors, const pympr_ship_column *column,
                      int64_t item_bytes, uint8_t *scratch)
{
    const pympr_ship_part *part = share->part;
    const uint8_t *values = column->data + share->begin * item_bytes;
    int64_t rows = share->end - share->begin, size = share->ship->size, bad;
    int is_streaming = part->rows * item_bytes >= share->ship->stream_bytes;
    if (part->masks != NULL && item_bytes <= 8)
        pympr_ship_compress(cursors, share->counts, part->masks + share->begin / PYMPR_WORD_ROWS * size, values,
                            item_bytes, rows, size, is_streaming ? scratch : NULL);
    else if (part->buckets != NULL)
        pympr_scatter_fixed(cursors, &bad, values, item_bytes, part->buckets + share->begin, rows, size, 1, scratch,
                            is_streaming);
    else
        pympr_scatter_by_range(cursors, values, (int)part->is_float, rows, part->splitters, part->num_splitters, 1,
                               scratch, is_streaming);
}

static void put_strings(const struct share *share, const uint64_t *cursors, const uint64_t *bases,
                        const pympr_ship_column *column, const int64_t *bytes, uint8_t *scratch)
{
    int64_t size = share->ship->size, all_bytes = 8 * (share->end - share->begin);
    for (int64_t rank = 0; rank < size; rank++)
        all_bytes += bytes[rank];
    struct pympr_ship_strings rows = {column, share->part->buckets, bases, cursors, cursors + size, bytes, size};
    int is_streaming = all_bytes >= share->ship->stream_bytes;
    if (share->part->masks != NULL)
        pympr_ship_few_strings(&rows, share->part->masks + share->begin / PYMPR_WORD_ROWS * size, share->begin,
                               share->end, is_streaming ? scratch : NULL);
    else
        pympr_ship_put_strings(&rows, share->begin, share->end, scratch, is_streaming);
}

static void put_share(const struct share *share, uint64_t *cursors, const uint64_t *bases, uint8_t *scratch)
{
    const pympr_shipment *ship = share->ship;
    int64_t size = ship->size, number = 0;
    for (int64_t i = 0; i < ship->columns; i++, cursors += size) {
        if (ship->item_bytes[i] != 0) {
            put_fixed(share, cursors, &share->data[i], ship->item_bytes[i], scratch);
            continue;
        }
        const uint64_t *own = bases != NULL ? bases + number * size : NULL;
        put_strings(share, cursors, own, &share->data[i], share->counts + ++number * size, scratch);
        cursors += size;
    }
}

/* A thread's cursors: behind what the threads before it write. */
static void find_cursors(uint64_t *found, const uint64_t *cursors, const pympr_shipment *ship,
                         const pympr_ship_part *part, int64_t thread)
{
    int64_t size = ship->size, lanes = ship->columns + ship->counts - 1;
    memcpy(found, cursors, (size_t)(lanes * size * 8));
    for (int64_t before = 0; before < thread; before++) {
        const int64_t *share = part->shares + before * ship->counts * size;
        uint64_t *next = found;
        for (int64_t i = 0, number = 0; i < ship->columns; i++, next += size) {
            int64_t item = ship->item_bytes[i] != 0 ? ship->item_bytes[i] : 8;
            if (ship->item_bytes[i] == 0) {
                number++;
                for (int64_t rank = 0; rank < size; rank++)
                    next[rank] += (uint64_t)share[number * size + rank];
                next += size;
            }
            for (int64_t rank = 0; rank < size; rank++)
                next[rank] += (uint64_t)(item * share[rank]);
        }
    }
}

int pympr_ship_scatter(const uint64_t *cursors, const uint64_t *bases, const pympr_shipment *ship)
{
    int64_t lanes = ship->columns + ship->counts - 1, worker = worker_bytes(lanes, ship->size);
    uint8_t *workers = ship->scratch + pympr_ship_scratch_bytes(ship) - ship->threads * worker;
    for (int64_t number = 0; number < ship->num_parts; number++, cursors += lanes * ship->size) {
        int64_t threads = pympr_ship_threads(ship->parts[number].rows, ship->threads);
#pragma omp parallel for schedule(static, 1) num_threads((int)threads) if (threads > 1)
        for (int64_t thread = 0; thread < threads; thread++) {
            struct share share = share_of(ship, number, thread, threads);
            uint64_t *own = (uint64_t *)(void *)(workers + thread * worker);
            find_cursors(own, cursors, ship, share.part, thread);
            put_share(&share, own, bases, (uint8_t *)own + align(lanes * ship->size * 8));
        }
    }
    return PYMPR_OK;
}
