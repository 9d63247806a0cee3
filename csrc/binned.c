#include "binned.h"

#include <math.h>
#include <string.h>

#include "status.h"
#include "variants_inline.h"

#define WIDTH 40
#define FIELD ((1ULL << WIDTH) - 1)
#define MOST_FOLDS 6
#define LOWEST (-1074) /* the exponent of the lowest bit of all doubles: place 0 */
#define CHUNK 1024
#define LARGE (1LL << 62) /* what a carry stands for */
#define MOST_CARRY ((1LL << 20) - 1)
#define CARRY_BITS 21
#define MAGIC 0x62696e6eLL /* in the upper half of the first word */
#define INFINITE 0x7FFULL

/* Marks: what has been among the values. */
enum { IS_NAN = 1, PLUS_INFINITY = 2, MINUS_INFINITY = 4, NEGATIVE_ZERO = 8, OTHER = 16 };

typedef struct {
    int64_t window, marks;
    int64_t sums[MOST_FOLDS], carries[MOST_FOLDS];
} State;

/* Whether `words` are a state. */
static int unpack(State *state, const int64_t *words, int folds)
{
    state->window = words[0] & 0xFF;
    state->marks = (words[0] >> 8) & 0xFF;
    for (int fold = 0; fold < folds; fold++) {
        uint64_t packed = (uint64_t)words[1 + folds + fold / 3] >> (CARRY_BITS * (fold % 3));
        state->sums[fold] = words[1 + fold];
        state->carries[fold] = (int64_t)(packed & ((1 << CARRY_BITS) - 1)) - (1 << (CARRY_BITS - 1));
    }
    return words[0] >> 32 == MAGIC && state->window <= 52;
}

static void pack(int64_t *words, const State *state, int folds)
{
    words[0] = (MAGIC << 32) | (state->marks << 8) | state->window;
    for (int fold = 0; fold < folds; fold += 3) {
        uint64_t packed = 0;
        for (int k = 0; k < 3 && fold + k < folds; k++)
            packed |= (uint64_t)(state->carries[fold + k] + (1 << (CARRY_BITS - 1))) << (CARRY_BITS * k);
        words[1 + folds + fold / 3] = (int64_t)packed;
    }
    memcpy(words + 1, state->sums, (size_t)folds * sizeof(int64_t));
}

/* Bring a sum below a fourth of int64 and a carry of one to where it belongs; 0 when the carry is full. */
static int settle(State *state, int folds)
{
    int fits = 1;
    for (int fold = 0; fold < folds; fold++) {
        int64_t over = (state->sums[fold] + (state->sums[fold] < 0 ? -(LARGE / 2) : LARGE / 2)) / LARGE;
        state->sums[fold] -= over * LARGE;
        state->carries[fold] += over;
        fits &= state->carries[fold] <= MOST_CARRY && state->carries[fold] >= -MOST_CARRY;
    }
    return fits;
}

/* The windows move up: what lies below them is forgotten. */
static void raise_to(State *state, int64_t window, int folds)
{
    int64_t by = window - state->window;
    if (by <= 0)
        return;
    for (int64_t fold = folds - 1; fold >= 0; fold--) {
        state->sums[fold] = fold >= by ? state->sums[fold - by] : 0;
        state->carries[fold] = fold >= by ? state->carries[fold - by] : 0;
    }
    state->window = window;
}

PYMPR_INLINE int64_t window_of(uint64_t exponent)
{
    return ((int64_t)exponent + (exponent == 0) + 51) / WIDTH;
}

/* A value's bits in the window that is `fold` below `window`. */
PYMPR_INLINE int64_t field_of(uint64_t bits, int64_t window, int64_t fold)
{
    uint64_t exponent = bits >> 52 & 0x7FF, digits = bits & ((1ULL << 52) - 1);
    digits |= (uint64_t)(exponent != 0) << 52;
    int64_t up = (int64_t)exponent - (exponent != 0) - WIDTH * (window - fold);
    int64_t down = up < 0 ? -up : 0;
    up = up < 0 ? 0 : up;
    uint64_t field = (digits << (up > 63 ? 63 : up)) >> (down > 63 ? 63 : down) & FIELD;
    int64_t sign = -(int64_t)(bits >> 63);
    return ((int64_t)field ^ sign) - sign;
}

PYMPR_INLINE uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The largest exponent, whether a value is negative zero, and whether one is anything else. */
PYMPR_INLINE void look_body(uint64_t *found, const double *values, int64_t n)
{
    uint64_t largest = 0, zeros = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = bits_of(values[i]);
        uint64_t exponent = bits >> 52 & 0x7FF;
        largest = exponent > largest ? exponent : largest;
        zeros += bits == 1ULL << 63;
    }
    found[0] = largest;
    found[1] = zeros;
}

PYMPR_VARIANTS(look, (uint64_t *found, const double *values, int64_t n), (found, values, n))

PYMPR_INLINE void take_body(int64_t *sums, const double *values, int64_t n, int64_t window, int64_t fold)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += field_of(bits_of(values[i]), window, fold);
    sums[fold] += sum;
}

