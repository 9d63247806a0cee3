/* Rows cut into one contiguous part per thread, so that a stable order needs only prefix sums. */
#ifndef PYMPR_PARTS_INLINE_H
#define PYMPR_PARTS_INLINE_H

#include <stdint.h>

/* First row of `part`; that of `parts` is n. */
static inline int64_t pympr_part_begin(int64_t n, int64_t part, int64_t parts)
{
    int64_t longer = n % parts;
    return n / parts * part + (part < longer ? part : longer);
}

#endif
