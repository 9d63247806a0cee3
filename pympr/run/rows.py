"""Partitioned rows: what every operator takes and gives."""

from dataclasses import dataclass, replace
from typing import Callable, Iterator

from pympr.data.block import Block

Blocks = Iterator[Block]


@dataclass(frozen=True)
class Rows:
    """`total` partitions; `mine(begin, end)` yields those of the range that this rank works on.

    `mine` may hand out a partition once only, so it is walked to its end and
    `blocks(i)` is asked only for what it yielded.
    """

    total: int
    mine: Callable[[int, int], Iterator[int]]
    blocks: Callable[[int], Blocks]

    def through(self, step: Callable[[Blocks], Blocks]) -> "Rows":
        """The same partitions with every partition's blocks passed through `step`."""
        blocks = self.blocks
        return replace(self, blocks=lambda index: step(blocks(index)))


def held(total: int, partitions: dict[int, list[Block]]) -> Rows:
    """The rows that lie on this rank already."""

    def mine(begin: int, end: int) -> Iterator[int]:
        return (index for index in sorted(partitions) if begin <= index < end)

    return Rows(total, mine, lambda index: iter(partitions[index]))


def union(inputs: list[Rows]) -> Rows:
    """The partitions of all inputs, one after the other."""
    starts = [sum(rows.total for rows in inputs[:position]) for position in range(len(inputs) + 1)]

    def mine(begin: int, end: int) -> Iterator[int]:
        for start, rows in zip(starts, inputs):
            low, high = max(begin - start, 0), min(end - start, rows.total)
            yield from (start + index for index in rows.mine(low, max(low, high)))

    def blocks(index: int) -> Blocks:
        position = max(p for p, start in enumerate(starts[:-1]) if start <= index and inputs[p].total)
        return inputs[position].blocks(index - starts[position])

    return Rows(starts[-1], mine, blocks)
