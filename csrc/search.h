/* Whether the rows of a string column contain, start with or end with given bytes. */
#ifndef PYMPR_SEARCH_H
#define PYMPR_SEARCH_H

#include <stdint.h>

/* matches[i] is 1 when row i contains the needle anywhere (where = 0), at its start (1), at its
 * end (2), else 0. An empty needle is everywhere. PYMPR_BAD and *bad when a row leaves data[0:data_bytes]. */
int pympr_match_bytes(uint8_t *matches, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                      const int64_t *ends, int64_t n, const uint8_t *needle, int64_t needle_bytes, int where);

#endif
