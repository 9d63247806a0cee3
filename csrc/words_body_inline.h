/* One SIMD level of split_words; levels_inline.h defines TARGET and LEVEL(name). */

/* 64 bytes at a time; `base` is the position of bytes[0] in the text. Returns the bytes it did:
 * it ends where fewer than 66 are left, or room for fewer words than a block can have. */
TARGET static inline int64_t LEVEL(split_blocks)(struct words *words, const uint8_t *bytes, int64_t size, int64_t base)
{
    int64_t at = 0;
    for (; at + 66 <= size && words->capacity - words->num_starts >= SLACK; at += 64) {
        uint64_t blank = LEVEL(pympr_blank64)(bytes + at, &words->carry);
        uint64_t after_word = ~blank << 1 | words->is_inside;
        words->is_inside = ~blank >> 63;
        uint64_t starts = ~(blank | after_word), ends = blank & after_word;
        LEVEL(put_bits)(words->starts + words->num_starts, starts, base + at);
        LEVEL(put_bits)(words->ends + words->num_ends, ends, base + at);
        words->num_starts += __builtin_popcountll(starts);
        words->num_ends += __builtin_popcountll(ends);
    }
    return at;
}

/* What is left is copied and padded with spaces, which also end a word that touches `end`. */
TARGET static int LEVEL(split)(struct words *words, const uint8_t *data, int64_t begin, int64_t end)
{
    int64_t at = begin + LEVEL(split_blocks)(words, data + begin, end - begin, begin);
    if (end - at >= 66)
        return PYMPR_FULL;
    uint8_t padded[130];
    memset(padded, ' ', sizeof padded);
    memcpy(padded, data + at, (size_t)(end - at));
    return LEVEL(split_blocks)(words, padded, sizeof padded, at) < 128 ? PYMPR_FULL : PYMPR_OK;
}
