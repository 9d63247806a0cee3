/* The matcher: a backtracking machine that tries what Python's `re` tries, in the same order.
 *
 * What cannot lead to a match is not tried: every choice knows which bytes its ways may begin with. */
#ifndef PYMPR_REGEX_INLINE_H
#define PYMPR_REGEX_INLINE_H

#include <stdint.h>
#include <string.h>

#include "regex.h"
#include "regex_machine_inline.h"

static inline int regex_accepts(const struct regex_machine *m, int32_t set, int32_t at)
{
    return set < 0 || (at < m->size && m->sets[REGEX_SET * set + m->row[at]]);
}

static inline void regex_push(struct regex_machine *m, int32_t kind, int32_t pc, int32_t at, int32_t count)
{
    if (m->top == REGEX_FRAMES)
        m->steps = -1;
    else
        m->stack[m->top++] = (struct regex_frame){kind, pc, at, count};
}

/* What no choice is left to undo need not be remembered. */
static inline void regex_assign(struct regex_machine *m, int32_t slot, int32_t value)
{
    if (m->top)
        regex_push(m, FRAME_RESTORE, slot, m->slots[slot], 0);
    m->slots[slot] = value;
}

/* Whether two bytes are left, for a character of two. */
static inline int regex_is_short(const struct regex_machine *m, int32_t at)
{
    return at >= 0 && m->size - at >= 2 && (m->row[at] & 0xE0) == 0xC0;
}

static inline int regex_has_short(const struct regex_machine *m, const uint8_t *set, int32_t at)
{
    int32_t code = (m->row[at] & 0x1F) << 6 | (m->row[at + 1] & 0x3F);
    return set[256 + (code >> 3)] >> (code & 7) & 1;
}

/* Where the next character begins; `set` is the class of the character at `at`, which is in the row. */
static inline int32_t regex_after(struct regex_machine *m, const uint8_t *set, int32_t at)
{
    uint8_t byte = m->row[at], kind = set[byte];
    if (kind == 1)
        return at + 1;
    if (kind == 2) {
        int32_t next = at + (byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2);
        return next < m->size ? next : m->size;
    }
    if (kind == 3 && regex_is_short(m, at))
        return regex_has_short(m, set, at) ? at + 2 : REGEX_FAILED;
    if (kind == 3)
        m->steps = -1;
    return REGEX_FAILED;
}

static inline int32_t regex_one(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    return at < m->size ? regex_after(m, m->sets + REGEX_SET * step->set, at) : REGEX_FAILED;
}

static inline int32_t regex_text(const struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    if (m->size - at < step->max || memcmp(m->row + at, m->text + step->min, (size_t)step->max))
        return REGEX_FAILED;
    return at + step->max;
}

/* The last place from `at` back to `least` where what follows may begin. */
static inline int32_t regex_settle(struct regex_machine *m, const struct regex_step *step, int32_t least, int32_t at)
{
    int32_t from = at;
    while (at >= least && ((at < m->size && (m->row[at] & 0xC0) == 0x80) || !regex_accepts(m, step->next, at)))
        at--;
    m->steps -= (from - at) >> 4;
    return at < least ? REGEX_FAILED : at;
}

static inline int32_t regex_choose_end(struct regex_machine *m, const struct regex_step *step, int32_t least, int32_t at)
{
    if (step->flags)
        return at;
    at = regex_settle(m, step, least, at);
    if (at > least)
        regex_push(m, FRAME_GREEDY, (int32_t)(step - m->code), least, at);
    return at;
}

static int32_t regex_greedy_wide(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    int32_t least = -1;
    for (int32_t count = 0;; count++) {
        if (count == step->min)
            least = at;
        if (count == step->max || at >= m->size)
            break;
        int32_t next = regex_one(m, step, at);
        if (next < 0)
            break;
        at = next;
    }
    return least < 0 || m->steps < 0 ? REGEX_FAILED : regex_choose_end(m, step, least, at);
}

/* As many characters of a set as there are. */
static inline int32_t regex_greedy(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    const uint8_t *set = m->sets + REGEX_SET * step->set, *row = m->row;
    int32_t end = at, limit = step->max < m->size - at ? at + step->max : m->size;
    while (end < limit && set[row[end]] == 1)
        end++;
    if (end < limit && set[row[end]] > 1)
        return regex_greedy_wide(m, step, at);
    m->steps -= (end - at) >> 4;
    return end - at < step->min ? REGEX_FAILED : regex_choose_end(m, step, at + step->min, end);
}

