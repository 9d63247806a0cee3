#define _GNU_SOURCE
#include "ship_node.h"

#include <stddef.h>

#include "exchange.h"
#include "status.h"

#ifdef __linux__
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, Linux 5.14 */
#define RANGES 8

static void read_slots(pympr_node_plan *plan)
{
    plan->first_of_other_kind = -1;
    plan->long_tables = plan->entries = 0;
    for (int64_t rank = 0; rank < plan->size; rank++) {
        const int64_t *slot = plan->slots + rank * plan->slot_words;
        if (slot[0] != plan->slots[0] && plan->first_of_other_kind < 0)
            plan->first_of_other_kind = rank;
        plan->parts[rank] = slot[1];
        plan->entries += slot[1];
        plan->offered[rank] = slot[3];
        if (slot[2] == 0)
            plan->tables[rank] = (int64_t)(uintptr_t)(slot + plan->inlined);
        else if (!plan->has_tables)
            plan->tables[rank] = 0;
        plan->long_tables += plan->tables[rank] == 0;
    }
}

static int64_t *take(int64_t **next, int64_t words)
{
    int64_t *taken = *next;
    *next += words;
    return taken;
}

/* Whether there is room for everything that is found. */
static int make_room(pympr_node_plan *plan)
{
    int64_t all = plan->counts * plan->size, lanes = plan->columns + plan->counts - 1;
    int64_t mine = plan->parts[plan->rank], *next = plan->words;
    plan->come = take(&next, plan->counts);
    plan->lane_starts = take(&next, lanes);
    plan->sources = take(&next, plan->entries);
    plan->offsets = take(&next, plan->entries + 1);
    plan->totals = take(&next, all);
    plan->needed = take(&next, plan->size);
    plan->before = take(&next, mine * all);
    plan->inboxes = (uint64_t *)take(&next, plan->size);
    plan->cursors = (uint64_t *)take(&next, mine * lanes * plan->size);
    plan->bases = (uint64_t *)take(&next, (plan->counts - 1) * plan->size);
    plan->room_needed = next - plan->words;
    return plan->room_needed <= plan->room;
}

static const int64_t *inbox_name(const pympr_node_plan *plan, int64_t rank)
{
    int is_second = plan->is_second && pympr_node_is_misfit(plan, rank);
    return plan->slots + rank * plan->slot_words + (is_second ? plan->second_word : plan->inbox_word);
}

static pympr_mapped *find_mapped(const pympr_node_plan *plan, int64_t rank)
{
    const int64_t *name = inbox_name(plan, rank);
    for (int64_t way = 0; way < plan->ways; way++) {
        pympr_mapped *mapped = &plan->mapped[rank * plan->ways + way];
        if (mapped->address != 0 && mapped->process == name[0] && mapped->serial == name[2])
            return mapped;
    }
    return NULL;
}

static int64_t rows_for(const pympr_node_plan *plan, int64_t to)
{
    const int64_t *table = (const int64_t *)(uintptr_t)plan->tables[plan->rank];
    int64_t width = 1 + plan->counts * plan->size, rows = 0;
    for (int64_t part = 0; part < plan->parts[plan->rank]; part++)
        rows += table[part * width + 1 + to];
    return rows;
}

static int find_inboxes(pympr_node_plan *plan)
{
    for (int64_t rank = 0; rank < plan->size; rank++) {
        plan->inboxes[rank] = 0;
        if (rank == plan->rank || rows_for(plan, rank) == 0)
            continue;
        const pympr_mapped *mapped = find_mapped(plan, rank);
        if (mapped == NULL) {
            plan->unmapped_rank = rank;
            return 0;
        }
        plan->inboxes[rank] = mapped->address;
    }
    return 1;
}

int64_t pympr_node_is_misfit(const pympr_node_plan *plan, int64_t rank)
{
    int64_t needed = plan->needed[rank], offered = plan->offered[rank];
    int64_t least = needed > plan->smallest_bytes ? needed : plan->smallest_bytes;
    return offered < needed || offered / plan->largest_waste > least;
}

