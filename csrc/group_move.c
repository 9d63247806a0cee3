#include "group_inline.h"

/* Flags of a group that comes from a table without: no key is null, all aggregates have a value. */
static uint64_t full_meta(const struct pympr_group_table *table)
{
    return ((UINT64_C(1) << table->num_aggregates) - 1) << 16;
}

static void copy_slot(uint8_t *out, const struct pympr_group_table *to, const uint8_t *slot,
                      const struct pympr_group_table *from)
{
    store_word(out, load_word(slot));
    if (to->meta_at)
        store_word(out + to->meta_at, from->meta_at ? load_word(slot + from->meta_at) : full_meta(from));
    for (int key = 0; key < to->num_keys && !to->is_hash_key; key++) {
        uint8_t *field = out + to->key_at[key];
        if (from->is_hash_key)
            store_word(field, unhash_int64(load_word(slot), from->seed));
        else
            memcpy(field, slot + from->key_at[key], is_string_kind(to->key_kinds[key]) ? 16 : 8);
    }
    for (int a = 0; a < to->num_aggregates; a++) {
        store_word(out + to->state_at[a], load_word(slot + from->state_at[a]));
        if (to->carry_at[a])
            store_word(out + to->carry_at[a], from->carry_at[a] ? load_word(slot + from->carry_at[a]) : 0);
    }
}

/* The slot of hash 0 in a table that has one becomes an ordinary group elsewhere. */
static int move_zero(struct pympr_group_table *to, const struct pympr_group_table *from)
{
    uint8_t *out = zero_slot(to);
    if (!to->is_hash_key)
        for (out = to->slots; load_word(out); out += to->stride)
            ;
    if (!to->is_hash_key && out == zero_slot(to))
        return PYMPR_FULL;
    copy_slot(out, to, zero_slot(from), from);
    if (!to->is_hash_key)
        store_word(out, 1);
    return PYMPR_OK;
}

int pympr_group_move(struct pympr_group_table *to, const struct pympr_group_table *from)
{
    int is_same_layout = to->stride == from->stride;
    if (from->has_zero && move_zero(to, from) != PYMPR_OK)
        return PYMPR_FULL;
    const uint8_t *end = zero_slot(from), *last = zero_slot(to);
    for (const uint8_t *slot = from->slots; slot < end; slot += from->stride) {
        uint64_t hash = load_word(slot);
        if (!hash)
            continue;
        uint8_t *out = home_slot(homes_of(to), hash);
        while (load_word(out) && out < last)
            out += to->stride;
        if (out >= last)
            return PYMPR_FULL;
        if (is_same_layout)
            memcpy(out, slot, (size_t)to->stride);
        else
            copy_slot(out, to, slot, from);
    }
    return PYMPR_OK;
}
