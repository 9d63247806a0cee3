#include "strip.h"

#include "blank_inline.h"
#include "fields_inline.h"

static int64_t strip_left(const uint8_t *data, int64_t start, int64_t end)
{
    int64_t length;
    while (start < end && (length = pympr_blank_length(data + start, data + end)) > 0)
        start += length;
    return start;
}

static int64_t strip_right(const uint8_t *data, int64_t start, int64_t end)
{
    for (int64_t length = 1; length <= 3 && end - start >= length; length++)
        if (pympr_blank_length(data + end - length, data + end) == length) {
            end -= length;
            length = 0;
        }
    return end;
}

int pympr_strip(int64_t *starts, int64_t *ends, int64_t *bad, const uint8_t *data, int64_t data_bytes, int64_t n,
                int left, int right)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        if (left)
            starts[i] = strip_left(data, starts[i], ends[i]);
        if (right)
            ends[i] = strip_right(data, starts[i], ends[i]);
    }
    return PYMPR_OK;
}

static int is_ascii(const uint8_t *bytes, int64_t size)
{
    uint8_t any = 0;
    for (int64_t i = 0; i < size; i++)
        any |= bytes[i];
    return any < 0x80;
}

/* The byte at which code point `position` begins, -1 when that takes more than counting ASCII. */
static int64_t byte_of(const uint8_t *row, int64_t length, int64_t position)
{
    if (position >= length)
        return length;
    if (position <= -length)
        return 0;
    if (position >= 0)
        return is_ascii(row, position) ? position : -1;
    return is_ascii(row + length + position, -position) ? length + position : -1;
}

int pympr_slice(int64_t *starts, int64_t *ends, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                int64_t n, int has_from, int64_t from, int has_to, int64_t to)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        int64_t length = ends[i] - starts[i];
        int64_t first = has_from ? byte_of(data + starts[i], length, from) : 0;
        int64_t last = has_to ? byte_of(data + starts[i], length, to) : length;
        done[i] = first >= 0 && last >= 0;
        if (!done[i])
            continue;
        ends[i] = starts[i] + (last < first ? first : last);
        starts[i] += first;
    }
    return PYMPR_OK;
}
