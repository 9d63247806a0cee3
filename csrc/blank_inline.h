/* White space in UTF-8: what str.isspace() accepts, that is \t \n \v \f \r \x1c-\x1f, space, U+0085,
 * U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
#ifndef PYMPR_BLANK_INLINE_H
#define PYMPR_BLANK_INLINE_H

#include "simd_inline.h"

/* Length in bytes of the white-space character at `at`, 0 when there is none. */
static inline int64_t pympr_blank_length(const uint8_t *at, const uint8_t *end)
{
    uint8_t byte = *at;
    if (byte < 0x80)
        return byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 0x1c && byte <= 0x1f);
    if (byte == 0xc2)
        return end - at >= 2 && (at[1] == 0x85 || at[1] == 0xa0) ? 2 : 0;
    if (byte < 0xe1 || byte > 0xe3 || end - at < 3)
        return 0;
    uint8_t next = at[1], last = at[2];
    if (byte == 0xe1)
        return next == 0x9a && last == 0x80 ? 3 : 0;
    if (byte == 0xe3)
        return next == 0x80 && last == 0x80 ? 3 : 0;
    if (next == 0x81)
        return last == 0x9f ? 3 : 0;
    if (next != 0x80)
        return 0;
    return (last >= 0x80 && last <= 0x8a) || last == 0xa8 || last == 0xa9 || last == 0xaf ? 3 : 0;
}

/* Bits of whole characters from the bits of their first bytes. */
static inline uint64_t pympr_blank_spread(uint64_t two, uint64_t three, uint64_t *carry)
{
    uint64_t all = two | three;
    *carry = (all >> 63) | (three >> 63) << 1 | (three >> 62 & 1);
    return all | all << 1 | three << 2;
}

#if PYMPR_HAS_X86

/* pympr_blank64_*: which of 64 bytes belong to white space, one bit a byte; 66 bytes must be
 * readable. A character of several bytes sets the bit of each; bits that fall into the next 64
 * bytes go to *carry, which the caller hands to the next call (0 before the first). */

PYMPR_AVX512 static inline uint64_t pympr_blank64_wide_avx512(const uint8_t *bytes, uint64_t *carry)
{
#define IS(vector, byte) _mm512_cmpeq_epi8_mask(vector, _mm512_set1_epi8((char)(byte)))
    __m512i first = _mm512_loadu_si512(bytes), next = _mm512_loadu_si512(bytes + 1);
    __m512i last = _mm512_loadu_si512(bytes + 2);
    uint64_t general = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(last, _mm512_set1_epi8((char)0x80)), _mm512_set1_epi8(11)) |
                       IS(last, 0xa8) | IS(last, 0xa9) | IS(last, 0xaf);
    uint64_t three = IS(first, 0xe2) & ((IS(next, 0x80) & general) | (IS(next, 0x81) & IS(last, 0x9f)));
    three |= IS(first, 0xe1) & IS(next, 0x9a) & IS(last, 0x80);
    three |= IS(first, 0xe3) & IS(next, 0x80) & IS(last, 0x80);
    uint64_t two = IS(first, 0xc2) & (IS(next, 0x85) | IS(next, 0xa0));
    return pympr_blank_spread(two, three, carry);
#undef IS
}

PYMPR_AVX512 static inline uint64_t pympr_blank64_avx512(const uint8_t *bytes, uint64_t *carry)
{
    __m512i block = _mm512_loadu_si512(bytes);
    uint64_t blank =
        *carry |
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(block, _mm512_set1_epi8(9)), _mm512_set1_epi8(5)) |
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(block, _mm512_set1_epi8(0x1c)), _mm512_set1_epi8(5));
    *carry = 0;
    if (PYMPR_UNLIKELY(_mm512_movepi8_mask(block)))
        blank |= pympr_blank64_wide_avx512(bytes, carry);
    return blank;
}

PYMPR_AVX2 static inline uint64_t pympr_bits_avx2(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

PYMPR_AVX2 static inline __m256i pympr_in_range_avx2(__m256i bytes, int first, int count)
{
    __m256i offset = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(offset, _mm256_set1_epi8((char)(count - 1))), offset);
}

PYMPR_AVX2 static inline __m256i pympr_first_of_three_avx2(const uint8_t *bytes)
{
#define IS(vector, byte) _mm256_cmpeq_epi8(vector, _mm256_set1_epi8((char)(byte)))
#define AND(a, b) _mm256_and_si256(a, b)
#define OR(a, b) _mm256_or_si256(a, b)
    __m256i first = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i next = _mm256_loadu_si256((const __m256i *)(bytes + 1));
    __m256i last = _mm256_loadu_si256((const __m256i *)(bytes + 2));
    __m256i general = OR(OR(pympr_in_range_avx2(last, 0x80, 11), IS(last, 0xaf)), pympr_in_range_avx2(last, 0xa8, 2));
    __m256i three = AND(IS(first, 0xe2), OR(AND(IS(next, 0x80), general), AND(IS(next, 0x81), IS(last, 0x9f))));
    three = OR(three, AND(IS(first, 0xe1), AND(IS(next, 0x9a), IS(last, 0x80))));
    return OR(three, AND(IS(first, 0xe3), AND(IS(next, 0x80), IS(last, 0x80))));
}

PYMPR_AVX2 static inline __m256i pympr_first_of_two_avx2(const uint8_t *bytes)
{
    __m256i first = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i next = _mm256_loadu_si256((const __m256i *)(bytes + 1));
    return AND(IS(first, 0xc2), OR(IS(next, 0x85), IS(next, 0xa0)));
#undef IS
#undef AND
#undef OR
}

PYMPR_AVX2 static inline uint64_t pympr_blank64_avx2(const uint8_t *bytes, uint64_t *carry)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    uint64_t blank = *carry;
    blank |= pympr_bits_avx2(pympr_in_range_avx2(low, 9, 5), pympr_in_range_avx2(high, 9, 5));
    blank |= pympr_bits_avx2(pympr_in_range_avx2(low, 0x1c, 5), pympr_in_range_avx2(high, 0x1c, 5));
    *carry = 0;
    if (PYMPR_UNLIKELY(_mm256_movemask_epi8(_mm256_or_si256(low, high)))) {
        uint64_t two = pympr_bits_avx2(pympr_first_of_two_avx2(bytes), pympr_first_of_two_avx2(bytes + 32));
        uint64_t three = pympr_bits_avx2(pympr_first_of_three_avx2(bytes), pympr_first_of_three_avx2(bytes + 32));
        blank |= pympr_blank_spread(two, three, carry);
    }
    return blank;
}

#endif
#endif
