"""A counter that ranks claim numbers from."""

from typing import Any

import numpy as np

from pympr.native.atomics import SharedWord
from pympr.rma.group import Group, as_group, is_on_one_node
from pympr.rma.probe import probe
from pympr.rma.served import Served

WAYS = ("solo", "shared", "window", "served")


class Counter:
    """Numbers from 0 on, each claimed by one rank; made and freed collectively.

    `way` says how: "solo" (one rank), "shared" (an atomic word of one node), "window"
    (MPI's Fetch_and_op) or "served" (two-sided: a thread of rank 0 answers; where
    windows fail or do not progress while rank 0 computes). One rank's word serves all: between
    nodes give each node a counter of its own, with `world.node()`.

    >>> with Counter(None) as counter:
    ...     counter.next(), counter.next(3), counter.next()
    (0, 1, 4)
    """

    def __init__(self, world: Any, way: str | None = None):
        self._group = as_group(world)
        self.way = way or _choose(self._group)
        self._holder: _Solo | _Shared | _Window | Served | None = _make(self.way, self._group)

    def next(self, count: int = 1) -> int:
        """Claim `count` numbers in a row; the first of them."""
        if count < 0:
            raise ValueError(f"count must not be negative, got {count}")
        return self._open().add(count)

    def reset(self) -> None:
        """Begin again with 0 (collective)."""
        holder = self._open()
        _barrier(self._group)
        if self._group.rank == 0:
            holder.add(-holder.add(0))
        _barrier(self._group)

    def free(self) -> None:
        """Give everything back (collective); a second call does nothing."""
        if self._holder is not None:
            self._holder.free()
            self._holder = None

    def __enter__(self) -> "Counter":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _open(self):
        if self._holder is None:
            raise ValueError("this counter was freed")
        return self._holder


def _choose(group: Group) -> str:
    if group.size == 1:
        return "solo"
    if is_on_one_node(group):
        return "shared"
    found = probe(group)
    return "window" if found.obstacle is None and found.progresses else "served"


def _make(way: str, group: Group):
    if way not in WAYS or (way == "solo") != (group.size == 1 and way not in WAYS[1:]):
        raise ValueError(f"a counter of {group.size} ranks cannot be {way!r}; there are {', '.join(WAYS)}")
    return {"solo": _Solo, "shared": _Shared, "window": _Window, "served": Served}[way](group)


def _barrier(group: Group) -> None:
    if group.size > 1:
        group.comm.Barrier()


class _Solo:
    def __init__(self, group: Group):
        self._value = 0

    def add(self, count: int) -> int:
        before, self._value = self._value, self._value + count
        return before

    def free(self) -> None:
        pass


class _Shared:
    """An atomic word in rank 0's part of a node-shared window: no MPI call to claim."""

    def __init__(self, group: Group):
        from mpi4py import MPI

        self._window = MPI.Win.Allocate_shared(64 if group.rank == 0 else 0, 8, comm=group.comm)
        memory, _ = self._window.Shared_query(0)
        words = np.frombuffer(memory, np.int64, 8)
        if group.rank == 0:
            words[:] = 0
        self._word = SharedWord(words, 0)
        group.comm.Barrier()

    def add(self, count: int) -> int:
        return self._word.add(count)

    def free(self) -> None:
        self._word = None
        self._window.Free()


class _Window:
    """A word at rank 0, added to by Fetch_and_op alone, so that hardware may do it."""

    def __init__(self, group: Group):
        from mpi4py import MPI

        info = MPI.Info.Create({"accumulate_ops": "same_op_no_op", "same_disp_unit": "true"})
        self._window = MPI.Win.Allocate(8 if group.rank == 0 else 0, 8, info, group.comm)
        info.Free()
        if group.rank == 0:
            np.frombuffer(self._window.tomemory(), np.int64)[0] = 0
        self._window.Lock_all(MPI.MODE_NOCHECK)
        self._sum, self._before = MPI.SUM, np.zeros(1, np.int64)
        group.comm.Barrier()

    def add(self, count: int) -> int:
        self._window.Fetch_and_op(np.array([count], np.int64), self._before, 0, 0, self._sum)
        self._window.Flush(0)
        return int(self._before[0])

    def free(self) -> None:
        self._window.Unlock_all()
        self._window.Free()
