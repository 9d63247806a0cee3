/* Arithmetic of 64-bit integers as Python's: floored division, no result that does not fit. */
#ifndef PYMPR_INTEGERS_H
#define PYMPR_INTEGERS_H

#include <stdint.h>

/* out[i] = left[i * left_step] op right[i * right_step]; steps are 0 (one value for all rows) or 1. op is 0 +, 1 -,
 * 2 *, 3 //, 4 %, 5 <<, 6 >>, 7 ** . PYMPR_BAD when a divisor is 0 or a shift or exponent is below 0,
 * PYMPR_OVERFLOW when a result leaves int64; out is undefined then. */
int pympr_integer_arithmetic(int64_t *out, const int64_t *left, int64_t left_step, const int64_t *right,
                             int64_t right_step, int64_t n, int op);

/* order[i] is -1, 0 or 1 as integers[i * integer_step] is below, equal to or above floats[i * float_step]
 * exactly, 2 when that is NaN. */
int pympr_compare_mixed(int8_t *order, const int64_t *integers, int64_t integer_step, const double *floats,
                        int64_t float_step, int64_t n);

#endif
