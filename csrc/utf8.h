/* Strict UTF-8, as Python's decoder has it. */
#ifndef PYMPR_UTF8_H
#define PYMPR_UTF8_H

#include <stdint.h>

/* PYMPR_OK and *position = end, or PYMPR_BAD and the offset of the first byte that Python's strict
 * decoder refuses (surrogates, overlong forms, values above U+10FFFF, an unfinished end). */
int pympr_validate_utf8(int64_t *position, const uint8_t *data, int64_t begin, int64_t end);

/* Whether no byte of data[begin:end] is above 127. */
int pympr_is_ascii(const uint8_t *data, int64_t begin, int64_t end);

#endif
