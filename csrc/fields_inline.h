/* What the kernels of string expressions share. */
#ifndef PYMPR_FIELDS_INLINE_H
#define PYMPR_FIELDS_INLINE_H

#include <stdint.h>

#include "status.h"
#include "threads.h"

#define PARALLEL_ROWS (1 << 15) /* below this, waking the other threads costs more than they save */

/* The first row that leaves data[0:data_bytes], or n. */
static inline int64_t first_bad_range(int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n)
{
    for (int64_t begin = 0; begin < n; begin += 1024) {
        int64_t end = n - begin < 1024 ? n : begin + 1024, any = 0;
        for (int64_t i = begin; i < end; i++)
            any |= (starts[i] < 0) | (ends[i] < starts[i]) | (ends[i] > data_bytes);
        for (int64_t i = begin; any && i < end; i++)
            if (starts[i] < 0 || ends[i] < starts[i] || ends[i] > data_bytes)
                return i;
    }
    return n;
}

#endif
