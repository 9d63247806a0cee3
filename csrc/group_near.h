/* Sums by int64 keys that lie close together, in a table addressed by the key itself. */
#ifndef PYMPR_GROUP_NEAR_H
#define PYMPR_GROUP_NEAR_H

#include <stdint.h>

/* The caller's memory: four tables of `room` sums that are added up in the end, so that equal keys in a row do
 * not wait for each other's store, and which keys were seen. All zeros before the first call. */
struct pympr_near_sums {
    int64_t *sums; /* 4 * room */
    uint8_t *seen; /* room */
    int64_t room;  /* a power of two */
    int64_t low;   /* the key of the first entry, chosen when the first row comes */
    int32_t has_low;
    uint64_t bound; /* no sum is larger in magnitude */
};

/* Adds values (one for all rows when is_constant) of rows [begin, end). *position is the first row not added: `end`,
 * or, with PYMPR_FULL, where keys leave the table or a sum could overflow. */
int pympr_group_near_add(struct pympr_near_sums *table, const int64_t *keys, const int64_t *values,
                         int32_t is_constant, int64_t begin, int64_t end, int64_t *position);

#endif
