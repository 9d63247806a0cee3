"""What the network of these ranks does, measured once by the ranks together in a fraction of a second."""

import time
from collections.abc import Callable

import numpy as np

from pympr.collectives import tags
from pympr.collectives.flow import Flow, Staging
from pympr.collectives.model import Network
from pympr.collectives.schedules.two_level import Nodes
from pympr.collectives.world import World

_PINGS = 10
_FLOOD_MESSAGES = 64
_SHORT_BYTES = 64
_LONG_BYTES = (1 << 17, 1 << 21)
_LONG_ENOUGH_SECONDS = 5e-3
_REPEATS = 3


def calibrate(world: World, nodes: Nodes) -> Network:
    """Every rank sends to the one that is as many ranks further as the fullest node has, and all at once. Collective.

    Times are of the slowest rank, so that all ranks have the same numbers and decide alike.
    """
    most = int(nodes.ranks_of(np.arange(nodes.count)).max())
    ring = _Ring(world, most % world.size or 1)
    short = ring.slowest(lambda: ring.swap(_SHORT_BYTES), _PINGS)
    flood = ring.slowest(ring.flood, _REPEATS) / _FLOOD_MESSAGES
    for long_bytes in _LONG_BYTES:
        long = ring.slowest(lambda size=long_bytes: ring.swap(size), _REPEATS)
        if long > _LONG_ENOUGH_SECONDS:
            break
    copied = ring.slowest(ring.copy, _REPEATS)
    overhead = flood / 2
    return Network(
        latency_seconds=max(short - 2 * overhead, short / 4),
        overhead_seconds=overhead,
        gap_seconds=flood / most,
        node_bytes_per_second=most * long_bytes / max(long - short, long / 4),
        memory_bytes_per_second=most * _LONG_BYTES[-1] / copied,
    )


class _Ring:
    """This rank between the one that sends to it and the one it sends to."""

    def __init__(self, world: World, distance: int):
        self._world = world
        self._to, self._source = (world.rank + distance) % world.size, (world.rank - distance) % world.size
        self._sent, self._received = np.zeros(_LONG_BYTES[-1], np.uint8), np.zeros(_LONG_BYTES[-1], np.uint8)

    def slowest(self, work: Callable[[], None], repeats: int) -> float:
        """The least seconds of `repeats` calls, after one that does not count, on the slowest rank."""
        from mpi4py import MPI

        work()
        taken = np.array([min(self._seconds(work) for _ in range(repeats))])
        self._world.comm.Allreduce(MPI.IN_PLACE, taken, op=MPI.MAX)
        return max(float(taken[0]), 1e-9)

    def swap(self, length_bytes: int) -> None:
        """A message each way."""
        sent, received = self._sent[:length_bytes], self._received[:length_bytes]
        self._world.comm.Sendrecv(sent, self._to, tags.CALIBRATE, received, self._source, tags.CALIBRATE)

    def flood(self) -> None:
        """Many short messages, as an exchange sends them."""
        flow = Flow(self._world.comm, Staging())
        message = self._sent[:_SHORT_BYTES].copy()
        message[:8].view(np.int64)[0] = _SHORT_BYTES
        for _ in range(_FLOOD_MESSAGES):
            flow.send(self._to, message)
        flow.receive([self._source] * _FLOOD_MESSAGES, lambda *_: False)
        flow.settle()

    def copy(self) -> None:
        """Bytes from one place to another."""
        self._received[:] = self._sent

    def _seconds(self, work: Callable[[], None]) -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin
