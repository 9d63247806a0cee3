/* Sums by string keys of at most 15 bytes, of which there are few: a table of the keys' words alone. */
#ifndef PYMPR_GROUP_SHORT_H
#define PYMPR_GROUP_SHORT_H

#include <stdint.h>

/* The caller's memory; words and sums are all zeros before the first call. Sums are four tables that are
 * added up in the end, so that equal keys in a row do not wait for each other's store. */
struct pympr_short_sums {
    uint64_t *words; /* 2 * num_slots: the bytes and, in the last of them, one more than their number; 0 = free */
    int64_t *sums;   /* 4 * (num_slots + 1); the last slot takes the values of rows that are passed over */
    int64_t num_slots; /* a power of two */
    int64_t *slots, *rows; /* max_keys: the slot of every key, and a row that has it */
    int64_t num_keys, max_keys;
    int64_t *passed; /* max_passed rows whose keys are too long, lie at the end of their bytes or find no slot */
    int64_t num_passed, max_passed;
    uint64_t bound; /* no sum is larger in magnitude */
};

/* Adds values (one for all rows when is_constant) of rows [begin, end). *position is the first row that is neither
 * added nor passed over: `end`, or, with PYMPR_FULL, where there are too many keys or rows to pass over, a
 * string leaves its bytes or a sum could overflow. */
int pympr_group_short_add(struct pympr_short_sums *table, const uint8_t *data, int64_t data_bytes,
                          const int64_t *starts, const int64_t *ends, const int64_t *values, int32_t is_constant,
                          int64_t begin, int64_t end, int64_t *position);

#endif
