/* One item of the split of every line of a text, without a pass for the lines. */
#ifndef PYMPR_LINE_ITEMS_H
#define PYMPR_LINE_ITEMS_H

#include <stdint.h>

/* Row i of starts and ends is item `index`, from 0 on, of line i of data[begin:end] split at every `separator`, an
 * ASCII character that ends no line. Lines are those of pympr_split_lines with is_last. *position is where the
 * next line starts; with PYMPR_FULL, when `capacity` did not suffice, call again with begin = *position; with
 * PYMPR_BAD it is a line that has no such item. */
int pympr_line_items(int64_t *starts, int64_t *ends, int64_t *num_lines, int64_t *position, int64_t capacity,
                     const uint8_t *data, int64_t begin, int64_t end, int separator, int64_t index);

#endif
