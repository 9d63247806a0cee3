/* Parts of the rows of a string column as views: without white space at the ends, or slices. */
#ifndef PYMPR_STRIP_H
#define PYMPR_STRIP_H

#include <stdint.h>

/* Moves starts (left) and ends (right) over white space, in place. PYMPR_BAD and *bad when a
 * row leaves data[0:data_bytes]; nothing is changed then. */
int pympr_strip(int64_t *starts, int64_t *ends, int64_t *bad, const uint8_t *data, int64_t data_bytes, int64_t n,
                int left, int right);

/* row[from:to] by code points, in place; negative numbers count from the end; has_from and has_to
 * are 0 where Python has None. done[i] is 0, and the row unchanged, where bytes above 127 leave it
 * open which bytes those are. */
int pympr_slice(int64_t *starts, int64_t *ends, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                int64_t n, int has_from, int64_t from, int has_to, int64_t to);

#endif
