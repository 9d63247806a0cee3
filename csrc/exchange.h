/* Where every row of an exchange goes, from the counts that all ranks have told.
 *
 * Rank r has parts[r] parts; tables[r] is the address of int64[parts[r]][1 + counts * size]: the
 * source of a part, then, count by count, how much of it each rank gets. Count 0 is rows, count j
 * the bytes in the j-th column of bytes. An inbox holds the rows of all parts in ascending order of
 * source, those of one source by rank and part. It has lanes, each on a 64-byte border: a fixed
 * column is one, a column of bytes two (the bytes; int64[rows + 1] that begins with one item free
 * and takes the lengths or the ends). item_bytes[c] is 0 for a column of bytes; counts = 1 + columns of bytes. */
#ifndef PYMPR_EXCHANGE_H
#define PYMPR_EXCHANGE_H

#include <stdint.h>

/* totals[count * size + d], needed_bytes[d]: what comes to rank d in all, and the bytes its inbox takes.
 * before[(part * counts + count) * size + d]: what lies there before part `part` of rank `me`.
 * sources and offsets (one more): the distinct sources, and where the rows of each begin at `me`.
 * tally: distinct sources; ranks that `me` sends rows to; bytes sent; bytes received, rows' lengths
 * of bytes included, what stays at `me` not.
 * order: all parts, numbered rank by rank, by ascending source; firsts[r] is the number of rank r's
 * first. Both may be NULL: then PYMPR_BAD when the sources do not ascend by themselves. */
int pympr_exchange_totals(int64_t *totals, int64_t *needed_bytes, int64_t *before, int64_t *sources, int64_t *offsets,
                          int64_t *tally, const int64_t *tables, const int64_t *parts, const int64_t *order,
                          const int64_t *firsts, const int64_t *item_bytes, int64_t columns, int64_t counts,
                          int64_t size, int64_t me);

/* cursors[(part * lanes + lane) * size + d]: the address in rank d's inbox, which is at inboxes[d], where the
 * part's rows begin in a lane; lane_starts[lane], where the lanes begin in the inbox of `me`; and bases[number * size
 * + d], the address where the number-th column of bytes begins there.
 * totals and before are from pympr_exchange_totals. */
int pympr_exchange_cursors(uint64_t *cursors, int64_t *lane_starts, uint64_t *bases, const int64_t *totals, const int64_t *before,
                           const uint64_t *inboxes, const int64_t *item_bytes, int64_t columns, int64_t counts,
                           int64_t size, int64_t num_parts, int64_t me);

#endif
