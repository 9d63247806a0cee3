#define _GNU_SOURCE
#include "search.h"

#include "fields_inline.h"
#include "simd_inline.h"

typedef int match_function(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size);

static int is_start(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    return length >= size && (!size || !memcmp(row, needle, (size_t)size));
}

static int is_end(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    return length >= size && (!size || !memcmp(row + length - size, needle, (size_t)size));
}

static int contains_portable(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    return !size || (length >= size && memmem(row, (size_t)length, needle, (size_t)size));
}

#if PYMPR_HAS_X86

/* Whether the needle is at one of the places where its first and last bytes are. */
static inline int is_at_any(const uint8_t *row, uint64_t places, const uint8_t *needle, int64_t size)
{
    for (; places; places &= places - 1)
        if (size <= 2 || !memcmp(row + __builtin_ctzll(places) + 1, needle + 1, (size_t)size - 2))
            return 1;
    return 0;
}

/* 64 places at a time: W. Mula, "SIMD-friendly algorithms for substring searching" (2016). */
PYMPR_AVX512 static int contains_avx512(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    int64_t places = length - size + 1;
    if (size == 0 || places <= 0)
        return size == 0;
    __m512i first = _mm512_set1_epi8((char)needle[0]), last = _mm512_set1_epi8((char)needle[size - 1]);
    for (int64_t at = 0; at < places; at += 64) {
        uint64_t inside = places - at >= 64 ? ~UINT64_C(0) : _bzhi_u64(~UINT64_C(0), (uint32_t)(places - at));
        __m512i firsts = _mm512_maskz_loadu_epi8(inside, row + at);
        __m512i lasts = _mm512_maskz_loadu_epi8(inside, row + at + size - 1);
        uint64_t both = _mm512_mask_cmpeq_epi8_mask(_mm512_mask_cmpeq_epi8_mask(inside, firsts, first), lasts, last);
        if (PYMPR_UNLIKELY(both) && is_at_any(row + at, both, needle, size))
            return 1;
    }
    return 0;
}

PYMPR_AVX2 static int contains_avx2(const uint8_t *row, int64_t length, const uint8_t *needle, int64_t size)
{
    int64_t places = length - size + 1;
    if (size == 0 || places <= 0)
        return size == 0;
    __m256i first = _mm256_set1_epi8((char)needle[0]), last = _mm256_set1_epi8((char)needle[size - 1]);
    for (int64_t at = 0; at < places; at += 32) {
        if (places - at < 32 && places < 32)
            return contains_portable(row, length, needle, size);
        at = places - at < 32 ? places - 32 : at; /* the last places once more rather than bytes beyond the row */
        __m256i firsts = _mm256_loadu_si256((const __m256i *)(row + at));
        __m256i lasts = _mm256_loadu_si256((const __m256i *)(row + at + size - 1));
        __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(firsts, first), _mm256_cmpeq_epi8(lasts, last));
        if (is_at_any(row + at, (uint32_t)_mm256_movemask_epi8(both), needle, size))
            return 1;
    }
    return 0;
}

#endif

static match_function *function_for(int where)
{
    if (where)
        return where == 1 ? is_start : is_end;
#if PYMPR_HAS_X86
    if (pympr_get_simd_level() == 2)
        return contains_avx512;
    if (pympr_get_simd_level() == 1)
        return contains_avx2;
#endif
    return contains_portable;
}

int pympr_match_bytes(uint8_t *matches, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                      const int64_t *ends, int64_t n, const uint8_t *needle, int64_t needle_bytes, int where)
{
    match_function *match = function_for(where);
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++)
        matches[i] = (uint8_t)match(data + starts[i], ends[i] - starts[i], needle, needle_bytes);
    return PYMPR_OK;
}
