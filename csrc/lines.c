#include "lines.h"

#include "simd_inline.h"
#include "status.h"

struct lines {
    int64_t *starts, *ends;
    int64_t count, capacity;
    int64_t next; /* where the line begins that is not yet ended */
};

/* The line that ends at `at`; 0 when there is no room for it. */
static inline int put_line(struct lines *lines, const uint8_t *data, int64_t at, int64_t end, int is_last)
{
    if (at < lines->next)
        return 1; /* the \n of a \r\n */
    int is_return = data[at] == '\r';
    if (is_return && at + 1 == end && !is_last)
        return 1;
    if (lines->count == lines->capacity)
        return 0;
    lines->starts[lines->count] = lines->next;
    lines->ends[lines->count++] = at;
    lines->next = at + 1 + (is_return && at + 1 < end && data[at + 1] == '\n');
    return 1;
}

static inline int put_last_line(struct lines *lines, int64_t end, int is_last)
{
    if (!is_last || lines->next == end)
        return PYMPR_OK;
    if (lines->count == lines->capacity)
        return PYMPR_FULL;
    lines->starts[lines->count] = lines->next;
    lines->ends[lines->count++] = end;
    lines->next = end;
    return PYMPR_OK;
}

#if PYMPR_HAS_X86

PYMPR_AVX512 static inline uint64_t newlines64_avx512(const uint8_t *bytes)
{
    __m512i block = _mm512_loadu_si512(bytes);
    return _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\n')) | _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\r'));
}

PYMPR_AVX2 static inline uint32_t newlines32_avx2(const uint8_t *bytes)
{
    __m256i block = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i feeds = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\n'));
    __m256i returns = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\r'));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(feeds, returns));
}

PYMPR_AVX2 static inline uint64_t newlines64_avx2(const uint8_t *bytes)
{
    return newlines32_avx2(bytes) | (uint64_t)newlines32_avx2(bytes + 32) << 32;
}

#define BODY "lines_body_inline.h"
#include "levels_inline.h"
#undef BODY

#endif

static int split_portable(struct lines *lines, const uint8_t *data, int64_t begin, int64_t end, int is_last)
{
    for (int64_t at = begin; at < end; at++)
        if ((data[at] == '\n' || data[at] == '\r') && !put_line(lines, data, at, end, is_last))
            return PYMPR_FULL;
    return put_last_line(lines, end, is_last);
}

int pympr_split_lines(int64_t *starts, int64_t *ends, int64_t *num_lines, int64_t *position, int64_t capacity,
                      const uint8_t *data, int64_t begin, int64_t end, int is_last)
{
    struct lines lines = {.starts = starts, .ends = ends, .capacity = capacity, .next = begin};
    int level = pympr_get_simd_level();
    int status;
#if PYMPR_HAS_X86
    if (level == 2)
        status = split_avx512(&lines, data, begin, end, is_last);
    else if (level == 1)
        status = split_avx2(&lines, data, begin, end, is_last);
    else
#endif
        status = split_portable(&lines, data, begin, end, is_last);
    (void)level;
    *num_lines = lines.count;
    *position = lines.next;
    return status;
}

int64_t pympr_cut_at_newline(const uint8_t *data, int64_t begin, int64_t end)
{
    for (int64_t at = end - 1; at >= begin; at--)
        if (data[at] == '\n' || (data[at] == '\r' && at + 1 < end))
            return at + 1;
    return begin;
}
