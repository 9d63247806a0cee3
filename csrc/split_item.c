#define _GNU_SOURCE
#include "split_item.h"

#include "blank_inline.h"
#include "fields_inline.h"

/* The separator, and how often it splits at most. */
struct splitter {
    const uint8_t *separator;
    int64_t length, max_splits;
};

struct range {
    const uint8_t *begin, *end;
};

/* The next separator in [from, end), or NULL. */
static const uint8_t *find(const struct splitter *splitter, const uint8_t *from, const uint8_t *end)
{
    size_t size = (size_t)(end - from);
    if (splitter->length == 1)
        return size ? memchr(from, splitter->separator[0], size) : 0;
    return memmem(from, size, splitter->separator, (size_t)splitter->length);
}

/* The last separator in [begin, to), or NULL. */
static const uint8_t *find_back(const struct splitter *splitter, const uint8_t *begin, const uint8_t *to)
{
    if (splitter->length == 1)
        return to > begin ? memrchr(begin, splitter->separator[0], (size_t)(to - begin)) : 0;
    for (int64_t at = to - begin - splitter->length; at >= 0; at--)
        if (!memcmp(begin + at, splitter->separator, (size_t)splitter->length))
            return begin + at;
    return 0;
}

#define KEPT_CUTS 16 /* separators whose places are kept while they are counted */

/* How often the row is split, and the first places where. */
static int64_t count(const uint8_t *cuts[KEPT_CUTS], const struct splitter *splitter, struct range row, int from_right)
{
    int64_t splits = 0;
    const uint8_t *at;
    while (splits != splitter->max_splits &&
           (at = from_right ? find_back(splitter, row.begin, row.end) : find(splitter, row.begin, row.end))) {
        if (splits < KEPT_CUTS)
            cuts[splits] = at;
        splits++;
        if (from_right)
            row.end = at;
        else
            row.begin = at + splitter->length;
    }
    return splits;
}

/* The item after `skipped` separators; 0 when there are not so many. */
static int item(struct range *row, const struct splitter *splitter, int64_t skipped)
{
    for (int64_t i = 0; i < skipped; i++) {
        const uint8_t *at = i == splitter->max_splits ? 0 : find(splitter, row->begin, row->end);
        if (!at)
            return 0;
        row->begin = at + splitter->length;
    }
    const uint8_t *at = skipped == splitter->max_splits ? 0 : find(splitter, row->begin, row->end);
    row->end = at ? at : row->end;
    return 1;
}

/* The same, from the right. */
static int item_back(struct range *row, const struct splitter *splitter, int64_t skipped)
{
    for (int64_t i = 0; i < skipped; i++) {
        const uint8_t *at = i == splitter->max_splits ? 0 : find_back(splitter, row->begin, row->end);
        if (!at)
            return 0;
        row->end = at;
    }
    const uint8_t *at = skipped == splitter->max_splits ? 0 : find_back(splitter, row->begin, row->end);
    row->begin = at ? at + splitter->length : row->begin;
    return 1;
}

/* Item `skipped`, counted from the side from which the row was cut. */
static void between_cuts(struct range *row, const uint8_t *const *cuts, int64_t splits, int64_t skipped, int64_t length,
                         int from_right)
{
    const uint8_t *before = skipped > 0 ? cuts[skipped - 1] : 0, *after = skipped < splits ? cuts[skipped] : 0;
    const uint8_t *left = from_right ? after : before, *right = from_right ? before : after;
    row->begin = left ? left + length : row->begin;
    row->end = right ? right : row->end;
}

static int separated_item(struct range *row, const struct splitter *splitter, int64_t index, int from_right)
{
    /* Single bytes do not overlap: when all are split at, both directions find the same. */
    int is_symmetric = splitter->length == 1 && splitter->max_splits < 0;
    if (index >= 0 && (!from_right || is_symmetric))
        return item(row, splitter, index);
    if (index < 0 && (from_right || is_symmetric))
        return item_back(row, splitter, -1 - index);
    const uint8_t *cuts[KEPT_CUTS];
    int64_t splits = count(cuts, splitter, *row, from_right);
    int64_t skipped = from_right ? splits - index : splits + 1 + index;
    if (skipped < 0 || skipped > splits)
        return 0;
    if (splits > KEPT_CUTS)
        return from_right ? item_back(row, splitter, skipped) : item(row, splitter, skipped);
    between_cuts(row, cuts, splits, skipped, splitter->length, from_right);
    return 1;
}

