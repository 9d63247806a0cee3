#include "floats.h"

#include <math.h>
#include <string.h>

#include "status.h"

static int add(double *out, double a, double b)
{
    *out = a + b;
    return 0;
}

static int subtract(double *out, double a, double b)
{
    *out = a - b;
    return 0;
}

static int multiply(double *out, double a, double b)
{
    *out = a * b;
    return 0;
}

static int divide(double *out, double a, double b)
{
    *out = b == 0 ? 0 : a / b;
    return b == 0;
}

/* CPython's float_rem: the result has the divisor's sign. */
static int modulo(double *out, double a, double b)
{
    if (b == 0)
        return 1;
    double rest = fmod(a, b);
    if (rest != 0)
        rest = (b < 0) != (rest < 0) ? rest + b : rest;
    else
        rest = copysign(0.0, b);
    *out = rest;
    return 0;
}

/* CPython's _float_div_mod. */
static int floor_divide(double *out, double a, double b)
{
    if (b == 0)
        return 1;
    double rest = fmod(a, b), quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0))
        quotient -= 1.0;
    if (quotient != 0) {
        *out = floor(quotient);
        if (quotient - *out > 0.5)
            *out += 1.0;
    } else {
        *out = copysign(0.0, a / b);
    }
    return 0;
}

/* What is not finite, a root of a negative number and 1 / 0 are left to Python. */
static int power(double *out, double a, double b)
{
    *out = pow(a, b);
    return !isfinite(a) || !isfinite(b) || !isfinite(*out);
}

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 28)
#define POW_ERROR_IS_KNOWN 1
#else
#define POW_ERROR_IS_KNOWN 0
#endif
/* Of the last place: glibc's pow rounds what is off by less than 0.04 of it ("worst-case error: 0.54 ULP", e_pow.c). */
#define NOT_NEAR_A_TIE 0.44

/* By how much the product a * a was rounded, exactly: T. J. Dekker, "A floating-point technique for extending the
 * available precision" (Numer. Math. 18, 1971). */
static double rounded_off(double a, double product)
{
#ifdef __FP_FAST_FMA
    return fma(a, a, -product);
#else
    double scaled = a * 134217729.0, high = scaled - (scaled - a), low = a - high;
    return ((high * high - product) + 2 * high * low) + low * low;
#endif
}

/* pow(a, 2). Unless the square lies near the middle of two doubles, rounding it is rounding what pow computes. */
static int square(double *out, double a)
{
    double product = a * a;
    if (POW_ERROR_IS_KNOWN && product > 0x1p-800 && product < 0x1p900) {
        double rest = rounded_off(a, product), magnitude;
        uint64_t bits;
        memcpy(&bits, &product, sizeof bits);
        uint64_t exponent = bits & UINT64_C(0x7ff0000000000000);
        memcpy(&magnitude, &exponent, sizeof magnitude);
        /* Below a power of two doubles lie closer together. */
        if (bits != exponent && fabs(rest) < NOT_NEAR_A_TIE * 0x1p-52 * magnitude) {
            *out = product;
            return 0;
        }
    }
    volatile double exponent = 2.0; /* else the compiler makes a product of it */
    return power(out, a, exponent);
}

#define ROWS(function)                                                                                                 \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        bad |= function(out + i, left[i * left_step], right[i * right_step]);                                          \
    break

int pympr_float_arithmetic(double *out, const double *left, int64_t left_step, const double *right, int64_t right_step,
                           int64_t n, int op)
{
    int bad = 0;
    switch (op) {
    case 0:
        ROWS(add);
    case 1:
        ROWS(subtract);
    case 2:
        ROWS(multiply);
    case 3:
        ROWS(floor_divide);
    case 4:
        ROWS(modulo);
    case 5:
        ROWS(divide);
    default:
        if (right_step == 0 && n > 0 && *right == 2.0) {
            for (int64_t i = 0; i < n; i++)
                bad |= square(out + i, left[i * left_step]);
            break;
        }
        ROWS(power);
    }
    return bad ? PYMPR_BAD : PYMPR_OK;
}

#define LARGEST_EXACT (INT64_C(1) << 53)

int pympr_integer_quotient(double *out, const int64_t *left, int64_t left_step, const int64_t *right,
                           int64_t right_step, int64_t n)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t a = left[i * left_step], b = right[i * right_step];
        bad |= a > LARGEST_EXACT || a < -LARGEST_EXACT || b > LARGEST_EXACT || b < -LARGEST_EXACT || b == 0;
        out[i] = b == 0 ? 0 : (double)a / (double)b;
    }
    return bad ? PYMPR_BAD : PYMPR_OK;
}

typedef double function_of_one(double);

static function_of_one *const FUNCTIONS[] = {sqrt, exp,  log,  log2, log10, log1p, expm1, sin,
                                             cos,  tan,  asin, acos, atan,  sinh,  cosh,  tanh};

int pympr_float_function(double *out, const double *values, int64_t n, int function)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++) {
        out[i] = FUNCTIONS[function](values[i]);
        bad |= !isfinite(values[i]) | !isfinite(out[i]);
    }
    return bad ? PYMPR_BAD : PYMPR_OK;
}

static double rounded(double value, int how)
{
    switch (how) {
    case 0:
        return trunc(value);
    case 1:
        return floor(value);
    case 2:
        return ceil(value);
    default:
        return rint(value);
    }
}

int pympr_float_to_integer(int64_t *out, const double *values, int64_t n, int how)
{
    for (int64_t i = 0; i < n; i++) {
        double whole = rounded(values[i], how);
        if (!(whole >= -0x1p63 && whole < 0x1p63))
            return PYMPR_BAD;
        out[i] = (int64_t)whole;
    }
    return PYMPR_OK;
}
