/* The machine of regex_inline.h: its steps, and what it remembers. */
#ifndef PYMPR_REGEX_MACHINE_INLINE_H
#define PYMPR_REGEX_MACHINE_INLINE_H

#include <stdint.h>

#define REGEX_GROUPS 64
#define REGEX_LOOPS 32
#define REGEX_FRAMES 4096
#define REGEX_SET 512 /* a byte for each byte, then a bit for each character below 0x800 */
#define REGEX_FAILED (-1)
#define REGEX_ASK (-2)
#define REGEX_LONGEST (INT32_MAX - 8)

enum regex_op {
    OP_END, OP_BYTE, OP_TEXT, OP_SET, OP_GREEDY, OP_LAZY, OP_SAVE, OP_SPLIT, OP_JUMP, OP_REPEAT, OP_UNTIL, OP_UNTIL_LAZY,
    OP_AT
};
enum regex_place { AT_BEGIN, AT_LINE_BEGIN, AT_LAST_LINE_END, AT_LINE_END, AT_END, AT_BOUNDARY, AT_NO_BOUNDARY };
enum regex_frame_kind { FRAME_CHOICE, FRAME_GREEDY, FRAME_LAZY, FRAME_AGAIN, FRAME_RESTORE };

/* set: table of the character, or of the way tried first; next: of what follows, or of the other way; -1: anything. */
struct regex_step {
    int32_t op, set, min, max, next, target, flags, number;
};

struct regex_frame {
    int32_t kind, pc, at, count;
};

struct regex_machine {
    const struct regex_step *code;
    const uint8_t *sets, *text, *row;
    int64_t steps; /* below 0: leave the row to Python */
    int32_t first, lead, anchored, groups;
    int32_t size, start, pc, top, must_advance, must_end;
    int32_t slots[2 * REGEX_GROUPS + 2 * REGEX_LOOPS];
    struct regex_frame stack[REGEX_FRAMES];
};

#endif
