"""How many threads each rank's kernels use: the cores of a node are shared among its ranks."""

import os

from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import World
from pympr.native.library import lib


def share_cores(world: World) -> int:
    """Set the kernels' threads so that the ranks of a node together use its cores once; collective.

    Ranks that are bound to cores use theirs; ranks that may all use the same
    cores divide them. `OMP_NUM_THREADS` overrules. Returns what was set.
    """
    mine = sorted(os.sched_getaffinity(0))
    everyone = allgather_objects(world.node(), mine)
    return lib.pympr_set_threads(_threads_of(mine, everyone, os.environ.get("OMP_NUM_THREADS", "")))


def _threads_of(mine: list[int], everyone: list[list[int]], wanted: str) -> int:
    """Threads of one rank, given the cores that each rank of the node may use.

    >>> _threads_of([0, 1, 2, 3], [[0, 1, 2, 3]] * 2, "")
    2
    >>> _threads_of([2, 3], [[0, 1], [2, 3]], "")
    2
    >>> _threads_of([0, 1], [[0, 1]] * 8, ""), _threads_of([0, 1], [[0, 1]], "6,2")
    (1, 6)
    """
    first = wanted.split(",")[0].strip()
    if first.isdigit() and int(first) > 0:
        return int(first)
    sharing = sum(1 for cores in everyone if set(cores) & set(mine))
    return max(1, len(mine) // sharing)
