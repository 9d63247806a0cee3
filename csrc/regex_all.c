#include "regex_inline.h"
#include "status.h"
#include "threads.h"

struct items {
    int64_t *begins, *finals, place, limit;
    const int32_t *wanted;
    int32_t count;
};

/* Writes an item, 0 when there is no room. */
static inline int put(struct items *items, int64_t begin, int64_t end)
{
    if (items->place == items->limit)
        return 0;
    items->begins[items->place] = begin;
    items->finals[items->place++] = end;
    return 1;
}

static inline int put_groups(struct items *items, const struct regex_machine *m, int64_t origin, int32_t end)
{
    if (items->place == items->limit)
        return 0;
    int64_t at = items->place++ * items->count;
    for (int32_t j = 0; j < items->count; j++) {
        int32_t group = items->wanted[j];
        int32_t begin = group ? m->slots[2 * group - 2] : m->start, final = group ? m->slots[2 * group - 1] : end;
        int is_there = begin >= 0 && final >= 0;
        items->begins[at + j] = origin + (is_there ? begin : m->start);
        items->finals[at + j] = origin + (is_there ? final : m->start);
    }
    return 1;
}

/* The items of one row: how many, -1 for Python, -2 when there is no room. */
static int64_t find_row(struct regex_machine *m, struct items *items, int64_t origin, int64_t limit, int between)
{
    int64_t first = items->place;
    int32_t from = 0, gap = 0;
    for (int64_t count = 0; count < limit; count++) {
        int32_t end = regex_search(m, from);
        if (end == REGEX_ASK)
            return -1;
        if (end < 0)
            break;
        if (between ? !put(items, origin + gap, origin + m->start) : !put_groups(items, m, origin, end))
            return -2;
        m->must_advance = end == m->start;
        gap = from = end;
    }
    if (between && !put(items, origin + gap, origin + m->size))
        return -2;
    return items->place - first;
}

int pympr_regex_all(int64_t *begins, int64_t *finals, int64_t *counts, int64_t *ranges, int64_t range_count,
                    const uint8_t *data, const int64_t *starts, const int64_t *ends, const int32_t *program,
                    const uint8_t *sets, const uint8_t *text, int64_t limit, int between, const int32_t *wanted,
                    int32_t wanted_count)
{
#pragma omp parallel for schedule(dynamic) num_threads(pympr_get_threads()) if (range_count > 1)
    for (int64_t r = 0; r < range_count; r++) {
        struct regex_machine m;
        int64_t *range = ranges + 4 * r, row = range[0];
        struct items items = {begins, finals, range[2], range[3], wanted, wanted_count};
        regex_load(&m, program, sets, text);
        for (; row < range[1]; row++) {
            int64_t before = items.place, count = -1;
            if (regex_set_row(&m, data + starts[row], ends[row] - starts[row]))
                count = find_row(&m, &items, starts[row], limit, between);
            if (count < 0)
                items.place = before;
            if (count == -2)
                break;
            counts[row] = count;
        }
        range[0] = row;
        range[2] = items.place;
    }
    return PYMPR_OK;
}
