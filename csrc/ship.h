/* The rows that a rank sends in one exchange: counted once, then written to their places. */
#ifndef PYMPR_SHIP_H
#define PYMPR_SHIP_H

#include <stdint.h>

/* A column of a part: items, or bytes of which row i is data[starts[i]:ends[i]]. */
typedef struct {
    const uint8_t *data;
    int64_t data_bytes;
    const int64_t *starts, *ends;
} pympr_ship_column;

/* Rows of one source. buckets[row] is the rank that a row goes to; when it is NULL, that is how many of the splitters
 * the one column's values are not below (see pympr_buckets_by_range). The last two are of pympr_ship_count. */
typedef struct {
    int64_t source, rows;
    const uint32_t *buckets;
    const int64_t *splitters;
    int64_t num_splitters, is_float;
    uint64_t *masks; /* [words][size]: which of 64 rows are for a rank; NULL where there are many ranks */
    int64_t *shares; /* [threads][counts][size]: what each thread's rows are for each rank */
} pympr_ship_part;

/* data[part * columns + column]; item_bytes[column] is 0 for a column of bytes, else 1, 2, 4, 8 or 16; counts is 1 and
 * the number of those. Large parts are shared among `threads` threads. Columns of stream_bytes or more are written
 * past the cache. `scratch` has pympr_ship_scratch_bytes bytes, begins on a 64-byte border, and is not touched
 * between counting and writing. */
typedef struct {
    int64_t size, columns, counts;
    const int64_t *item_bytes;
    int64_t num_parts;
    pympr_ship_part *parts;
    const pympr_ship_column *data;
    int64_t threads, stream_bytes;
    uint8_t *scratch;
} pympr_shipment;

int64_t pympr_ship_scratch_bytes(const pympr_shipment *ship);

/* table[part * (1 + counts * size)]: the source, the rows for every rank, then for each column of bytes the bytes for
 * every rank. PYMPR_BAD for a bucket that is no rank or a row that leaves its bytes; bad: part, row, and the
 * number of the column of bytes or -1. */
int pympr_ship_count(int64_t *table, int64_t *bad, pympr_shipment *ship);

/* Writes every row of a lane at cursors[(part * lanes + lane) * size + rank], an address; a fixed column is one lane,
 * one of bytes two, its bytes and an int64 a row. That is the length of the row, or with `bases` where the row ends:
 * its distance from bases[number * size + rank], the address where the number-th column of bytes begins at the rank. */
int pympr_ship_scatter(const uint64_t *cursors, const uint64_t *bases, const pympr_shipment *ship);

#endif