/* As few characters more as let what follows begin. */
static inline int32_t regex_extend(struct regex_machine *m, const struct regex_step *step, int32_t at, int32_t count)
{
    int32_t from = at;
    while (!regex_accepts(m, step->next, at)) {
        if (count == step->max || at >= m->size || (at = regex_one(m, step, at)) < 0)
            return REGEX_FAILED;
        count += step->max < INT32_MAX;
    }
    m->steps -= (at - from) >> 4;
    if (count < step->max && at < m->size)
        regex_push(m, FRAME_LAZY, (int32_t)(step - m->code), at, count);
    return at;
}

static inline int32_t regex_lazy(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    for (int32_t count = 0; count < step->min; count++)
        if (at >= m->size || (at = regex_one(m, step, at)) < 0)
            return REGEX_FAILED;
    return regex_extend(m, step, at, step->max < INT32_MAX ? step->min : 0);
}

static inline int32_t regex_split(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    int is_second = regex_accepts(m, step->next, at);
    if (!regex_accepts(m, step->set, at)) {
        m->pc = step->target;
        return is_second ? at : REGEX_FAILED;
    }
    if (is_second)
        regex_push(m, FRAME_CHOICE, step->target, at, 0);
    return at;
}

static inline int32_t regex_repeat(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    regex_assign(m, step->number, -1);
    regex_assign(m, step->number + 1, -1);
    m->pc = step->target;
    return at;
}

static inline void regex_enter_body(struct regex_machine *m, const struct regex_step *step, int32_t count)
{
    regex_assign(m, step->number, count);
    m->pc = step->target;
}

/* The end of a repeated part: once more, or on. An empty turn is the last one. */
static inline int32_t regex_until(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    int32_t count = m->slots[step->number] + 1, is_lazy = step->op == OP_UNTIL_LAZY;
    if (--m->steps < 0)
        return REGEX_FAILED;
    if (count < step->min) {
        regex_enter_body(m, step, count);
        return at;
    }
    int may_repeat = count < step->max && at != m->slots[step->number + 1] && regex_accepts(m, step->set, at);
    int may_go_on = regex_accepts(m, step->next, at);
    if (is_lazy ? may_go_on : !may_repeat) {
        if (may_repeat)
            regex_push(m, FRAME_AGAIN, (int32_t)(step - m->code), at, 0);
        return at;
    }
    if (!may_repeat)
        return REGEX_FAILED;
    if (may_go_on)
        regex_push(m, FRAME_CHOICE, (int32_t)(step - m->code) + 1, at, 0);
    regex_enter_body(m, step, count);
    regex_assign(m, step->number + 1, at);
    return at;
}

static inline int regex_is_word(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    if (at < 0 || at >= m->size)
        return 0;
    uint8_t byte = m->row[at];
    if (byte >= 0x80) {
        at -= (byte & 0xC0) == 0x80;
        if (!step->flags && regex_is_short(m, at))
            return regex_has_short(m, m->sets + REGEX_SET * step->set, at);
        if (!step->flags)
            m->steps = -1;
        return 0;
    }
    return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z') || byte == '_';
}

static int regex_is_boundary(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    if (m->size == 0 && step->number == AT_NO_BOUNDARY)
        m->steps = -1; /* versions of Python differ */
    return m->size && regex_is_word(m, step, at - 1) != regex_is_word(m, step, at);
}

static int regex_is_at(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    switch (step->number) {
    case AT_BEGIN:
        return at == 0;
    case AT_LINE_BEGIN:
        return at == 0 || m->row[at - 1] == '\n';
    case AT_LAST_LINE_END:
        return at == m->size || (at == m->size - 1 && m->row[at] == '\n');
    case AT_LINE_END:
        return at == m->size || m->row[at] == '\n';
    case AT_END:
        return at == m->size;
    default:
        return regex_is_boundary(m, step, at) == (step->number == AT_BOUNDARY);
    }
}

