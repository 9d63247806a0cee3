/* One exchange of the ranks of a node, from the board that all have written to rows in their places.
 *
 * Slots are int64[size][slot_words]: word 0 is the kind of a rank's rows, 1 the number of its parts, 2 not 0 when
 * its table is elsewhere, else that begins at word `inlined`; 3 the bytes of the inbox it offers. Names of segments
 * (process, descriptor, serial, bytes) begin at `inbox_word`, and of a second offer at `second_word`. Tables, inboxes
 * and lanes are those of exchange.h, shipments those of ship.h. */
#ifndef PYMPR_SHIP_NODE_H
#define PYMPR_SHIP_NODE_H

#include <stdint.h>

#include "ship.h"

/* A segment of another rank in this process, and what of it has been faulted in. */
typedef struct {
    int64_t process, serial;
    uint64_t address;
    int64_t next_range;
    uint64_t begins[8], ends[8];
} pympr_mapped;

typedef struct {
    /* The same from exchange to exchange. */
    int64_t size, rank, columns, counts;
    const int64_t *item_bytes, *slots;
    int64_t slot_words, inlined, inbox_word, second_word;
    int64_t smallest_bytes, largest_waste; /* an inbox so many times larger than needed is a misfit */
    pympr_mapped *mapped;                  /* [size][ways] */
    int64_t ways, faults_in_from_bytes;    /* an inbox so large is faulted in where this rank writes; -1: none */
    int64_t *parts, *offered, *tables;     /* [size] */
    int64_t *words;                        /* for what is found, with `room` */
    int64_t room;
    /* Set by the caller for one exchange. */
    int64_t has_tables, is_second;   /* `tables` holds all addresses; misfits have offered again */
    const int64_t *order, *firsts;   /* see pympr_exchange_totals */
    /* What is found. */
    int64_t first_of_other_kind, long_tables, room_needed, misfits, unmapped_rank;
    int64_t entries, known, messages, bytes_sent, bytes_received;
    int64_t needed_bytes; /* by the own inbox */
    int64_t *come, *lane_starts, *sources, *offsets; /* in this order from the first word on: [counts], [lanes], */
    int64_t *totals, *needed, *before;               /* [entries], [entries + 1] */
    uint64_t *inboxes, *cursors, *bases;
} pympr_node_plan;

/* Reads the board as far as it can: PYMPR_NODE_KNOWN, or why it stopped; the caller mends that and calls again. */
enum pympr_node_state {
    PYMPR_NODE_KNOWN,
    PYMPR_NODE_OTHER_KIND,
    PYMPR_NODE_LONG_TABLES,
    PYMPR_NODE_ROOM,
    PYMPR_NODE_ORDER,
    PYMPR_NODE_MISFITS,
    PYMPR_NODE_UNMAPPED
};
int pympr_node_settle(pympr_node_plan *plan);

/* Whether an inbox of `offered` bytes will not do where `needed` are: too small, or so large that little holds much. */
int64_t pympr_node_is_misfit(const pympr_node_plan *plan, int64_t rank);

/* Writes a shipment (see pympr_ship_scatter) to the inboxes; that of this rank is at inboxes[rank]. PYMPR_FULL when
 * there is no memory for them. */
int pympr_node_send(pympr_node_plan *plan, const pympr_shipment *ship);

#endif