PYMPR_VARIANTS(take, (int64_t *sums, const double *values, int64_t n, int64_t window, int64_t fold),
               (sums, values, n, window, fold))

/* The marks of one value. */
static int64_t mark_of(uint64_t bits)
{
    if ((bits >> 52 & 0x7FF) != INFINITE)
        return bits == 1ULL << 63 ? NEGATIVE_ZERO : OTHER;
    if (bits << 12)
        return IS_NAN | OTHER;
    return OTHER | (bits >> 63 ? MINUS_INFINITY : PLUS_INFINITY);
}

static void add_one(State *state, double value, int folds)
{
    uint64_t bits = bits_of(value), exponent = bits >> 52 & 0x7FF;
    state->marks |= mark_of(bits);
    if (exponent == INFINITE || bits << 1 == 0)
        return;
    raise_to(state, window_of(exponent), folds);
    for (int fold = 0; fold < folds; fold++)
        state->sums[fold] += field_of(bits, state->window, fold);
}

/* At most CHUNK values. */
static void add_chunk(State *state, const double *values, int64_t n, int folds)
{
    uint64_t found[2];
    look(found, values, n);
    if (found[0] == INFINITE || (found[0] == 0 && state->window == 0)) {
        for (int64_t i = 0; i < n; i++)
            add_one(state, values[i], folds);
        return;
    }
    state->marks |= (found[1] ? NEGATIVE_ZERO : 0) | ((int64_t)found[1] < n ? OTHER : 0);
    raise_to(state, window_of(found[0]), folds);
    for (int fold = 0; fold < folds; fold++)
        take(state->sums, values, n, state->window, fold);
}

int pympr_binned_clear(int64_t *states, int64_t n, int folds)
{
    State empty = {0};
    if (folds < 3 || folds > MOST_FOLDS)
        return PYMPR_BAD;
    for (int64_t i = 0; i < n; i++)
        pack(states + i * PYMPR_BINNED_WORDS(folds), &empty, folds);
    return PYMPR_OK;
}

static int add_all(State *state, const double *values, int64_t n, int folds)
{
    int fits = 1;
    for (int64_t at = 0; at < n; at += CHUNK) {
        add_chunk(state, values + at, n - at < CHUNK ? n - at : CHUNK, folds);
        fits &= settle(state, folds);
    }
    return fits;
}

static int merge_states(State *state, State *other, int folds)
{
    if (other->window > state->window)
        raise_to(state, other->window, folds);
    else
        raise_to(other, state->window, folds);
    state->marks |= other->marks;
    for (int fold = 0; fold < folds; fold++) {
        state->sums[fold] += other->sums[fold];
        state->carries[fold] += other->carries[fold];
    }
    return settle(state, folds);
}

int pympr_binned_add(int64_t *words, const double *values, int64_t n, int folds)
{
    State state;
    int fits = 1;
    if (folds < 3 || folds > MOST_FOLDS || !unpack(&state, words, folds))
        return PYMPR_BAD;
#pragma omp parallel if (n > 1 << 17)
    {
        State own = {0};
        int own_fits = 1;
#pragma omp for schedule(static) nowait
        for (int64_t piece = 0; piece < (n + 65535) / 65536; piece++) {
            int64_t begin = piece * 65536;
            own_fits &= add_all(&own, values + begin, n - begin < 65536 ? n - begin : 65536, folds);
        }
#pragma omp critical(pympr_binned)
        fits &= own_fits & merge_states(&state, &own, folds);
    }
    pack(words, &state, folds);
    return fits ? PYMPR_OK : PYMPR_OVERFLOW;
}

int pympr_binned_add_squares(int64_t *words, const double *values, int64_t n, int folds)
{
    State state;
    int fits = 1;
    if (folds < 3 || folds > MOST_FOLDS || !unpack(&state, words, folds))
        return PYMPR_BAD;
    for (int64_t at = 0; at < n; at += CHUNK / 2) {
        double parts[CHUNK];
        int64_t size = n - at < CHUNK / 2 ? n - at : CHUNK / 2;
        for (int64_t i = 0; i < size; i++) {
            double value = values[at + i], square = value * value;
            parts[2 * i] = square;
            parts[2 * i + 1] = isfinite(square) ? fma(value, value, -square) : 0.0;
        }
        fits &= add_all(&state, parts, 2 * size, folds);
    }
    pack(words, &state, folds);
    return fits ? PYMPR_OK : PYMPR_OVERFLOW;
}

