/* New strings from the rows of string columns: joined end to end, or with parts replaced. */
#ifndef PYMPR_REWRITE_H
#define PYMPR_REWRITE_H

#include <stdint.h>

/* Copies row i (row 0 with a step of 0) to out[places[i]:], and moves places[i] behind it. The places must leave
 * room. PYMPR_BAD and *bad when a row leaves data[0:data_bytes]. */
int pympr_append_rows(uint8_t *out, int64_t *places, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                      const int64_t *starts, const int64_t *ends, int64_t step, int64_t n);

/* Copies row i to out[places[i]:places[i + 1]] with `old`, which must not be empty, replaced by `new` at most `limit`
 * times (below 0: always). The places hold what pympr_count_bytes, cut to the limit, makes of the lengths. */
int pympr_replace_bytes(uint8_t *out, const int64_t *places, const uint8_t *data, const int64_t *starts,
                        const int64_t *ends, int64_t n, const uint8_t *old, int64_t old_bytes, const uint8_t *new,
                        int64_t new_bytes, int64_t limit);

#endif
