"""Wait for all ranks, but not for ever."""

import time
from typing import Any

import numpy as np

from pympr.collectives import tags
from pympr.collectives.world import World, as_world
from pympr.errors import BarrierTimeoutError

_SPINS = 200
_LONGEST_SLEEP_SECONDS = 0.005
_GRACE_SECONDS = 1.0


def barrier(world: Any, timeout_seconds: float | None = None) -> None:
    """Return when all ranks have called `barrier`; with a timeout BarrierTimeoutError after so many seconds.

    The error names the ranks that have not arrived: a rank whose time is up asks
    all others, and those that wait in a barrier with a timeout answer. A barrier
    that timed out is still open: the next `barrier` call on this rank goes on with it.

    >>> from pympr.collectives.world import World
    >>> barrier(World(None), timeout_seconds=1.0)
    """
    world = as_world(world)
    if world.is_solo:
        return
    if "barrier" not in world.attached:
        world.attached["barrier"] = _Barrier(world)
    entered = world.attached["barrier"]
    entered.enter()
    if timeout_seconds is None:
        entered.request.Wait()
    else:
        entered.wait(timeout_seconds)
    entered.request = None


class _Barrier:
    """The barriers of one world: the open one, how many there were, and who was heard of."""

    def __init__(self, world: World):
        self.comm = world.comm
        self.request: Any = None
        self.generation = 0
        self.arrived: set[int] = set()
        self.unsent: list[tuple[Any, np.ndarray]] = []

    def enter(self) -> None:
        # Always the nonblocking barrier: a blocking one on a rank without a timeout would not match it.
        if self.request is None:
            self.generation += 1
            self.arrived = {self.comm.rank}
            self.request = self.comm.Ibarrier()

    def wait(self, timeout_seconds: float) -> None:
        start, sleep_seconds, spins = time.monotonic(), 1e-5, 0
        while not self.request.Test():
            spins += 1
            if spins < _SPINS:
                continue
            self._listen()
            if time.monotonic() - start > timeout_seconds:
                return self._give_up(timeout_seconds)
            time.sleep(sleep_seconds)
            sleep_seconds = min(2 * sleep_seconds, _LONGEST_SLEEP_SECONDS)

    def _give_up(self, timeout_seconds: float) -> None:
        """Ask who is here, wait a little for the answers, raise; unless the last one arrives meanwhile."""
        self._tell(tags.BARRIER_ASK, set(range(self.comm.size)) - self.arrived)
        end = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < end and len(self.arrived) < self.comm.size:
            if self.request.Test():
                return
            self._listen()
            time.sleep(_LONGEST_SLEEP_SECONDS)
        if self.request.Test():
            return
        missing = sorted(set(range(self.comm.size)) - self.arrived)
        raise BarrierTimeoutError(
            f"a barrier of {self.comm.size} ranks is not complete after {timeout_seconds:g} s: "
            f"{_ranks(missing)} did not arrive"
        )

    def _listen(self) -> None:
        """Take what others ask or answer; whoever speaks of this barrier has arrived."""
        from mpi4py import MPI

        status, word = MPI.Status(), np.empty(1, np.int64)
        for tag in (tags.BARRIER_ASK, tags.BARRIER_ANSWER):
            while self.comm.Iprobe(MPI.ANY_SOURCE, tag, status):
                source = status.source
                self.comm.Recv(word, source, tag)
                if word[0] == self.generation:
                    self.arrived.add(source)
                if tag == tags.BARRIER_ASK:
                    self._tell(tags.BARRIER_ANSWER, {source})

    def _tell(self, tag: int, ranks: set[int]) -> None:
        self.unsent = [(request, word) for request, word in self.unsent if not request.Test()]
        word = np.array([self.generation], np.int64)
        self.unsent += [(self.comm.Isend(word, rank, tag), word) for rank in sorted(ranks)]

    def free(self) -> None:
        """Nothing to give back: MPI has no way to leave a barrier."""


def _ranks(ranks: list[int]) -> str:
    shown = ", ".join(map(str, ranks[:20])) + (f" and {len(ranks) - 20} more" if len(ranks) > 20 else "")
    return f"rank{'s' if len(ranks) != 1 else ''} {shown}" if ranks else "no known rank"