/* Goes back to the last choice: where to go on, or REGEX_FAILED when there is none. */
static inline int32_t regex_resume(struct regex_machine *m)
{
    while (m->top) {
        struct regex_frame *frame = &m->stack[--m->top];
        int32_t at = frame->at;
        if (frame->kind == FRAME_RESTORE) {
            m->slots[frame->pc] = at;
            continue;
        }
        const struct regex_step *step = m->code + frame->pc;
        if (--m->steps < 0)
            return REGEX_ASK;
        m->pc = frame->pc + (frame->kind != FRAME_CHOICE);
        if (frame->kind == FRAME_GREEDY) {
            int32_t last = frame->count;
            at = regex_choose_end(m, step, at, last - 1);
        } else if (frame->kind == FRAME_LAZY) {
            int32_t count = frame->count + (step->max < INT32_MAX);
            at = regex_one(m, step, at);
            at = at < 0 ? at : regex_extend(m, step, at, count);
        } else if (frame->kind == FRAME_AGAIN) {
            regex_enter_body(m, step, m->slots[step->number] + 1);
            regex_assign(m, step->number + 1, at);
        }
        if (at >= 0)
            return at;
    }
    return m->steps < 0 ? REGEX_ASK : REGEX_FAILED;
}

static inline int32_t regex_do(struct regex_machine *m, const struct regex_step *step, int32_t at)
{
    switch (step->op) {
    case OP_BYTE:
        return at < m->size && m->row[at] == step->min ? at + 1 : REGEX_FAILED;
    case OP_TEXT:
        return regex_text(m, step, at);
    case OP_SET:
        return regex_one(m, step, at);
    case OP_GREEDY:
        return regex_greedy(m, step, at);
    case OP_LAZY:
        return regex_lazy(m, step, at);
    case OP_SAVE:
        regex_assign(m, step->number, at);
        return at;
    case OP_SPLIT:
        return regex_split(m, step, at);
    case OP_JUMP:
        m->pc = step->target;
        return at;
    case OP_REPEAT:
        return regex_repeat(m, step, at);
    case OP_AT:
        return regex_is_at(m, step, at) ? at : REGEX_FAILED;
    default:
        return regex_until(m, step, at);
    }
}

/* Where the match that begins at `at` ends, REGEX_FAILED or REGEX_ASK. */
static int32_t regex_attempt(struct regex_machine *m, int32_t at)
{
    m->start = at;
    m->top = m->pc = 0;
    memset(m->slots, 0xFF, sizeof(int32_t) * (size_t)(2 * m->groups));
    for (;;) {
        const struct regex_step *step = &m->code[m->pc++];
        if (step->op == OP_END) {
            if ((!m->must_end || at == m->size) && !(m->must_advance && at == m->start))
                return m->steps < 0 ? REGEX_ASK : at;
            at = REGEX_FAILED;
        } else {
            at = regex_do(m, step, at);
        }
        if (at < 0 && (at = regex_resume(m)) < 0)
            return at;
    }
}

/* The next place from `at` where a match may begin, or -1. */
static inline int32_t regex_skip(const struct regex_machine *m, int32_t at)
{
    if (m->lead >= 0) {
        const uint8_t *found = at < m->size ? memchr(m->row + at, m->lead, (size_t)(m->size - at)) : NULL;
        return found ? (int32_t)(found - m->row) : -1;
    }
    if (m->first >= 0) {
        const uint8_t *set = m->sets + REGEX_SET * m->first;
        while (at < m->size && !set[m->row[at]])
            at++;
        return at < m->size ? at : -1;
    }
    while (at < m->size && (m->row[at] & 0xC0) == 0x80)
        at++;
    return at <= m->size ? at : -1;
}

/* Where the first match from `at` on begins (m->start) and ends. */
static inline int32_t regex_search(struct regex_machine *m, int32_t at)
{
    for (;; at = m->start + 1) {
        if ((at = regex_skip(m, at)) < 0)
            return REGEX_FAILED;
        m->steps--;
        int32_t end = regex_attempt(m, at);
        if (end != REGEX_FAILED || m->anchored)
            return end;
        m->must_advance = 0;
    }
}

static inline void regex_load(struct regex_machine *m, const int32_t *program, const uint8_t *sets, const uint8_t *text)
{
    m->first = program[0], m->lead = program[1], m->anchored = program[2], m->groups = program[3];
    m->code = (const struct regex_step *)(program + 4);
    m->sets = sets, m->text = text;
    m->must_advance = m->must_end = 0;
}

/* 0 when the row is too long for the machine. */
static inline int regex_set_row(struct regex_machine *m, const uint8_t *row, int64_t size)
{
    m->row = row;
    m->size = (int32_t)size;
    m->must_advance = 0;
    m->steps = 4096 + 64 * size;
    return size <= REGEX_LONGEST;
}

#endif
