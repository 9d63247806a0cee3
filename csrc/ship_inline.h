/* What counting and writing a shipment share: the words of a part, and its scratch. */
#ifndef PYMPR_SHIP_INLINE_H
#define PYMPR_SHIP_INLINE_H

#include <stdint.h>

#include "parts_inline.h"
#include "ship.h"
#include "variants_inline.h"

#define PYMPR_WORD_ROWS 64 /* rows whose bits fit a word */
#define PYMPR_FEW_RANKS 8  /* up to here a word of bits a rank tells where rows go */

#define PYMPR_AT(type, address) ((type *)(uintptr_t)(address))

static inline int64_t pympr_ship_threads(int64_t rows, int64_t threads)
{
    return rows >= 1 << 17 ? threads : 1;
}

/* First row of a thread's share, on the border of a word. */
static inline int64_t pympr_ship_begin(int64_t rows, int64_t thread, int64_t threads)
{
    int64_t words = (rows + PYMPR_WORD_ROWS - 1) / PYMPR_WORD_ROWS;
    int64_t begin = pympr_part_begin(words, thread, threads) * PYMPR_WORD_ROWS;
    return begin < rows ? begin : rows;
}

/* Whether rows for so many ranks are told apart by bits. */
static inline int pympr_ship_has_masks(int64_t size)
{
    return size <= PYMPR_FEW_RANKS && pympr_get_simd_level() == 2;
}

/* Bits of the buckets of some rows, from a word's border on; counts grow. Returns the first bad row, or `rows`. */
int64_t pympr_ship_mask(uint64_t *masks, int64_t *counts, const uint32_t *buckets, int64_t rows, int64_t size);

/* counts[rank] grows by the lengths of the rows with its bit. Returns the first row that leaves the bytes, or rows. */
int64_t pympr_ship_add_lengths(int64_t *counts, const uint64_t *masks, const pympr_ship_column *column,
                               int64_t begin, int64_t rows, int64_t size);

/* The items of rows from a word's border on to next[rank], where counts[rank] items have room. `stage` holds
 * PYMPR_STAGE_BYTES a rank when lines shall go past the cache, else it is NULL. */
#define PYMPR_STAGE_BYTES 4096
void pympr_ship_compress(const uint64_t *next, const int64_t *counts, const uint64_t *masks, const uint8_t *values,
                         int64_t item_bytes, int64_t rows, int64_t size, uint8_t *stage);

/* Bytes of rows to cursors[rank], which have room for bytes[rank], and an int64 a row to ends[rank]. */
struct pympr_ship_strings {
    const pympr_ship_column *column;
    const uint32_t *buckets;
    const uint64_t *bases; /* of the ranks, or NULL for lengths */
    const uint64_t *cursors, *ends;
    const int64_t *bytes;
    int64_t size;
};

int64_t pympr_ship_strings_bytes(int64_t size);

void pympr_ship_put_strings(const struct pympr_ship_strings *rows, int64_t begin, int64_t end, uint8_t *scratch,
                            int is_streaming);

/* The same for few ranks; `stage` holds 2 * PYMPR_STAGE_BYTES a rank, or is NULL. */
void pympr_ship_few_strings(const struct pympr_ship_strings *rows, const uint64_t *masks, int64_t begin, int64_t end,
                            uint8_t *stage);

#endif
