#include "utf8.h"

#include "simd_inline.h"
#include "status.h"

/* Length of the well-formed code point at bytes[0] (Unicode 15, table 3-7), 0 when it is
 * ill-formed, -1 when it is well-formed as far as it goes but `size` cuts it short. */
static int code_point(const uint8_t *bytes, int64_t size)
{
    uint8_t lead = bytes[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint8_t lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (size < 2)
        return -1;
    if (bytes[1] < lowest || bytes[1] > highest)
        return 0;
    for (int i = 2; i < length; i++) {
        if (i >= size)
            return -1;
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

static int validate_portable(int64_t *position, const uint8_t *data, int64_t begin, int64_t end)
{
    int64_t at = begin;
    while (at < end) {
        uint64_t word;
        if (end - at >= 8 && (memcpy(&word, data + at, 8), !(word & UINT64_C(0x8080808080808080)))) {
            at += 8;
            continue;
        }
        int length = code_point(data + at, end - at);
        if (length <= 0)
            break;
        at += length;
    }
    *position = at;
    return at < end ? PYMPR_BAD : PYMPR_OK;
}

#if PYMPR_HAS_X86

enum {
    TOO_SHORT = 1 << 0,
    TOO_LONG = 1 << 1,
    OVERLONG_3 = 1 << 2,
    TOO_LARGE = 1 << 3,
    SURROGATE = 1 << 4,
    OVERLONG_2 = 1 << 5,
    TOO_LARGE_1000 = 1 << 6,
    OVERLONG_4 = 1 << 6,
    TWO_CONTINUATIONS = 1 << 7,
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
};

PYMPR_AVX2 static inline __m256i look_up(__m256i nibbles, const uint8_t table[16])
{
    __m128i half;
    memcpy(&half, table, 16);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(half), nibbles);
}

PYMPR_AVX2 static inline __m256i high_nibbles(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
}

/* Errors that two neighbouring bytes show. J. Keiser, D. Lemire, "Validating UTF-8 in less
 * than one instruction per byte", Software: Practice and Experience 51 (2021). */
PYMPR_AVX2 static inline __m256i pair_errors(__m256i bytes, __m256i before)
{
    static const uint8_t first_high[16] = {
        TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
        TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
        TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
        TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4};
    static const uint8_t first_low[16] = {
        CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY, CARRY, CARRY | TOO_LARGE,
        CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
        CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
        CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
        CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE, CARRY | TOO_LARGE | TOO_LARGE_1000,
        CARRY | TOO_LARGE | TOO_LARGE_1000};
    static const uint8_t second_high[16] = {
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
        TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
        TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE,
        TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
        TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT};
    __m256i first = look_up(high_nibbles(before), first_high);
    __m256i low = look_up(_mm256_and_si256(before, _mm256_set1_epi8(15)), first_low);
    __m256i second = look_up(high_nibbles(bytes), second_high);
    return _mm256_and_si256(_mm256_and_si256(first, low), second);
}

/* Non-zero where 32 bytes break the rules; the three bytes before them must be readable. */
PYMPR_AVX2 static inline __m256i block_errors(const uint8_t *bytes)
{
    __m256i block = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i one = _mm256_loadu_si256((const __m256i *)(bytes - 1));
    __m256i two = _mm256_loadu_si256((const __m256i *)(bytes - 2));
    __m256i three = _mm256_loadu_si256((const __m256i *)(bytes - 3));
    __m256i is_third = _mm256_subs_epu8(two, _mm256_set1_epi8((char)(0xe0 - 0x80)));
    __m256i is_fourth = _mm256_subs_epu8(three, _mm256_set1_epi8((char)(0xf0 - 0x80)));
    __m256i must_continue = _mm256_and_si256(_mm256_or_si256(is_third, is_fourth), _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(must_continue, pair_errors(block, one));
}

/* `begin` is the start of a code point with three bytes before it. Returns the start of a 64-byte block such that all before it is well-formed, but for a code point
 * that may reach into it, and that is the last, or the first with an error. */
PYMPR_AVX2 static int64_t skip_valid_avx2(const uint8_t *data, int64_t begin, int64_t end)
{
    int64_t at = begin;
    uint8_t before = 0; /* the last three bytes of the block before: a code point may be open */
    for (; at + 64 <= end; at += 64) {
        __m256i low = _mm256_loadu_si256((const __m256i *)(data + at));
        __m256i high = _mm256_loadu_si256((const __m256i *)(data + at + 32));
        if (PYMPR_LIKELY(!before && !_mm256_movemask_epi8(_mm256_or_si256(low, high))))
            continue;
        __m256i errors = _mm256_or_si256(block_errors(data + at), block_errors(data + at + 32));
        if (!_mm256_testz_si256(errors, errors))
            return at;
        before = (data[at + 61] | data[at + 62] | data[at + 63]) & 0x80;
    }
    return at;
}

/* Back from a block's start to the lead byte of a code point that reaches into it. */
static int64_t open_code_point(const uint8_t *data, int64_t begin, int64_t at)
{
    for (int64_t back = 1; back <= 3 && at - back >= begin; back++)
        if (data[at - back] >= 0xc0)
            return at - back;
    return at;
}

#endif

int pympr_validate_utf8(int64_t *position, const uint8_t *data, int64_t begin, int64_t end)
{
    int64_t at = begin;
#if PYMPR_HAS_X86
    if (pympr_get_simd_level() > 0) {
        /* The first block has no three bytes before it: up to a code point's end by hand. */
        while (at < end && at < begin + 3) {
            int length = code_point(data + at, end - at);
            if (length <= 0)
                break;
            at += length;
        }
        if (at >= begin + 3)
            at = open_code_point(data, begin, skip_valid_avx2(data, at, end));
    }
#endif
    return validate_portable(position, data, at, end);
}

int pympr_is_ascii(const uint8_t *data, int64_t begin, int64_t end)
{
    uint8_t any = 0;
    int64_t at = begin;
    for (; at + 256 <= end && any < 0x80; at += 256)
        for (int i = 0; i < 256; i++)
            any |= data[at + i];
    for (; at < end && any < 0x80; at++)
        any |= data[at];
    return any < 0x80;
}
