/* Regular expressions over the rows of a string column, with the results of Python's `re`.
 *
 * A program is made by pympr/optimise/pattern_program.py. `program` is its header (first set, lead byte, anchored,
 * groups) and then instructions of 8 numbers each; `sets` are tables of 512 bytes, `text` holds literals. Rows are valid
 * UTF-8. A row is left to Python when Unicode's tables matter for it, or when it takes too many steps or too much room. */
#ifndef PYMPR_REGEX_H
#define PYMPR_REGEX_H

#include <stdint.h>

/* Searches every row (how 0), matches at its beginning (1) or all of it (2). found[i] is 1 when there is a match, 0 when
 * not, 2 where Python must say. Group wanted[j] of row i is data[begins[j * n + i]:finals[j * n + i]] where
 * there[j * n + i] is 1. PYMPR_BAD and *bad when a row leaves data[0:data_bytes]. */
int pympr_regex_match(uint8_t *found, int64_t *begins, int64_t *finals, uint8_t *there, int64_t *bad,
                      const uint8_t *data, int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n,
                      const int32_t *program, const uint8_t *sets, const uint8_t *text, int how, const int32_t *wanted,
                      int32_t wanted_count);

/* All matches of every row, at most `limit` a row, as `findall` and `sub` find them; with `between`, what is before,
 * between and after them, as `split` gives it. A match is wanted_count pairs of begins and finals, one for each wanted
 * group, empty where the group has no part in it. Range r is rows ranges[4 * r] to ranges[4 * r + 1], whose matches go
 * to items ranges[4 * r + 2] to ranges[4 * r + 3]; the first row and item that are left to do are written back.
 * counts[i] is how many items row i has, -1 where Python must say. Rows must lie in their data. */
int pympr_regex_all(int64_t *begins, int64_t *finals, int64_t *counts, int64_t *ranges, int64_t range_count,
                    const uint8_t *data, const int64_t *starts, const int64_t *ends, const int32_t *program,
                    const uint8_t *sets, const uint8_t *text, int64_t limit, int between, const int32_t *wanted,
                    int32_t wanted_count);

/* Rows with their matches replaced: row i goes to out[places[i]:places[i + 1]], or, with out NULL, its size to
 * places[i]. Its matches are items offsets[i] to offsets[i + 1] of `wanted_count` groups each, of which the first is the
 * match. A replacement is `part_count` parts of 3 numbers: text[a:b], then the wanted group c unless that is -1. */
int pympr_regex_replace(uint8_t *out, int64_t *places, const uint8_t *data, const int64_t *starts, const int64_t *ends,
                        int64_t n, const int64_t *offsets, const int64_t *begins, const int64_t *finals,
                        int32_t wanted_count, const int32_t *parts, int32_t part_count, const uint8_t *text);

#endif
