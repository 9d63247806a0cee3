#include "group_bound_inline.h"
#include "group_inline.h"

/* The values of one aggregate for the rows of a batch. */
struct updates {
    const struct group_batch *batch;
    const void *values;    /* the first row's */
    const uint8_t *valid;  /* the first row's, or NULL */
    const int64_t *carries;
    int64_t state_at, carry_at, meta_at;
    uint64_t seen; /* the aggregate's bit in the flags */
};

PYMPR_INLINE uint64_t as_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return bits;
}

PYMPR_INLINE uint64_t value_at(const void *values, int64_t i, int operation, int kind)
{
    if (operation == COUNT)
        return 0; /* there may be no values */
    return kind == KIND_BOOL ? ((const uint8_t *)values)[i] != 0 : load_word((const uint8_t *)values + i * 8);
}

PYMPR_INLINE int is_less(uint64_t a, uint64_t b, int kind)
{
    return kind == KIND_FLOAT64 ? as_double(a) < as_double(b) : (int64_t)a < (int64_t)b;
}

/* min and max keep the earlier of two values unless the later is truly smaller or larger, as
 * Python's do: a NaN stays when it is the first value and is passed over later. */
PYMPR_INLINE uint64_t next_state(uint64_t state, uint64_t value, int is_first, int operation, int kind)
{
    switch (operation) {
    case SUM:
        return kind == KIND_FLOAT64 ? as_bits(as_double(state) + as_double(value)) : state + value;
    case MIN:
        return is_first || is_less(value, state, kind) ? value : state;
    case MAX:
        return is_first || is_less(state, value, kind) ? value : state;
    case COUNT:
        return state + 1;
    default:
        return is_first ? value : state;
    }
}

PYMPR_INLINE void update_dense(const struct updates *u, int operation, int kind)
{
    const struct group_batch *batch = u->batch;
    const void *values = u->values;
    int64_t rows = batch->rows, at = u->state_at;
    for (int64_t i = 0; i < rows; i++) {
        int is_first = (int)(batch->slots[i] & 1);
        uint8_t *state = slot_of(batch, i) + at;
        store_word(state, next_state(load_word(state), value_at(values, i, operation, kind), is_first, operation, kind));
    }
}

PYMPR_INLINE void update_nullable(const struct updates *u, int operation, int kind)
{
    for (int64_t i = 0; i < u->batch->rows; i++) {
        if (is_null(u->valid, i))
            continue;
        uint8_t *slot = slot_of(u->batch, i), *state = slot + u->state_at;
        uint64_t meta = load_word(slot + u->meta_at);
        int is_first = !(meta & u->seen);
        store_word(state, next_state(load_word(state), value_at(u->values, i, operation, kind), is_first, operation, kind));
        store_word(slot + u->meta_at, meta | u->seen);
    }
}

PYMPR_INLINE void update(const struct updates *u, int operation, int kind)
{
    if (u->meta_at)
        update_nullable(u, operation, kind);
    else
        update_dense(u, operation, kind);
}

/* Sums of 128 bits: the state, and above it the carry. */
static void update_carried(const struct updates *u, int kind)
{
    for (int64_t i = 0; i < u->batch->rows; i++) {
        if (is_null(u->valid, i))
            continue;
        uint8_t *slot = slot_of(u->batch, i);
        int64_t value = (int64_t)value_at(u->values, i, SUM, kind), sum;
        int64_t carry = u->carries ? u->carries[i] : 0;
        if (__builtin_add_overflow((int64_t)load_word(slot + u->state_at), value, &sum))
            carry += value < 0 ? -1 : 1;
        store_word(slot + u->state_at, (uint64_t)sum);
        store_word(slot + u->carry_at, load_word(slot + u->carry_at) + (uint64_t)carry);
        if (u->meta_at)
            store_word(slot + u->meta_at, load_word(slot + u->meta_at) | u->seen);
    }
}

#define CASES(operation)                                                                                               \
    case operation * 3 + KIND_INT64:                                                                                   \
        return update(u, operation, KIND_INT64);                                                                       \
    case operation * 3 + KIND_FLOAT64:                                                                                 \
        return update(u, operation, KIND_FLOAT64);                                                                     \
    case operation * 3 + KIND_BOOL:                                                                                    \
        return update(u, operation, KIND_BOOL)

static void update_any(const struct updates *u, int operation, int kind)
{
    if (operation == COUNT || operation == FIRST)
        kind = operation == FIRST && kind == KIND_BOOL ? KIND_BOOL : KIND_INT64;
    switch (operation * 3 + kind) {
        CASES(SUM);
        CASES(MIN);
        CASES(MAX);
        CASES(COUNT);
        CASES(FIRST);
    }
}

static void fill(uint64_t out[GROUP_BATCH], const void *constant, int64_t rows, int kind)
{
    uint64_t value = value_at(constant, 0, SUM, kind);
    for (int64_t i = 0; i < rows; i++)
        out[i] = value;
}

void pympr_group_update(struct pympr_group_table *table, const struct pympr_group_input *input,
                        const struct group_batch *batch, int aggregate)
{
    int kind = input->value_kinds[aggregate], operation = input->operations[aggregate];
    const uint8_t *valid = input->value_valid[aggregate];
    const int64_t *carries = input->carries[aggregate];
    struct updates u = {.batch = batch,
                        .valid = valid ? valid + batch->begin : 0,
                        .carries = carries ? carries + batch->begin : 0,
                        .state_at = table->state_at[aggregate],
                        .carry_at = table->carry_at[aggregate],
                        .meta_at = table->meta_at,
                        .seen = UINT64_C(1) << (16 + aggregate)};
    uint64_t constants[GROUP_BATCH];
    if (input->is_constant[aggregate]) {
        fill(constants, input->values[aggregate], batch->rows, kind);
        u.values = constants;
        kind = kind == KIND_BOOL ? KIND_INT64 : kind;
    } else if (operation != COUNT) {
        u.values = (const uint8_t *)input->values[aggregate] + batch->begin * (kind == KIND_BOOL ? 1 : 8);
    }
    if (u.carry_at && operation == SUM)
        update_carried(&u, kind);
    else
        update_any(&u, operation, kind);
}

int pympr_group_sums_fit(struct pympr_group_table *table, const struct pympr_group_input *input, int64_t begin,
                         int64_t rows)
{
    uint64_t raised[32];
    for (int a = 0; a < table->num_aggregates; a++) {
        raised[a] = table->bounds[a];
        if (input->operations[a] != SUM || input->value_kinds[a] == KIND_FLOAT64 || table->carry_at[a])
            continue;
        uint64_t largest = 1;
        if (input->value_kinds[a] == KIND_INT64)
            largest = input->is_constant[a] ? magnitude_bound(input->values[a], 1)
                                            : magnitude_bound((const int64_t *)input->values[a] + begin, rows);
        if (input->carries[a] || !raise_bound(&raised[a], largest, rows))
            return 0;
    }
    memcpy(table->bounds, raised, sizeof(uint64_t) * (size_t)table->num_aggregates);
    return 1;
}
