"""The ranks that an object of this floor belongs to."""

from typing import Any, NamedTuple


class Group(NamedTuple):
    """`comm` is an mpi4py communicator, or None for one process without MPI."""

    comm: Any
    rank: int
    size: int


def as_group(world: Any) -> Group:
    """From a `pympr.collectives` World, an mpi4py intracommunicator, or None for this process alone.

    >>> as_group(None)
    Group(comm=None, rank=0, size=1)
    """
    comm = getattr(world, "comm", world)
    if comm is None:
        return Group(None, 0, 1)
    if not hasattr(comm, "Get_rank"):
        raise TypeError(f"expected a World, an mpi4py communicator or None, got {type(world).__name__}")
    return Group(comm, comm.Get_rank(), comm.Get_size())


def is_on_one_node(group: Group) -> bool:
    """Whether all ranks can share memory (collective)."""
    if group.size == 1:
        return True
    from mpi4py import MPI

    node = group.comm.Split_type(MPI.COMM_TYPE_SHARED)
    is_one = node.size == group.size
    node.Free()
    return is_one


def any_true(group: Group, flag: bool) -> bool:
    """Whether `flag` is true on any rank (collective)."""
    if group.size == 1:
        return bool(flag)
    import numpy as np
    from mpi4py import MPI

    word = np.array([bool(flag)], np.int64)
    group.comm.Allreduce(MPI.IN_PLACE, word, op=MPI.MAX)
    return bool(word[0])
