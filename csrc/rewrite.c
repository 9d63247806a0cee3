#define _GNU_SOURCE
#include "rewrite.h"

#include <string.h>

#include "fields_inline.h"

static uint8_t *append(uint8_t *out, const uint8_t *from, int64_t size)
{
    if (size > 0)
        memcpy(out, from, (size_t)size);
    return out + size;
}

int pympr_append_rows(uint8_t *out, int64_t *places, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                      const int64_t *starts, const int64_t *ends, int64_t step, int64_t n)
{
    int64_t rows = step ? n : n > 0;
    *bad = first_bad_range(data_bytes, starts, ends, rows);
    if (*bad < rows)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        int64_t start = starts[i * step];
        places[i] = append(out + places[i], data + start, ends[i * step] - start) - out;
    }
    return PYMPR_OK;
}

int pympr_replace_bytes(uint8_t *out, const int64_t *places, const uint8_t *data, const int64_t *starts,
                        const int64_t *ends, int64_t n, const uint8_t *old, int64_t old_bytes, const uint8_t *new,
                        int64_t new_bytes, int64_t limit)
{
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        uint8_t *to = out + places[i];
        const uint8_t *row = data + starts[i], *end = data + ends[i];
        for (int64_t left = limit; left && end - row >= old_bytes; left--) {
            const uint8_t *at = memmem(row, (size_t)(end - row), old, (size_t)old_bytes);
            if (!at)
                break;
            to = append(append(to, row, at - row), new, new_bytes);
            row = at + old_bytes;
        }
        append(to, row, end - row);
    }
    return PYMPR_OK;
}
