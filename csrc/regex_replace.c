#include <string.h>

#include "fields_inline.h"
#include "regex.h"

struct writer {
    uint8_t *out; /* NULL: only the size is wanted */
    int64_t size;
};

static inline void append(struct writer *to, const uint8_t *from, int64_t size)
{
    if (to->out && size > 0)
        memcpy(to->out + to->size, from, (size_t)size);
    to->size += size;
}

int pympr_regex_replace(uint8_t *out, int64_t *places, const uint8_t *data, const int64_t *starts, const int64_t *ends,
                        int64_t n, const int64_t *offsets, const int64_t *begins, const int64_t *finals,
                        int32_t wanted_count, const int32_t *parts, int32_t part_count, const uint8_t *text)
{
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        struct writer to = {out ? out + places[i] : NULL, 0};
        int64_t from = starts[i];
        for (int64_t match = offsets[i]; match < offsets[i + 1]; match++) {
            const int64_t *begin = begins + match * wanted_count, *final = finals + match * wanted_count;
            append(&to, data + from, begin[0] - from);
            for (const int32_t *part = parts; part < parts + 3 * part_count; part += 3) {
                append(&to, text + part[0], part[1] - part[0]);
                if (part[2] >= 0)
                    append(&to, data + begin[part[2]], final[part[2]] - begin[part[2]]);
            }
            from = final[0];
        }
        append(&to, data + from, ends[i] - from);
        if (!out)
            places[i] = to.size;
    }
    return PYMPR_OK;
}
