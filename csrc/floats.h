/* Arithmetic and functions of doubles as Python's, with the same C library. */
#ifndef PYMPR_FLOATS_H
#define PYMPR_FLOATS_H

#include <stdint.h>

/* out[i] = left[i * left_step] op right[i * right_step]; steps are 0 or 1. op is 0 +, 1 -, 2 *, 3 //, 4 %, 5 /, 6 **.
 * PYMPR_BAD where Python raises, and for a power that is not finite; out is undefined then. */
int pympr_float_arithmetic(double *out, const double *left, int64_t left_step, const double *right, int64_t right_step,
                           int64_t n, int op);

/* out[i] = left[i * left_step] / right[i * right_step] of integers, rounded once. PYMPR_BAD for a divisor 0 and for
 * integers beyond 2^53. */
int pympr_integer_quotient(double *out, const int64_t *left, int64_t left_step, const int64_t *right,
                           int64_t right_step, int64_t n);

/* out[i] = function(values[i]), in the order of the table in floats.c. PYMPR_BAD where a value or result is not
 * finite or the function is not defined there. */
int pympr_float_function(double *out, const double *values, int64_t n, int function);

/* out[i] is values[i] made an integer: 0 truncated, 1 floored, 2 ceiled, 3 rounded half to even. PYMPR_BAD when one
 * is not finite or leaves int64. */
int pympr_float_to_integer(int64_t *out, const double *values, int64_t n, int how);

#endif
