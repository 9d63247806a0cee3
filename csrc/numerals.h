/* Numbers read from and written as strings, with Python's syntax. */
#ifndef PYMPR_NUMERALS_H
#define PYMPR_NUMERALS_H

#include <stdint.h>

/* values[i] = int(row i), or float(row i); done[i] is 0 where the row is not the plain kind that is read here (blanks
 * around, a sign, decimal digits that surely fit; a point and exponent for floats whose value is one exact
 * operation away): Python must read it, or raise. PYMPR_BAD and *bad when a row leaves data[0:data_bytes]. */
int pympr_parse_integers(int64_t *values, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                         const int64_t *starts, const int64_t *ends, int64_t n);
int pympr_parse_floats(double *values, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                       const int64_t *starts, const int64_t *ends, int64_t n);

/* str(values[i]) at the end of out[20 * i:20 * i + 20], beginning at starts[i]. */
int pympr_format_integers(uint8_t *out, int64_t *starts, const int64_t *values, int64_t n);

#endif
