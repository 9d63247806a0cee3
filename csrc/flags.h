/* A meeting point of the ranks of one node in memory they share.
 *
 * `board` is PYMPR_FLAGS_LINE * (2 + size) bytes, zero at first, on a 64-byte border in every
 * rank's mapping. Each rank calls pympr_flags_meet the same number of times. A meeting is a
 * barrier that also tells the worst status any rank came with; what a rank wrote to shared
 * memory before it is visible to all after it. */
#ifndef PYMPR_FLAGS_H
#define PYMPR_FLAGS_H

#include <stdint.h>

#define PYMPR_FLAGS_LINE 128

/* Come with `status` >= 0 and wait; `worst` gets the largest of all ranks' statuses. Polls `spins`
 * times, yields the core some times, then sleeps until woken. PYMPR_FULL when `timeout_us` is over:
 * the rank has come and goes on waiting with pympr_flags_wait. */
int pympr_flags_meet(int64_t *worst, uint8_t *board, int64_t size, int64_t rank, int64_t status, int64_t spins,
                     int64_t timeout_us);

/* Wait on for the meeting that this rank has come to. */
int pympr_flags_wait(int64_t *worst, uint8_t *board, int64_t size, int64_t rank, int64_t spins, int64_t timeout_us);

/* How many meetings `rank` has come to. */
int64_t pympr_flags_count(const uint8_t *board, int64_t rank);

#endif
