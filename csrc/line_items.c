#include "line_items.h"

#include "status.h"
#include "variants_inline.h"

#define WINDOW_BYTES (1 << 13) /* places in it are 16 bits wide, and they and the text fit the first cache */

struct items {
    int64_t *starts, *ends;
    int64_t count, capacity;
    int64_t next; /* where the line begins that is not yet ended */
    int64_t index;
    uint8_t separator;
};

#if PYMPR_HAS_X86

/* The marks of a piece of text, separators and line ends, which begins with a line. */
struct window {
    uint16_t after[WINDOW_BYTES + 65]; /* where the text goes on after mark i - 1; that of mark -1 is 0 */
    uint16_t line_ends[WINDOW_BYTES + 1]; /* i for the marks that end a line */
    int64_t num_lines;
};

struct marks {
    uint64_t separators, feeds, returns;
};

PYMPR_AVX512 PYMPR_INLINE struct marks marks64_avx512(const uint8_t *bytes, uint8_t separator)
{
    __m512i block = _mm512_loadu_si512(bytes);
    return (struct marks){_mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8((char)separator)),
                          _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\n')),
                          _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\r'))};
}

/* base + the index of every set bit; writes up to 63 items more than there are bits. */
PYMPR_AVX512 PYMPR_INLINE void put_bits_avx512(uint16_t *out, uint64_t bits, int64_t base)
{
    static const uint8_t indexes[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i found = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(indexes));
    __m512i bases = _mm512_set1_epi16((short)base);
    __m256i few = _mm512_castsi512_si256(found);
    __m256i first = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(few));
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_add_epi16(_mm512_castsi512_si256(bases), first));
    if (PYMPR_LIKELY(__builtin_popcountll(bits) <= 16))
        return;
    _mm512_storeu_si512(out, _mm512_add_epi16(bases, _mm512_cvtepu8_epi16(few)));
    few = _mm512_extracti64x4_epi64(found, 1);
    _mm512_storeu_si512(out + 32, _mm512_add_epi16(bases, _mm512_cvtepu8_epi16(few)));
}

PYMPR_AVX2 PYMPR_INLINE uint64_t equal64_avx2(__m256i low, __m256i high, char byte)
{
    __m256i bytes = _mm256_set1_epi8(byte);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, bytes));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, bytes));
    return first | (uint64_t)second << 32;
}

PYMPR_AVX2 PYMPR_INLINE struct marks marks64_avx2(const uint8_t *bytes, uint8_t separator)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    return (struct marks){equal64_avx2(low, high, (char)separator), equal64_avx2(low, high, '\n'),
                          equal64_avx2(low, high, '\r')};
}

PYMPR_AVX2 PYMPR_INLINE void put_bits_avx2(uint16_t *out, uint64_t bits, int64_t base)
{
    int64_t count = __builtin_popcountll(bits);
    for (int64_t done = 0; done < count; done += 4)
        for (int64_t i = done; i < done + 4; i++) {
            out[i] = (uint16_t)(base + (int64_t)_tzcnt_u64(bits));
            bits = _blsr_u64(bits);
        }
}

#define BODY "line_items_body_inline.h"
#include "levels_inline.h"
#undef BODY

/* The items of the window's lines, as far as there is room, up to one that has no such item: 0 then. */
static int put_lines(struct items *items, const struct window *window)
{
    int64_t room = items->capacity - items->count, lines = window->num_lines < room ? window->num_lines : room;
    int64_t *starts = items->starts + items->count, *ends = items->ends + items->count;
    int64_t index = items->index, begin = items->next, line_begin = 0, i = 0;
    for (; i < lines; i++) {
        int64_t line_end = window->line_ends[i];
        if (PYMPR_UNLIKELY(line_end - line_begin <= index))
            break;
        starts[i] = begin + window->after[line_begin + index];
        ends[i] = begin + window->after[line_begin + index + 1] - 1;
        line_begin = line_end;
    }
    items->count += i;
    items->next += window->after[line_begin];
    return i == lines;
}

/* The \n of a \r\n begins no line: what begins there begins after it. */
static void pass_feeds(int64_t *starts, int64_t count, const uint8_t *data, int64_t end)
{
    for (int64_t i = 0; i < count; i++)
        starts[i] += starts[i] > 0 && starts[i] < end && data[starts[i]] == '\n' && data[starts[i] - 1] == '\r';
}

typedef void scan_function(struct window *window, const uint8_t *data, int64_t size, uint8_t separator);

/* Window by window, as long as lines end in them and there is room; stops before a line without the item. */
static void items_by_window(struct items *items, const uint8_t *data, int64_t end, scan_function *scan)
{
    struct window window;
    while (end - items->next >= 64 && items->count < items->capacity) {
        int64_t before = items->count, size = end - items->next < WINDOW_BYTES ? end - items->next : WINDOW_BYTES;
        scan(&window, data + items->next, size, items->separator);
        int is_through = put_lines(items, &window);
        int64_t more = items->count - before;
        if (!more)
            return;
        pass_feeds(&items->next, 1, data, end);
        if (items->index == 0)
            pass_feeds(items->starts + before + 1, more - 1, data, end);
        if (!is_through)
            return;
    }
}

#endif

/* The item of the line at items->next; 0 when it has none. Gives where the line ends. */
static int find_item(int64_t *start, int64_t *stop, int64_t *line_end, const struct items *items, const uint8_t *data,
                     int64_t end)
{
    int64_t at = items->next, seen = 0;
    *start = at;
    *stop = -1;
    for (; at < end && data[at] != '\n' && data[at] != '\r'; at++) {
        if (data[at] != items->separator)
            continue;
        if (seen == items->index)
            *stop = at;
        if (++seen == items->index)
            *start = at + 1;
    }
    *stop = *stop < 0 ? at : *stop;
    *line_end = at;
    return seen >= items->index;
}

/* At most `lines` lines. */
static int items_portable(struct items *items, const uint8_t *data, int64_t end, int64_t lines)
{
    for (; items->next < end && lines; lines--) {
        int64_t start, stop, at;
        if (items->count == items->capacity)
            return PYMPR_FULL;
        if (!find_item(&start, &stop, &at, items, data, end))
            return PYMPR_BAD;
        items->starts[items->count] = start;
        items->ends[items->count++] = stop;
        items->next = at == end ? end : at + 1 + (data[at] == '\r' && at + 1 < end && data[at + 1] == '\n');
    }
    return PYMPR_OK;
}

int pympr_line_items(int64_t *starts, int64_t *ends, int64_t *num_lines, int64_t *position, int64_t capacity,
                     const uint8_t *data, int64_t begin, int64_t end, int separator, int64_t index)
{
    struct items items = {starts, ends, 0, capacity, begin, index, (uint8_t)separator};
    int status = PYMPR_OK;
#if PYMPR_HAS_X86
    int level = pympr_get_simd_level();
    /* A window without an end of a line is done over: that line is longer than a window. */
    while (level && status == PYMPR_OK && items.next < end) {
        items_by_window(&items, data, end, level == 2 ? scan_avx512 : scan_avx2);
        status = items_portable(&items, data, end, 1);
    }
#endif
    if (status == PYMPR_OK)
        status = items_portable(&items, data, end, -1);
    *num_lines = items.count;
    *position = items.next;
    return status;
}
