"""How many threads the kernels of each rank may use: a node's cores are shared among its ranks."""

import os
from collections.abc import Sequence
from typing import Any

from pympr.native.library import lib


def fair_share(masks: Sequence[frozenset[int]], rank: int) -> int:
    """The cores for `rank`: each core counts for as many ranks as have it in their mask; at least one.

    >>> fair_share([frozenset({0, 1})] * 2, 0), fair_share([frozenset({0}), frozenset({1, 2})], 1)
    (1, 2)
    >>> fair_share([frozenset(range(8))] * 3, 2)
    2
    """
    share = sum(1 / sum(core in mask for mask in masks) for core in masks[rank])
    return max(1, int(share + 1e-9))


def core_mask() -> frozenset[int]:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


# How many ranks share the cores now. What the ranks of a world had before may differ, so that it decides here only.
_sharing = 0


def share_cores(world: Any) -> int:
    """Set and return this rank's kernel threads: `OMP_NUM_THREADS`, else its share of the node's cores. Collective.

    Without it two ranks that may both use two cores would run four threads on them, which
    wait for each other at every turn. A world with fewer ranks on the node than an earlier
    one changes nothing.
    """
    global _sharing
    from pympr.collectives.gather import allgather_objects

    node = world.node()
    masks = allgather_objects(node, core_mask())
    if node.size < _sharing:
        return lib.pympr_get_threads()
    _sharing = node.size
    wish = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return lib.pympr_set_threads(int(wish) if wish.isdigit() else fair_share(masks, node.rank))
