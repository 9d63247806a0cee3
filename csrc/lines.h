/* Lines of a text as Python's text files have them: \n, \r\n and a lone \r end a line. */
#ifndef PYMPR_LINES_H
#define PYMPR_LINES_H

#include <stdint.h>

/* Writes the lines of data[begin:end], without their terminators, to starts and ends, and
 * their number to *num_lines. *position is where the next line starts. What follows the last
 * terminator is a line only when `is_last` and not empty; a \r that is the last byte of a buffer
 * with more to come ends no line yet. PYMPR_FULL when `capacity` did not suffice: call again
 * with begin = *position. */
int pympr_split_lines(int64_t *starts, int64_t *ends, int64_t *num_lines, int64_t *position, int64_t capacity,
                      const uint8_t *data, int64_t begin, int64_t end, int is_last);

/* The last position in [begin, end] at which a line starts, whatever follows; else `begin`. */
int64_t pympr_cut_at_newline(const uint8_t *data, int64_t begin, int64_t end);

#endif
