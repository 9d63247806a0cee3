/* One SIMD level of split_lines; levels_inline.h defines TARGET and LEVEL(name). */

TARGET static int LEVEL(split)(struct lines *lines, const uint8_t *data, int64_t begin, int64_t end, int is_last)
{
    int64_t at = begin;
    for (; at + 64 <= end; at += 64)
        for (uint64_t bits = LEVEL(newlines64)(data + at); bits; bits &= bits - 1)
            if (!put_line(lines, data, at + __builtin_ctzll(bits), end, is_last))
                return PYMPR_FULL;
    for (; at < end; at++)
        if ((data[at] == '\n' || data[at] == '\r') && !put_line(lines, data, at, end, is_last))
            return PYMPR_FULL;
    return put_last_line(lines, end, is_last);
}
