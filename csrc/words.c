#include "words.h"

#include "blank_inline.h"
#include "status.h"

#define SLACK 48 /* words that start in 64 bytes, and what the vector stores write ahead */

struct words {
    int64_t *starts, *ends;
    int64_t num_starts, num_ends, capacity;
    uint64_t carry;     /* see blank_inline.h */
    uint64_t is_inside; /* 1 when the byte before is part of a word */
};

#if PYMPR_HAS_X86

/* base + the index of every set bit; writes up to 15 items more than there are bits. */
PYMPR_AVX512 static inline void put_bits_avx512(int64_t *out, uint64_t bits, int64_t base)
{
    static const uint8_t indexes[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i found = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(indexes));
    __m512i bases = _mm512_set1_epi64(base);
    __m128i few = _mm512_castsi512_si128(found);
    _mm512_storeu_si512(out, _mm512_add_epi64(bases, _mm512_cvtepu8_epi64(few)));
    _mm512_storeu_si512(out + 8, _mm512_add_epi64(bases, _mm512_cvtepu8_epi64(_mm_srli_si128(few, 8))));
    if (PYMPR_LIKELY(__builtin_popcountll(bits) <= 16))
        return;
    few = _mm512_extracti32x4_epi32(found, 1);
    _mm512_storeu_si512(out + 16, _mm512_add_epi64(bases, _mm512_cvtepu8_epi64(few)));
    _mm512_storeu_si512(out + 24, _mm512_add_epi64(bases, _mm512_cvtepu8_epi64(_mm_srli_si128(few, 8))));
}

PYMPR_AVX2 static inline void put_bits_avx2(int64_t *out, uint64_t bits, int64_t base)
{
    int64_t count = __builtin_popcountll(bits);
    for (int64_t done = 0; done < count; done += 8)
        for (int64_t i = done; i < done + 8; i++) {
            out[i] = base + (int64_t)_tzcnt_u64(bits);
            bits = _blsr_u64(bits);
        }
}

#define BODY "words_body_inline.h"
#include "levels_inline.h"
#undef BODY

#endif

static int split_portable(struct words *words, const uint8_t *data, int64_t begin, int64_t end)
{
    for (int64_t at = begin; at < end;) {
        int64_t length = pympr_blank_length(data + at, data + end);
        if (length > 0) {
            at += length;
            continue;
        }
        if (words->num_ends == words->capacity)
            return PYMPR_FULL;
        words->starts[words->num_starts++] = at;
        while (at < end && !pympr_blank_length(data + at, data + end))
            at++;
        words->ends[words->num_ends++] = at;
    }
    return PYMPR_OK;
}

int pympr_split_words(int64_t *starts, int64_t *ends, int64_t *num_words, int64_t *position, int64_t capacity,
                      const uint8_t *data, int64_t begin, int64_t end)
{
    struct words words = {.starts = starts, .ends = ends, .capacity = capacity};
    int level = capacity < 64 ? 0 : pympr_get_simd_level();
    int status;
#if PYMPR_HAS_X86
    if (level == 2)
        status = split_avx512(&words, data, begin, end);
    else if (level == 1)
        status = split_avx2(&words, data, begin, end);
    else
#endif
        status = split_portable(&words, data, begin, end);
    (void)level;
    /* A word that was begun only is found again: position is where the last whole one ends. */
    *num_words = words.num_ends;
    *position = status == PYMPR_OK ? end : words.num_ends > 0 ? words.ends[words.num_ends - 1] : begin;
    return status;
}

int64_t pympr_cut_at_blank(const uint8_t *data, int64_t begin, int64_t end)
{
    for (int64_t at = end - 1; at >= begin; at--) {
        int64_t length = pympr_blank_length(data + at, data + end);
        if (length > 0)
            return at + length;
    }
    return begin;
}
