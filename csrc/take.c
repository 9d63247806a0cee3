#include "take.h"

#include "parts_inline.h"
#include "status.h"
#include "threads.h"
#include "variants_inline.h"

#define PARALLEL_ROWS (1 << 17) /* below this, waking the other threads costs more than they save */
#define WORDS 64                /* mask words at a time */
#define SHORT_BYTES 16

/* Returns the position of the first bad index, or `end`. No prefetch: rows do not wait for each other,
 * and measured up to 256 MB of items asking ahead gained 5 % at most and lost 10 % within the cache. */
PYMPR_INLINE int64_t take_items(uint8_t *out, const uint8_t *values, int64_t item_bytes, int64_t n,
                                const int64_t *index, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        if (PYMPR_UNLIKELY((uint64_t)index[i] >= (uint64_t)n))
            return i;
        memcpy(out + i * item_bytes, values + index[i] * item_bytes, (size_t)item_bytes);
    }
    return end;
}

static int64_t take_rows(uint8_t *out, const uint8_t *values, int64_t item_bytes, int64_t n, const int64_t *index,
                         int64_t begin, int64_t end)
{
    switch (item_bytes) {
    case 1: return take_items(out, values, 1, n, index, begin, end);
    case 2: return take_items(out, values, 2, n, index, begin, end);
    case 4: return take_items(out, values, 4, n, index, begin, end);
    case 8: return take_items(out, values, 8, n, index, begin, end);
    default: return take_items(out, values, 16, n, index, begin, end);
    }
}

int pympr_take_fixed(uint8_t *out, int64_t *bad, const uint8_t *values, int64_t item_bytes, int64_t n,
                     const int64_t *index, int64_t m)
{
    int64_t first_bad = m;
    int64_t parts = m < PARALLEL_ROWS ? 1 : pympr_get_threads();
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1) reduction(min : first_bad)
    for (int64_t part = 0; part < parts; part++) {
        int64_t end = pympr_part_begin(m, part + 1, parts);
        int64_t stopped = take_rows(out, values, item_bytes, n, index, pympr_part_begin(m, part, parts), end);
        if (stopped < end && stopped < first_bad)
            first_bad = stopped;
    }
    *bad = first_bad;
    return first_bad < m ? PYMPR_BAD : PYMPR_OK;
}

/* Row i of `mask` as bit i % 64 of word i / 64; bits behind the last row are 0. */
PYMPR_INLINE void mask_words_body(uint64_t *words, const uint8_t *mask, int64_t rows)
{
    for (int64_t begin = 0; begin < rows; begin += 64) {
        int64_t count = rows - begin < 64 ? rows - begin : 64;
        uint8_t bytes[64] = {0};
        memcpy(bytes, mask + begin, (size_t)count);
        uint64_t word = 0;
        for (int i = 0; i < 64; i += 8) {
            uint64_t eight;
            memcpy(&eight, bytes + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
            eight = __builtin_bswap64(eight);
#endif
            uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
            uint64_t set = (((eight & low) + low) | eight) >> 7 & UINT64_C(0x0101010101010101);
            word |= (set * UINT64_C(0x0102040810204080) >> 56) << i;
        }
        words[begin / 64] = word;
    }
}

#if PYMPR_HAS_X86
PYMPR_AVX512 static void mask_words_avx512(uint64_t *words, const uint8_t *mask, int64_t rows)
{
    for (int64_t begin = 0; begin < rows; begin += 64) {
        __mmask64 present = rows - begin < 64 ? ((UINT64_C(1) << (rows - begin)) - 1) : ~UINT64_C(0);
        __m512i bytes = _mm512_maskz_loadu_epi8(present, mask + begin);
        words[begin / 64] = _mm512_test_epi8_mask(bytes, bytes);
    }
}
#endif

static void mask_words(uint64_t *words, const uint8_t *mask, int64_t rows)
{
#if PYMPR_HAS_X86
    if (pympr_get_simd_level() == 2) {
        mask_words_avx512(words, mask, rows);
        return;
    }
#endif
    mask_words_body(words, mask, rows);
}

static int64_t block_rows(int64_t begin, int64_t end)
{
    return end - begin < 64 * WORDS ? end - begin : 64 * WORDS;
}

static int64_t count_words(const uint64_t *words, int64_t rows)
{
    int64_t count = 0;
    for (int64_t i = 0; i < (rows + 63) / 64; i++)
        count += __builtin_popcountll(words[i]);
    return count;
}

int pympr_count_mask(int64_t *counts, const uint8_t *mask, int64_t n, int64_t parts)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        uint64_t words[WORDS];
        int64_t count = 0, end = pympr_part_begin(n, part + 1, parts);
        for (int64_t begin = pympr_part_begin(n, part, parts); begin < end; begin += 64 * WORDS) {
            int64_t rows = block_rows(begin, end);
            mask_words(words, mask + begin, rows);
            count += count_words(words, rows);
        }
        counts[part] = count;
    }
    return PYMPR_OK;
}

