"""The exchange of ranks on one node: senders scatter straight into the receivers' memory.

Before the first meeting every rank has written on the board its table (the source of each of its
parts, and the rows and bytes of it for every rank) and the segment that it offers as its inbox.
All add up all tables, so every sender knows where in each inbox its rows belong, and all know
which inboxes are of a wrong size: their owners offer others, and meet once more. Before the last
meeting all rows are in place, and the receiver uses them there.
"""

from typing import NamedTuple

import numpy as np

from pympr.collectives import segment
from pympr.collectives.attempt import Attempt
from pympr.collectives.exchange import Counters, Outgoing, Received
from pympr.collectives.layout import columns_of
from pympr.collectives.nodespace import SLOT_WORDS, NodeSpace
from pympr.collectives.scatter import scatter
from pympr.collectives.segment import LARGEST_WASTE, SMALLEST_BYTES, Lease, Name
from pympr.collectives.world import World
from pympr.native.exchange import Totals, add_up, find_places

# Words of a rank's slot: kind of rows, parts, the table's segment (serial 0: the table follows in the slot),
# the inbox's segment, that of the second offer (apart: slow ranks still judge the first).
_KIND, _PARTS, _TABLE, _INBOX, _SECOND, _INLINE = 0, 1, 2, 6, 10, 14
_SERIAL, _CAPACITY = 2, 3  # within a segment's name


class _Offer(NamedTuple):
    """What this rank lends to the others for one exchange; the table's segment only when the slot is too small."""

    inbox: Lease
    table: Lease | None


def exchange_node(world: World, outgoing: Outgoing | None, error: Exception | None) -> tuple[Received, Counters]:
    """The exchange through the memory of one node."""
    space, attempt = world.attached["nodespace"], Attempt(world, error)
    waited_before = space.wait_seconds
    offer = attempt.run(_publish, space, outgoing)
    attempt.refuse(space.meet(attempt.status) > 0, space.slots[:, _KIND])
    totals = attempt.run(_add_up, space, outgoing)
    # A rank that has just failed does not know of this meeting; it is in the next one, and that is this.
    misfits = _misfits(space, totals) if totals is not None else np.zeros(world.size, bool)
    if misfits.any():
        offer = attempt.run(_offer_again, space, totals, offer, misfits)
        attempt.refuse(space.meet(attempt.status) > 0)
    lane_starts = attempt.run(_send, space, outgoing, totals, offer, misfits)
    attempt.refuse(space.meet(attempt.status) > 0)
    memory = offer.inbox.bytes()
    columns = columns_of(memory, outgoing.rows.dtypes, lane_starts.tolist(), totals.totals[:, world.rank].tolist())
    waited_seconds = space.wait_seconds - waited_before
    counters = Counters("node", totals.messages, totals.bytes_sent, totals.bytes_received, 1, waited_seconds)
    return Received(columns, totals.sources, totals.offsets), counters


def _publish(space: NodeSpace, outgoing: Outgoing) -> _Offer:
    """Put this rank's table and inbox where the others find them; as much is expected as is sent, and an eighth more."""
    slot, table = space.slots[space.rank], outgoing.table
    expected_bytes = outgoing.payload_bytes() * 9 // 8 + 64 * len(outgoing.rows.item_bytes)
    inbox, lease = segment.pool().lease(expected_bytes), None
    slot[_KIND], slot[_PARTS] = outgoing.rows.kind, len(table)
    slot[_INBOX : _INBOX + 4] = inbox.name
    words = slot[_INLINE : _INLINE + table.size]
    slot[_TABLE + _SERIAL] = 0
    if table.size > SLOT_WORDS - _INLINE:
        lease = segment.pool().lease(table.nbytes)
        slot[_TABLE : _TABLE + 4] = lease.name
        words = lease.array("int64", 0, table.size)
    words[:] = table.reshape(-1)
    return _Offer(inbox, lease)


def _add_up(space: NodeSpace, outgoing: Outgoing) -> Totals:
    shape = outgoing.rows.shape
    parts = space.slots[:, _PARTS].copy()
    tables = space.slots[:, _INLINE:].__array_interface__["data"][0] + space.slots.strides[0] * np.arange(space.size)
    for rank in np.flatnonzero(space.slots[:, _TABLE + _SERIAL]).tolist():
        name = Name(*space.slots[rank, _TABLE : _TABLE + 4].tolist())
        tables[rank] = space.peers.map(name, 8 * shape.width * int(parts[rank])).address
    return add_up(shape, tables, parts)


def _misfits(space: NodeSpace, totals: Totals) -> np.ndarray:
    """Which inboxes are too small, or so large that little rows would hold much memory; the same on all ranks."""
    offered, needed = space.slots[:, _INBOX + _CAPACITY], totals.needed_bytes
    return (offered < needed) | (offered > 2 * LARGEST_WASTE * np.maximum(needed, SMALLEST_BYTES))


def _offer_again(space: NodeSpace, totals: Totals, offer: _Offer, misfits: np.ndarray) -> _Offer:
    """An inbox of the right size, where it is this rank's that is not."""
    if not misfits[space.rank]:
        return offer
    inbox = segment.pool().lease(int(totals.needed_bytes[space.rank]))
    space.slots[space.rank, _SECOND : _SECOND + 4] = inbox.name
    return offer._replace(inbox=inbox)


def _send(space: NodeSpace, outgoing: Outgoing, totals: Totals, offer: _Offer, misfits: np.ndarray) -> np.ndarray:
    """Scatter every part into all inboxes at once; where the lanes of the own inbox begin."""
    offer.inbox.resize(int(totals.needed_bytes[space.rank]))
    inboxes = space.addresses_of(np.where(misfits, _SECOND, _INBOX), totals.needed_bytes)
    inboxes[space.rank] = offer.inbox.address
    cursors, lane_starts = find_places(outgoing.rows.shape, totals, inboxes)
    scatter(outgoing, cursors)
    return lane_starts
