/* Doubles as decimal numbers: rounded to places, and written as Python writes them. */
#ifndef PYMPR_DECIMALS_H
#define PYMPR_DECIMALS_H

#include <stdint.h>

/* out[i] = round(values[i], places), 0 <= places <= 15; done[i] is 0 and out[i] is 0 where 2^51 units of the last
 * place are not enough, or the value is not finite: Python must round it. */
int pympr_round_decimals(double *out, uint8_t *done, const double *values, int64_t n, int places);

/* str(values[i]) at the end of out[24 * i:24 * i + 24], beginning at starts[i]; with 0 <= places <= 15 as '%.*f' writes
 * it, with places -1 as repr() does. done[i] is 0, and the row empty, where Python must write it. */
int pympr_format_floats(uint8_t *out, int64_t *starts, uint8_t *done, const double *values, int64_t n, int places);

#endif
