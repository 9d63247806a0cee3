#include "group_inline.h"

/* Flags of a group that comes from a table without: no key is null, all aggregates have a value. */
static uint64_t full_meta(const struct pympr_group_table *table)
{
    return ((UINT64_C(1) << table->num_aggregates) - 1) << 16;
}

/* All but the hash. */
static void copy_slot(uint8_t *out, const struct pympr_group_table *to, const uint8_t *slot,
                      const struct pympr_group_table *from)
{
    if (to->meta_at)
        store_word(out + to->meta_at, from->meta_at ? load_word(slot + from->meta_at) : full_meta(from));
    for (int key = 0; key < to->num_keys && !to->is_hash_key; key++) {
        uint8_t *field = out + to->key_at[key];
        if (from->is_hash_key)
            store_word(field, unhash_int64(slot_hash(from, slot), from->seed));
        else
            memcpy(field, slot + from->key_at[key], is_string_kind(to->key_kinds[key]) ? 16 : 8);
    }
    for (int a = 0; a < to->num_aggregates; a++) {
        store_word(out + to->state_at[a], load_word(slot + from->state_at[a]));
        if (to->carry_at[a])
            store_word(out + to->carry_at[a], from->carry_at[a] ? load_word(slot + from->carry_at[a]) : 0);
    }
}

/* Moves one group; 0 when it finds no slot. */
static int move_slot(const struct pympr_group_table *to, const uint8_t *slot, const struct pympr_group_table *from,
                     uint64_t hash)
{
    uint8_t *out = home_slot(homes_of(to), hash), *end = zero_slot(to);
    while (load_word(out) && out < end)
        out += to->stride;
    if (out == end)
        return 0;
    if (to->stride == from->stride) /* one layout: others only add to a slot */
        memcpy(out, slot, (size_t)to->stride);
    else
        copy_slot(out, to, slot, from);
    store_word(out, hash);
    return 1;
}

int pympr_group_move(struct pympr_group_table *to, const struct pympr_group_table *from)
{
    int is_mixed_now = to->is_scrambled && !from->is_scrambled;
    const uint8_t *end = zero_slot(from);
    for (const uint8_t *slot = from->slots; slot < end; slot += from->stride) {
        uint64_t hash = load_word(slot);
        if (hash && !move_slot(to, slot, from, is_mixed_now ? pympr_mix(hash) : hash))
            return PYMPR_FULL;
    }
    if (from->has_zero && to->is_hash_key)
        copy_slot(zero_slot(to), to, end, from);
    else if (from->has_zero && !move_slot(to, end, from, to->is_scrambled ? pympr_mix(1) : 1))
        return PYMPR_FULL;
    return PYMPR_OK;
}

int pympr_group_hash_range(uint64_t *low, uint64_t *last, const struct pympr_group_table *table)
{
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (const uint8_t *slot = table->slots; slot < zero_slot(table); slot += table->stride) {
        uint64_t hash = load_word(slot);
        lowest = hash && hash < lowest ? hash : lowest;
        highest = hash > highest ? hash : highest;
    }
    *low = lowest;
    *last = highest;
    return PYMPR_OK;
}
