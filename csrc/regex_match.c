#include "fields_inline.h"
#include "regex_inline.h"

static int32_t first_match(struct regex_machine *m, int how)
{
    if (how == 0)
        return regex_search(m, 0);
    m->must_end = how == 2;
    return regex_attempt(m, 0);
}

int pympr_regex_match(uint8_t *found, int64_t *begins, int64_t *finals, uint8_t *there, int64_t *bad,
                      const uint8_t *data, int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n,
                      const int32_t *program, const uint8_t *sets, const uint8_t *text, int how, const int32_t *wanted,
                      int32_t wanted_count)
{
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    {
        struct regex_machine m;
        regex_load(&m, program, sets, text);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < n; i++) {
            int32_t end = regex_set_row(&m, data + starts[i], ends[i] - starts[i]) ? first_match(&m, how) : REGEX_ASK;
            found[i] = end >= 0 ? 1 : end == REGEX_ASK ? 2 : 0;
            for (int32_t j = 0; j < wanted_count; j++) {
                int32_t begin = end < 0 ? -1 : wanted[j] ? m.slots[2 * wanted[j] - 2] : m.start;
                int32_t final = begin < 0 ? -1 : wanted[j] ? m.slots[2 * wanted[j] - 1] : end;
                there[j * n + i] = final >= 0;
                begins[j * n + i] = starts[i] + (final >= 0 ? begin : 0);
                finals[j * n + i] = starts[i] + (final >= 0 ? final : 0);
            }
        }
    }
    return PYMPR_OK;
}
