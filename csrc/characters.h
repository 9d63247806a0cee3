/* Code points and places in the rows of a string column. */
#ifndef PYMPR_CHARACTERS_H
#define PYMPR_CHARACTERS_H

#include <stdint.h>

/* counts[i] is how many code points row i has. PYMPR_BAD and *bad when a row leaves data[0:data_bytes]; so below. */
int pympr_count_characters(int64_t *counts, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                           const int64_t *starts, const int64_t *ends, int64_t n);

/* places[i] is the code point (the byte, with in_bytes) where the first needle of row i begins, the last with
 * from_right, or -1. An empty needle is at the beginning, or the end. */
int pympr_find_bytes(int64_t *places, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                     const int64_t *ends, int64_t n, const uint8_t *needle, int64_t needle_bytes, int from_right,
                     int in_bytes);

/* counts[i] is how many needles, which must not be empty, stand in row i without overlap. */
int pympr_count_bytes(int64_t *counts, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                      const int64_t *ends, int64_t n, const uint8_t *needle, int64_t needle_bytes);

/* matches[i] is 1 when row i is not empty and all its bytes are digits (class 0), letters (1), digits or letters (2),
 * white space (3); when it has a letter and none is lower case (4: isupper) or upper case (5: islower). done[i] is 0
 * where bytes above 127 leave it open. */
int pympr_classify(uint8_t *matches, uint8_t *done, int64_t *bad, const uint8_t *data, int64_t data_bytes,
                   const int64_t *starts, const int64_t *ends, int64_t n, int class);

/* order[i] is -1, 0 or 1 as row i of the left is below, equal to or above row i of the right, byte by byte, which for
 * UTF-8 is code point by code point. A step of 0 compares with row 0. Rows must lie in their data. */
int pympr_compare_bytes(int8_t *order, const uint8_t *left, const int64_t *left_starts, const int64_t *left_ends,
                        int64_t left_step, const uint8_t *right, const int64_t *right_starts,
                        const int64_t *right_ends, int64_t right_step, int64_t n);

#endif
