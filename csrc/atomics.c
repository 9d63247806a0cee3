#include "atomics.h"

#include <stdatomic.h>

#include "status.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be private to a process");

int pympr_fetch_and_add(int64_t *before, uint8_t *word, int64_t value)
{
    if ((uintptr_t)word % 8 != 0)
        return PYMPR_BAD;
    *before = atomic_fetch_add((_Atomic int64_t *)word, value);
    return PYMPR_OK;
}