int pympr_node_settle(pympr_node_plan *plan)
{
    int64_t tally[4];
    read_slots(plan);
    if (plan->first_of_other_kind >= 0)
        return PYMPR_NODE_OTHER_KIND;
    if (plan->long_tables > 0)
        return PYMPR_NODE_LONG_TABLES;
    if (!make_room(plan))
        return PYMPR_NODE_ROOM;
    int status = pympr_exchange_totals(plan->totals, plan->needed, plan->before, plan->sources, plan->offsets, tally,
                                       plan->tables, plan->parts, plan->order, plan->firsts, plan->item_bytes,
                                       plan->columns, plan->counts, plan->size, plan->rank);
    if (status != PYMPR_OK)
        return PYMPR_NODE_ORDER;
    plan->known = tally[0], plan->messages = tally[1];
    plan->bytes_sent = tally[2], plan->bytes_received = tally[3];
    plan->needed_bytes = plan->needed[plan->rank];
    for (int64_t count = 0; count < plan->counts; count++)
        plan->come[count] = plan->totals[count * plan->size + plan->rank];
    plan->misfits = 0;
    for (int64_t rank = 0; rank < plan->size; rank++)
        plan->misfits += pympr_node_is_misfit(plan, rank);
    if (plan->misfits > 0 && !plan->is_second)
        return PYMPR_NODE_MISFITS;
    return find_inboxes(plan) ? PYMPR_NODE_KNOWN : PYMPR_NODE_UNMAPPED;
}

static int populate(pympr_mapped *mapped, uint64_t begin, uint64_t end)
{
    for (int range = 0; range < RANGES; range++)
        if (mapped->begins[range] <= begin && end <= mapped->ends[range])
            return PYMPR_OK;
#ifdef __linux__
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = begin / page * page;
    if (madvise((void *)(uintptr_t)first, end - first, POPULATE_WRITE) != 0 && errno != EINVAL)
        return PYMPR_FULL; /* an older kernel knows no such advice: pages are faulted in one by one */
#endif
    mapped->begins[mapped->next_range % RANGES] = begin;
    mapped->ends[mapped->next_range++ % RANGES] = end;
    return PYMPR_OK;
}

/* Faults in what this rank writes in a lane of another's inbox. */
static int populate_lane(const pympr_node_plan *plan, pympr_mapped *mapped, int64_t to, int64_t lane, int64_t item,
                         int64_t count)
{
    int64_t lanes = plan->columns + plan->counts - 1, width = 1 + plan->counts * plan->size;
    const int64_t *table = (const int64_t *)(uintptr_t)plan->tables[plan->rank];
    uint64_t first = UINT64_MAX, last = 0;
    for (int64_t part = 0; part < plan->parts[plan->rank]; part++) {
        uint64_t begin = plan->cursors[(part * lanes + lane) * plan->size + to];
        uint64_t end = begin + (uint64_t)(table[part * width + 1 + count * plan->size + to] * item);
        if (end > begin) {
            first = begin < first ? begin : first;
            last = end > last ? end : last;
        }
    }
    return last > first ? populate(mapped, first, last) : PYMPR_OK;
}

static int populate_inbox(const pympr_node_plan *plan, int64_t to)
{
    pympr_mapped *mapped = find_mapped(plan, to);
    int64_t lane = 0, count = 0;
    for (int64_t column = 0; column < plan->columns; column++) {
        int64_t item = plan->item_bytes[column];
        if (item == 0) {
            if (populate_lane(plan, mapped, to, lane++, 1, ++count) != PYMPR_OK)
                return PYMPR_FULL;
            item = 8;
        }
        if (populate_lane(plan, mapped, to, lane++, item, 0) != PYMPR_OK)
            return PYMPR_FULL;
    }
    return PYMPR_OK;
}

/* The first of a column's row ends is 0; no other rank writes there. */
static void begin_ends(const pympr_node_plan *plan)
{
    int64_t lane = 0;
    for (int64_t column = 0; column < plan->columns; column++, lane++) {
        if (plan->item_bytes[column] != 0)
            continue;
        lane++;
        *(int64_t *)(uintptr_t)(plan->inboxes[plan->rank] + (uint64_t)plan->lane_starts[lane] - 8) = 0;
    }
}

int pympr_node_send(pympr_node_plan *plan, const pympr_shipment *ship)
{
    pympr_exchange_cursors(plan->cursors, plan->lane_starts, plan->bases, plan->totals, plan->before, plan->inboxes,
                           plan->item_bytes, plan->columns, plan->counts, plan->size, ship->num_parts, plan->rank);
    for (int64_t to = 0; to < plan->size && plan->faults_in_from_bytes >= 0; to++) {
        if (to == plan->rank || plan->inboxes[to] == 0 || plan->needed[to] < plan->faults_in_from_bytes)
            continue;
        if (populate_inbox(plan, to) != PYMPR_OK)
            return PYMPR_FULL;
    }
    begin_ends(plan);
    return pympr_ship_scatter(plan->cursors, plan->bases, ship);
}
