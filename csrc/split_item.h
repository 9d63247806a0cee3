/* One item of str.split and str.rsplit for every row of a string column. */
#ifndef PYMPR_SPLIT_ITEM_H
#define PYMPR_SPLIT_ITEM_H

#include <stdint.h>

/* Row i of the result is a view on row i: item `index` (negative ones count from the end) of
 * its split at `separator`, at most `max_splits` times unless that is negative, from the right when
 * `from_right`. separator_bytes = 0 splits at white space. found[i] is 0, and the view empty,
 * where there is no such item. PYMPR_BAD and *bad when a row leaves data[0:data_bytes].
 * starts_out and ends_out may be starts and ends themselves. */
int pympr_split_item(int64_t *starts_out, int64_t *ends_out, uint8_t *found, int64_t *bad, const uint8_t *data,
                     int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n,
                     const uint8_t *separator, int64_t separator_bytes, int64_t max_splits, int64_t index,
                     int from_right);

#endif
