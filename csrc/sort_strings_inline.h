/* Byte strings in order: codes of their first bytes, comparison of the rest. */
#ifndef PYMPR_SORT_STRINGS_INLINE_H
#define PYMPR_SORT_STRINGS_INLINE_H

#include <stdint.h>
#include <string.h>

#include "sort_bytes.h"
#include "sort_inline.h"

#define PYMPR_CODE_BYTES 7 /* of a string that one code holds */
#define PYMPR_MORE 8       /* the mark of a code whose string goes on */

/* Seven bytes from `depth` on, padded with zeros, then how many there are: equal codes below
 * PYMPR_MORE are equal strings, and "a" comes before "a\0". */
PYMPR_SORT_INLINE uint64_t pympr_string_code(const pympr_sort_strings *s, int64_t row, int64_t depth)
{
    int64_t at = s->starts[row] + depth, left = s->ends[row] - at;
    uint64_t word = 0;
    if (s->data_bytes - at >= 8) {
        memcpy(&word, s->data + at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
    } else {
        for (int64_t i = 0; i < left && i < 8; i++)
            word |= (uint64_t)s->data[at + i] << (56 - 8 * i);
    }
    uint64_t kept = left > PYMPR_CODE_BYTES ? PYMPR_CODE_BYTES : (uint64_t)left;
    uint64_t code = (word & ~(UINT64_MAX >> 8 * kept)) | (left > PYMPR_CODE_BYTES ? PYMPR_MORE : kept);
    return s->descending ? ~code : code;
}

PYMPR_SORT_INLINE int pympr_string_has_more(const pympr_sort_strings *s, uint64_t code)
{
    return ((s->descending ? ~code : code) & 0xff) == PYMPR_MORE;
}

PYMPR_SORT_INLINE int64_t pympr_string_length(const pympr_sort_strings *s, int64_t row)
{
    return s->ends[row] - s->starts[row];
}

/* Whether the row leaves the data; nothing else here may be called for such rows. */
PYMPR_SORT_INLINE int pympr_string_is_bad(const pympr_sort_strings *s, int64_t row)
{
    return s->starts[row] < 0 || s->ends[row] < s->starts[row] || s->ends[row] > s->data_bytes;
}

/* How many bytes the two have in common, at most `limit`, which neither is shorter than. */
PYMPR_SORT_INLINE int64_t pympr_common_bytes(const uint8_t *a, const uint8_t *b, int64_t limit)
{
    int64_t i = 0;
    for (; i + 8 <= limit; i += 8) {
        uint64_t left, right;
        memcpy(&left, a + i, 8);
        memcpy(&right, b + i, 8);
        if (left != right)
            break;
    }
    while (i < limit && a[i] == b[i])
        i++;
    return i;
}

/* `depth` bytes are known to be equal. The result is below 0 when a comes before b. */
PYMPR_SORT_INLINE int pympr_compare_strings(const pympr_sort_strings *s, int64_t a, int64_t b, int64_t depth)
{
    int64_t left = pympr_string_length(s, a) - depth, right = pympr_string_length(s, b) - depth;
    int64_t shorter = left < right ? left : right;
    const uint8_t *first = s->data + s->starts[a] + depth, *second = s->data + s->starts[b] + depth;
    int order = shorter > 0 ? memcmp(first, second, (size_t)shorter) : 0;
    if (order == 0)
        order = (left > right) - (left < right);
    return s->descending ? -order : order;
}

#endif
