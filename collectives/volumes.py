"""How much all ranks are about to exchange, agreed by one small reduction before anything is sent."""

from typing import NamedTuple

import numpy as np

from pympr.collectives.attempt import Attempt
from pympr.collectives.exchange import Outgoing
from pympr.collectives.model import Volumes
from pympr.collectives.packing import message_bytes
from pympr.collectives.world import World


class Agreed(NamedTuple):
    """The volumes, whether any rank has failed, and the first rank whose rows are of another kind (-1: none)."""

    volumes: Volumes
    has_failed: bool
    other_kind: int


def lengths_of(outgoing: Outgoing) -> np.ndarray:
    """How long the messages for all ranks are when all rows go at once; 0 for those without rows."""
    table = outgoing.counts_by_rank()
    entries = (table[:, 0] > 0).sum(axis=0)
    return message_bytes(outgoing.rows.item_bytes, entries, table.sum(axis=0))


def agree_volumes(world: World, outgoing: Outgoing | None, batches: int, attempt: Attempt) -> Agreed:
    """The volumes of all ranks (collective: one reduction to the sum, one to the largest, on the way together)."""
    from mpi4py import MPI

    lengths = attempt.run(lengths_of, outgoing)
    if attempt.error is None:
        lengths[world.rank] = 0
        sums = np.array([lengths.sum(), np.count_nonzero(lengths)], np.int64)
        kind = outgoing.rows.kind
        most = np.array([0, kind, -kind, *sums, lengths.max(), batches], np.int64)
    else:
        sums, most = np.zeros(2, np.int64), np.array([1, 0, 0, 0, 0, 0, 1], np.int64)
    MPI.Request.Waitall(
        [
            world.comm.Iallreduce(MPI.IN_PLACE, sums, op=MPI.SUM),
            world.comm.Iallreduce(MPI.IN_PLACE, most, op=MPI.MAX),
        ]
    )
    has_failed = bool(most[0])
    other = -1 if has_failed or most[1] == -most[2] else _first_of_other_kind(world, kind)
    return Agreed(Volumes(*map(int, sums), *map(int, most[3:])), has_failed, other)


def _first_of_other_kind(world: World, kind: int) -> int:
    """Asked only when there is one, by all."""
    kinds = np.empty(world.size, np.int64)
    world.comm.Allgather(np.array([kind], np.int64), kinds)
    return int(np.flatnonzero(kinds != kinds[0])[0])
