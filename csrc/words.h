/* Words of a UTF-8 text, split at white space as str.split() does. */
#ifndef PYMPR_WORDS_H
#define PYMPR_WORDS_H

#include <stdint.h>

/* Writes the words of data[begin:end] to starts and ends, in order, and their number to
 * *num_words. A word that touches `end` ends there. PYMPR_FULL when `capacity` did not
 * suffice: call again with begin = *position, which lies after the last word written. A
 * capacity of 64 or more may be left unfilled by up to 47; with 1 or more there is always progress. */
int pympr_split_words(int64_t *starts, int64_t *ends, int64_t *num_words, int64_t *position, int64_t capacity,
                      const uint8_t *data, int64_t begin, int64_t end);

/* The last position p in [begin, end] such that a white-space character ends at p, else `begin`:
 * every word of data[begin:p] is whole, whatever follows. */
int64_t pympr_cut_at_blank(const uint8_t *data, int64_t begin, int64_t end);

#endif
