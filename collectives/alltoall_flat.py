"""Packed messages straight from every rank to every other, peers in rotating order, batches overlapping."""

from typing import NamedTuple

from pympr.collectives.flow import Deliver, Flow
from pympr.collectives.packing import Messages
from pympr.collectives.schedules.rotation import sources, targets
from pympr.collectives.way import Way
from pympr.collectives.world import World


class _Started(NamedTuple):
    messages: Messages
    batch: int


class FlatWay(Way):
    """One message from each rank to each other and batch, of which three are on the way at once."""

    name = "flat"
    in_flight = 3

    def __init__(self, world: World):
        super().__init__(world)
        self._flow = Flow(world.comm, self.staging)
        self._batches = 0

    def start(self, messages: Messages) -> _Started:
        """Queue the messages; many peers are not spoken to all at once."""
        super().start(messages)
        started = _Started(messages, self._batches)
        self._batches += 1
        for peer in targets(self.world.rank, self.world.size).tolist():
            self._flow.send(peer, messages.to(peer), started.batch)
        return started

    def finish(self, started: _Started, deliver: Deliver) -> None:
        """Receive what the others sent in the same batch, and see the own messages off."""
        rank = self.world.rank
        deliver(rank, started.messages.to(rank))
        self._flow.receive(sources(rank, self.world.size).tolist(), deliver)
        self._flow.settle(started.batch)
        self.staging.add(-len(started.messages.memory))
        self.messages, self.sent_bytes = self._flow.messages, self._flow.sent_bytes
        self.wait_seconds = self._flow.wait_seconds
