"""The exchange of ranks on one node: senders scatter straight into the receivers' memory.

Before the first meeting every rank has written on the board its table (the source of each of its
parts, and the rows and bytes of it for every rank) and the segment that it offers as its inbox.
All add up all tables, so every sender knows where in each inbox its rows belong, and all know
which inboxes are of a wrong size: their owners offer others, and meet once more. Before the last
meeting all rows are in place, and the receiver uses them there.
"""

import time
from typing import NamedTuple

from pympr.collectives import segment
from pympr.collectives.attempt import Attempt
from pympr.collectives.board import INLINE_WORDS
from pympr.collectives.exchange import Counters, Outgoing, Received
from pympr.collectives.layout import columns_of
from pympr.collectives.model import Prediction
from pympr.collectives.nodespace import NodeSpace
from pympr.collectives.segment import Lease
from pympr.collectives.world import World
from pympr.native.ship_node import KNOWN, LONG_TABLES, MISFITS, OTHER_KIND, UNMAPPED, NodePlan


class _Offer(NamedTuple):
    """What this rank lends to the others for one exchange; the table's segment only when the slot is too small."""

    inbox: Lease
    table: Lease | None
    plan: NodePlan
    payload_bytes: int


def exchange_node(world: World, outgoing: Outgoing | None, error: Exception | None) -> tuple[Received, Counters]:
    """The exchange through the memory of one node."""
    space, attempt = world.attached["nodespace"], Attempt(world, error)
    begun, waited_before = time.perf_counter(), space.wait_seconds
    offer = attempt.run(_publish, space, outgoing)
    attempt.refuse(space.meet(attempt.status) > 0)
    state = attempt.run(_settle, space, offer)
    if state == OTHER_KIND:
        attempt.refuse(False, offer.plan.struct.first_of_other_kind)
    # A rank that has just failed does not know of this meeting; it is in the next one, and that is this.
    if state == MISFITS:
        offer = attempt.run(_offer_again, space, offer)
        attempt.refuse(space.meet(attempt.status) > 0)
        attempt.run(_settle, space, offer)
    attempt.run(_send, outgoing, offer)
    attempt.refuse(space.meet(attempt.status) > 0)
    come, lane_starts, sources, offsets = offer.plan.come()
    columns = columns_of(offer.inbox.bytes(), outgoing.rows.dtypes, lane_starts, come, has_ends=True)
    return Received(columns, sources, offsets), _count(space, offer, begun, waited_before)


def _count(space: NodeSpace, offer: _Offer, begun: float, waited_before: float) -> Counters:
    """The counters, and what was foretold of rows that go to all ranks alike."""
    found, away_bytes = offer.plan.struct, offer.payload_bytes * (space.size - 1) // space.size
    predicted = Prediction(space.pace.seconds(offer.payload_bytes), space.size - 1, away_bytes)
    space.pace.learn(found.needed_bytes, time.perf_counter() - begun)
    return Counters(
        "node",
        found.messages,
        found.bytes_sent,
        found.bytes_received,
        1,
        space.wait_seconds - waited_before,
        predicted=predicted,
    )


def _publish(space: NodeSpace, outgoing: Outgoing) -> _Offer:
    """Tell this rank's table and offer an inbox; as much is expected as is sent, and an eighth more."""
    table, lease, plan = outgoing.table, None, space.plan_for(outgoing.rows)
    payload_bytes = outgoing.payload_bytes()
    inbox = segment.pool().lease(payload_bytes * 9 // 8 + 64 * len(outgoing.rows.item_bytes))
    if table.size > INLINE_WORDS:
        lease = segment.pool().lease(table.nbytes)
        lease.array("int64", 0, table.size)[:] = table.reshape(-1)
    space.board.tell(outgoing.rows.kind, table, inbox.name, lease and lease.name)
    return _Offer(inbox, lease, plan, payload_bytes)


def _settle(space: NodeSpace, offer: _Offer) -> int:
    """Read the board to its end, or until the ranks have to meet."""
    plan = offer.plan
    while (state := plan.settle()) != KNOWN:
        if state == LONG_TABLES:
            tables = plan.long_tables()
            plan.set_tables({rank: space.peers.map(space.board.table_of(rank), used).address for rank, used in tables})
        elif state == UNMAPPED:
            rank = plan.struct.unmapped_rank
            space.map_inbox(plan, rank, plan.struct.is_second and plan.is_misfit(rank))
        else:
            return state
    return KNOWN


def _offer_again(space: NodeSpace, offer: _Offer) -> _Offer:
    """An inbox of the right size, where it is this rank's that is not."""
    plan = offer.plan
    plan.struct.is_second = 1
    if not plan.is_misfit(space.rank):
        return offer
    inbox = segment.pool().lease(plan.struct.needed_bytes)
    space.board.tell_again(inbox.name)
    return offer._replace(inbox=inbox)


def _send(outgoing: Outgoing, offer: _Offer) -> None:
    """Scatter every part into all inboxes at once."""
    offer.inbox.resize(offer.plan.struct.needed_bytes)
    offer.plan.send(outgoing.ship, offer.inbox.address)
