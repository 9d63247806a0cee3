"""The exchange of one rank: rows only have to be brought into the order of their sources."""

import numpy as np

from pympr.collectives import segment
from pympr.collectives.exchange import Counters, Outgoing, Received
from pympr.collectives.layout import columns_of, order_entries, plan_inbox
from pympr.collectives.scatter import scatter
from pympr.collectives.world import World

_NOTHING = Counters("solo", 0, 0, 0, 0, 0.0)


def exchange_solo(world: World, outgoing: Outgoing, error: Exception | None) -> tuple[Received, Counters]:
    """One part is what is received; several are laid one after the other."""
    if error is not None:
        raise error
    order = order_entries(outgoing.table[:, 0], outgoing.counts_for(0))
    if len(outgoing.parts) == 1:
        return Received(list(outgoing.parts[0].columns), order.sources, order.offsets), _NOTHING
    inbox = plan_inbox(outgoing.rows.item_bytes, order.totals)
    memory = segment.borrow(inbox.used_bytes)
    places = inbox.lane_starts + order.before[:, inbox.lane_counts] * inbox.lane_items + memory.ctypes.data
    scatter(outgoing, places.astype(np.uint64)[:, :, None])
    columns = columns_of(memory, outgoing.rows.dtypes, inbox.lane_starts, order.totals)
    return Received(columns, order.sources, order.offsets), _NOTHING
