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
from pympr.collectives.board import INLINE_WORDS, Told
from pympr.collectives.exchange import Counters, Outgoing, Received
from pympr.collectives.layout import columns_of
from pympr.collectives.nodespace import NodeSpace
from pympr.collectives.scatter import scatter
from pympr.collectives.segment import LARGEST_WASTE, SMALLEST_BYTES, Lease
from pympr.collectives.world import World
from pympr.native.exchange import Totals, add_up, find_places

_LEAST_FAULTED_IN_BYTES = 1 << 20  # below, faulting pages in one by one takes less time than asking for them


class _Offer(NamedTuple):
    """What this rank lends to the others for one exchange; the table's segment only when the slot is too small."""

    inbox: Lease
    table: Lease | None


class _Sums(NamedTuple):
    """What all ranks know alike when they have read the board; `misfits` are the ranks to offer another inbox."""

    totals: Totals
    misfits: list[int]


def exchange_node(world: World, outgoing: Outgoing | None, error: Exception | None) -> tuple[Received, Counters]:
    """The exchange through the memory of one node."""
    space, attempt = world.attached["nodespace"], Attempt(world, error)
    waited_before = space.wait_seconds
    offer = attempt.run(_publish, space, outgoing)
    failed = space.meet(attempt.status) > 0
    told = space.board.read()
    attempt.refuse(failed, told.first_of_other_kind)
    sums = attempt.run(_add_up, space, outgoing, told)
    # A rank that has just failed does not know of this meeting; it is in the next one, and that is this.
    if sums is not None and sums.misfits:
        offer = attempt.run(_offer_again, space, sums, offer)
        attempt.refuse(space.meet(attempt.status) > 0)
    lane_starts = attempt.run(_send, space, outgoing, sums, offer)
    attempt.refuse(space.meet(attempt.status) > 0)
    totals = sums.totals
    come = totals.totals[:, world.rank].tolist()
    columns = columns_of(offer.inbox.bytes(), outgoing.rows.dtypes, lane_starts.tolist(), come)
    waited_seconds = space.wait_seconds - waited_before
    counters = Counters("node", totals.messages, totals.bytes_sent, totals.bytes_received, 1, waited_seconds)
    return Received(columns, totals.sources, totals.offsets), counters


def _publish(space: NodeSpace, outgoing: Outgoing) -> _Offer:
    """Tell this rank's table and offer an inbox; as much is expected as is sent, and an eighth more."""
    table, lease = outgoing.table, None
    inbox = segment.pool().lease(outgoing.payload_bytes() * 9 // 8 + 64 * len(outgoing.rows.item_bytes))
    if table.size > INLINE_WORDS:
        lease = segment.pool().lease(table.nbytes)
        lease.array("int64", 0, table.size)[:] = table.reshape(-1)
    space.board.tell(outgoing.rows.kind, table, inbox.name, lease and lease.name)
    return _Offer(inbox, lease)


def _add_up(space: NodeSpace, outgoing: Outgoing, told: Told) -> _Sums:
    shape = outgoing.rows.shape
    if told.long_tables:
        for rank in np.flatnonzero(told.tables == 0).tolist():
            used_bytes = 8 * shape.width * int(told.parts[rank])
            told.tables[rank] = space.peers.map(space.board.table_of(rank), used_bytes).address
    totals = add_up(shape, told.tables, told.parts)
    pairs = enumerate(zip(told.offered_bytes.tolist(), totals.needed_bytes.tolist(), strict=True))
    return _Sums(totals, [rank for rank, (offered, needed) in pairs if _is_misfit(offered, needed)])


def _is_misfit(offered_bytes: int, needed_bytes: int) -> bool:
    """Whether an inbox is too small, or so large that few rows would hold much memory."""
    return offered_bytes < needed_bytes or offered_bytes > 2 * LARGEST_WASTE * max(needed_bytes, SMALLEST_BYTES)


def _offer_again(space: NodeSpace, sums: _Sums, offer: _Offer) -> _Offer:
    """An inbox of the right size, where it is this rank's that is not."""
    if space.rank not in sums.misfits:
        return offer
    inbox = segment.pool().lease(int(sums.totals.needed_bytes[space.rank]))
    space.board.tell_again(inbox.name)
    return offer._replace(inbox=inbox)


def _send(space: NodeSpace, outgoing: Outgoing, sums: _Sums, offer: _Offer) -> np.ndarray:
    """Scatter every part into all inboxes at once; where the lanes of the own inbox begin."""
    needed = sums.totals.needed_bytes.tolist()
    offer.inbox.resize(needed[space.rank])
    inboxes = space.inbox_addresses(needed, sums.misfits)
    inboxes[space.rank] = offer.inbox.address
    cursors, lane_starts = find_places(outgoing.rows.shape, sums.totals, inboxes)
    if outgoing.parts and max(needed) >= _LEAST_FAULTED_IN_BYTES:
        for rank in range(space.size):
            space.fault_in(rank, *_written(outgoing, cursors[:, :, rank].astype(np.int64), rank))
    scatter(outgoing, cursors)
    return lane_starts


def _written(outgoing: Outgoing, begins: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """From where to where this rank writes in each lane of another's inbox; `begins` is int64[parts, lanes]."""
    items, counts = outgoing.rows.lanes()
    lengths = outgoing.counts_for(rank)[:, counts] * items
    is_used = lengths.any(axis=0)
    begins, lengths = begins[:, is_used], lengths[:, is_used]
    first = np.where(lengths > 0, begins, np.iinfo(np.int64).max).min(axis=0)
    return first, np.where(lengths > 0, begins + lengths, 0).max(axis=0)