PYMPR_INLINE void index_words_portable(int64_t *out, const uint64_t *words, int64_t begin, int64_t rows)
{
    for (int64_t i = 0; i < (rows + 63) / 64; i++)
        for (uint64_t word = words[i]; word; word &= word - 1)
            *out++ = begin + 64 * i + __builtin_ctzll(word);
}

#if PYMPR_HAS_X86
PYMPR_AVX512 static void index_words_avx512(int64_t *out, const uint64_t *words, int64_t begin, int64_t rows)
{
    const __m512i first_eight = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    for (int64_t i = 0; i < rows; i += 8) {
        __mmask8 eight = (__mmask8)(words[i / 64] >> i % 64);
        __m512i positions = _mm512_add_epi64(_mm512_set1_epi64(begin + i), first_eight);
        int count = __builtin_popcount(eight);
        _mm512_mask_storeu_epi64(out, (__mmask8)((1 << count) - 1), _mm512_maskz_compress_epi64(eight, positions));
        out += count;
    }
}
#endif

int pympr_mask_to_index(int64_t *out, const int64_t *begins, const uint8_t *mask, int64_t n, int64_t parts)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        uint64_t words[WORDS];
        int64_t *next = out + begins[part];
        int64_t end = pympr_part_begin(n, part + 1, parts);
        for (int64_t begin = pympr_part_begin(n, part, parts); begin < end; begin += 64 * WORDS) {
            int64_t rows = block_rows(begin, end);
            mask_words(words, mask + begin, rows);
#if PYMPR_HAS_X86
            if (pympr_get_simd_level() == 2)
                index_words_avx512(next, words, begin, rows);
            else
#endif
                index_words_portable(next, words, begin, rows);
            next += count_words(words, rows);
        }
    }
    return PYMPR_OK;
}

PYMPR_INLINE void filter_items(uint8_t *out, const uint8_t *values, const uint64_t *words, int64_t rows,
                               int64_t item_bytes)
{
    for (int64_t i = 0; i < (rows + 63) / 64; i++, values += 64 * item_bytes) {
        if (words[i] == ~UINT64_C(0)) {
            memcpy(out, values, 64 * (size_t)item_bytes);
            out += 64 * item_bytes;
            continue;
        }
        for (uint64_t word = words[i]; word; word &= word - 1, out += item_bytes)
            memcpy(out, values + __builtin_ctzll(word) * item_bytes, (size_t)item_bytes);
    }
}

#if PYMPR_HAS_X86
/* Not the compressing store, which some processors do item by item. */
#define FILTER_ITEMS(bits, lanes)                                                                                      \
    PYMPR_AVX512 static void filter_items_##bits(uint8_t *out, const uint8_t *values, const uint64_t *words,           \
                                                 int64_t rows)                                                         \
    {                                                                                                                  \
        for (int64_t i = 0; i < rows; i += lanes) {                                                                    \
            __mmask##lanes chosen = (__mmask##lanes)(words[i / 64] >> i % 64);                                         \
            __m512i items = _mm512_maskz_loadu_epi##bits(chosen, values + i * (bits / 8));                             \
            int count = __builtin_popcountll(chosen);                                                                  \
            __mmask##lanes written = (__mmask##lanes)_bzhi_u64(~UINT64_C(0), (unsigned)count);                         \
            _mm512_mask_storeu_epi##bits(out, written, _mm512_maskz_compress_epi##bits(chosen, items));                \
            out += count * (bits / 8);                                                                                 \
        }                                                                                                              \
    }
FILTER_ITEMS(8, 64)
FILTER_ITEMS(16, 32)
FILTER_ITEMS(32, 16)
FILTER_ITEMS(64, 8)

