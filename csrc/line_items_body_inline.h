/* One SIMD level of line_items; levels_inline.h defines TARGET and LEVEL(name). */

/* Marks in whole blocks of data[0:size]. There is no branch on whether a line ends in a block: in most texts
 * that cannot be foreseen. */
TARGET static void LEVEL(scan)(struct window *window, const uint8_t *data, int64_t size, uint8_t separator)
{
    uint16_t *after = window->after + 1, *line_ends = window->line_ends;
    uint64_t carry = 0; /* 1 when the byte before is a \r */
    int64_t num_marks = 0, num_lines = 0;
    window->after[0] = 0;
    for (int64_t at = 0; at + 64 <= size; at += 64) {
        struct marks found = LEVEL(marks64)(data + at, separator);
        uint64_t ends = (found.feeds & ~(found.returns << 1 | carry)) | found.returns;
        uint64_t marks = found.separators | ends;
        carry = found.returns >> 63;
        LEVEL(put_bits)(after + num_marks, marks, at + 1);
        do {
            uint64_t upto = ends ^ (ends - 1);
            line_ends[num_lines] = (uint16_t)(num_marks + __builtin_popcountll(marks & upto));
            num_lines += ends != 0;
            ends &= ends - 1;
        } while (PYMPR_UNLIKELY(ends));
        num_marks += __builtin_popcountll(marks);
    }
    window->num_lines = num_lines;
}
