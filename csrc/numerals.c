#include "numerals.h"

#include <float.h>
#include <string.h>

#include "fields_inline.h"

static int is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
}

struct cursor {
    const uint8_t *at, *end;
};

/* Without blanks around and the sign; whether that was a minus. */
static int begin(struct cursor *row)
{
    while (row->at < row->end && is_blank(*row->at))
        row->at++;
    while (row->at < row->end && is_blank(row->end[-1]))
        row->end--;
    int is_negative = row->at < row->end && *row->at == '-';
    if (row->at < row->end && (*row->at == '-' || *row->at == '+'))
        row->at++;
    return is_negative;
}

/* Adds digits to *value; how many there were. */
static int64_t digits(struct cursor *row, uint64_t *value)
{
    const uint8_t *from = row->at;
    for (; row->at < row->end && is_digit(*row->at); row->at++)
        *value = *value * 10 + (uint64_t)(*row->at - '0');
    return row->at - from;
}

#define SURE_DIGITS 18 /* of an integer in 64 bits with a sign */

int pympr_parse_integers(int64_t *values, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                         const int64_t *starts, const int64_t *ends, int64_t n)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        struct cursor row = {data + starts[i], data + ends[i]};
        uint64_t value = 0;
        int is_negative = begin(&row);
        int64_t count = digits(&row, &value);
        done[i] = count > 0 && count <= SURE_DIGITS && row.at == row.end;
        values[i] = !done[i] ? 0 : is_negative ? -(int64_t)value : (int64_t)value;
    }
    return PYMPR_OK;
}

static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define MOST_TENS 22

/* The exponent after e or E, 0 when there is none; *is_good is 0 when it is not plain. */
static int64_t exponent(struct cursor *row, int *is_good)
{
    if (row->at == row->end)
        return 0;
    if ((*row->at | 0x20) != 'e') {
        *is_good = 0;
        return 0;
    }
    row->at++;
    int is_negative = row->at < row->end && *row->at == '-';
    if (row->at < row->end && (*row->at == '-' || *row->at == '+'))
        row->at++;
    uint64_t value = 0;
    int64_t count = digits(row, &value);
    *is_good &= count > 0 && count <= 4 && row->at == row->end;
    return is_negative ? -(int64_t)value : (int64_t)value;
}

#define MOST_DIGITS 19 /* of a mantissa in 64 bits */

/* The same with a mantissa that takes all of 64 bits, where long double has so many: rounding a second time, to 53
 * bits, is right unless the first result is within its error of halfway. */
static int round_once(double *value, uint64_t mantissa, int64_t power)
{
#if LDBL_MANT_DIG == 64
    long double tens = (long double)TENS[power < 0 ? -power : power];
    long double wide = power < 0 ? (long double)mantissa / tens : (long double)mantissa * tens;
    uint64_t bits;
    memcpy(&bits, &wide, sizeof bits);
    *value = (double)wide;
    return (bits & 0x7ff) < 0x3ff || (bits & 0x7ff) > 0x401;
#else
    (void)value, (void)mantissa, (void)power;
    return 0;
#endif
}

/* W. D. Clinger, "How to read floating point numbers accurately" (1990): a mantissa and a power of ten that doubles
 * hold exactly give the right double with one rounding. */
static int parse_float(double *value, struct cursor row)
{
    int is_good = 1, is_negative = begin(&row);
    uint64_t mantissa = 0;
    int64_t fraction = 0, count = digits(&row, &mantissa);
    if (row.at < row.end && *row.at == '.') {
        row.at++;
        fraction = digits(&row, &mantissa);
    }
    count += fraction;
    int64_t power = exponent(&row, &is_good) - fraction;
    if (!is_good || !count || count > MOST_DIGITS || power > MOST_TENS || power < -MOST_TENS)
        return 0;
    double whole = (double)mantissa;
    whole = power < 0 ? whole / TENS[-power] : whole * TENS[power];
    if (mantissa >> 53 && !round_once(&whole, mantissa, power))
        return 0;
    *value = is_negative ? -whole : whole;
    return 1;
}

int pympr_parse_floats(double *values, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                       const int64_t *starts, const int64_t *ends, int64_t n)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        struct cursor row = {data + starts[i], data + ends[i]};
        values[i] = 0;
        done[i] = (uint8_t)parse_float(values + i, row);
    }
    return PYMPR_OK;
}

#define WIDTH 20 /* of the longest: -9223372036854775808 */

int pympr_format_integers(uint8_t *out, int64_t *starts, const int64_t *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t at = (i + 1) * WIDTH;
        uint64_t rest = values[i] < 0 ? -(uint64_t)values[i] : (uint64_t)values[i];
        do {
            out[--at] = (uint8_t)('0' + rest % 10);
            rest /= 10;
        } while (rest);
        if (values[i] < 0)
            out[--at] = '-';
        starts[i] = at;
    }
    return PYMPR_OK;
}