static int filter_block_avx512(uint8_t *out, const uint8_t *values, int64_t item_bytes, const uint64_t *words,
                               int64_t rows)
{
    if (pympr_get_simd_level() < 2)
        return 0;
    switch (item_bytes) {
    case 1: filter_items_8(out, values, words, rows); return 1;
    case 2: filter_items_16(out, values, words, rows); return 1;
    case 4: filter_items_32(out, values, words, rows); return 1;
    case 8: filter_items_64(out, values, words, rows); return 1;
    default: return 0;
    }
}
#endif

static void filter_block(uint8_t *out, const uint8_t *values, int64_t item_bytes, const uint64_t *words, int64_t rows)
{
#if PYMPR_HAS_X86
    if (filter_block_avx512(out, values, item_bytes, words, rows))
        return;
#endif
    switch (item_bytes) {
    case 1: filter_items(out, values, words, rows, 1); break;
    case 2: filter_items(out, values, words, rows, 2); break;
    case 4: filter_items(out, values, words, rows, 4); break;
    case 8: filter_items(out, values, words, rows, 8); break;
    case 16: filter_items(out, values, words, rows, 16); break;
    }
}

int pympr_filter_fixed(uint8_t *out, const int64_t *begins, const uint8_t *values, int64_t item_bytes,
                       const uint8_t *mask, int64_t n, int64_t parts)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        uint64_t words[WORDS];
        uint8_t *next = out + begins[part] * item_bytes;
        int64_t end = pympr_part_begin(n, part + 1, parts);
        for (int64_t begin = pympr_part_begin(n, part, parts); begin < end; begin += 64 * WORDS) {
            int64_t rows = block_rows(begin, end);
            mask_words(words, mask + begin, rows);
            filter_block(next, values + begin * item_bytes, item_bytes, words, rows);
            next += count_words(words, rows) * item_bytes;
        }
    }
    return PYMPR_OK;
}

int pympr_lengths_to_offsets(int64_t *offsets, int64_t *bad, const int64_t *lengths, int64_t n)
{
    int64_t at = 0;
    offsets[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        *bad = i;
        if (PYMPR_UNLIKELY(lengths[i] < 0))
            return PYMPR_BAD;
        if (PYMPR_UNLIKELY(__builtin_add_overflow(at, lengths[i], &at)))
            return PYMPR_OVERFLOW;
        offsets[i + 1] = at;
    }
    return PYMPR_OK;
}

int pympr_row_offsets(int64_t *offsets, int64_t *bad, int64_t data_bytes, const int64_t *starts, const int64_t *ends,
                      int64_t n)
{
    int64_t at = 0;
    offsets[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        *bad = i;
        if (PYMPR_UNLIKELY(starts[i] < 0 || ends[i] < starts[i] || ends[i] > data_bytes))
            return PYMPR_BAD;
        if (PYMPR_UNLIKELY(__builtin_add_overflow(at, ends[i] - starts[i], &at)))
            return PYMPR_OVERFLOW;
        offsets[i + 1] = at;
    }
    return PYMPR_OK;
}

/* Rows that follow each other in `data` are copied as one. A short one is copied as 16 bytes where
 * both sides have them: what is too much is written over by the next row. */
static void compact_rows(uint8_t *out, const int64_t *offsets, const uint8_t *data, int64_t data_bytes,
                         const int64_t *starts, const int64_t *ends, int64_t begin, int64_t end)
{
    int64_t room_end = offsets[end];
    for (int64_t i = begin; i < end; i++) {
        int64_t start = starts[i], to = offsets[i];
        while (i + 1 < end && starts[i + 1] == ends[i])
            i++;
        int64_t bytes = ends[i] - start;
        if (bytes <= SHORT_BYTES && to + SHORT_BYTES <= room_end && start + SHORT_BYTES <= data_bytes)
            memcpy(out + to, data + start, SHORT_BYTES);
        else if (bytes > 0)
            memcpy(out + to, data + start, (size_t)bytes);
    }
}

int pympr_compact_bytes(uint8_t *out, const int64_t *offsets, const uint8_t *data, int64_t data_bytes,
                        const int64_t *starts, const int64_t *ends, int64_t n, int64_t parts)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)parts) if (parts > 1)
    for (int64_t part = 0; part < parts; part++)
        compact_rows(out, offsets, data, data_bytes, starts, ends, pympr_part_begin(n, part, parts),
                     pympr_part_begin(n, part + 1, parts));
    return PYMPR_OK;
}
