"""Rows of all ranks on every rank."""

from collections.abc import Iterator

from pympr.collectives.world import World
from pympr.data.block import Block
from pympr.run.operators.fresh import fresh
from pympr.run.rows import Rows, readable
from pympr.run.share import share_values


def everywhere(world: World, num_partitions: int, parts: list[tuple[int, Block]]) -> Rows:
    """The rows of all ranks' (partition, block) parts, which any rank can read now; collective."""
    partitions: list[list[Block]] = [[] for _ in range(num_partitions)]
    for mine in share_values(world, parts):
        for index, block in mine:
            partitions[index].append(block)

    def blocks(index: int) -> Iterator[Block]:
        return fresh(iter(partitions[index]))

    return readable(num_partitions, blocks)
