#include "integers.h"

#include "status.h"
#include "variants_inline.h"

/* Sums and differences are vectorised: the sign bit of `*left_range` gathers whether any left int64. */
#define WRAPPING(name, expression, overflow)                                                                           \
    PYMPR_INLINE void name##_body(int64_t *out, uint64_t *left_range, const int64_t *left, const int64_t *right,       \
                                  int64_t n, int left_step, int right_step)                                            \
    {                                                                                                                  \
        uint64_t any = 0, first = n ? (uint64_t)left[0] : 0, second = n ? (uint64_t)right[0] : 0;                      \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            uint64_t a = left_step ? (uint64_t)left[i] : first, b = right_step ? (uint64_t)right[i] : second;          \
            uint64_t r = expression;                                                                                   \
            any |= overflow;                                                                                           \
            out[i] = (int64_t)r;                                                                                       \
        }                                                                                                              \
        *left_range = any;                                                                                             \
    }                                                                                                                  \
    PYMPR_VARIANTS(name,                                                                                               \
                   (int64_t * out, uint64_t *left_range, const int64_t *left, const int64_t *right, int64_t n,         \
                    int left_step, int right_step),                                                                    \
                   (out, left_range, left, right, n, left_step, right_step))

WRAPPING(sum, a + b, (a ^ r) & (b ^ r))
WRAPPING(difference, a - b, (a ^ b) & (a ^ r))

static int multiply(int64_t *out, int64_t a, int64_t b)
{
    return __builtin_mul_overflow(a, b, out) ? PYMPR_OVERFLOW : PYMPR_OK;
}

static int divide(int64_t *out, int64_t a, int64_t b)
{
    if (b == 0)
        return PYMPR_BAD;
    if (b == -1)
        return __builtin_sub_overflow((int64_t)0, a, out) ? PYMPR_OVERFLOW : PYMPR_OK;
    int64_t quotient = a / b, rest = a % b;
    *out = quotient - (rest && (rest ^ b) < 0);
    return PYMPR_OK;
}

static int modulo(int64_t *out, int64_t a, int64_t b)
{
    if (b == 0)
        return PYMPR_BAD;
    int64_t rest = b == -1 ? 0 : a % b;
    *out = rest && (rest ^ b) < 0 ? rest + b : rest;
    return PYMPR_OK;
}

static int shift_left(int64_t *out, int64_t a, int64_t b)
{
    if (b < 0)
        return PYMPR_BAD;
    *out = 0;
    if (a == 0)
        return PYMPR_OK;
    if (b > 62)
        return PYMPR_OVERFLOW;
    *out = (int64_t)((uint64_t)a << b);
    return *out >> b == a ? PYMPR_OK : PYMPR_OVERFLOW;
}

static int shift_right(int64_t *out, int64_t a, int64_t b)
{
    *out = b < 0 ? 0 : a >> (b > 63 ? 63 : b);
    return b < 0 ? PYMPR_BAD : PYMPR_OK;
}

static int power(int64_t *out, int64_t a, int64_t b)
{
    int64_t result = 1, overflow = 0;
    if (b < 0)
        return PYMPR_BAD;
    while (b && !overflow) {
        if (b & 1)
            overflow |= __builtin_mul_overflow(result, a, &result);
        b >>= 1;
        if (b && (a > 1 || a < -1))
            overflow |= __builtin_mul_overflow(a, a, &a);
        else if (b)
            a = a * a;
    }
    *out = result;
    return overflow ? PYMPR_OVERFLOW : PYMPR_OK;
}

#define ROWS(function)                                                                                                 \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        if ((status = function(out + i, left[i * left_step], right[i * right_step])))                                  \
            return status;                                                                                             \
    return PYMPR_OK

int pympr_integer_arithmetic(int64_t *out, const int64_t *left, int64_t left_step, const int64_t *right,
                             int64_t right_step, int64_t n, int op)
{
    int status;
    uint64_t left_range = 0;
    switch (op) {
    case 0:
    case 1:
        (op ? difference : sum)(out, &left_range, left, right, n, (int)left_step, (int)right_step);
        return left_range >> 63 ? PYMPR_OVERFLOW : PYMPR_OK;
    case 2:
        ROWS(multiply);
    case 3:
        ROWS(divide);
    case 4:
        ROWS(modulo);
    case 5:
        ROWS(shift_left);
    case 6:
        ROWS(shift_right);
    default:
        ROWS(power);
    }
}

/* Both sides are compared as integers where the float has a whole part that fits, else by its sign. */
static int8_t compare(int64_t integer, double number)
{
    if (number != number)
        return 2;
    if (number >= 0x1p63)
        return -1;
    if (number < -0x1p63)
        return 1;
    int64_t whole = (int64_t)number;
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = number - (double)whole;
    return rest > 0 ? -1 : rest < 0;
}

int pympr_compare_mixed(int8_t *order, const int64_t *integers, int64_t integer_step, const double *floats,
                        int64_t float_step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = compare(integers[i * integer_step], floats[i * float_step]);
    return PYMPR_OK;
}
