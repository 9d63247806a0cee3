"""Partitioned rows: what every operator takes and gives."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pympr.data.block import Block

Blocks = Iterator[Block]


@dataclass(frozen=True)
class Rows:
    """`total` partitions: those this rank holds, and those that are free for any rank to claim.

    `free` is the same on all ranks. `blocks(i)` is asked for what this rank holds
    or has claimed, and for each partition at most once a walk.
    """

    total: int
    mine: Sequence[int]
    free: Sequence[int]
    blocks: Callable[[int], Blocks]

    def through(self, step: Callable[[Blocks], Blocks]) -> "Rows":
        """The same partitions with every partition's blocks passed through `step`."""
        blocks = self.blocks
        return replace(self, blocks=lambda index: step(blocks(index)))


def held(total: int, partitions: dict[int, list[Block]]) -> Rows:
    """The rows that lie on their ranks already."""
    return Rows(total, sorted(partitions), (), lambda index: iter(partitions[index]))


def readable(total: int, blocks: Callable[[int], Blocks]) -> Rows:
    """Rows that any rank can read."""
    return Rows(total, (), range(total), blocks)


def union(inputs: list[Rows]) -> Rows:
    """The partitions of all inputs, one after the other."""
    starts = [sum(rows.total for rows in inputs[:position]) for position in range(len(inputs) + 1)]

    def blocks(index: int) -> Blocks:
        position = max(p for p, start in enumerate(starts[:-1]) if start <= index and inputs[p].total)
        return inputs[position].blocks(index - starts[position])

    mine = [start + index for start, rows in zip(starts, inputs) for index in rows.mine]
    free = [start + index for start, rows in zip(starts, inputs) for index in rows.free]
    return Rows(starts[-1], mine, free, blocks)
