"""What one-sided access can do here, tried once a communicator before anything relies on it."""

import time
from typing import NamedTuple

import numpy as np

from pympr.rma.group import Group, any_true

_NAP_SECONDS = 0.02


class Probe(NamedTuple):
    """The same on all ranks. `obstacle` says what failed, or is None.

    `progresses`: operations end while their target is not in MPI. It is seen true within a node
    and must not be expected between nodes.
    """

    obstacle: str | None
    progresses: bool


_SOLO = Probe(None, True)
_key: int | None = None


def probe(group: Group) -> Probe:
    """Try put, get, fetch-and-add and compare-and-swap between the ranks (collective; kept with the communicator).

    >>> probe(Group(None, 0, 1))
    Probe(obstacle=None, progresses=True)
    """
    if group.size == 1:
        return _SOLO
    found = group.comm.Get_attr(_keyval())
    if found is None:
        found = _try_all(group)
        group.comm.Set_attr(_keyval(), found)
    return found


def _keyval() -> int:
    global _key
    if _key is None:
        from mpi4py import MPI

        _key = MPI.Comm.Create_keyval()
    return _key


def _try_all(group: Group) -> Probe:
    from mpi4py import MPI

    try:
        window = MPI.Win.Allocate(4 * 8, 8, comm=group.comm)
    except (MPI.Exception, NotImplementedError) as error:  # a library without windows refuses on all ranks
        return Probe(f"windows cannot be made: {error}", False)
    memory = np.frombuffer(window.tomemory(), np.int64)
    memory[:] = 0
    window.Lock_all(MPI.MODE_NOCHECK)
    group.comm.Barrier()
    wrong = _operate(window, group)
    group.comm.Barrier()
    window.Sync()
    wrong = wrong or _check(memory, group)
    waited_seconds = _time_sleeping_target(window, group)
    window.Unlock_all()
    window.Free()
    if any_true(group, wrong):
        return Probe("windows give wrong values", False)
    return Probe(None, not any_true(group, waited_seconds > _NAP_SECONDS / 2))


def _operate(window, group: Group) -> bool:
    """Word 0: put by the rank before; word 1 of rank 0: sum; word 2 of rank 0: swapped by the first."""
    from mpi4py import MPI

    following = (group.rank + 1) % group.size
    mine, one, old = np.array([group.rank + 1]), np.array([1]), np.zeros(3, np.int64)
    window.Put(mine, following, target=0)
    window.Fetch_and_op(one, old[:1], 0, 1, MPI.SUM)
    window.Compare_and_swap(mine, np.array([0]), old[1:2], 0, 2)
    window.Flush_all()
    window.Get(old[2:], following, target=0)
    window.Flush(following)
    return bool(old[2] != mine[0] or not 0 <= old[0] < group.size)


def _check(memory: np.ndarray, group: Group) -> bool:
    if memory[0] != (group.rank - 1) % group.size + 1:
        return True
    return group.rank == 0 and (memory[1] != group.size or not 1 <= memory[2] <= group.size)


def _time_sleeping_target(window, group: Group) -> float:
    """How long an operation on rank 0 takes that is not in MPI meanwhile."""
    from mpi4py import MPI

    old = np.zeros(1, np.int64)
    group.comm.Barrier()
    if group.rank == 0:
        time.sleep(_NAP_SECONDS)
        return 0.0
    time.sleep(_NAP_SECONDS / 10)
    begin = time.perf_counter()
    window.Fetch_and_op(np.array([1]), old, 0, 3, MPI.SUM)
    window.Flush(0)
    return time.perf_counter() - begin
