/* Rows chosen by index or by mask, and variable-width rows laid end to end.
 *
 * Items have 1, 2, 4, 8 or 16 bytes. Outputs do not overlap inputs. n >= 0, parts >= 1;
 * parts of rows (parts_inline.h) are worked on by as many threads. */
#ifndef PYMPR_TAKE_H
#define PYMPR_TAKE_H

#include <stdint.h>

/* out[i] = values[index[i]] for m items; PYMPR_BAD and the first position in `bad` when an index is not in [0, n). */
int pympr_take_fixed(uint8_t *out, int64_t *bad, const uint8_t *values, int64_t item_bytes, int64_t n,
                     const int64_t *index, int64_t m);

/* Rows of each part where the mask is not 0. */
int pympr_count_mask(int64_t *counts, const uint8_t *mask, int64_t n, int64_t parts);

/* The positions where the mask is not 0; part p writes from out[begins[p]]. */
int pympr_mask_to_index(int64_t *out, const int64_t *begins, const uint8_t *mask, int64_t n, int64_t parts);

/* The items where the mask is not 0; part p writes from item begins[p] of `out`. */
int pympr_filter_fixed(uint8_t *out, const int64_t *begins, const uint8_t *values, int64_t item_bytes,
                       const uint8_t *mask, int64_t n, int64_t parts);

/* offsets[0] = 0, offsets[i + 1] = offsets[i] + lengths[i]. With the position in `bad`: PYMPR_BAD for a length
 * below 0, PYMPR_OVERFLOW for a sum beyond int64. */
int pympr_lengths_to_offsets(int64_t *offsets, int64_t *bad, const int64_t *lengths, int64_t n);

/* The offsets that the rows data[starts[i]:ends[i]] have end to end; PYMPR_BAD and the position in `bad` when a row
 * leaves data[0:data_bytes], PYMPR_OVERFLOW for a sum beyond int64. */
int pympr_row_offsets(int64_t *offsets, int64_t *bad, int64_t data_bytes, const int64_t *starts, const int64_t *ends,
                      int64_t n);

/* The rows end to end; `offsets` and the checks are those of pympr_row_offsets. */
int pympr_compact_bytes(uint8_t *out, const int64_t *offsets, const uint8_t *data, int64_t data_bytes,
                        const int64_t *starts, const int64_t *ends, int64_t n, int64_t parts);

#endif
