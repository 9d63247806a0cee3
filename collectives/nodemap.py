"""Which ranks share a node."""

import numpy as np

from pympr.collectives.schedules.two_level import Nodes, make_nodes
from pympr.collectives.world import World


class _NodeMap:
    def __init__(self, world: World):
        from mpi4py import MPI

        node = world.node()
        first = np.array([world.rank], np.int64)
        if not node.is_solo:
            node.comm.Allreduce(MPI.IN_PLACE, first, op=MPI.MIN)
        firsts = np.empty(world.size, np.int64)
        world.comm.Allgather(first, firsts)
        self.nodes = make_nodes(firsts)

    def free(self) -> None:
        """Nothing is held."""


def nodes_of(world: World) -> Nodes:
    """The nodes of `world` and the ranks on each; collective at the first call, kept with the world."""
    if "nodes" not in world.attached:
        world.attached["nodes"] = _NodeMap(world)
    return world.attached["nodes"].nodes
