#define _GNU_SOURCE
#include "characters.h"

#include <string.h>

#include "fields_inline.h"

static int64_t characters(const uint8_t *row, int64_t length)
{
    int64_t count = 0;
    for (int64_t i = 0; i < length; i++)
        count += (row[i] & 0xc0) != 0x80;
    return count;
}

int pympr_count_characters(int64_t *counts, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                           const int64_t *starts, const int64_t *ends, int64_t n)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++)
        counts[i] = characters(data + starts[i], ends[i] - starts[i]);
    return PYMPR_OK;
}

static int64_t find(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    if (size > length)
        return -1;
    const uint8_t *at = size == 1 ? memchr(row, needle[0], (size_t)length)
                                  : memmem(row, (size_t)length, needle, (size_t)size);
    return at ? at - row : -1;
}

static int64_t find_last(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    for (int64_t at = length - size; at >= 0; at--)
        if (!memcmp(row + at, needle, (size_t)size))
            return at;
    return -1;
}

int pympr_find_bytes(int64_t *places, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                     const int64_t *ends, int64_t n, const uint8_t *needle, int64_t needle_bytes, int from_right,
                     int in_bytes)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *row = data + starts[i];
        int64_t length = ends[i] - starts[i], at;
        if (needle_bytes)
            at = (from_right ? find_last : find)(row, length, needle, needle_bytes);
        else
            at = from_right ? length : 0;
        places[i] = in_bytes || at <= 0 ? at : characters(row, at);
    }
    return PYMPR_OK;
}

int pympr_count_bytes(int64_t *counts, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                      const int64_t *ends, int64_t n, const uint8_t *needle, int64_t needle_bytes)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *row = data + starts[i];
        int64_t length = ends[i] - starts[i], count = 0, at;
        while ((at = find(row, length, needle, needle_bytes)) >= 0) {
            count++;
            row += at + needle_bytes;
            length -= at + needle_bytes;
        }
        counts[i] = count;
    }
    return PYMPR_OK;
}

enum { DIGIT = 1, UPPER = 2, LOWER = 4, BLANK = 8, OTHER = 16, OPEN = 32 };

static int kind_of(uint8_t byte)
{
    if ((uint8_t)(byte - '0') < 10)
        return DIGIT;
    if ((uint8_t)(byte - 'A') < 26)
        return UPPER;
    if ((uint8_t)(byte - 'a') < 26)
        return LOWER;
    if (byte >= 0x80)
        return OPEN;
    return byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31) ? BLANK : OTHER;
}

static int is_of_class(int kinds, int class)
{
    static const int ALLOWED[] = {DIGIT, UPPER | LOWER, DIGIT | UPPER | LOWER, BLANK};
    if (class < 4)
        return kinds && !(kinds & ~ALLOWED[class]);
    return (kinds & (UPPER | LOWER)) == (class == 4 ? UPPER : LOWER);
}

int pympr_classify(uint8_t *matches, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                   const int64_t *starts, const int64_t *ends, int64_t n, int class)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        int kinds = 0;
        for (int64_t at = starts[i]; at < ends[i]; at++)
            kinds |= kind_of(data[at]);
        done[i] = !(kinds & OPEN);
        matches[i] = (uint8_t)(done[i] && is_of_class(kinds, class));
    }
    return PYMPR_OK;
}

int pympr_compare_bytes(int8_t *order, const uint8_t *left, const int64_t *left_starts, const int64_t *left_ends,
                        int64_t left_step, const uint8_t *right, const int64_t *right_starts,
                        const int64_t *right_ends, int64_t right_step, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t a = left_starts[i * left_step], b = right_starts[i * right_step];
        int64_t first = left_ends[i * left_step] - a, second = right_ends[i * right_step] - b;
        int64_t shorter = first < second ? first : second;
        int found = shorter ? memcmp(left + a, right + b, (size_t)shorter) : 0;
        order[i] = (int8_t)(found ? (found > 0) - (found < 0) : (first > second) - (first < second));
    }
    return PYMPR_OK;
}
