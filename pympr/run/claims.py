"""Partitions claimed one at a time, so that a slow rank does fewer."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World


class Claims:
    """Hands out numbers to the ranks, as each asks for more.

    Nodes share the numbers in advance (node j takes every N-th); within a node
    a counter decides. The counter is never reset: when the numbers are used up
    every rank has asked exactly once in vain, so all know where the next run begins.
    """

    def __init__(self, world: World) -> None:
        self._node = world.node()
        self._num_nodes, self._node_number = _nodes_of(world)
        self._counter: Any = None
        self._base = 0
        if not self._node.is_solo:
            from pympr.rma.counter import Counter

            self._counter = Counter(self._node)

    def run(self, numbers: Sequence[int]) -> Iterator[int]:
        """Yield what this rank may do of `numbers`, which are the same on all ranks.

        Every rank walks it to its end, and the ranks meet before the next run.
        """
        here = numbers[self._node_number :: self._num_nodes]
        if self._counter is None or not numbers:
            yield from here
            return
        base, self._base = self._base, self._base + len(here) + self._node.size
        while (ticket := self._counter.next(1) - base) < len(here):
            assert ticket >= 0, f"claim {ticket}: the ranks did not meet after the last run of claims"
            yield here[ticket]

    def free(self) -> None:
        """Give the counter back; collective."""
        if self._counter is not None:
            self._counter.free()
            self._counter = None


def _nodes_of(world: World) -> tuple[int, int]:
    """How many nodes there are, and the number of this one by its first rank."""
    node = world.node()
    if node.size == world.size:
        return 1, 0
    leads = np.zeros(world.size, np.int64)
    if node.rank == 0:
        leads[world.rank] = 1
    leads = allreduce(world, leads, "sum")
    first = int(allreduce(node, np.array([world.rank], np.int64), "min")[0])
    return int(leads.sum()), int(leads[:first].sum())