int pympr_binned_add_each(int64_t *states, int64_t num_states, const int64_t *ids, const double *values, int64_t n,
                          int folds)
{
    int fits = 1;
    if (folds < 3 || folds > MOST_FOLDS)
        return PYMPR_BAD;
    for (int64_t i = 0; i < n; i++) {
        int64_t id = ids ? ids[i] : i;
        if (id < 0 || id >= num_states)
            return PYMPR_BAD;
        int64_t *words = states + id * PYMPR_BINNED_WORDS(folds);
        uint64_t bits = bits_of(values[i]), exponent = bits >> 52 & 0x7FF;
        int64_t window = words[0] & 0xFF, is_full = 0;
        if (exponent == INFINITE || bits << 1 == 0 || window_of(exponent) > window) {
            State state;
            if (!unpack(&state, words, folds))
                return PYMPR_BAD;
            add_one(&state, values[i], folds);
            fits &= settle(&state, folds);
            pack(words, &state, folds);
            continue;
        }
        words[0] |= OTHER << 8;
        for (int fold = 0; fold < folds; fold++) {
            int64_t sum = words[1 + fold] += field_of(bits, window, fold);
            is_full |= sum >= LARGE || sum <= -LARGE;
        }
        if (is_full) {
            State state;
            unpack(&state, words, folds);
            fits &= settle(&state, folds);
            pack(words, &state, folds);
        }
    }
    return fits ? PYMPR_OK : PYMPR_OVERFLOW;
}

int pympr_binned_merge(int64_t *states, int64_t num_states, const int64_t *ids, const int64_t *other, int64_t n,
                       int folds)
{
    int fits = 1, words = PYMPR_BINNED_WORDS(folds);
    if (folds < 3 || folds > MOST_FOLDS)
        return PYMPR_BAD;
    for (int64_t i = 0; i < n; i++) {
        int64_t id = ids ? ids[i] : i;
        State left, right;
        if (id < 0 || id >= num_states || !unpack(&left, states + id * words, folds) ||
            !unpack(&right, other + i * words, folds))
            return PYMPR_BAD;
        fits &= settle(&left, folds) & settle(&right, folds) & merge_states(&left, &right, folds);
        pack(states + id * words, &left, folds);
    }
    return fits ? PYMPR_OK : PYMPR_OVERFLOW;
}

/* Two's complement digits of 40 bits, lowest first, the last with the sign; the lowest is in the lowest window. */
static int digits_of(int64_t *digits, const State *state, int folds)
{
    __int128 above = 0;
    for (int at = 0; at < folds; at++) {
        int fold = folds - 1 - at;
        above += (__int128)state->carries[fold] * LARGE + state->sums[fold];
        digits[at] = (int64_t)(above & (__int128)FIELD);
        above >>= WIDTH;
    }
    digits[folds] = (int64_t)(above & (__int128)FIELD);
    digits[folds + 1] = (int64_t)(above >> WIDTH);
    return digits[folds + 1] < 0;
}

/* The digits of the opposite number. */
static void negate(int64_t *digits, int count)
{
    int64_t carry = 1;
    for (int at = 0; at < count; at++) {
        int64_t digit = (int64_t)(~(uint64_t)digits[at] & FIELD) + carry;
        carry = digit >> WIDTH;
        digits[at] = digit & (int64_t)FIELD;
    }
}

static double value_of(const State *state, int folds)
{
    int64_t digits[MOST_FOLDS + 2];
    int is_negative = digits_of(digits, state, folds), top = folds + 1;
    if (is_negative)
        negate(digits, folds + 2);
    else
        digits[folds + 1] &= (int64_t)FIELD;
    while (top > 0 && digits[top] == 0)
        top--;
    if (top < 2) { /* fits 80 bits, of which only the places of doubles are used */
        top = 2;
    }
    unsigned __int128 head =
        ((unsigned __int128)digits[top] << 80) | ((unsigned __int128)digits[top - 1] << 40) | (uint64_t)digits[top - 2];
    uint64_t rest = 0;
    for (int at = top - 3; at >= 0; at--)
        rest |= (uint64_t)digits[at];
    int shift = 0;
    if (head >> 64) {
        uint64_t high = (uint64_t)(head >> 64);
        shift = 64 - __builtin_clzll(high);
        rest |= (head & (((unsigned __int128)1 << shift) - 1)) != 0;
        head >>= shift;
    }
    double rounded = (double)((uint64_t)head | (rest != 0));
    rounded = ldexp(rounded, (int)(shift + WIDTH * (state->window - folds + 1 + top - 2) + LOWEST));
    return is_negative ? -rounded : rounded;
}

int pympr_binned_finish(double *out, const int64_t *states, int64_t n, int folds)
{
    if (folds < 3 || folds > MOST_FOLDS)
        return PYMPR_BAD;
    for (int64_t i = 0; i < n; i++) {
        State state;
        if (!unpack(&state, states + i * PYMPR_BINNED_WORDS(folds), folds))
            return PYMPR_BAD;
        int64_t both = PLUS_INFINITY | MINUS_INFINITY;
        if (state.marks & IS_NAN || (state.marks & both) == both)
            out[i] = NAN;
        else if (state.marks & both)
            out[i] = state.marks & PLUS_INFINITY ? INFINITY : -INFINITY;
        else if (state.marks == NEGATIVE_ZERO)
            out[i] = -0.0;
        else
            out[i] = value_of(&state, folds);
    }
    return PYMPR_OK;
}
