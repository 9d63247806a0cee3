#include "decimals.h"

#include <math.h>

#include "status.h"

#define WIDTH 24
#define MOST_PLACES 15
#define MOST_UNITS 0x1p51  /* halves of a unit are exact below */
#define MOST_WHOLE 1e15    /* decimal numbers of 15 digits are different doubles */
#define LEAST_PLAIN 1e-4   /* smaller ones are written with an exponent */

static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                              1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

/* *units is value * 10^places to the nearest integer, of the exact product, a tie to the even one; value >= 0. */
static int units_of(double *units, double value, int places)
{
    /* Volatile: a product that is fused with what follows is not the rounded one. */
    volatile double product = value * TENS[places];
    if (!(product < MOST_UNITS))
        return 0;
    double error = fma(value, TENS[places], -product), below = floor(product), over = product - below - 0.5;
    int is_odd = fmod(below, 2) != 0;
    *units = below + (over > 0 || (over == 0 && (error > 0 || (error == 0 && is_odd))));
    return 1;
}

int pympr_round_decimals(double *out, uint8_t *done, const double *values, int64_t n, int places)
{
    if (places < 0 || places > MOST_PLACES)
        return PYMPR_BAD;
    for (int64_t i = 0; i < n; i++) {
        double units = 0;
        done[i] = (uint8_t)units_of(&units, fabs(values[i]), places);
        /* Both are exact, so the quotient is the double next to the decimal number. */
        out[i] = copysign(units / TENS[places], values[i]);
    }
    return PYMPR_OK;
}

/* The fewest places with which a decimal number of 15 digits is this double: no other one is. */
static int shortest(double *units, double value, int *places)
{
    if (!(value < MOST_WHOLE) || (value < LEAST_PLAIN && value != 0))
        return 0;
    for (int count = 0; value * TENS[count] < MOST_WHOLE && count < 19; count++) {
        *units = rint(value * TENS[count]);
        *places = count;
        if (*units / TENS[count] == value)
            return 1;
    }
    return 0;
}

/* Where the text begins that ends at `at`. */
static int64_t write(uint8_t *out, int64_t at, uint64_t units, int places, int is_negative)
{
    for (int count = 0; count < places; count++, units /= 10)
        out[--at] = (uint8_t)('0' + units % 10);
    if (places)
        out[--at] = '.';
    do {
        out[--at] = (uint8_t)('0' + units % 10);
        units /= 10;
    } while (units);
    if (is_negative)
        out[--at] = '-';
    return at;
}

int pympr_format_floats(uint8_t *out, int64_t *starts, uint8_t *done, const double *values, int64_t n, int places)
{
    if (places > MOST_PLACES)
        return PYMPR_BAD;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = (i + 1) * WIDTH;
        double units = 0, value = fabs(values[i]);
        int count = places;
        done[i] = (uint8_t)(places < 0 ? shortest(&units, value, &count) : units_of(&units, value, places));
        starts[i] = at;
        if (!done[i])
            continue;
        if (places < 0 && count == 0) {
            out[--at] = '0';
            out[--at] = '.';
        }
        starts[i] = write(out, at, (uint64_t)units, count, signbit(values[i]) != 0);
    }
    return PYMPR_OK;
}
