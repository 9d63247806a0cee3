"""The one small collective behind every agreement: what each rank stands for, and whether it failed."""

import os
import time
from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from pympr.collectives.world import World
from pympr.run import stations

# What a rank says it is doing when its script has ended.
END = "the end of the script"
_ALL_ONES = 0xFFFF_FFFF_FFFF_FFFF
_EAGER_LOOKS = 50
_SPIN_SECONDS = 1e-3
_LONGEST_SLEEP_SECONDS = 10e-3


class Meeting(NamedTuple):
    """What the ranks learn: whether all digests are equal, and the lowest rank that failed (None: nobody)."""

    is_equal: bool
    failing_rank: int | None


class Channel:
    """A communicator for agreements alone, so that an agreement never meets another collective; kept with the world."""

    def __init__(self, comm: Any):
        self.comm = comm

    def free(self) -> None:
        self.comm.Free()


def channel(world: World) -> Any:
    """The communicator for agreements of `world` (collective at the first call)."""
    if "agreement" not in world.attached:
        world.attached["agreement"] = Channel(world.comm.Dup())
    return world.attached["agreement"].comm


def meet(
    world: World, digest: int, has_failed: bool, operation: str, where: str, limit: Callable[[], None] | None = None
) -> Meeting:
    """One 24-byte allreduce over (digest, its complement, failing rank).

    A rank that has to wait says so at its station with `operation` and `where`;
    `limit` is called now and then while it waits and may raise.
    """
    from mpi4py import MPI

    words = array("Q", [digest, digest ^ _ALL_ONES, world.rank if has_failed else _ALL_ONES])
    request = channel(world).Iallreduce(MPI.IN_PLACE, [words, MPI.UINT64_T], op=MPI.MIN)
    if not _is_done_soon(request):
        with stations.waiting(operation, where):
            _wait_asleep(request, limit)
    lowest, highest, failing = words[0], words[1] ^ _ALL_ONES, words[2]
    return Meeting(lowest == highest, None if failing == _ALL_ONES else failing)


def wait(request: Any) -> None:
    """Until `request` is done, asleep most of the time, so that signals and threads have their turn."""
    if not _is_done_soon(request):
        _wait_asleep(request)


def _is_done_soon(request: Any) -> bool:
    """Look often for a millisecond; after the first looks let other ranks have the core in between."""
    for _ in range(_EAGER_LOOKS):
        if request.Test():
            return True
    until = time.monotonic() + _SPIN_SECONDS
    while time.monotonic() < until:
        if request.Test():
            return True
        os.sched_yield()
    return False


def _wait_asleep(request: Any, limit: Callable[[], None] | None = None) -> None:
    pause_seconds = 50e-6
    while not request.Test():
        if limit is not None:
            limit()
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.1, _LONGEST_SLEEP_SECONDS)


def share(world: World, part: bytes) -> list[bytes]:
    """The bytes of every rank, by rank, on all ranks."""
    from mpi4py import MPI

    lengths = array("q", bytes(8 * world.size))
    wait(channel(world).Iallgather([array("q", [len(part)]), MPI.INT64_T], [lengths, MPI.INT64_T]))
    starts = [sum(lengths[:rank]) for rank in range(world.size)]
    whole = bytearray(sum(lengths))
    wait(channel(world).Iallgatherv([part, MPI.BYTE], [whole, list(lengths), starts, MPI.BYTE]))
    return [bytes(whole[start : start + length]) for start, length in zip(starts, lengths)]


def tell(world: World, part: bytes, root: int) -> bytes:
    """The bytes of rank `root` on all ranks."""
    from mpi4py import MPI

    length = array("q", [len(part)])
    wait(channel(world).Ibcast([length, MPI.INT64_T], root))
    whole = bytearray(part) if world.rank == root else bytearray(length[0])
    wait(channel(world).Ibcast([whole, MPI.BYTE], root))
    return bytes(whole)
