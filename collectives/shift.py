"""Every rank's bytes to the rank some places further."""

from typing import Any

import numpy as np

from pympr.collectives import tags, wire
from pympr.collectives.world import as_world


def shift(world: Any, data: np.ndarray, distance: int) -> np.ndarray:
    """What rank `rank - distance` passes, while this rank's bytes go to rank `rank + distance`; around the ends.

    `data` is uint8, of any length on every rank. Collective.

    >>> from pympr.collectives.world import World
    >>> shift(World(None), np.arange(3, dtype=np.uint8), 1)
    array([0, 1, 2], dtype=uint8)
    """
    world = as_world(world)
    if world.is_solo or distance % world.size == 0:
        return data
    from mpi4py import MPI

    to, source = (world.rank + distance) % world.size, (world.rank - distance) % world.size
    length = np.empty(1, np.int64)
    world.comm.Sendrecv(np.array([len(data)], np.int64), to, tags.SHIFT, length, source, tags.SHIFT)
    received = np.empty(int(length[0]), np.uint8)
    requests = [world.comm.Irecv(chunk, source, tags.SHIFT) for chunk in wire.chunks(received)]
    requests += [world.comm.Isend(chunk, to, tags.SHIFT) for chunk in wire.chunks(np.ascontiguousarray(data))]
    MPI.Request.Waitall(requests)
    return received
