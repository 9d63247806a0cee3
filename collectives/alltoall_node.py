"""The exchange of ranks on one node: senders scatter straight into the receivers' memory.

Three meetings. Before the first every rank has written its table (source, and
for every rank rows and bytes, of each part) on the board; before the second
every receiver has laid out its inbox by source and written there where each part
begins; before the third all rows are in place, and the receiver uses them there.
"""

from typing import NamedTuple

import numpy as np

from pympr.collectives import segment
from pympr.collectives.attempt import Attempt
from pympr.collectives.exchange import Counters, Outgoing, Received, count_traffic
from pympr.collectives.layout import Inbox, Order, columns_of, order_entries, plan_inbox
from pympr.collectives.nodespace import SLOT_WORDS, NodeSpace
from pympr.collectives.scatter import scatter
from pympr.collectives.segment import Lease, Name
from pympr.collectives.world import World

# Words of a rank's slot: kind of rows, parts, the table's segment (serial 0: the table follows in the slot),
# the inbox's segment, bytes used of it, where in it the answers begin.
_KIND, _PARTS, _TABLE, _INBOX, _USED, _ANSWERS, _INLINE = 0, 1, 2, 6, 10, 11, 12


class _Incoming(NamedTuple):
    """What a receiver knows after the first meeting."""

    order: Order
    counts: np.ndarray
    parts: np.ndarray
    inbox: Inbox
    lease: Lease


def exchange_node(world: World, outgoing: Outgoing | None, error: Exception | None) -> tuple[Received, Counters]:
    """The exchange through the memory of one node."""
    space, attempt = world.attached["nodespace"], Attempt(world, error)
    waited_before = space.wait_seconds
    table = attempt.run(_publish, space, outgoing)
    attempt.refuse(space.meet(attempt.status) > 0, space.slots[:, _KIND])
    incoming = attempt.run(_lay_out, space, outgoing)
    attempt.refuse(space.meet(attempt.status) > 0)
    attempt.run(_send, space, outgoing, incoming)
    attempt.refuse(space.meet(attempt.status) > 0)
    del table  # a segment, when it was too long for the slot: in use until all have read it
    memory = incoming.lease.bytes()
    columns = columns_of(memory, outgoing.spec, incoming.inbox, incoming.order.totals)
    received = Received(columns, incoming.order.sources, incoming.order.offsets)
    owners = np.repeat(np.arange(world.size), incoming.parts)
    waited_seconds = space.wait_seconds - waited_before
    return received, count_traffic("node", world.rank, outgoing, incoming.counts, owners, 1, waited_seconds)


def _publish(space: NodeSpace, outgoing: Outgoing) -> Lease | None:
    """Put this rank's table where the others find it."""
    slot, parts = space.slots[space.rank], len(outgoing.parts)
    table = np.concatenate([outgoing.sources[:, None], outgoing.counts.reshape(parts, space.size * outgoing.counts.shape[2])], axis=1)
    slot[_KIND], slot[_PARTS] = outgoing.kind, parts
    if table.size <= SLOT_WORDS - _INLINE:
        slot[_TABLE : _TABLE + 4] = 0
        slot[_INLINE : _INLINE + table.size] = table.reshape(-1)
        return None
    lease = segment.pool().lease(table.nbytes)
    lease.array("int64", 0, table.size)[:] = table.reshape(-1)
    slot[_TABLE : _TABLE + 4] = lease.name
    return lease


def _table(space: NodeSpace, rank: int, lanes: int) -> np.ndarray:
    """The sources and the counts of `rank`'s parts for this rank."""
    slot = space.slots[rank]
    parts, width = int(slot[_PARTS]), 1 + space.size * lanes
    name = Name(*slot[_TABLE : _TABLE + 4].tolist())
    words = slot[_INLINE:]
    if name.serial:
        words = space.peers.map(name, 8 * parts * width).view(np.int64)
    table = words[: parts * width].reshape(parts, width)
    mine = 1 + space.rank * lanes
    return np.concatenate([table[:, :1], table[:, mine : mine + lanes]], axis=1)


def _lay_out(space: NodeSpace, outgoing: Outgoing) -> _Incoming:
    """Lease an inbox for what will come and answer where each part begins in it."""
    lanes = outgoing.counts.shape[2]
    tables = [_table(space, rank, lanes) for rank in range(space.size)]
    entries = np.concatenate(tables)
    order = order_entries(entries[:, 0], entries[:, 1:])
    inbox = plan_inbox(outgoing.item_bytes, order.totals)
    answers = np.concatenate([order.totals[None], order.before])
    lease = segment.pool().lease(inbox.used_bytes + answers.nbytes)
    lease.array("int64", inbox.used_bytes, answers.size)[:] = answers.reshape(-1)
    slot = space.slots[space.rank]
    slot[_INBOX : _INBOX + 4] = lease.name
    slot[_USED], slot[_ANSWERS] = lease.used_bytes, inbox.used_bytes
    return _Incoming(order, entries[:, 1:], np.array([len(table) for table in tables]), inbox, lease)


def _send(space: NodeSpace, outgoing: Outgoing, incoming: _Incoming) -> None:
    """Scatter every part into all inboxes at once."""
    if not outgoing.parts:
        return
    first = 1 + int(incoming.parts[: space.rank].sum())
    mine = slice(first, first + len(outgoing.parts))
    cursors = np.zeros((len(outgoing.parts), len(incoming.inbox.lane_starts), space.size), np.uint64)
    for rank in np.flatnonzero(outgoing.counts[:, :, 0].any(axis=0)).tolist():
        cursors[:, :, rank] = _addresses(space, outgoing, rank, mine)
    scatter(outgoing, cursors)


def _addresses(space: NodeSpace, outgoing: Outgoing, rank: int, mine: slice) -> np.ndarray:
    """Where in this process the lanes of this rank's parts begin in `rank`'s inbox."""
    slot = space.slots[rank]
    memory = space.peers.map(Name(*slot[_INBOX : _INBOX + 4].tolist()), int(slot[_USED]))
    answers = memory[int(slot[_ANSWERS]) : int(slot[_USED])].view(np.int64).reshape(-1, outgoing.counts.shape[2])
    inbox = plan_inbox(outgoing.item_bytes, answers[0])
    return memory.ctypes.data + inbox.lane_starts + answers[mine][:, inbox.lane_counts] * inbox.lane_items
