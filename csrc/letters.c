#include "letters.h"

#include "fields_inline.h"
#include "variants_inline.h"

PYMPR_INLINE void change_case_body(uint8_t *out, uint8_t *seen, const uint8_t *row, int64_t length, uint8_t first)
{
    uint8_t any = 0;
    for (int64_t i = 0; i < length; i++) {
        uint8_t byte = row[i];
        any |= byte;
        out[i] = (uint8_t)(byte ^ ((uint8_t)(byte - first) < 26) << 5);
    }
    *seen = any;
}

PYMPR_VARIANTS(change_case, (uint8_t * out, uint8_t *seen, const uint8_t *row, int64_t length, uint8_t first),
               (out, seen, row, length, first))

int pympr_change_case(uint8_t *out, uint8_t *is_ascii, int64_t *bad, const int64_t *places, const uint8_t *data,
                      int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n, int to_upper)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        change_case(out + places[i], is_ascii + i, data + starts[i], ends[i] - starts[i], to_upper ? 'a' : 'A');
        is_ascii[i] = is_ascii[i] < 0x80;
    }
    return PYMPR_OK;
}
