/* Words that several processes change at once in memory they share. */
#ifndef PYMPR_ATOMICS_H
#define PYMPR_ATOMICS_H

#include <stdint.h>

/* Adds `value` to the word at `word` (on an 8-byte border), wrapping; `before` is what it was. */
int pympr_fetch_and_add(int64_t *before, uint8_t *word, int64_t value);

#endif
