/* Copies of string columns in lower or upper case. */
#ifndef PYMPR_LETTERS_H
#define PYMPR_LETTERS_H

#include <stdint.h>

/* Copies the rows to out, one after the other: row i to out[places[i]:places[i + 1]], which has its
 * length. ASCII letters change case, to lower unless `to_upper`. is_ascii[i] is 0 where the row
 * has other bytes too, which are copied as they are. PYMPR_BAD and *bad when a row leaves data[0:data_bytes]. */
int pympr_change_case(uint8_t *out, uint8_t *is_ascii, int64_t *bad, const int64_t *places, const uint8_t *data,
                      int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n, int to_upper);

#endif