static int64_t blank_length_before(const uint8_t *begin, const uint8_t *to)
{
    for (int64_t length = 1; length <= 3 && to - begin >= length; length++)
        if (pympr_blank_length(to - length, to) == length)
            return length;
    return 0;
}

static void strip_left(struct range *row)
{
    for (int64_t length = 1; row->begin < row->end && length; row->begin += length)
        length = pympr_blank_length(row->begin, row->end);
}

static void strip_right(struct range *row)
{
    for (int64_t length = 1; row->begin < row->end && length; row->end -= length)
        length = blank_length_before(row->begin, row->end);
}

/* Words are split off one by one; the last split leaves the rest as it is, but for the white
 * space next to the split. Returns whether there is a word or rest after `skipped` words. */
static int word(struct range *row, int64_t skipped, int64_t max_splits)
{
    for (int64_t i = 0;; i++) {
        strip_left(row);
        if (row->begin == row->end)
            return 0;
        if (i == max_splits)
            return i == skipped;
        const uint8_t *at = row->begin;
        while (at < row->end && !pympr_blank_length(at, row->end))
            at++;
        if (i == skipped) {
            row->end = at;
            return 1;
        }
        row->begin = at;
    }
}

static int word_back(struct range *row, int64_t skipped, int64_t max_splits)
{
    for (int64_t i = 0;; i++) {
        strip_right(row);
        if (row->begin == row->end)
            return 0;
        if (i == max_splits)
            return i == skipped;
        const uint8_t *at = row->end;
        while (at > row->begin && !blank_length_before(row->begin, at))
            at--;
        if (i == skipped) {
            row->begin = at;
            return 1;
        }
        row->end = at;
    }
}

static int64_t count_words(struct range row, int64_t max_splits)
{
    int64_t words = 0;
    for (struct range rest = row; words != max_splits && word(&rest, 0, -1); words++) {
        row.begin = rest.end;
        rest = row;
    }
    strip_left(&row);
    return words + (row.begin < row.end);
}

static int64_t count_words_back(struct range row, int64_t max_splits)
{
    int64_t words = 0;
    for (struct range rest = row; words != max_splits && word_back(&rest, 0, -1); words++) {
        row.end = rest.begin;
        rest = row;
    }
    strip_right(&row);
    return words + (row.begin < row.end);
}

static int blank_item(struct range *row, int64_t max_splits, int64_t index, int from_right)
{
    int is_symmetric = max_splits < 0;
    if (index >= 0 && (!from_right || is_symmetric))
        return word(row, index, max_splits);
    if (index < 0 && (from_right || is_symmetric))
        return word_back(row, -1 - index, max_splits);
    int64_t items = from_right ? count_words_back(*row, max_splits) : count_words(*row, max_splits);
    int64_t skipped = from_right ? items - 1 - index : items + index;
    if (skipped < 0 || skipped >= items)
        return 0;
    return from_right ? word_back(row, skipped, max_splits) : word(row, skipped, max_splits);
}

int pympr_split_item(int64_t *starts_out, int64_t *ends_out, uint8_t *found, int64_t *bad, const uint8_t *data,
                     int64_t data_bytes, const int64_t *starts, const int64_t *ends, int64_t n,
                     const uint8_t *separator, int64_t separator_bytes, int64_t max_splits, int64_t index,
                     int from_right)
{
    struct splitter splitter = {separator, separator_bytes, max_splits};
    *bad = first_bad_range(data_bytes, starts, ends, n);
    if (*bad < n)
        return PYMPR_BAD;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t i = 0; i < n; i++) {
        struct range row = {data + starts[i], data + ends[i]};
        found[i] = (uint8_t)(separator_bytes ? separated_item(&row, &splitter, index, from_right)
                                             : blank_item(&row, max_splits, index, from_right));
        starts_out[i] = found[i] ? row.begin - data : starts[i];
        ends_out[i] = found[i] ? row.end - data : starts_out[i];
    }
    return PYMPR_OK;
}
