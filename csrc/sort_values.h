/* What sorts plain values in place beside NumPy's own sort: parts for threads, and the way back. */
#ifndef PYMPR_SORT_VALUES_H
#define PYMPR_SORT_VALUES_H

#include <stdint.h>

/* Moves what is < splitter before what is not, in place; *middle is where the second part begins.
 * `middles` has room for threads items. kind 0 or 1; `splitter` points at one value. */
int pympr_sort_split(void *values, int64_t *middle, int64_t n, int kind, const void *splitter, int64_t *middles,
                     int threads);

/* Last item first, in place. */
int pympr_sort_reverse(int64_t *values, int64_t n);

/* How many of the values are -0.0. */
int64_t pympr_sort_negative_zeros(const double *values, int64_t n);

#endif
