"""The exchange by packed messages, for ranks on any nodes; the way the messages take is a variant's.

Rows that are too much to be packed at once go in batches: first every rank announces how many rows of
which sources it has, then batch after batch is packed while the ones before are on their way, and every
row is copied to its place when it comes. So beside the rows themselves a rank needs memory for a
few batches only.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from pympr.collectives.arrivals import Arrivals
from pympr.collectives.attempt import Attempt
from pympr.collectives.batches import plan_batches, take_batch
from pympr.collectives.exchange import Counters, Outgoing, Received
from pympr.collectives.model import Prediction, Volumes
from pympr.collectives.packing import Messages, no_messages, pack
from pympr.collectives.volumes import agree_volumes
from pympr.collectives.way import Way
from pympr.collectives.world import World

Choose = Callable[[World, Volumes], tuple[Callable[[World], Way], Prediction]]


def exchange_packed(
    world: World, outgoing: Outgoing | None, error: Exception | None, choose: Choose, batch_bytes: int
) -> tuple[Received, Counters]:
    """The exchange over the way that `choose` finds for what all ranks send together, the same on all."""
    attempt = Attempt(world, error)
    batches = attempt.run(plan_batches, outgoing, batch_bytes) or []
    agreed = agree_volumes(world, outgoing, len(batches), attempt)
    attempt.refuse(agreed.has_failed, agreed.other_kind)
    make_way, predicted = choose(world, agreed.volumes)
    way = make_way(world)
    way.combine, way.rows, way.attempt = outgoing.combine, outgoing.rows, attempt
    journey = _Journey(way, attempt, outgoing, Arrivals(outgoing.rows))
    if agreed.volumes.batches == 1 or outgoing.combine is not None:
        journey.all_at_once(batches, agreed.volumes.batches)
    else:
        journey.in_batches(batches, agreed.volumes.batches)
    way.end()
    attempt.agree()
    rounds = way.hops * (agreed.volumes.batches + (agreed.volumes.batches > 1))
    return journey.arrivals.received(), _count(way, outgoing, journey.payload_bytes, rounds)._replace(
        predicted=predicted
    )


class _Journey:
    """One exchange on its way; a rank that fails goes on sending, but nothing, and agrees at the end."""

    def __init__(self, way: Way, attempt: Attempt, outgoing: Outgoing, arrivals: Arrivals):
        self.way, self.attempt, self.outgoing, self.arrivals = way, attempt, outgoing, arrivals
        self.payload_bytes = 0
        self._kept: list[tuple[int, np.ndarray]] = []

    def all_at_once(self, batches: list[list], number: int) -> None:
        """Messages announce the rows that they hold, and are kept until all have come.

        So it is done for one batch, and for any number where what was announced may become less on its way.
        """
        for batch in range(number):
            begin = len(self._kept)
            pieces = batches[batch] if batch < len(batches) else batches[0][:0]
            self.way.finish(self.way.start(self._pack(pieces)), self._keep)
            if number > 1:
                self._kept[begin:] = [(origin, message.copy()) for origin, message in self._kept[begin:]]
        # What came from one rank in several batches is like what came from several.
        self._kept.sort(key=lambda kept: kept[0])
        for stamp, (_, message) in enumerate(self._kept):
            self.attempt.run(self.arrivals.announce, stamp, message)
        self.attempt.run(self.arrivals.lay_out)
        for stamp, (origin, message) in enumerate(self._kept):
            self._count(origin, self.attempt.run(self.arrivals.place, stamp, message))
        self._kept.clear()

    def in_batches(self, batches: list[list], number: int) -> None:
        """First the announcements, then as many batches as the rank with the most has."""
        whole = [piece for batch in batches for piece in batch]
        self.way.finish(self.way.start(self._pack_announcement()), self._announce)
        self.attempt.run(self.arrivals.lay_out)
        self.attempt.agree()
        started: deque[Any] = deque()
        for batch in range(number):
            if len(started) == self.way.in_flight:
                self.way.finish(started.popleft(), self._place)
            pieces = batches[batch] if batch < len(batches) else whole[:0]
            started.append(self.way.start(self._pack(pieces)))
        while started:
            self.way.finish(started.popleft(), self._place)

    def _pack_announcement(self) -> Messages:
        places = np.arange(len(self.outgoing.parts))
        return self._or_nothing(self.attempt.run(pack, self.outgoing, places, self.way.order, False))

    def _pack(self, pieces: list) -> Messages:
        batch = self.attempt.run(take_batch, self.outgoing, pieces)
        return self._or_nothing(self.attempt.run(lambda: pack(*batch, self.way.order)))

    def _or_nothing(self, messages: Messages | None) -> Messages:
        if messages is None:
            return no_messages(self.outgoing.rows.shape.size)
        return messages

    def _keep(self, origin: int, message: np.ndarray) -> bool:
        self._kept.append((origin, message))
        return True

    def _announce(self, origin: int, message: np.ndarray) -> bool:
        self.attempt.run(self.arrivals.announce, origin, message)
        return False

    def _place(self, origin: int, message: np.ndarray) -> bool:
        self._count(origin, self.attempt.run(self.arrivals.place, origin, message))
        return False

    def _count(self, origin: int, payload_bytes: int | None) -> None:
        if origin != self.outgoing.rows.shape.rank:
            self.payload_bytes += payload_bytes or 0


def _count(way: Way, outgoing: Outgoing, received_bytes: int, rounds: int) -> Counters:
    """The counters: payload is the rows that leave the rank or come to it, without headers and detours."""
    table = outgoing.counts_by_rank()
    rows, *lengths = (table.sum(axis=(0, 2)) - table[:, :, outgoing.rows.shape.rank].sum(axis=0)).tolist()
    sent_bytes = rows * outgoing.rows.row_bytes + sum(lengths)
    return Counters(
        way.name,
        way.messages,
        sent_bytes,
        received_bytes,
        rounds,
        way.wait_seconds,
        way.sent_bytes,
        way.staging.peak_bytes,
    )
